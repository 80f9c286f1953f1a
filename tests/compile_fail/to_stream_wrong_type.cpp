// error: weir::to: the stream's record cannot be made from this one; map it first
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/streams/to_stream.hpp>

#include <string>
#include <vector>

struct hit {
    std::string host;
    int status;
};

int main() {
    std::vector<int> v{1, 2, 3};
    const weir::data_stream<hit, &hit::host> hits("hits");
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int i) { return hit{"a", i}; }) | weir::to(hits);
#else
    auto p = weir::from(v) | weir::to(hits);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
