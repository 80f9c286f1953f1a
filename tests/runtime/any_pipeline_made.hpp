// SPDX-License-Identifier: BSL-1.0
// Pipelines that another translation unit makes, declared with the light header alone.
#pragma once

#include <weir/runtime/any_pipeline.hpp>

namespace weir_test {

/// Adds the squares of 1 to n to `sum`, through `shards` shards; on the caller's thread where there are none.
weir::any_pipeline squares(int n, int shards, long& sum);

}  // namespace weir_test
