// SPDX-License-Identifier: BSL-1.0
// Processing time is a parameter everywhere, so that tests own time and nothing sleeps. Asked per step, never per
// record.
#pragma once

#include <cstdint>

#include "atomic.hpp"
#include "counter_clock.hpp"
#include "instant.hpp"

namespace weir {

class clock {
  public:
    clock(const clock&) = delete;
    clock& operator=(const clock&) = delete;
    virtual ~clock() = default;
    /// Any thread; never goes back within one clock, unless its source does.
    [[nodiscard]] virtual instant now() const noexcept = 0;

  protected:
    clock() = default;
};

/// Nanoseconds of a clock that never goes back, for measuring steps. Its origin means nothing.
[[nodiscard]] inline std::int64_t monotonic_now() noexcept { return detail::clock_ns<CLOCK_MONOTONIC>(); }

/// The real wall clock: microseconds since the epoch.
[[nodiscard]] inline const clock& system_clock_source() noexcept {
    class wall final : public clock {
      public:
        [[nodiscard]] instant now() const noexcept override { return {detail::clock_ns<CLOCK_REALTIME>() / 1'000}; }
    };
    static const wall real;
    return real;
}

/// A clock that stands until it is moved. Any thread.
class virtual_clock final : public clock {
  public:
    explicit virtual_clock(instant start = {}) noexcept : us_(start.us) {}
    [[nodiscard]] instant now() const noexcept override { return {us_.load(memory_order_acquire)}; }
    void set(instant to) noexcept { us_.store(to.us, memory_order_release); }
    void advance(std::int64_t us) noexcept { us_.fetch_add(us, memory_order_acq_rel); }

  private:
    atomic<std::int64_t> us_;
};

}  // namespace weir
