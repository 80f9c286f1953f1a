// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/fold.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/interval.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/merge.hpp>
#include <weir/core/stages/merge_by_time.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/tap.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

using namespace std::chrono_literals;

namespace {

struct event {
    std::chrono::sys_time<std::chrono::microseconds> time;
    int input = 0;
    int n = 0;
};

auto at(std::int64_t us) { return std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(us)); }

}  // namespace

TEST_CASE("merge takes the records of all inputs, each in its order", "[core]") {
    std::vector<int> a{1, 3, 5, 7, 9};
    std::vector<int> b{2, 4};
    std::vector<int> c;
    for (std::size_t batch : {1U, 2U, 3U, 100U}) {
        CAPTURE(batch);
        std::vector<int> out;
        const auto l =
            drive(weir::merge(weir::from(a), weir::from(b) | weir::map([](int x) { return x * 10; }), weir::from(c))
                      | weir::map([](int x) { return x + 0; }) | weir::collect(out),
                  batch);
        CHECK(l.sinks.at("source") == 7);
        CHECK(l.sinks.at("2") == 7);
        std::vector<int> odd;
        std::vector<int> even;
        for (int x : out) (x % 2 != 0 ? odd : even).push_back(x);
        CHECK(odd == a);
        CHECK(even == std::vector{20, 40});
    }
}

TEST_CASE("merge of merges", "[core]") {
    std::vector<int> a{1, 2, 3};
    long sum = 0;
    auto plus = [](long s, int x) { return s + x; };
    drive(weir::merge(weir::merge(weir::from(a), weir::from(a)) | weir::filter([](int x) { return x != 2; }),
                      weir::from(a))
          | weir::fold(sum, plus));
    CHECK(sum == 14);
}

TEST_CASE("merge: while it is full, only the input that met it goes on", "[core]") {
    for (std::size_t every : {1U, 2U, 3U, 7U}) {
        for (int resumes : {1, 2, 5}) {
            for (std::size_t batch : {1U, 4U, 100U}) {
                CAPTURE(every, resumes, batch);
                std::vector<int> a{3, 1, 4, 1, 5};
                std::vector<int> b{9, 2, 6};
                slow_log<int> log;
                auto many = [](int n) { return std::vector<int>(std::size_t(n), n); };
                drive(weir::merge(weir::from(a) | weir::flat_map(many), weir::from(b) | weir::flat_map(many),
                                  weir::merge(weir::from(b), weir::from(a) | weir::flat_map(many)))
                          | slow_sink<int>(log, {every, resumes, SIZE_MAX, true, 0}),
                      batch);
                CHECK(log.records.size() == 14 + 17 + 3 + 14);
                CHECK(log.finishes == 1);
            }
        }
    }
}

TEST_CASE("merge ends its inputs when those behind are done", "[core]") {
    std::vector<int> a(100, 1);
    slow_log<int> log;
    const auto l = drive(
        weir::merge(weir::from(a), weir::from(a)) | weir::take(7) | slow_sink<int>(log, {2, 1, SIZE_MAX, true, 0}), 10);
    CHECK(log.records.size() == 7);
    CHECK(log.finishes == 1);
    CHECK(l.sinks.at("source") == 7 + l.stages.at("0").dropped);
    CHECK(l.sinks.at("source") <= 20);
}

TEST_CASE("merge gives where all give, and lends else", "[core]") {
    auto some = [] {
        std::vector<only_moves> v;
        v.emplace_back(1);
        v.emplace_back(2);
        return v;
    };
    slow_log<only_moves> log;
    drive(weir::merge(weir::from(some()), weir::from(some())) | slow_sink<only_moves>(log, {1, 1, SIZE_MAX, false, 0}));
    CHECK(log.given == 4);
    auto lent = some();
    int sum = 0;
    drive(weir::merge(weir::from(some()), weir::from(lent))
          | weir::fold(sum, [](int s, const only_moves& x) { return s + x.n; }));
    CHECK(sum == 6);
}

TEST_CASE("merge: projections that differ are stored, equal ones stay lazy", "[core]") {
    struct row {
        std::string host, path;
    };
    std::vector<row> rows{{"h1", "p1"}, {"h2", "p2"}};
    auto a = weir::from(rows) | weir::key_by<&row::host>();
    auto b = weir::from(rows) | weir::key_by<&row::path>();
    std::vector<std::string> keys;
    auto note = [&](const row&, auto m) { keys.push_back(m.key()); };
    drive(weir::merge(a, b) | weir::tap(note) | weir::map([](const row&) { return 0; })
          | weir::fold(*std::make_unique<int>(), [](int s, int) { return s; }).named("sum"));
    CHECK(std::multiset<std::string>(keys.begin(), keys.end()) == std::multiset<std::string>{"h1", "h2", "p1", "p2"});
    using same = weir::detail::merged_stream<decltype(a)::out_stream, decltype(a)::out_stream>;
    using differ = weir::detail::merged_stream<decltype(a)::out_stream, decltype(b)::out_stream>;
    STATIC_REQUIRE(std::is_same_v<same::meta, decltype(a)::out_stream::meta_type>);
    STATIC_REQUIRE(weir::detail::is_stored<weir::entry_of<differ::meta, weir::meta_of::key>>);
}

TEST_CASE("merge_by_time gives records in the order of event time", "[core]") {
    const unsigned seed = 7;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 40; ++round) {
        CAPTURE(round);
        std::vector<event> in[3];
        std::vector<event> expected;
        int n = 0;
        for (int i = 0; i < 3; ++i) {
            std::int64_t t = 0;
            const std::size_t size = random() % 60;
            for (std::size_t k = 0; k < size; ++k) {
                t += static_cast<std::int64_t>(random() % 20);
                // At most 30 us out of order.
                in[i].push_back({at(t - static_cast<std::int64_t>(random() % 31)), i, n++});
            }
            expected.insert(expected.end(), in[i].begin(), in[i].end());
        }
        std::stable_sort(expected.begin(), expected.end(),
                         [](const event& a, const event& b) { return a.time < b.time; });
        auto timed = [&](int i) {
            return weir::from(in[i]) | weir::event_time<&event::time>(weir::out_of_order_by(30us));
        };
        slow_log<int> log;
        const std::size_t every = random() % 4;
        drive(weir::merge_by_time(timed(0), timed(1), timed(2)) | weir::map([](const event& e) { return e.n; })
                  | slow_sink<int>(log, {every, 2, SIZE_MAX, true, 10}),
              1 + random() % 50);
        std::vector<int> order;
        for (const event& e : expected) order.push_back(e.n);
        CHECK(log.records == order);
        CHECK(log.finishes == 1);
        CHECK(std::is_sorted(log.watermarks.begin(), log.watermarks.end()));
    }
}

TEST_CASE("merge_by_time: what is behind goes on at once, and done leaves nothing held", "[core]") {
    std::vector<event> a{{at(100), 0, 1}, {at(5), 0, 2}, {at(200), 0, 3}};
    std::vector<event> b{{at(150), 1, 4}, {at(160), 1, 5}};
    auto timed = [](std::vector<event>& v) {
        return weir::from(v) | weir::event_time<&event::time>(weir::out_of_order_by(0us));
    };
    std::vector<int> out;
    auto number = weir::map([](const event& e) { return e.n; });
    drive(weir::merge_by_time(timed(b), timed(a)) | number | weir::collect(out), 100);
    CHECK(out == std::vector{2, 1, 4, 5, 3});  // 5 us is behind W = 99 us, 100 us is not

    slow_log<int> log;
    const auto l =
        drive(weir::merge_by_time(timed(b), timed(a)) | number | slow_sink<int>(log, {0, 1, 2, true, 0}), 100);
    CHECK(log.records.size() == 2);
    CHECK(log.finishes == 1);
    CHECK(l.stages.at("0").held == 0);
    CHECK(l.sinks.at("source") == 2 + l.stages.at("0").dropped);
}

TEST_CASE("merge_by_time moves records that only move", "[core]") {
    struct timed_only {
        std::chrono::sys_time<std::chrono::microseconds> time;
        only_moves n;
    };
    auto some = [](std::int64_t first) {
        std::vector<timed_only> v;
        for (int i = 0; i < 4; ++i) v.push_back({at(first + 2 * i), only_moves(static_cast<int>(first) + 2 * i)});
        return weir::from(std::move(v)) | weir::event_time<&timed_only::time>(weir::out_of_order_by(1us));
    };
    slow_log<only_moves> log;
    drive(weir::merge_by_time(some(0), some(1)) | weir::map([](timed_only&& t) { return std::move(t.n); })
          | slow_sink<only_moves>(log, {3, 1, SIZE_MAX, false, 0}));
    REQUIRE(log.records.size() == 8);
    for (int i = 0; i < 8; ++i) CHECK(log.records[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("merge waits for the earliest of its inputs", "[core]") {
    std::vector<std::uint64_t> out;
    auto plus = [](std::uint64_t n) { return weir::map([n](std::uint64_t x) { return x + n; }); };
    drive(weir::merge(weir::interval(1s) | weir::take(3), weir::interval(400ms) | weir::take(4) | plus(10))
              | weir::collect(out),
          8);
    // Both start at the first step; at 1.2 s, 0.4 s, 0.8 s, 1 s, ... one of them is due.
    CHECK(out == std::vector<std::uint64_t>{10, 11, 0, 12, 13, 1, 2});
}

TEST_CASE("merge: a drain ends all sources where they are", "[core]") {
    std::vector<int> a(100, 1);
    std::vector<int> out;
    auto p = weir::merge(weir::from(a), weir::merge(weir::from(a), weir::from(a))) | weir::collect(out);
    auto& parts = p.parts();
    auto& source = weir::detail::part_stage(weir::detail::element<0>(parts));
    const builder b;
    auto receiver = [&] { return weir::detail::bind_from<1>(parts, b, source.out()); };
    auto d = weir_test::connect(source, b.at(0, source.path), receiver);
    auto moved = std::move(d);  // by pointer: the node stays where it is
    CHECK(moved.step(12, {}).what == weir::step_result::kind::progress);
    const auto before = moved.records();
    CHECK(before > 0);
    int steps = 0;
    while (moved.step(12, {}, true).what != weir::step_result::kind::done) REQUIRE(++steps < 10);
    CHECK(moved.finished());
    CHECK(moved.records() == before);
    CHECK(out.size() == before);
}

TEST_CASE("merge: an exception of an input names its stage", "[core]") {
    std::vector<int> a{1, 2};
    std::vector<int> out;
    CHECK_THROWS_AS(drive(weir::merge(weir::from(a), weir::from(a) | weir::map([](int x) {
                                                         if (x == 2) throw std::runtime_error("two");
                                                         return x;
                                                     }))
                          | weir::collect(out)),
                    std::runtime_error);
    CHECK(blamed() == "map at 0.2.1");
}
