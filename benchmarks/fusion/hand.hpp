// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "chains.hpp"

namespace fusion::hand {

outcome map_filter(const inputs& in);
outcome take_while(const inputs& in);
outcome flat_map(const inputs& in);
outcome keyed_fold(const inputs& in);
outcome wide_records(const inputs& in);
outcome int_windows(const inputs& in);
outcome text_windows(const inputs& in);

}  // namespace fusion::hand
