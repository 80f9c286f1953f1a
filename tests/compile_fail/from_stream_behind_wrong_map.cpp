// error: weir::map: the function cannot be called with this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/streams/from_stream.hpp>

#include <string>

struct hit {
    std::string host;
    int status;
};

int main() {
    const weir::data_stream<hit, &hit::host> hits("hits");
#ifdef WEIR_TWIN
    auto p = weir::from(hits) | weir::map([](const hit& h) { return h.status; }) | weir::discard;
#else
    auto p = weir::from(hits) | weir::map([](const std::string& s) { return s; }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(hits);
}
