// SPDX-License-Identifier: BSL-1.0
// What a stream in memory does when a pipeline reads slower than records are put: it is told what it missed, is waited
// for, or puts are refused (R22, R23); across reshards, when readers come, go and are restored.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/from_stream.hpp>
#include <weir/streams/retained.hpp>
#include <weir/streams/to_stream.hpp>

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using weir::errc;
using weir::hash_key;
using weir::slow_reader;

struct hit {
    std::string host;
    std::uint64_t n = 0;
};
using hits_stream = weir::data_stream<hit, &hit::host>;

std::vector<hit> traffic(std::uint64_t seed, std::uint64_t count) {
    std::mt19937_64 random(seed);
    std::map<std::string, std::uint64_t> next;
    std::vector<hit> all;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string host = "h" + std::to_string(random() % 17);
        all.push_back({host, next[host]++});
    }
    return all;
}
/// Whether each host's numbers come as 0, 1, 2, ...; how many.
struct in_order {
    std::map<std::string, std::uint64_t> next = {};
    std::uint64_t taken = 0;
    bool good = true;
    void operator()(const hit& h) {
        good = good && h.n == next[h.host]++;
        ++taken;
    }
};
std::uint64_t held(const hits_stream& s) {
    std::uint64_t n = 0;
    for (const auto& known : s.core()->live_shards()) n += known.of->log().size_approx();
    return n;
}

}  // namespace

TEST_CASE("slow_reader: options", "[streams]") {
    CHECK_THROWS_WITH(hits_stream("s", {.slow_readers = slow_reader::block}), Contains("what memory may hold"));
    CHECK_THROWS_AS(hits_stream("s", {.slow_readers = slow_reader::refuse}), std::invalid_argument);
    CHECK_NOTHROW(hits_stream("s", {.retained_bytes = 1'000, .slow_readers = slow_reader::block}));
}

TEST_CASE("slow_reader: refuse, one put at a time, until the reader has read", "[streams]") {
    weir::simulated on(1);
    const hits_stream s(
        "s", {.retained_records = 64, .slow_readers = slow_reader::refuse, .segment_records = 16, .time = &on.time()});
    for (std::uint64_t i = 0; i < 1'000; ++i) REQUIRE(s.put_record({"nobody reads", i}));  // then nobody is waited for
    CHECK(held(s) <= 96);
    std::uint64_t read = 0;
    weir::job reading = weir::start(weir::from(s) | weir::merge() | weir::for_each([&](const hit&) { ++read; }), on);
    std::uint64_t stored = 0;
    std::optional<weir::error> why;
    while (!why) {
        const auto put = s.put_record({"a", stored});
        if (put) {
            ++stored;
        } else {
            why = put.error();
        }
        REQUIRE(stored < 1'000);
    }
    CHECK(stored >= 1);  // it has to read what is retained first
    CHECK(held(s) <= 128);
    CHECK(why->code == errc::limit_exceeded);
    CHECK_THAT(why->message, Contains("faster than its readers read them"));
    const std::vector<hit> three{{"a", 1}, {"a", 2}, {"b", 3}};
    CHECK(s.put_records(three).error().code == errc::limit_exceeded);
    CHECK(s.put_span(three, hash_key{}).error().code == errc::limit_exceeded);
    // Time passes, and the reader reads.
    REQUIRE_FALSE(reading.wait_for(1s));
    CHECK(read >= stored);
    CHECK(s.put_record({"a", stored}));
    CHECK(s.put_records(three).value().failed == 0);

    SECTION("one that goes is waited for no more") {
        while (s.put_record({"a", 0})) {}
        reading.stop();
        static_cast<void>(reading.wait());
        { const weir::job gone = std::move(reading); }
        for (int i = 0; i < 1'000; ++i) REQUIRE(s.put_record({"a", 0}));
    }
    SECTION("one that begins at the tip wants what comes then") {
        weir::job tip = weir::start(weir::from(s, {.start = weir::latest}) | weir::merge() | weir::discard, on);
        while (s.put_record({"a", 0})) {}
        REQUIRE_FALSE(tip.wait_for(1s));
        CHECK(s.put_record({"a", 0}));
    }
    SECTION("whole bytes count too") {
        const hits_stream b(
            "b",
            {.retained_bytes = 2'000, .slow_readers = slow_reader::refuse, .segment_records = 8, .time = &on.time()});
        weir::job r = weir::start(weir::from(b) | weir::merge() | weir::discard, on);
        std::uint64_t n = 0;
        while (b.put_record({"0123456789", 0})) ++n;
        CHECK(n > 50);
        CHECK(n < 400);
        REQUIRE_FALSE(r.wait_for(1s));
        CHECK(b.put_record({"0123456789", 0}));
    }
}

TEST_CASE("slow_reader: trim tells what was missed; block loses nothing, whatever becomes of the shards", "[streams]") {
    const std::uint64_t seeds = std::getenv("WEIR_NIGHTLY") != nullptr ? 400 : 16;
    const std::vector<hit> all = traffic(2, 3'000);
    std::uint64_t missed = 0;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const slow_reader policy : {slow_reader::trim, slow_reader::block}) {
            INFO("seed " << seed << ", policy " << static_cast<int>(policy));
            std::mt19937_64 random(seed);
            weir::simulated on(seed);
            weir::stream_options o{.shards = static_cast<std::uint32_t>(1 + random() % 4),
                                   .retained_records = 16 + random() % 100,
                                   .slow_readers = policy,
                                   .segment_records = 16,
                                   .time = &on.time()};
            o.limits.updates_per_day = 1'000;
            const hits_stream s("s", o);
            in_order seen;
            const auto slow = [&](in_order& into) {
                return weir::from(s, {.name = "slow", .chains = static_cast<std::uint32_t>(1 + random() % 3)})
                       | weir::merge() | weir::for_each(std::ref(into));
            };
            weir::job reading = weir::start(slow(seen), on);
            const auto with_reshards = weir::tap([&](const hit&) {
                if (random() % 150 == 0) {
                    static_cast<void>(s.update_shard_count(static_cast<std::uint32_t>(1 + random() % 5)));
                }
            });
            const weir::report put = weir::run(weir::from(all) | with_reshards | weir::to(s), on);
            REQUIRE(put);
            s.close();
            const weir::report done = reading.wait();
            REQUIRE(done);
            CHECK(done.unbalanced == 0);
            // A record that one of a shard's chains missed counts once, also where it was for another, which had it.
            CHECK(seen.taken + done.dropped() >= all.size());
            CHECK(done.dropped() <= all.size());
            missed += done.dropped();
            if (policy == slow_reader::block) {
                CHECK(done.dropped() == 0);
                CHECK(seen.good);
                CHECK(seen.taken == all.size());
            }
        }
    }
    CHECK(missed > 0);  // it was slow
}

TEST_CASE("slow_reader: block, threads that put wait for a reader that is held up, and memory stays small",
          "[streams]") {
    constexpr std::uint64_t each = 3'000;
    const hits_stream s(
        "s", {.shards = 2, .retained_records = 128, .slow_readers = slow_reader::block, .segment_records = 32});
    weir::threads on({.workers = 2});
    weir::outlet<hit> out{16};
    weir::job reading = weir::start(weir::from(s, {.chains = 2}) | weir::merge() | weir::to(out), on);
    std::vector<std::thread> writers;
    weir::atomic<std::uint64_t> stored{0};
    for (int t = 0; t < 3; ++t) {
        writers.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < each; ++i) {
                if (!s.put_record({"writer " + std::to_string(t), i})) return;
                stored.fetch_add(1, weir::memory_order_relaxed);
            }
        });
    }
    // Nobody gets from the outlet: memory fills up and the writers wait.
    const auto full = [&] {
        return std::ranges::any_of(s.core()->live_shards(), [](const auto& known) { return known.of->behind(); });
    };
    const auto until = std::chrono::steady_clock::now() + 30s;
    bool was_full = false;
    while (!(was_full = full()) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    CHECK(was_full);
    CHECK(stored.load(weir::memory_order_relaxed) < 3 * each);
    CHECK(held(s) < 2 * (128 + 4 * 32));
    std::thread closer([&] {
        for (std::thread& w : writers) w.join();
        s.close();
    });
    in_order seen;
    while (auto h = out.get()) seen(*h);
    closer.join();
    CHECK(seen.good);
    CHECK(seen.taken == 3 * each);
    CHECK(reading.wait());
}

TEST_CASE("slow_reader: block, close ends the wait of those that put", "[streams]") {
    const hits_stream s("s", {.retained_records = 16, .slow_readers = slow_reader::block, .segment_records = 16});
    weir::threads on({.workers = 1});
    weir::outlet<hit> out{1};
    weir::job reading = weir::start(weir::from(s) | weir::merge() | weir::to(out), on);
    weir::atomic<bool> waits{false};
    std::thread writer([&] {
        for (std::uint64_t i = 0;; ++i) {
            const auto put = s.put_record({"a", i});
            if (!put) {
                CHECK(put.error().code == errc::closed);
                return;
            }
            if (i == 64) waits.store(true, weir::memory_order_release);
        }
    });
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (held(s) < 32 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    s.close();
    writer.join();
    reading.stop();
    static_cast<void>(reading.wait());
}
