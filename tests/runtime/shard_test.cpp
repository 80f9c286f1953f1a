// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "runtime/shards.hpp"
#include <weir/runtime/stages/inlet.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

using namespace weir_test;
using namespace std::chrono_literals;

TEST_CASE("shard: a key's records go to one shard, in their order") {
    const auto events = make_events(800, 23);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        per_shard_log<event> log(4);
        weir::simulated sim(seed);
        const weir::report r = weir::run(weir::from(events) | weir::key_by<&event::key>()
                                             | weir::shard(4, {.capacity = capacity}) | log_sink<event>(log),
                                         sim);
        REQUIRE(whole(r));
        REQUIRE(r.delivered() == events.size());
        std::map<int, std::set<std::size_t>> shards;
        std::map<int, int> last;
        for (std::size_t s = 0; s < 4; ++s) {
            REQUIRE_FALSE(log.of[s].empty());
            for (const event& e : log.of[s]) {
                shards[e.key].insert(s);
                const auto [at, fresh] = last.try_emplace(e.key, -1);
                REQUIRE(at->second < e.n);
                at->second = e.n;
            }
        }
        for (const auto& [key, where] : shards) REQUIRE(where.size() == 1);
    });
}

TEST_CASE("shard: the same key goes to the same shard in every run") {
    const auto events = make_events(300, 40);
    per_shard_log<event> first(5);
    per_shard_log<event> second(5);
    weir::simulated sim(1);
    REQUIRE(whole(
        weir::run(weir::from(events) | weir::key_by<&event::key>() | weir::shard(5) | log_sink<event>(first), sim)));
    REQUIRE(
        whole(weir::run(weir::from(events) | weir::key_by<&event::key>() | weir::shard(5) | log_sink<event>(second))));
    CHECK(first.of == second.of);
}

TEST_CASE("shard: without a key records go round") {
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 0);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        per_shard_log<int> log(3);
        weir::simulated sim(seed);
        REQUIRE(
            whole(weir::run(weir::from(numbers) | weir::shard(3, {.capacity = capacity}) | log_sink<int>(log), sim)));
        for (const auto& one : log.of) {
            REQUIRE(one.size() >= 33);
            for (std::size_t i = 1; i < one.size(); ++i) REQUIRE(one[i] == one[i - 1] + 3);
        }
    });
}

TEST_CASE("shard: a view of text becomes the text itself") {
    // Each view is to a buffer that is overwritten at once.
    char buffer[16] = {};
    int made = 0;
    per_shard_log<std::string> log(2);
    weir::simulated sim(3);
    REQUIRE(whole(weir::run(weir::generate([&]() -> std::optional<std::string_view> {
                                if (made == 200) return std::nullopt;
                                const int n = std::snprintf(buffer, sizeof(buffer), "line %d", made++);
                                return std::string_view(buffer, static_cast<std::size_t>(n));
                            }) | weir::shard(2, {.capacity = 8})
                                | log_sink<std::string>(log),
                            sim)));
    std::set<std::string> seen(log.of[0].begin(), log.of[0].end());
    seen.insert(log.of[1].begin(), log.of[1].end());
    CHECK(seen.size() == 200);
    CHECK(seen.count("line 0") == 1);
    CHECK(seen.count("line 199") == 1);
}

TEST_CASE("shard: records that only move cross") {
    for (const std::size_t capacity : {1U, 2U, 8U}) {
        std::vector<std::unique_ptr<int>> records;
        for (int i = 0; i < 100; ++i) records.push_back(std::make_unique<int>(i));
        long sum = 0;
        const weir::report r =
            weir::run(weir::from(std::move(records)) | weir::shard(3, {.capacity = capacity})
                      | weir::filter([](const std::unique_ptr<int>& p) { return *p % 2 == 0; }) | weir::merge()
                      | weir::for_each([&](std::unique_ptr<int>&& p) { sum += *p; }));
        CHECK(whole(r));
        CHECK(sum == 2450);
        CHECK(r.dropped() == 50);
    }
}

TEST_CASE("shard: shards behind shards, by another key") {
    const auto events = make_events(600, 12);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        std::vector<std::pair<int, long>> out;
        weir::simulated sim(seed);
        const weir::report r =
            weir::run(weir::from(events) | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity})
                          | weir::map([](event e) { return e.n; }) | weir::key_by<"parity">([](int n) { return n % 5; })
                          | weir::shard(2, {.capacity = capacity})
                          | weir::scan(std::pair(0, 0L),
                                       [](std::pair<int, long> s, int n) { return std::pair(n % 5, s.second + n); })
                          | weir::merge({.capacity = capacity}) | weir::collect(out),
                      sim);
        REQUIRE(whole(r));
        std::map<int, long> most;
        for (const auto& [key, sum] : out) most[key] = std::max(most[key], sum);
        std::map<int, long> expected;
        for (const event& e : events) expected[e.n % 5] += e.n;
        REQUIRE(most == expected);
        REQUIRE(out.size() == events.size());
    });
}

TEST_CASE("shard: a numbers of shards that makes no sense throws") {
    CHECK_THROWS_AS(weir::shard(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::shard(65'537), std::invalid_argument);
}

namespace {

/// A record whose n-th construction throws.
struct brittle {
    int n = 0;
    static inline long countdown = -1;

    brittle() = default;
    explicit brittle(int value) : n(value) {}
    brittle(const brittle& other) : n(other.n) { tick(); }
    brittle(brittle&& other) : n(other.n) { tick(); }
    brittle& operator=(const brittle&) = default;
    brittle& operator=(brittle&&) = default;

  private:
    static void tick() {
        if (countdown > 0 && --countdown == 0) throw std::runtime_error("brittle");
    }
};

}  // namespace

TEST_CASE("shard: a copy or move that throws ends the pipeline; no record is lost without a count") {
    for (long at = 1; at < 160; at += 3) {
        CAPTURE(at);
        weir::inlet<int> in{64};
        for (int i = 0; i < 40; ++i) REQUIRE(in.put(i));
        in.close();
        std::vector<brittle> out;
        out.reserve(64);
        brittle::countdown = at;
        weir::simulated sim(static_cast<std::uint64_t>(at));
        const weir::report r =
            weir::run(weir::from(in) | weir::map([](int i) { return brittle(i); }) | weir::shard(2, {.capacity = 4})
                          | weir::merge({.capacity = 2}) | weir::collect(out),
                      sim);
        brittle::countdown = -1;
        CHECK(r.unbalanced == 0);
        CHECK(r.delivered() + r.dropped() + r.abandoned == 40);
        if (r.error) CHECK(r.message == "brittle");
        CHECK(out.size() >= r.delivered());
    }
}

TEST_CASE("shard: with threads, to the end") {
    const auto events = make_events(20'000, 101);
    std::vector<event> out;
    const weir::report r =
        weir::run(weir::from(events) | weir::key_by<&event::key>() | weir::shard(4)
                  | weir::filter([](const event& e) { return e.n % 10 != 0; }) | weir::merge() | weir::collect(out));
    REQUIRE(whole(r));
    CHECK(out.size() == 18'000);
    CHECK(r.dropped() == 2'000);
    std::map<int, int> last;
    bool ordered = true;
    for (const event& e : out) {
        const auto [at, fresh] = last.try_emplace(e.key, -1);
        ordered = ordered && at->second < e.n;
        at->second = e.n;
    }
    CHECK(ordered);
}

TEST_CASE("shard: tasks that have nothing to do leave each other asleep", "[runtime]") {
    struct event {
        int key = 0;
    };
    weir::simulated sim(1);
    weir::inlet<event> in{8};
    std::uint64_t seen = 0;
    weir::job job = weir::start(weir::from(in) | weir::key_by<&event::key>() | weir::shard(4) | weir::merge()
                                    | weir::for_each([&](const event&) { ++seen; }),
                                sim);
    for (int round = 0; round < 3; ++round) {
        std::uint64_t steps = 0;
        while (steps < 10'000 && sim.step_once()) ++steps;
        CHECK(steps < 1'000);  // then all sleep
        CHECK(seen == static_cast<std::uint64_t>(round));
        CHECK(in.try_put({round}));
    }
    in.close();
    CHECK(job.wait());
    CHECK(seen == 3);
}
