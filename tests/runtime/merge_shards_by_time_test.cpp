// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "runtime/shards.hpp"

#include <weir/analytics.hpp>

#include <algorithm>
#include <memory>
#include <tuple>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

bool by_time(const event& a, const event& b) { return a.time < b.time; }

struct total {
    weir::window_bounds window;
    long first = 0;
};

}  // namespace

TEST_CASE("merge_shards_by_time: by event time, and the same order whatever the schedule") {
    auto events = make_events(700, 13);
    for (std::size_t i = 0; i < events.size(); i += 3) events[i].time = events[i / 2].time;  // equal times
    std::vector<event> first;
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> out;
        weir::simulated sim(seed);
        const weir::report r = weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(1s))
                                             | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity})
                                             | weir::filter([](const event& e) { return e.n % 7 != 0; })
                                             | weir::merge_by_time({.capacity = capacity}) | weir::collect(out),
                                         sim);
        REQUIRE(whole(r));
        REQUIRE(out.size() == 600);
        REQUIRE(std::is_sorted(out.begin(), out.end(), by_time));
        if (first.empty()) first = out;
        REQUIRE(out == first);
    });
}

TEST_CASE("merge_shards_by_time: equal times by shard, then by arrival") {
    // Records go round the shards: record n goes to shard (n + 1) % 4.
    std::vector<event> events;
    for (int i = 0; i < 40; ++i) events.push_back({micros(std::chrono::milliseconds(i / 20)), 0, i});
    std::vector<event> expected = events;
    std::stable_sort(expected.begin(), expected.end(), [](const event& a, const event& b) {
        return std::tuple(a.time, (a.n + 1) % 4) < std::tuple(b.time, (b.n + 1) % 4);
    });
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> out;
        weir::simulated sim(seed);
        REQUIRE(whole(weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(0s))
                                    | weir::shard(4, {.capacity = capacity})
                                    | weir::merge_by_time({.capacity = capacity}) | weir::collect(out),
                                sim)));
        REQUIRE(out == expected);
    });
}

TEST_CASE("merge_shards_by_time: out of order beyond the rings is no deadlock") {
    // All of the first half goes to one shard and is later than all of the second half, in the other one.
    std::vector<event> events;
    for (int i = 0; i < 400; ++i)
        events.push_back({micros(std::chrono::milliseconds(i < 200 ? 1'000 + i : i)), i / 200, i});
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> out;
        weir::simulated sim(seed);
        REQUIRE(whole(weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(10s))
                                    | weir::key_by<&event::key>() | weir::shard(2, {.capacity = capacity})
                                    | weir::merge_by_time({.capacity = capacity}) | weir::collect(out),
                                sim)));
        REQUIRE(out.size() == 400);
        REQUIRE(std::is_sorted(out.begin(), out.end(), by_time));
    });
}

TEST_CASE("merge_shards_by_time: late records pass at once and are counted by those behind") {
    const auto events = make_events(500, 5, 1'000, 60'000);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> late;
        long on_time = 0;
        weir::simulated sim(seed);
        const weir::report r =
            weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(5ms))
                          | weir::shard(2, {.capacity = capacity}) | weir::merge_by_time({.capacity = capacity})
                          | weir::tumble(10ms) | weir::aggregate<total>(weir::first<&event::n, "first">())
                          | weir::on<"late">(weir::collect(late)) | weir::for_each([&](const total&) { ++on_time; }),
                      sim);
        REQUIRE(whole(r));
        REQUIRE(on_time > 0);
        REQUIRE(r.late() == late.size());
        REQUIRE_FALSE(late.empty());
        REQUIRE(r.of("aggregate").counts.absorbed + late.size() == events.size());
    });
}

TEST_CASE("merge_shards_by_time: a time that was stored crosses, records that only move too") {
    std::vector<std::unique_ptr<event>> owned;
    for (const event& e : make_events(200, 3)) owned.push_back(std::make_unique<event>(e));
    std::vector<micros> out;
    weir::simulated sim(2);
    const weir::report r = weir::run(
        weir::from(std::move(owned))
            | weir::event_time([](const std::unique_ptr<event>& e) { return e->time; }, weir::out_of_order_by(1s))
            | weir::shard(3, {.capacity = 4}) | weir::merge_by_time()
            | weir::for_each([&](std::unique_ptr<event>&& e) { out.push_back(e->time); }),
        sim);
    CHECK(whole(r));
    CHECK(out.size() == 200);
    CHECK(std::is_sorted(out.begin(), out.end()));
}

TEST_CASE("merge_shards_by_time: what waits when those behind are done is dropped") {
    const auto events = make_events(2'000, 5);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<event> out;
        weir::simulated sim(seed);
        const weir::report r =
            weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(1s))
                          | weir::shard(2, {.capacity = capacity}) | weir::merge_by_time({.capacity = capacity})
                          | weir::take(5) | weir::collect(out),
                      sim);
        REQUIRE(whole(r));
        REQUIRE(out.size() == 5);
        REQUIRE(r.taken() == r.delivered() + r.dropped());
    });
}

TEST_CASE("merge_shards_by_time: with threads") {
    const auto events = make_events(20'000, 50);
    std::vector<event> out;
    const weir::report r =
        weir::run(weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(50ms))
                  | weir::key_by<&event::key>() | weir::shard(4) | weir::merge_by_time() | weir::collect(out));
    CHECK(whole(r));
    CHECK(out.size() == events.size());
    CHECK(std::is_sorted(out.begin(), out.end(), by_time));
}
