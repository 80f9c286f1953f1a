// SPDX-License-Identifier: BSL-1.0
// on<...>, on_rest, stop: what side outputs get, and in which order (core_protocol.md, B).
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/stop.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/route.hpp>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;
using weir::failure;

namespace {

constexpr auto odd_throws = [](int x) {
    if (x % 2 != 0) throw std::runtime_error("odd");
    return x;
};

}  // namespace

TEST_CASE("on binds to the nearest stage before it whose output of that name is open") {
    const std::vector<int> v{1, 2, 3, 4, 6};
    std::vector<failure<int>> near;
    std::vector<failure<int>> far;
    std::vector<int> out;
    const auto l =
        drive(weir::from(v) | weir::map(odd_throws).catch_failed() | weir::map([](int x) {
                                                                         if (x == 4) throw std::runtime_error("four");
                                                                         return x;
                                                                     }).catch_failed()
              | weir::on<"failed">(weir::collect(near)) | weir::on<"failed">(weir::collect(far)) | weir::collect(out));
    CHECK(out == std::vector{2, 6});
    REQUIRE(near.size() == 1);
    CHECK(near[0].why == "four");
    REQUIRE(far.size() == 2);
    CHECK(far[0].why == "odd");
    CHECK(l.sinks.at("1.failed.0") == 2);
    CHECK(l.sinks.at("2.failed.0") == 1);
}

TEST_CASE("on may stand stages after the one it decides, as long as it is before the sink") {
    const std::vector<int> v{1, 2, 3};
    std::vector<failure<int>> failed;
    std::vector<int> out;
    drive(weir::from(v) | weir::map(odd_throws).catch_failed() | weir::filter([](int) { return true; })
          | weir::on<"failed">(weir::collect(failed)) | weir::collect(out));
    CHECK(out == std::vector{2});
    CHECK(failed.size() == 2);
}

TEST_CASE("on leads to a chain of its own, whose stages are named after it") {
    const std::vector<int> v{1, 2, 3};
    std::vector<std::string> whys;
    std::vector<int> out;
    const auto l =
        drive(weir::from(v) | weir::map(odd_throws).catch_failed().named("odd")
              | weir::on<"failed">(weir::filter([](const failure<int>& f) { return f.value > 1; })
                                   | weir::map([](failure<int>&& f) { return std::move(f.why); }) | weir::collect(whys))
              | weir::collect(out));
    CHECK(whys == std::vector<std::string>{"odd"});
    CHECK(l.stages.at("odd").failed == 2);
    CHECK(l.stages.at("odd.failed.0").dropped == 1);
    CHECK(l.sinks.at("odd.failed.2") == 1);
}

TEST_CASE("a side chain may have outputs too") {
    const std::vector<int> v{1, 2, 3};
    std::vector<failure<failure<int>>> twice;
    std::vector<int> left;
    std::vector<int> out;
    drive(weir::from(v) | weir::map(odd_throws).catch_failed()
          | weir::on<"failed">(weir::map([](const failure<int>& f) {
                                   if (f.value == 3) throw std::runtime_error("again");
                                   return f.value;
                               }).catch_failed()
                               | weir::on<"failed">(weir::collect(twice)) | weir::collect(left))
          | weir::collect(out));
    CHECK(out == std::vector{2});
    CHECK(left == std::vector{1});
    REQUIRE(twice.size() == 1);
    CHECK(twice[0].why == "again");
    CHECK(twice[0].value.value == 3);
}

TEST_CASE("on_rest decides all that is still open, and nothing else") {
    const std::vector<int> v{1, 2, 3, 4};
    std::vector<int> big;
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::map(odd_throws).catch_failed()
                         | weir::route<"big">([](int x) { return x > 2; }).catch_failed()
                         | weir::on<"big">(weir::collect(big)) | weir::on_rest(weir::discard) | weir::collect(out));
    CHECK(out == std::vector{2});
    CHECK(big == std::vector{4});
    CHECK(l.sinks.at("1.failed.0") == 2);
    CHECK(l.sinks.at("2.failed.0") == 0);
    CHECK(l.sinks.at("2.big.0") == 1);
}

TEST_CASE("signals reach the main way and every side") {
    struct row {
        weir::instant time;
        int n;
    };
    std::vector<row> v;
    for (int i = 0; i < 10; ++i) v.push_back({weir::instant{i}, i});
    slow_log<row> side;
    slow_log<row> main;
    drive(weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::seconds(0)))
          | weir::route<"odd">([](const row& r) { return r.n % 2 != 0; })
          | weir::on<"odd">(slow_sink<row>(side, {.full_every = 0, .grain = 4}))
          | slow_sink<row>(main, {.full_every = 0, .grain = 6}));
    // In units of the greatest common divisor of what both ask for: 2.
    CHECK(main.watermarks.size() == 5);
    CHECK(side.watermarks == main.watermarks);
    CHECK(side.finishes == 1);
    CHECK(main.finishes == 1);
}

TEST_CASE("a side that is full holds the main way up, and one that is done does not") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 300; ++round) {
        const std::size_t records = random() % 30;
        const std::size_t modulus = 1 + random() % 4;
        const slow_options a{random() % 4, static_cast<int>(1 + random() % 3),
                             random() % 3 == 0 ? 1 + random() % 5 : SIZE_MAX, random() % 2 == 0, 0};
        const slow_options b{random() % 4, static_cast<int>(1 + random() % 3),
                             random() % 3 == 0 ? 1 + random() % 5 : SIZE_MAX, random() % 2 == 0, 0};
        CAPTURE(round, records, modulus, a.full_every, a.done_after, b.full_every, b.done_after);
        std::vector<int> v;
        std::vector<int> to_side;
        std::vector<int> to_main;
        for (std::size_t i = 0; i < records; ++i) {
            v.push_back(static_cast<int>(i));
            (i % modulus == 0 ? to_side : to_main).push_back(static_cast<int>(i));
        }
        slow_log<int> side;
        slow_log<int> main;
        const auto l =
            drive(weir::from(v) | weir::route<"side">([&](int x) { return static_cast<std::size_t>(x) % modulus == 0; })
                      | weir::on<"side">(slow_sink<int>(side, a)) | slow_sink<int>(main, b),
                  1 + random() % 8);
        if (to_side.size() > a.done_after) to_side.resize(a.done_after);
        if (to_main.size() > b.done_after) to_main.resize(b.done_after);
        // Each way gets its first records in order; all of them unless both are done before the input ends.
        CHECK(side.records == to_side);
        CHECK(main.records == to_main);
        CHECK(side.finishes == 1);
        CHECK(main.finishes == 1);
        CHECK(l.sinks.at("source")
              == side.records.size() + main.records.size() + l.unwanted.at("side") + l.unwanted.at("main"));
    }
}

TEST_CASE("stop: the first record ends the pipeline, and says why") {
    const std::vector<int> v{2, 1, 4};
    std::vector<int> out;
    std::string what;
    try {
        drive(weir::from(v) | weir::map(odd_throws).catch_failed() | weir::on<"failed">(weir::stop)
              | weir::collect(out));
    } catch (const weir::stopped_by_record& e) {
        what = e.what();
    }
    CHECK(what == "stopped by a record at 1.failed.0: odd");
    CHECK(blamed() == "stop at 1.failed.0");
    CHECK(out == std::vector{2});
}
