// SPDX-License-Identifier: BSL-1.0
// What tests of windows and aggregates share: a record, the stages before `tumble`, and a run.
#pragma once

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/analytics.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/key_by.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir_test {

using us_time = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] constexpr us_time at_us(std::int64_t us) { return us_time(std::chrono::microseconds(us)); }

struct tick {
    us_time time;
    std::string symbol;
    std::int64_t volume = 0;
    double price = 0;
    std::string venue;
};

/// Microseconds are the unit of these tests' times.
[[nodiscard]] inline tick make_tick(std::int64_t time, std::string symbol, std::int64_t volume = 1, double price = 0,
                                    std::string venue = "") {
    return {at_us(time), std::move(symbol), volume, price, std::move(venue)};
}

/// One window of 100 us from 0 over all ticks, by symbol.
template <class Result, class... Aggregates>
[[nodiscard]] std::vector<Result> in_one_window(const std::vector<tick>& ticks, Aggregates... aggregates) {
    std::vector<Result> out;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(std::chrono::microseconds(100)))
          | weir::key_by<&tick::symbol>() | weir::tumble(std::chrono::microseconds(100))
          | weir::aggregate<Result>(std::move(aggregates)...) | weir::on<"late">(weir::discard) | weir::collect(out));
    return out;
}

/// What an aggregate makes of values that come one after the other at times 0, 1, 2, ..., at compile time too.
template <class A, class Record, std::size_t N>
[[nodiscard]] constexpr auto aggregated(const A& a, const Record (&records)[N]) {
    auto state = a.start(records[0], weir::instant{0});
    for (std::size_t i = 1; i < N; ++i) a.add(state, records[i], weir::instant{static_cast<std::int64_t>(i)});
    return a.result(std::move(state));
}

}  // namespace weir_test
