// error: weir::filter: the predicate returns nothing that is a bool
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::filter([](int x) { return x > 1; }) | weir::discard;
#else
    auto p = weir::from(v) | weir::filter([](int x) { return std::to_string(x); }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
