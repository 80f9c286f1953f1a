// error: weir::flat_map: the function returns a view of records that only move
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/flat_map.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    struct only {
        only() = default;
        only(only&&) = default;
        only& operator=(only&&) = default;
    };
    std::vector<only> kept;
    static_cast<void>(kept);
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::flat_map([](int) { return std::vector<only>(2); }) | weir::discard;
#else
    auto p = weir::from(v) | weir::flat_map([&](int) -> std::vector<only>& { return kept; }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
