// error: weir::shared: it takes what ends in a sink and has no source
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/stages/shared.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto all = weir::shared(weir::map([](int i) { return i + 1; }) | weir::discard);
#else
    auto all = weir::shared(weir::map([](int i) { return i + 1; }));
#endif
    auto p = weir::from(v) | all;
    static_cast<void>(p);
    static_cast<void>(v);
}
