// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/key_by.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("filter: records go on or are counted as dropped", "[core]") {
    const std::vector<int> v{1, 2, 3, 4, 5};
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::filter([](int n) { return n % 2 != 0; }) | weir::collect(out));
    CHECK(out == std::vector{1, 3, 5});
    CHECK(l.stages.at("1").dropped == 2);
}

TEST_CASE("filter: the predicate only looks, and the record goes on as it came", "[core]") {
    std::vector<only_moves> v;
    for (int i = 0; i < 4; ++i) v.emplace_back(i);
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::filter([](const only_moves& x) { return x.n > 1; })
          | slow_sink<only_moves>(log, {0, 1, SIZE_MAX, false, 0}));
    REQUIRE(log.records.size() == 2);
    CHECK(log.records[0] == 2);
    CHECK(log.given == 2);
}

TEST_CASE("filter: a predicate may return what becomes a bool, also by asking", "[core]") {
    const std::vector<int> v{0, 1, 2};
    std::vector<int> out;
    drive(weir::from(v) | weir::filter([](int n) { return n; })
          | weir::filter([](int n) { return n == 2 ? std::optional<int>() : std::optional(n); }) | weir::collect(out));
    CHECK(out == std::vector{1});
}

TEST_CASE("filter: with the meta, with a state, with an exception", "[core]") {
    struct row {
        std::string host;
        int n;
    };
    const std::vector<row> rows{{"a", 1}, {"b", 2}, {"a", 3}};
    std::vector<row> out;
    drive(weir::from(rows) | weir::key_by<&row::host>()
          | weir::filter([](const row&, auto meta) { return meta.key() == "a"; })
          | weir::filter([seen = 0](const row&) mutable { return ++seen > 1; }) | weir::collect(out));
    REQUIRE(out.size() == 1);
    CHECK(out[0].n == 3);
    CHECK_THROWS_AS(drive(weir::from(rows) | weir::filter([](const row&) -> bool { throw std::logic_error("no"); })
                          | weir::collect(out)),
                    std::logic_error);
    CHECK(blamed() == "filter at 1");
}
