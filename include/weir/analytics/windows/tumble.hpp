// SPDX-License-Identifier: BSL-1.0
// tumble(size): windows [k * size, (k + 1) * size) of event time, aligned to 1970-01-01T00:00Z.
//
//     | weir::tumble(1min) | weir::aggregate<usage>(weir::count<"hits">())
//
// A specification: it changes the stream and has no receiver; the stage after it owns the state and the output
// `late`. A window fires once for every key, quiet keys too, when the watermark reaches its last microsecond.
#pragma once

#include <chrono>
#include <stdexcept>

#include "../../core/pipeline.hpp"
#include "../../support/chrono.hpp"

namespace weir {
namespace detail {

/// The window of a stream behind `tumble`.
struct tumbling_window {
    std::int64_t size_us = 0;
};

struct tumble_stage : stage_base<tumble_stage> {
    std::int64_t size_us;

    constexpr explicit tumble_stage(std::int64_t size) : size_us(size) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool timed = In::timed;
        static_assert(timed, "weir::tumble: the flow has no event time; put | event_time<&record::time>("
                             "out_of_order_by(...)) before it");
        return timed;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In&) const {
        return with_window<In, tumbling_window>{{size_us}};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return make_next(b);
    }
};

}  // namespace detail

/// Throws where the size is not a positive number of whole microseconds that fits 64 bits.
template <class Rep, class Period>
[[nodiscard]] constexpr auto tumble(std::chrono::duration<Rep, Period> size) {
    std::int64_t us = 0;
    if constexpr (std::chrono::treat_as_floating_point_v<Rep>) {
        us = to_us(size + std::chrono::duration<Rep, std::micro>(0.5)).value_or(0);  // the nearest: 0.3s is 300 ms
    } else {
        const auto whole = to_us(size);
        if (whole && std::chrono::microseconds(*whole) == size) us = *whole;
    }
    if (us <= 0) {
        throw std::invalid_argument("weir::tumble: the window's size is not a positive number of whole microseconds; "
                                    "give one, such as 1min");
    }
    return detail::tumble_stage(us);
}
template <class Size>
[[nodiscard]] constexpr auto tumble(const Size&) {
    constexpr bool is_duration = sizeof(Size) == 0;
    static_assert(is_duration, "weir::tumble: the window's size is a duration, as in weir::tumble(1min) or "
                               "weir::tumble(std::chrono::minutes(1))");
    return detail::broken{};
}

}  // namespace weir
