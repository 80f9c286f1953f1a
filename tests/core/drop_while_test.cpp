// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/drop_while.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("drop_while skips up to the first record that does not fit, and asks no more", "[core]") {
    std::vector<int> v{1, 2, 9, 3, 4};
    std::vector<int> out;
    int asked = 0;
    const auto l = drive(weir::from(v) | weir::drop_while([&](int x) {
                             ++asked;
                             return x < 5;
                         })
                         | weir::collect(out));
    CHECK(out == std::vector{9, 3, 4});
    CHECK(asked == 3);
    CHECK(l.stages.at("1").dropped == 2);
    CHECK(l.sinks.at("source") == l.sinks.at("2") + l.stages.at("1").dropped);
}

TEST_CASE("drop_while through a slow sink", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 9; ++i) v.emplace_back(i);
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::drop_while([](const only_moves& x) { return x.n < 6; })
          | slow_sink<only_moves>(log, {1, 3, 2, true, 0}));
    CHECK(log.records.size() == 2);
    CHECK(log.records[0] == 6);
    CHECK(log.given == 2);
}
