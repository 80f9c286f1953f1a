// error: weir::any_pipeline: include <weir/runtime/start.hpp> where one is made
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/any_pipeline.hpp>

#ifdef WEIR_TWIN
#include <weir/runtime/start.hpp>
#endif

#include <vector>

weir::any_pipeline make(const std::vector<int>& v) { return weir::from(v) | weir::discard; }
