// SPDX-License-Identifier: BSL-1.0
// Stands in for weir/support/relax.hpp in the interleaving checker.
#pragma once

#include "atomic.hpp"

namespace weir::detail {

inline void relax() noexcept { interleaving::relax(); }

}  // namespace weir::detail
