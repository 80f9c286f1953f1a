// error: weir::map: the function returns nothing; use weir::tap
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int x) { return x + 1; }) | weir::discard;
#else
    auto p = weir::from(v) | weir::map([](int) {}) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
