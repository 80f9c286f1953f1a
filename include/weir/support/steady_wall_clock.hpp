// SPDX-License-Identifier: BSL-1.0
// The wall clock as it stood when it was first asked, carried on by CLOCK_BOOTTIME: an operator who sets the clock, or
// a time service that steps it, changes nothing until the next start (R15). Any thread.
#pragma once

#include <time.h>

#include <cstdint>

#include "clock.hpp"

namespace weir {

class steady_wall_clock final : public clock {
  public:
    steady_wall_clock() noexcept : base_us_(read(CLOCK_REALTIME) - read(CLOCK_BOOTTIME)) {}
    [[nodiscard]] instant now() const noexcept override { return {base_us_ + read(CLOCK_BOOTTIME)}; }

    [[nodiscard]] static const steady_wall_clock& shared() noexcept {
        static const steady_wall_clock one;
        return one;
    }

  private:
    static std::int64_t read(clockid_t which) noexcept {
        timespec t{};
        ::clock_gettime(which, &t);
        return static_cast<std::int64_t>(t.tv_sec) * 1'000'000 + t.tv_nsec / 1'000;
    }
    std::int64_t base_us_;
};

}  // namespace weir
