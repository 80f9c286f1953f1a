// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/fold.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/map.hpp>

#include <array>
#include <list>
#include <random>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;
using std::size_t;

TEST_CASE("flat_map emits each element of a container it is given", "[core]") {
    std::vector<int> v{3, 0, 2};
    std::vector<int> out;
    int calls = 0;
    const auto l = drive(weir::from(v) | weir::flat_map([&](int n) {
                             ++calls;
                             return std::vector<int>(static_cast<size_t>(n), n);
                         })
                         | weir::collect(out));
    CHECK(out == std::vector{3, 3, 3, 2, 2});
    CHECK(calls == 3);
    CHECK(l.stages.at("1").absorbed == 3);
    CHECK(l.stages.at("1").made == 5);
    CHECK(l.sinks.at("source") + l.stages.at("1").made == l.sinks.at("2") + l.stages.at("1").absorbed);
}

TEST_CASE("flat_map takes references, views, arrays and sets", "[core]") {
    struct row {
        std::vector<int> items;
    };
    std::vector<row> rows{{{1, 2}}, {}, {{3}}};
    std::vector<int> out;
    drive(weir::from(rows) | weir::flat_map([](const row& r) -> const std::vector<int>& { return r.items; })
          | weir::collect(out));
    CHECK(out == std::vector{1, 2, 3});

    std::vector<int> ns{3, 1};
    out.clear();
    drive(weir::from(ns) | weir::flat_map([](int n) { return ranges::views::iota(0, n); }) | weir::collect(out));
    CHECK(out == std::vector{0, 1, 2, 0});

    out.clear();
    drive(weir::from(ns) | weir::flat_map([](int n) { return std::array<int, 2>{n, -n}; }) | weir::collect(out));
    CHECK(out == std::vector{3, -3, 1, -1});

    out.clear();
    drive(weir::from(ns) | weir::flat_map([](int n) { return std::set<int>{n, 7}; }) | weir::collect(out));
    CHECK(out == std::vector{3, 7, 1, 7});
}

TEST_CASE("flat_map stops at full and goes on in resume", "[core]") {
    for (size_t every : {1U, 2U, 3U, 5U}) {
        for (int resumes : {1, 3}) {
            CAPTURE(every, resumes);
            std::vector<int> ns{0, 5, 1, 0, 12, 4};
            std::vector<int> expected;
            for (int n : ns) {
                for (int i = 0; i < n; ++i) expected.push_back(i);
            }
            const slow_options o{every, resumes, SIZE_MAX, true, 0};

            slow_log<int> owned;
            const auto l = drive(weir::from(ns) | weir::flat_map([](int n) {
                                     std::list<int> made;
                                     for (int i = 0; i < n; ++i) made.push_back(i);
                                     return made;
                                 }) | slow_sink<int>(owned, o),
                                 2);
            CHECK(owned.records == expected);
            CHECK(owned.finishes == 1);
            CHECK(owned.given == expected.size());
            CHECK(l.stages.at("1").made == expected.size());

            slow_log<int> computed;
            drive(weir::from(ns) | weir::flat_map([](int n) { return ranges::views::iota(0, n); })
                  | slow_sink<int>(computed, o));
            CHECK(computed.records == expected);

            // A string in place moves with its object: positions, not pointers, are kept.
            std::vector<std::string> texts{"ab", "cde", ""};
            slow_log<char> letters;
            drive(weir::from(texts) | weir::flat_map([](const std::string& s) { return s; })
                  | slow_sink<char>(letters, o));
            CHECK(letters.records == std::vector{'a', 'b', 'c', 'd', 'e'});
        }
    }
}

TEST_CASE("flat_map copies the rest of what is inside a record that will be gone", "[core]") {
    std::vector<int> ns{1, 2, 3};
    slow_log<std::string> log;
    drive(weir::from(ns) | weir::map([](int n) { return std::vector<std::string>(4, std::string(40, char('a' + n))); })
              | weir::flat_map([](const std::vector<std::string>& v) -> const std::vector<std::string>& { return v; })
              | slow_sink<std::string>(log, {1, 2, SIZE_MAX, false, 0}),
          1);
    REQUIRE(log.records.size() == 12);
    for (size_t i = 0; i < 12; ++i) CHECK(log.records[i] == std::string(40, char('b' + i / 4)));
    CHECK(log.given == 0);
}

TEST_CASE("nested flat_maps through a sink of one slot", "[core]") {
    std::vector<int> ns{1, 2, 3, 4, 5, 6, 7};
    std::vector<int> expected;
    for (int n : ns) {
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < i; ++j) expected.push_back(n * 100 + j);
        }
    }
    slow_log<int> log;
    drive(weir::from(ns) | weir::flat_map([](int n) {
              std::vector<std::pair<int, int>> v;
              for (int i = 0; i < n; ++i) v.emplace_back(n, i);
              return v;
          })
          | weir::flat_map([](std::pair<int, int> p) {
                std::vector<int> v;
                for (int j = 0; j < p.second; ++j) v.push_back(p.first * 100 + j);
                return v;
            })
          | slow_sink<int>(log, {1, 2, SIZE_MAX, true, 0}));
    CHECK(log.records == expected);
}

TEST_CASE("flat_map gives move-only elements", "[core]") {
    std::vector<int> ns{2, 3};
    slow_log<only_moves> log;
    drive(weir::from(ns) | weir::flat_map([](int n) {
              std::vector<only_moves> v;
              for (int i = 0; i < n; ++i) v.emplace_back(10 * n + i);
              return v;
          })
          | slow_sink<only_moves>(log, {2, 1, SIZE_MAX, false, 0}));
    REQUIRE(log.records.size() == 5);
    CHECK(log.records[0] == 20);
    CHECK(log.records[4] == 32);
}

TEST_CASE("flat_map ends where those behind are done", "[core]") {
    std::vector<int> ns{5, 5, 5};
    slow_log<int> log;
    const auto l = drive(weir::from(ns) | weir::flat_map([](int n) { return std::vector<int>(size_t(n), 1); })
                         | slow_sink<int>(log, {2, 1, 7, false, 0}));
    CHECK(log.records.size() == 7);
    CHECK(log.finishes == 1);
    CHECK(l.stages.at("1").made == 7);
    CHECK(l.sinks.at("source") == 2);
}

TEST_CASE("flat_map: exceptions name the stage, or go to failed", "[core]") {
    std::vector<int> ns{1, 0, 2};
    auto f = [](int n) {
        if (n == 0) throw std::runtime_error("zero");
        return std::vector<int>(size_t(n), n);
    };
    std::vector<int> out;
    CHECK_THROWS_WITH(drive(weir::from(ns) | weir::flat_map(f) | weir::collect(out)), "zero");
    CHECK(blamed() == "flat_map at 1");

    out.clear();
    std::vector<weir::failure<int>> bad;
    const auto l = drive(weir::from(ns) | weir::flat_map(f).catch_failed() | weir::on<"failed">(weir::collect(bad))
                         | weir::collect(out));
    CHECK(out == std::vector{1, 2, 2});
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].value == 0);
    CHECK(bad[0].why == "zero");
    CHECK(l.stages.at("1").failed == 1);
    CHECK(l.stages.at("1").absorbed == 2);
}
