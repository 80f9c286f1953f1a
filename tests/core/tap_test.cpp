// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/tap.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("tap sees every record before those behind it, and passes it on", "[core]") {
    std::vector<int> v{1, 2, 3};
    std::vector<int> seen;
    std::vector<int> out;
    drive(weir::from(v) | weir::tap([&](int x) {
              CHECK(out.size() == seen.size());
              seen.push_back(x);
              return 17;
          })
          | weir::collect(out));
    CHECK(seen == v);
    CHECK(out == v);
}

TEST_CASE("tap asks for the meta, and leaves given records given", "[core]") {
    struct row {
        std::string host;
        only_moves n;
    };
    std::vector<row> v;
    v.push_back({"a", only_moves(1)});
    v.push_back({"b", only_moves(2)});
    std::string keys;
    slow_log<only_moves> log;
    drive(weir::from(std::move(v)) | weir::key_by<&row::host>() | weir::map([](row&& r) { return std::move(r.n); })
          | weir::tap([&](const only_moves&, auto m) { keys += m.key(); })
          | slow_sink<only_moves>(log, {1, 1, SIZE_MAX, false, 0}));
    CHECK(keys == "ab");
    CHECK(log.given == 2);
}

TEST_CASE("tap: a throw ends the pipeline or sends the record to failed", "[core]") {
    std::vector<int> v{1, 2, 3};
    auto f = [](const int& x) {
        if (x == 2) throw std::runtime_error("two");
    };
    CHECK_THROWS_WITH(drive(weir::from(v) | weir::tap(f) | weir::discard), "two");
    CHECK(blamed() == "tap at 1");
    std::vector<weir::failure<int>> bad;
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::tap(f).catch_failed() | weir::on<"failed">(weir::collect(bad))
                         | weir::collect(out));
    CHECK(out == std::vector{1, 3});
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].value == 2);
    CHECK(l.stages.at("1").failed == 1);
}
