// error: weir::any_pipeline: this is no whole pipeline
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/start.hpp>

#include <vector>

weir::any_pipeline make(const std::vector<int>& v) {
#ifdef WEIR_TWIN
    return weir::from(v) | weir::map([](int i) { return i + 1; }) | weir::discard;
#else
    return weir::from(v) | weir::map([](int i) { return i + 1; });
#endif
}
