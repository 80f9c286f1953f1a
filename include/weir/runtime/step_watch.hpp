// SPDX-License-Identifier: BSL-1.0
// What others see of the step that a worker is inside of: whether it is, for how long, and whether it will be for long.
// Written by that worker around every step, read by idle ones. All of it is a hint, so all orders are relaxed: whoever
// acts on it takes a lock first.
#pragma once

#include <cstdint>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "worker_set.hpp"

namespace weir::detail {

class alignas(line_pair) step_watch {
  public:
    /// `slow`: it will take long; `first`: nobody knows.
    void enter(std::int64_t now_ns, bool slow, bool first) noexcept {
        since_.store(now_ns, memory_order_relaxed);
        slow_.store(slow, memory_order_relaxed);
        first_.store(first, memory_order_relaxed);
        inside_.store(true, memory_order_relaxed);
    }
    void leave() noexcept { inside_.store(false, memory_order_relaxed); }

    [[nodiscard]] bool inside() const noexcept { return inside_.load(memory_order_relaxed); }
    /// Inside a step that is known to be slow, or has been for longer than a step should take.
    [[nodiscard]] bool held_up(std::int64_t now_ns) const noexcept {
        if (!inside()) return false;
        return slow_.load(memory_order_relaxed) || now_ns - since_.load(memory_order_relaxed) > step_target_ns;
    }
    /// Inside a step of which nobody knows how long it takes.
    [[nodiscard]] bool in_first() const noexcept { return inside() && first_.load(memory_order_relaxed); }

  private:
    atomic<bool> inside_{false};
    atomic<bool> slow_{false};
    atomic<bool> first_{false};
    atomic<std::int64_t> since_{0};
};

}  // namespace weir::detail
