// SPDX-License-Identifier: BSL-1.0
// The window a result is about: from `start` (in it) to `end` (not in it), in event time. A result struct that has a
// member of this type gets its window there; text formats write it as two fields, `window_start` and `window_end`.
#pragma once

#include <chrono>

namespace weir {

struct window_bounds {
    std::chrono::sys_time<std::chrono::microseconds> start{};
    std::chrono::sys_time<std::chrono::microseconds> end{};

    friend constexpr bool operator==(const window_bounds&, const window_bounds&) = default;
};

}  // namespace weir
