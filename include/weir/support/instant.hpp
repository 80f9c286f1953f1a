// SPDX-License-Identifier: BSL-1.0
// A point in time as the core sees it: microseconds since the epoch, signed. `<chrono>` costs 31,000
// preprocessed lines, so the core moves this instead; `support/chrono.hpp` converts.
#pragma once

#include <cstdint>

namespace weir {

struct instant {
    std::int64_t us = 0;

    [[nodiscard]] static constexpr instant min() noexcept { return {INT64_MIN}; }
    [[nodiscard]] static constexpr instant max() noexcept { return {INT64_MAX}; }

    friend constexpr bool operator==(instant, instant) noexcept = default;
    // Not `<=>`: `<compare>` alone is most of what `core/concepts.hpp` may cost.
    friend constexpr bool operator<(instant a, instant b) noexcept { return a.us < b.us; }
    friend constexpr bool operator>(instant a, instant b) noexcept { return a.us > b.us; }
    friend constexpr bool operator<=(instant a, instant b) noexcept { return a.us <= b.us; }
    friend constexpr bool operator>=(instant a, instant b) noexcept { return a.us >= b.us; }
};

/// floor(a / b) for b > 0: event times before 1970 are negative and round down like all others.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
    return a / b - ((a % b) < 0 ? 1 : 0);
}

}  // namespace weir
