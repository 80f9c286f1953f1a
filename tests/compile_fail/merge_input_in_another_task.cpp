// error: weir::merge: an input goes through another task
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/merge.hpp>
#include <weir/runtime/stages/own_thread.hpp>

#include <utility>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    const auto plus = weir::map([](int i) { return i + 1; });
#ifdef WEIR_TWIN
    auto p = weir::merge(weir::from(v) | plus, weir::from(v)) | weir::discard;
#else
    auto p = weir::merge(weir::from(v) | plus.on_own_thread(), weir::from(v)) | weir::discard;
#endif
    static_cast<void>(p);
}
