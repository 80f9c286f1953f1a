// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/take_while.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("take_while ends at the first record that does not fit", "[core]") {
    std::vector<int> v{1, 2, 9, 3, 4};
    std::vector<int> out;
    int asked = 0;
    const auto l = drive(weir::from(v) | weir::take_while([&](int x) {
                             ++asked;
                             return x < 5;
                         })
                         | weir::collect(out));
    CHECK(out == std::vector{1, 2});
    CHECK(asked == 3);
    CHECK(l.stages.at("1").dropped == 1);
    CHECK(l.sinks.at("source") == 3);
}

TEST_CASE("take_while through a slow sink, with records that only move", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 9; ++i) v.emplace_back(i);
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::take_while([](const only_moves& x) { return x.n < 6; })
          | slow_sink<only_moves>(log, {1, 3, SIZE_MAX, true, 0}));
    CHECK(log.records.size() == 6);
    CHECK(log.given == 6);
    CHECK(log.finishes == 1);
}

TEST_CASE("take_while names itself when its predicate throws", "[core]") {
    std::vector<int> v{1};
    std::vector<int> out;
    CHECK_THROWS_AS(drive(weir::from(v) | weir::take_while([](int) -> bool { throw std::runtime_error("x"); })
                          | weir::collect(out)),
                    std::runtime_error);
    CHECK(blamed() == "take_while at 1");
}
