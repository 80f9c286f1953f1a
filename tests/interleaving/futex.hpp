// SPDX-License-Identifier: BSL-1.0
// Stands in for weir/support/futex.hpp in the interleaving checker.
#pragma once

#include <cstdint>

#include "atomic.hpp"

namespace weir::detail {

inline constexpr std::int64_t for_ever = -1;

inline void futex_sleep(atomic<std::uint32_t>& word, std::uint32_t seen, std::int64_t ns) noexcept {
    if (ns != 0) interleaving::futex_sleep(&word, seen, ns > 0);
}
inline void futex_wake(atomic<std::uint32_t>& word, int how_many) noexcept {
    interleaving::futex_wake(&word, how_many);
}

}  // namespace weir::detail
