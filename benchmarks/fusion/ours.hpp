// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "chains.hpp"

namespace fusion::ours {

/// Where the pipeline's only task runs.
enum class way { caller, worker };

outcome map_filter(const inputs& in, way how);
outcome take_while(const inputs& in, way how);
outcome flat_map(const inputs& in, way how);
outcome keyed_fold(const inputs& in, way how);
outcome wide_records(const inputs& in, way how);
outcome int_windows(const inputs& in, way how);
outcome text_windows(const inputs& in, way how);

}  // namespace fusion::ours
