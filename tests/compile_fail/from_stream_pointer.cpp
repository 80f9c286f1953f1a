// error: weir::from: this is neither a range nor a source; give it
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/streams/from_stream.hpp>

#include <string>

struct hit {
    std::string host;
    int status;
};

int main() {
    const weir::data_stream<hit, &hit::host> hits("hits");
#ifdef WEIR_TWIN
    auto p = weir::from(hits) | weir::discard;
#else
    auto p = weir::from(&hits) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(hits);
}
