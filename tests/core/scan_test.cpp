// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/scan.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace weir_test;

TEST_CASE("scan emits the running state", "[core]") {
    std::vector<int> v{1, 2, 3, 4};
    std::vector<long> out;
    auto p = weir::from(v) | weir::scan(10L, [](long s, int x) { return s + x; }) | weir::collect(out);
    drive(p, 2);
    CHECK(out == std::vector<long>{11, 13, 16, 20});
    drive(p);  // afresh
    CHECK(out.size() == 8);
    CHECK(out[4] == 11);
}

TEST_CASE("scan lends its state, and gives the function given records", "[core]") {
    std::vector<only_moves> v;
    for (int i = 1; i < 5; ++i) v.emplace_back(i);
    slow_log<int> log;
    drive(weir::from(std::move(v))
          | weir::scan(only_moves(0),
                       [](only_moves s, only_moves x) {
                           s.n += x.n;
                           return s;
                       })
          | weir::map([](const only_moves& s) { return s.n; }) | slow_sink<int>(log, {1, 2, 3, true, 0}));
    CHECK(log.records == std::vector{1, 3, 6});
    CHECK(log.finishes == 1);
    slow_log<int> lent;
    std::vector<int> one{1, 1};
    drive(weir::from(one) | weir::scan(0, [](int s, int x) { return s + x; })
          | slow_sink<int>(lent, {1, 1, SIZE_MAX, false, 0}));
    CHECK(lent.records == std::vector{1, 2});
    CHECK(lent.given == 0);
}

TEST_CASE("scan keeps one state for each key, and the key travels on", "[core]") {
    struct row {
        std::string host;
        int n;
    };
    std::vector<row> v{{"a", 1}, {"b", 10}, {"a", 2}, {"b", 20}, {"c", 5}, {"a", 3}};
    std::string seen;
    std::vector<int> out;
    drive(weir::from(v) | weir::key_by<&row::host>() | weir::scan(0, [](int s, const row& r) { return s + r.n; })
          | weir::map([&](int s, auto m) {
                seen += m.key();
                return s;
            })
          | weir::collect(out));
    CHECK(out == std::vector{1, 10, 3, 30, 5, 6});
    CHECK(seen == "ababca");
}

TEST_CASE("scan names itself when its function throws", "[core]") {
    std::vector<int> v{1};
    std::vector<int> out;
    CHECK_THROWS_AS(drive(weir::from(v) | weir::scan(0, [](int, int) -> int { throw std::runtime_error("x"); })
                          | weir::collect(out)),
                    std::runtime_error);
    CHECK(blamed() == "scan at 1");
}
