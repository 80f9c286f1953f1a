// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/sources/interval.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/take.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace weir_test;

using namespace std::chrono_literals;

TEST_CASE("generate calls until the optional is empty", "[core]") {
    int n = 0;
    std::vector<int> out;
    auto f = [&]() -> std::optional<int> {
        if (n == 5) return std::nullopt;
        return ++n;
    };
    const auto l = drive(weir::generate(f) | weir::collect(out), 2);
    CHECK(out == std::vector{1, 2, 3, 4, 5});
    CHECK(l.sinks.at("source") == 5);
}

TEST_CASE("generate without an end, through a slow sink; records that only move", "[core]") {
    int calls = 0;
    slow_log<only_moves> log;
    drive(weir::generate([&] { return only_moves(calls++); }) | weir::take(7)
          | slow_sink<only_moves>(log, {2, 3, SIZE_MAX, true, 0}));
    CHECK(log.records.size() == 7);
    CHECK(log.given == 7);
    CHECK(calls == 7);
}

TEST_CASE("generate names itself when its function throws", "[core]") {
    std::vector<int> out;
    CHECK_THROWS_WITH(drive(weir::generate([]() -> int { throw std::runtime_error("dry"); }) | weir::collect(out)),
                      "dry");
    CHECK(blamed() == "generate at 0");
}

TEST_CASE("interval counts periods of processing time", "[core]") {
    std::vector<std::uint64_t> out;
    drive(weir::interval(1s) | weir::take(4) | weir::collect(out), 2, weir::instant{500});
    CHECK(out == std::vector<std::uint64_t>{0, 1, 2, 3});

    weir::detail::interval_cursor c(1000);
    slow_log<std::uint64_t> log;
    const weir::stage_info info{"slow", "1", 0};
    slow_receiver<std::uint64_t> r{&info, &log, {0, 1, SIZE_MAX, false, 0}};
    CHECK(c.due() == weir::instant::min());
    c.now({500});
    CHECK(c.pull(r, 10).what == weir::pulled::starved);
    CHECK(c.due() == weir::instant{1500});
    c.now({1499});
    CHECK(c.pull(r, 10).records == 0);
    c.now({1500});
    CHECK(c.pull(r, 10).records == 1);
    CHECK(c.due() == weir::instant{2500});
    // What was missed is made up for, in as many pulls as it takes.
    c.now({5600});
    CHECK(c.pull(r, 3).records == 3);
    CHECK(c.pull(r, 3).records == 1);
    CHECK(c.due() == weir::instant{6500});
}

TEST_CASE("interval refuses periods that are none", "[core]") {
    CHECK_THROWS_AS(weir::interval(0s), std::invalid_argument);
    CHECK_THROWS_AS(weir::interval(-1s), std::invalid_argument);
    CHECK_THROWS_AS(weir::interval(999ns), std::invalid_argument);
    CHECK_THROWS_AS(weir::interval(std::chrono::hours(std::int64_t{1} << 50)), std::invalid_argument);
    weir::detail::interval_cursor far(weir::instant::max().us);
    far.now({5});
    CHECK(far.due() == weir::instant::max());
}
