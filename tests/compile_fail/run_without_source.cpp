// error: weir: this is no whole pipeline; it begins with weir::from
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/run.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int i) { return i + 1; }) | weir::discard;
#else
    auto p = weir::map([](int i) { return i + 1; }) | weir::discard;
#endif
    static_cast<void>(weir::run(p));
    static_cast<void>(v);
}
