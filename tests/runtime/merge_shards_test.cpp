// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "runtime/shards.hpp"

#include <weir/analytics.hpp>

#include <algorithm>
#include <map>
#include <numeric>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

struct per_key {
    int key = 0;
    weir::window_bounds window;
    long hits = 0;
};
struct total {
    weir::window_bounds window;
    long sum = 0;
};

}  // namespace

TEST_CASE("merge_shards: records of one shard keep their order") {
    const auto events = make_events(500, 9);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> out;
        weir::simulated sim(seed);
        const weir::report r = weir::run(weir::from(events) | weir::shard(3, {.capacity = capacity})
                                             | weir::merge({.capacity = capacity}) | weir::collect(out),
                                         sim);
        REQUIRE(whole(r));
        REQUIRE(out.size() == events.size());
        int last[3] = {-1, -1, -1};
        for (const event& e : out) {
            REQUIRE(last[e.n % 3] < e.n);
            last[e.n % 3] = e.n;
        }
    });
}

TEST_CASE("merge_shards: windows behind it see the least watermark: nothing is late, whatever the schedule") {
    const auto events = make_events(600, 7);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<total> out;
        weir::simulated sim(seed);
        const weir::report r =
            weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(5ms))
                          | weir::shard(3, {.capacity = capacity}) | weir::merge({.capacity = capacity})
                          | weir::tumble(10ms) | weir::aggregate<total>(weir::sum<&event::n, "sum">())
                          | weir::on<"late">(weir::discard) | weir::collect(out),
                      sim);
        REQUIRE(whole(r));
        REQUIRE(r.late() == 0);
        std::map<std::int64_t, long> expected;
        for (const event& e : events) expected[e.time.time_since_epoch().count() / 10'000] += e.n;
        REQUIRE(out.size() == expected.size());
        auto at = expected.begin();
        for (const total& t : out) REQUIRE(t.sum == (at++)->second);
    });
}

TEST_CASE("merge_shards: two chained windows behind shards lose nothing") {
    // 1 s windows -> shard -> 1 min windows (core_protocol.md, C.1).
    const auto events = make_events(6'000, 11, 40'000, 900'000);
    std::map<std::pair<int, std::int64_t>, long> expected;
    for (const event& e : events) ++expected[{e.key, e.time.time_since_epoch() / 60s}];
    for (const std::size_t shards : {1U, 3U}) {
        for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
            CAPTURE(shards, capacity, seed);
            struct minute {
                int key = 0;
                weir::window_bounds window;
                long hits = 0;
            };
            std::vector<minute> out;
            weir::simulated sim(seed);
            const weir::report r = weir::run(
                weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(1s))
                    | weir::key_by<&event::key>() | weir::tumble(1s) | weir::aggregate<per_key>(weir::count<"hits">())
                    | weir::on<"late">(weir::discard) | weir::shard(shards, {.capacity = capacity}) | weir::tumble(60s)
                    | weir::aggregate<minute>(weir::sum<&per_key::hits>()) | weir::on<"late">(weir::discard)
                    | weir::merge({.capacity = capacity}) | weir::collect(out),
                sim);
            REQUIRE(whole(r));
            REQUIRE(r.late() == 0);
            long hits = 0;
            for (const minute& m : out) hits += m.hits;
            REQUIRE(hits == 6'000);
            REQUIRE(out.size() == expected.size());
            for (const minute& m : out) {
                const auto at = std::pair(m.key, m.window.start.time_since_epoch() / 60s);
                REQUIRE(expected.at(at) == m.hits);
            }
        });
    }
}

TEST_CASE("merge_shards: one watermark that fires very many windows holds nothing back") {
    for (const auto& [capacity, windows] : {std::pair(std::size_t{1}, 50'000), std::pair(std::size_t{64}, 1'000'000)}) {
        CAPTURE(capacity, windows);
        // A window of each key is open, then one record moves time past all.
        std::vector<event> events;
        for (int i = 0; i < windows; ++i) events.push_back({micros(1us), i, i});
        events.push_back({micros(1h), 0, 0});
        weir::simulated sim(capacity);
        std::uint64_t results = 0;
        weir::job job = weir::start(
            weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(0s)) | weir::key_by<&event::key>()
                | weir::tumble(1s) | weir::aggregate<per_key>(weir::count<"hits">()) | weir::on<"late">(weir::discard)
                | weir::shard(4, {.capacity = capacity}) | weir::map([](per_key k) { return k.key; })
                | weir::merge({.capacity = capacity}) | weir::for_each([&](int) { ++results; }),
            sim);
        // Nowhere is more under way than the rings hold.
        std::uint64_t most = 0;
        for (std::uint64_t n = 0; sim.step_once(); ++n) {
            if (n % 512 == 0) most = std::max(most, job.metrics().abandoned);
        }
        const weir::report r = job.wait();
        REQUIRE(whole(r));
        CHECK(results == static_cast<std::uint64_t>(windows) + 1);
        CHECK(most > 0);
        CHECK(most <= 8 * capacity);
    }
}

TEST_CASE("merge_shards: what comes after the chain behind is done is dropped, not abandoned") {
    std::vector<int> numbers(5'000);
    std::iota(numbers.begin(), numbers.end(), 0);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<int> out;
        weir::simulated sim(seed);
        const weir::report r =
            weir::run(weir::from(numbers) | weir::shard(3, {.capacity = capacity}) | weir::map([](int i) { return i; })
                          | weir::merge({.capacity = capacity}) | weir::take(3) | weir::collect(out),
                      sim);
        REQUIRE(whole(r));
        REQUIRE(out.size() == 3);
        REQUIRE(r.taken() == r.delivered() + r.dropped());
        if (capacity < 1'024) REQUIRE(r.taken() < numbers.size());  // the source was told
    });
}

TEST_CASE("merge_shards: done goes to the source also when it has nothing to give") {
    // The inlet stays open and empty: only the edges say that nobody reads any more.
    weir::simulated sim(7);
    weir::inlet<int> in{8};
    std::vector<int> out;
    weir::job job = weir::start(weir::from(in) | weir::shard(2) | weir::map([](int i) { return i; }) | weir::merge()
                                    | weir::take(2) | weir::collect(out),
                                sim);
    REQUIRE(in.put(1));
    REQUIRE(in.put(2));
    const weir::report r = job.wait();
    CHECK(whole(r));
    CHECK(out.size() == 2);
    CHECK(in.closed());
}

TEST_CASE("merge_shards: done goes up only when every branch is done") {
    std::vector<int> numbers(300);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::vector<int> few;
    std::vector<int> all;
    weir::simulated sim(5);
    const weir::report r =
        weir::run(weir::from(numbers)
                      | weir::tee(weir::shard(2, {.capacity = 4}) | weir::merge() | weir::take(3) | weir::collect(few),
                                  weir::shard(2, {.capacity = 4}) | weir::merge() | weir::collect(all)),
                  sim);
    CHECK(whole(r));
    CHECK(few.size() == 3);
    CHECK(all.size() == 300);
    CHECK(r.taken() + r.of("tee").counts.made == r.delivered() + r.dropped());
}
