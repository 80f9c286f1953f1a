// SPDX-License-Identifier: BSL-1.0
// Stands in for weir/support/thread_number.hpp in the interleaving checker: its threads are fibers of one.
#pragma once

#include <cstdint>

#include "atomic.hpp"

namespace weir::detail {

[[nodiscard]] inline std::uint64_t this_thread_number() noexcept {
    return static_cast<std::uint64_t>(interleaving::this_thread()) + 1;
}

}  // namespace weir::detail
