// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/take.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("take lets n records through and is done with the n-th", "[core]") {
    std::vector<int> v{1, 2, 3, 4, 5};
    for (std::size_t n = 0; n <= 6; ++n) {
        CAPTURE(n);
        std::vector<int> out;
        const auto l = drive(weir::from(v) | weir::take(n) | weir::collect(out), 2);
        CHECK(out == std::vector<int>(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(n < 5 ? n : 5)));
        CHECK(l.sinks.at("source") == (n == 0 ? 1 : n < 5 ? n : 5));
        CHECK(l.sinks.at("source") == l.sinks.at("2") + l.stages.at("1").dropped);
    }
}

TEST_CASE("take through a slow sink answers done once there is room", "[core]") {
    std::vector<int> v{1, 2, 3};
    for (std::size_t n : {1U, 2U, 3U, 9U}) {
        slow_log<int> log;
        drive(weir::from(v) | weir::flat_map([](int x) { return std::vector<int>(4, x); }) | weir::take(n)
              | slow_sink<int>(log, {1, 2, SIZE_MAX, true, 0}));
        CHECK(log.records.size() == n);
        CHECK(log.finishes == 1);
        CHECK(log.fulls == n + 1);
    }
}

TEST_CASE("take gives move-only records, lends what was lent, and starts afresh each run", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 4; ++i) v.emplace_back(i);
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::take(2) | slow_sink<only_moves>(log, {1, 1, SIZE_MAX, false, 0}));
    CHECK(log.given == 2);
    CHECK(log.records[1] == 1);

    std::vector<int> w{1, 2, 3};
    std::vector<int> out;
    auto p = weir::from(w) | weir::take(2) | weir::collect(out);
    drive(p);
    drive(p);
    CHECK(out == std::vector{1, 2, 1, 2});
    slow_log<int> lent;
    drive(weir::from(w) | weir::take(2) | slow_sink<int>(lent, {0, 1, SIZE_MAX, false, 0}));
    CHECK(lent.given == 0);
}
