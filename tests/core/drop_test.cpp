// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/drop.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("drop skips the first n and counts them", "[core]") {
    std::vector<int> v{1, 2, 3, 4, 5};
    for (std::size_t n = 0; n <= 6; ++n) {
        CAPTURE(n);
        std::vector<int> out;
        const std::size_t skipped = n < 5 ? n : 5;
        const auto l = drive(weir::from(v) | weir::drop(n) | weir::collect(out), 2);
        CHECK(out == std::vector<int>(v.begin() + static_cast<std::ptrdiff_t>(skipped), v.end()));
        CHECK(l.stages.at("1").dropped == skipped);
        CHECK(l.sinks.at("source") == l.sinks.at("2") + l.stages.at("1").dropped);
    }
}

TEST_CASE("drop passes full, done and given records on", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 9; ++i) v.emplace_back(i);
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::drop(3) | slow_sink<only_moves>(log, {1, 2, 4, true, 0}));
    CHECK(log.records.size() == 4);
    CHECK(log.records.front() == 3);
    CHECK(log.given == 4);
    CHECK(log.finishes == 1);
}
