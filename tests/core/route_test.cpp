// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/fold.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/route.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("route sends records by name, the others on", "[core]") {
    std::vector<int> v{1, 2, 3, 4, 5};
    std::vector<int> even;
    std::vector<int> odd;
    const auto l =
        drive(weir::from(v) | weir::route<"even">([](int x) { return x % 2 == 0; })
              | weir::on<"even">(weir::map([](int x) { return x * 10; }) | weir::collect(even)) | weir::collect(odd));
    CHECK(even == std::vector{20, 40});
    CHECK(odd == std::vector{1, 3, 5});
    CHECK(l.stages.at("1").routed == 2);
    CHECK(l.sinks.at("1.even.1") == 2);
    CHECK(l.sinks.at("source") == l.sinks.at("2") + l.stages.at("1").routed);
}

TEST_CASE("route with both ways slow, records that only move", "[core]") {
    for (std::size_t a : {0U, 1U, 3U}) {
        for (std::size_t b : {0U, 1U, 2U}) {
            std::vector<only_moves> v;
            for (int i = 0; i < 12; ++i) v.emplace_back(i);
            slow_log<only_moves> low;
            slow_log<only_moves> high;
            drive(weir::from(std::move(v)) | weir::route<"low">([](const only_moves& x) { return x.n % 3 == 0; })
                      | weir::on<"low">(slow_sink<only_moves>(low, {a, 2, SIZE_MAX, true, 0}))
                      | slow_sink<only_moves>(high, {b, 1, SIZE_MAX, true, 0}),
                  5);
            CHECK(low.records.size() == 4);
            CHECK(high.records.size() == 8);
            CHECK(low.given == 4);
            CHECK(low.finishes == 1);
            CHECK(high.finishes == 1);
        }
    }
}

TEST_CASE("route may fail too", "[core]") {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::route<"big">([](int x) {
                                             if (x == 1) throw std::runtime_error("one");
                                             return x > 2;
                                         }).catch_failed()
                         | weir::on<"failed">(weir::discard) | weir::on<"big">(weir::discard) | weir::collect(out));
    CHECK(out == std::vector{2});
    CHECK(l.stages.at("1").failed == 1);
    CHECK(l.stages.at("1").routed == 1);
}

TEST_CASE("route: the first of two routes wins, and the end is not before both ways are done", "[core]") {
    std::vector<int> v{1, 2, 3, 4, 5, 6};
    slow_log<int> a;
    slow_log<int> b;
    const auto l =
        drive(weir::from(v) | weir::route<"a">([](int x) { return x % 2 == 0; })
              | weir::on<"a">(slow_sink<int>(a, {0, 1, 1, false, 0})) | slow_sink<int>(b, {0, 1, 2, false, 0}));
    CHECK(a.records == std::vector{2});
    CHECK(b.records == std::vector{1, 3});
    CHECK(l.sinks.at("source") == 3);
}
