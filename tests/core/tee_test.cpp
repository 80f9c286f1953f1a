// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/fold.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/tee.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("tee gives each record to each branch, as the end", "[core]") {
    std::vector<int> v{1, 2, 3};
    std::vector<int> a;
    std::vector<int> b;
    long sum = 0;
    const auto l = drive(weir::from(v)
                         | weir::tee(weir::map([](int x) { return x * 10; }) | weir::collect(a), weir::collect(b),
                                     weir::fold(sum, [](long s, int x) { return s + x; })));
    CHECK(a == std::vector{10, 20, 30});
    CHECK(b == v);
    CHECK(sum == 6);
    CHECK(l.stages.at("1").made == 6);
    CHECK(l.sinks.at("1.1.1") == 3);
    CHECK(l.sinks.at("1.2.0") == 3);
    CHECK(l.sinks.at("1.3.0") == 3);
    CHECK(l.sinks.at("source") + l.stages.at("1").made == 9);
}

TEST_CASE("tee in the middle of a pipeline", "[core]") {
    std::vector<int> v{1, 2, 3};
    std::vector<int> side;
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::tee(weir::collect(side)) | weir::filter([](int x) { return x != 2; })
                         | weir::collect(out));
    CHECK(side == v);
    CHECK(out == std::vector{1, 3});
    CHECK(l.stages.at("1").made == 3);
}

TEST_CASE("tee lends to all but the last, which is given", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 3; ++i) v.emplace_back(i);
    int sum = 0;
    slow_log<only_moves> log;
    auto look = [&](const only_moves& x) { sum += x.n; };
    drive(
        weir::from(std::move(v))
        | weir::tee(weir::for_each(look), weir::for_each(look), slow_sink<only_moves>(log, {1, 1, SIZE_MAX, true, 0})));
    CHECK(sum == 6);
    CHECK(log.given == 3);
    CHECK(log.records[2] == 2);
}

TEST_CASE("tee: the slowest branch decides the pace, and nothing follows full", "[core]") {
    for (std::size_t a : {0U, 1U, 2U, 5U}) {
        for (std::size_t b : {0U, 1U, 3U}) {
            std::vector<int> v(20, 3);
            std::vector<int> main;
            slow_log<int> x;
            slow_log<int> y;
            drive(weir::from(v) | weir::flat_map([](int n) { return std::vector<int>(std::size_t(n), n); })
                  | weir::tee(slow_sink<int>(x, {a, 3, SIZE_MAX, true, 0}),
                              weir::flat_map([](int n) { return std::vector<int>(std::size_t(n), n); })
                                  | slow_sink<int>(y, {b, 1, SIZE_MAX, true, 0}))
                  | weir::collect(main));
            CHECK(x.records.size() == 60);
            CHECK(y.records.size() == 180);
            CHECK(main.size() == 60);
            CHECK(x.finishes + y.finishes == 2);
        }
    }
}

TEST_CASE("tee is done when all branches are", "[core]") {
    std::vector<int> v{1, 2, 3, 4, 5, 6, 7, 8};
    std::vector<int> a;
    std::vector<int> b;
    const auto l = drive(weir::from(v) | weir::tee(weir::take(2) | weir::collect(a), weir::take(5) | weir::collect(b)));
    CHECK(a.size() == 2);
    CHECK(b.size() == 5);
    CHECK(l.sinks.at("source") == 5);
    CHECK(l.unwanted.at("1") == 3);
    CHECK(l.unwanted.at("2") == 0);
}
