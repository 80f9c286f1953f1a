// SPDX-License-Identifier: BSL-1.0
// Between `<chrono>`'s times and the core's microseconds. Finer times round down, so that a record never stands in a
// later window than its own; what does not fit 64 bits of microseconds gives nothing, never a wrong time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>
#include <type_traits>

#include "instant.hpp"

namespace weir {
namespace detail {

__extension__ using int128 = __int128;

}  // namespace detail

/// Whole microseconds, rounded down; empty where they do not fit, and for what is not a number.
template <class Rep, class Period>
[[nodiscard]] constexpr std::optional<std::int64_t> to_us(std::chrono::duration<Rep, Period> d) noexcept {
    using scale = std::ratio_divide<Period, std::micro>;  // microseconds a tick
    if constexpr (std::is_floating_point_v<Rep>) {
        if (d.count() != d.count()) return std::nullopt;
        const long double us = static_cast<long double>(d.count()) * scale::num / scale::den;
        // 2^63 is exact; one more than the greatest that fits, and the least that fits negated.
        constexpr long double limit = 9'223'372'036'854'775'808.0L;
        if (us < -limit || us >= limit) return std::nullopt;
        const auto whole = static_cast<std::int64_t>(us);
        if (static_cast<long double>(whole) <= us) return whole;
        return whole - 1;  // rounded toward zero from below it
    } else {
        static_assert(std::is_integral_v<Rep>, "weir::to_us: a duration of integers or of floating point");
        // 64 bits of ticks times 63 of the ratio always fit.
        const detail::int128 scaled = static_cast<detail::int128>(d.count()) * scale::num;
        const detail::int128 us = scaled / scale::den - ((scaled % scale::den) < 0 ? 1 : 0);
        if (us < INT64_MIN || us > INT64_MAX) return std::nullopt;
        return static_cast<std::int64_t>(us);
    }
}

/// The instant of a time of the system's clock; empty where it does not fit.
template <class Duration>
[[nodiscard]] constexpr std::optional<instant> to_instant(std::chrono::sys_time<Duration> time) noexcept {
    const std::optional<std::int64_t> us = to_us(time.time_since_epoch());
    if (!us) return std::nullopt;
    return instant{*us};
}

[[nodiscard]] constexpr std::chrono::sys_time<std::chrono::microseconds> to_sys(instant at) noexcept {
    return std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(at.us));
}

}  // namespace weir
