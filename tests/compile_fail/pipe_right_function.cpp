// error: weir: what stands right of \| is not a stage or a sink; wrap a function in
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
    auto p = weir::from(v) | [](int x) { return x + 1; } | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
