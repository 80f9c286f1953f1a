// SPDX-License-Identifier: BSL-1.0
// Checks of a piece of a pipeline that stands inside another piece (a branch of `tee`, what `per_shard` makes): the
// refusals of its own stages are what the compiler shows.
#pragma once

#include "pipeline.hpp"

namespace weir::detail {

template <class Pipeline>
inline constexpr bool ends_in_sink = false;
template <class Out, class... Parts>
    requires(!pipeline<Out, Parts...>::has_source)
inline constexpr bool ends_in_sink<pipeline<Out, Parts...>> = pipeline<Out, Parts...>::has_sink;

/// The stream, lent.
template <class In>
using lent_stream =
    stream<typename In::value_type, category::lent, typename In::meta_type, typename In::window_type, In::partitioning>;

/// The first stage or sink of a branch: checked by itself, because each function between costs three lines of a
/// message.
template <class Pipeline>
struct branch_begin;
template <class Out, class First, class... Rest>
struct branch_begin<pipeline<Out, First, Rest...>> {
    using type = typename First::stage_type;
};
template <class Pipeline>
using first_of_branch = typename branch_begin<Pipeline>::type;

template <class In, class First, class... Rest>
constexpr bool chain_accepts() {
    constexpr bool fits = First::stage_type::template accepts<In>();
    if constexpr (fits && sizeof...(Rest) != 0) {
        return chain_accepts<typename out_of<typename First::stage_type, In>::type, Rest...>();
    } else {
        return fits;
    }
}

/// Whether a branch takes the stream `In`; where not, its own stage says why.
template <class In, class Out, class... Parts>
constexpr bool branch_accepts(const pipeline<Out, Parts...>*) {
    return chain_accepts<In, Parts...>();
}

}  // namespace weir::detail
