// SPDX-License-Identifier: BSL-1.0
// Checks of a piece of a pipeline that stands inside another piece (a branch of `tee`, what `per_shard` makes): the
// refusals of its own stages are what the compiler shows.
#pragma once

#include "pipeline.hpp"

namespace weir::detail {

/// The stream, lent.
template <class In>
using lent_stream =
    stream<typename In::value_type, category::lent, typename In::meta_type, typename In::window_type, In::partitioning>;

/// Whether a branch takes the stream `In`; where not, its own stage says why.
template <class In, class Out, class... Parts>
constexpr bool branch_accepts(const pipeline<Out, Parts...>*) {
    return chain_accepts<In, Parts...>();
}

}  // namespace weir::detail
