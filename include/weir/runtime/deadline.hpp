// SPDX-License-Identifier: BSL-1.0
// When a time-out that was given as a duration is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "../support/chrono.hpp"
#include "../support/instant.hpp"

namespace weir::detail {

/// `time` from `now` on; `instant::max()`, which is for ever, where that is beyond all times. Not before `now`.
template <class Rep, class Period>
[[nodiscard]] constexpr instant deadline_after(instant now, std::chrono::duration<Rep, Period> time) noexcept {
    if (!(time.count() > 0)) return now;  // nor for what is not a number
    const std::optional<std::int64_t> us = to_us(time);
    if (!us.has_value() || (now.us > 0 && *us > INT64_MAX - now.us)) return instant::max();
    return {now.us + *us};
}

}  // namespace weir::detail
