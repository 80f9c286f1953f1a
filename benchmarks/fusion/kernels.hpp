// SPDX-License-Identifier: BSL-1.0
// The kernels, each in the file of its competitor.
#pragma once

#include "chains.hpp"

namespace fusion {

namespace hand {
outcome map_filter(const inputs& in);
outcome take_while(const inputs& in);
outcome flat_map(const inputs& in);
outcome keyed_fold(const inputs& in);
outcome wide_records(const inputs& in);
outcome int_windows(const inputs& in);
outcome text_windows(const inputs& in);
outcome merged(const inputs& in);
}  // namespace hand

namespace ours {
/// Where the pipeline's only task runs: on the calling thread by `run`, in a worker's steps, on a worker.
enum class way { caller, task, worker };

template <way How>
outcome map_filter(const inputs& in);
template <way How>
outcome take_while(const inputs& in);
template <way How>
outcome flat_map(const inputs& in);
template <way How>
outcome keyed_fold(const inputs& in);
template <way How>
outcome wide_records(const inputs& in);
template <way How>
outcome int_windows(const inputs& in);
template <way How>
outcome text_windows(const inputs& in);
template <way How>
outcome merged(const inputs& in);
}  // namespace ours

/// They only give a result: they count nothing.
namespace range_v3 {
outcome map_filter(const inputs& in);
outcome take_while(const inputs& in);
outcome flat_map(const inputs& in);
outcome wide_records(const inputs& in);
}  // namespace range_v3
namespace std_views {
outcome map_filter(const inputs& in);
outcome take_while(const inputs& in);
outcome flat_map(const inputs& in);
outcome wide_records(const inputs& in);
}  // namespace std_views

/// One `std::function` per stage, which calls the next.
namespace function {
outcome map_filter(const inputs& in);
outcome take_while(const inputs& in);
outcome flat_map(const inputs& in);
outcome keyed_fold(const inputs& in);
outcome wide_records(const inputs& in);
}  // namespace function

}  // namespace fusion
