// SPDX-License-Identifier: BSL-1.0
// A quota per second, on a given clock: full at first, it refills evenly, and holds at most its capacity. Integer
// arithmetic: tokens are counted in millionths, so that none is lost between two looks, however close. One thread at a
// time; O(1).
#pragma once

#include <cstdint>

#include "../support/hash.hpp"
#include "../support/instant.hpp"

namespace weir {

class token_bucket {
  public:
    /// Both at least 1 and at most 2^40. Full at `start`.
    constexpr token_bucket(std::uint64_t capacity, std::uint64_t per_second, instant start) noexcept
        : capacity_(static_cast<std::int64_t>(capacity)), per_second_(static_cast<std::int64_t>(per_second)),
          level_(capacity_ * unit), at_(start) {}

    /// False, and nothing taken, where fewer than `n` are there.
    [[nodiscard]] constexpr bool try_take(std::uint64_t n, instant now) noexcept {
        refill(now);
        if (level_ < static_cast<std::int64_t>(n) * unit) return false;
        level_ -= static_cast<std::int64_t>(n) * unit;
        return true;
    }
    /// Takes `n` in any case; what was not there is owed, and nothing is there until it is paid.
    constexpr void take(std::uint64_t n, instant now) noexcept {
        refill(now);
        level_ -= static_cast<std::int64_t>(n) * unit;
    }
    [[nodiscard]] constexpr std::uint64_t capacity() const noexcept { return static_cast<std::uint64_t>(capacity_); }
    /// Whole tokens at `now`; negative: owed.
    [[nodiscard]] constexpr std::int64_t level(instant now) noexcept {
        refill(now);
        return floor_div(level_, unit);
    }
    /// When `n`, at most the capacity, will be there if nobody takes any.
    [[nodiscard]] constexpr instant next_time(std::uint64_t n, instant now) noexcept {
        refill(now);
        const std::int64_t lacking = static_cast<std::int64_t>(n) * unit - level_;
        return lacking <= 0 ? now : instant{now.us + (lacking + per_second_ - 1) / per_second_};
    }

  private:
    static constexpr std::int64_t unit = 1'000'000;  // so a microsecond brings `per_second_` units

    constexpr void refill(instant now) noexcept {
        if (now <= at_) return;  // a clock that goes back brings nothing
        const auto elapsed = static_cast<detail::uint128>(now.us - at_.us);
        const auto room = static_cast<detail::uint128>(capacity_ * unit - level_);
        const detail::uint128 due = elapsed * static_cast<detail::uint128>(per_second_);
        level_ += static_cast<std::int64_t>(due < room ? due : room);
        at_ = now;
    }

    std::int64_t capacity_;
    std::int64_t per_second_;
    std::int64_t level_;  // in millionths of a token
    instant at_;
};

}  // namespace weir
