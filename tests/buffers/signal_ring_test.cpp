// SPDX-License-Identifier: BSL-1.0
// signal_ring: bounded, in order, nothing seen before it is whole, at every capacity and across many laps.
#include <weir/buffers/signal_ring.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <limits>
#include <random>
#include <stdexcept>
#include <thread>

#include "../support/catch.hpp"

using weir::signal_entry;
using weir::signal_kind;
using weir::signal_ring;

TEST_CASE("signal_ring holds exactly as many signals as were asked for", "[buffers]") {
    for (std::size_t capacity = 1; capacity <= 17; ++capacity) {
        CAPTURE(capacity);
        signal_ring ring(capacity);
        CHECK(ring.capacity() == capacity);
        for (int lap = 0; lap < 5; ++lap) {
            for (std::size_t i = 0; i < capacity; ++i) {
                CHECK(ring.has_slot());
                CHECK(ring.try_signal(i, signal_kind::watermark, static_cast<std::int64_t>(i) + lap));
            }
            CHECK_FALSE(ring.has_slot());
            CHECK_FALSE(ring.try_signal(capacity, signal_kind::end));
            ring.refresh();
            for (std::size_t i = 0; i < capacity; ++i) {
                REQUIRE(ring.next() != nullptr);
                CHECK(*ring.next() == signal_entry{i, static_cast<std::int64_t>(i) + lap, signal_kind::watermark});
                ring.pop();
            }
            CHECK(ring.next() == nullptr);
        }
    }
}

TEST_CASE("signal_ring shows what was there at the last look, and frees a slot at once", "[buffers]") {
    signal_ring ring(2);
    ring.refresh();
    REQUIRE(ring.try_signal(7, signal_kind::barrier, 3));
    CHECK(ring.next() == nullptr);
    ring.refresh();
    REQUIRE(ring.next() != nullptr);
    CHECK(*ring.next() == signal_entry{7, 3, signal_kind::barrier});
    REQUIRE(ring.try_signal(8, signal_kind::idle));
    CHECK_FALSE(ring.has_slot());
    ring.pop();
    CHECK(ring.has_slot());
    CHECK(ring.next() == nullptr);  // the second came after the look
    ring.refresh();
    REQUIRE(ring.next() != nullptr);
    CHECK(*ring.next() == signal_entry{8, 0, signal_kind::idle});
}

TEST_CASE("signal_ring keeps the extremes of positions and values", "[buffers]") {
    signal_ring ring(3);
    constexpr auto last = std::numeric_limits<std::uint64_t>::max();
    REQUIRE(ring.try_signal(last, signal_kind::watermark, INT64_MIN));
    REQUIRE(ring.try_signal(0, signal_kind::watermark, INT64_MAX));  // the ring's index has wrapped
    ring.refresh();
    CHECK(*ring.next() == signal_entry{last, INT64_MIN, signal_kind::watermark});
    ring.pop();
    CHECK(*ring.next() == signal_entry{0, INT64_MAX, signal_kind::watermark});
}

TEST_CASE("signal_ring refuses capacities that make no sense", "[buffers]") {
    CHECK_THROWS_AS(signal_ring(0), std::invalid_argument);
    CHECK_THROWS_AS(signal_ring(std::numeric_limits<std::size_t>::max()), std::invalid_argument);
    CHECK_THROWS_AS(signal_ring(std::numeric_limits<std::size_t>::max() / 8), std::invalid_argument);
}

TEST_CASE("signal_ring does what a bounded queue does", "[buffers]") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const std::size_t capacity = 1 + random() % 6;
        signal_ring ring(capacity);
        std::deque<signal_entry> written;  // and not yet taken
        std::size_t seen = 0;              // of them, at the last look
        for (std::int64_t op = 0; op < 500; ++op) {
            switch (random() % 3) {
            case 0: {
                const signal_entry s{random(), op, static_cast<signal_kind>(random() % 4)};
                const bool taken = ring.try_signal(s.position, s.kind, s.value);
                REQUIRE(taken == (written.size() < capacity));
                if (taken) written.push_back(s);
                break;
            }
            case 1:
                ring.refresh();
                seen = written.size();
                break;
            default:
                REQUIRE((ring.next() != nullptr) == (seen != 0));
                if (seen == 0) break;
                REQUIRE(*ring.next() == written.front());
                ring.pop();
                written.pop_front();
                --seen;
                break;
            }
        }
    }
}

TEST_CASE("signal_ring between two threads: each signal once, whole and in order", "[buffers][threads]") {
    const std::uint64_t count = std::getenv("WEIR_NIGHTLY") != nullptr ? 5'000'000 : 200'000;
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{3}, std::size_t{16}}) {
        signal_ring ring(capacity);
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(2);
        std::atomic<bool> late{false};
        std::thread writer([&] {
            for (std::uint64_t i = 0; i < count && !late.load(); ++i) {
                while (!ring.try_signal(i, static_cast<signal_kind>(i % 4), static_cast<std::int64_t>(i * 3))) {
                    if (late.load()) return;
                    std::this_thread::yield();
                }
            }
        });
        std::uint64_t wrong = 0;
        std::uint64_t next = 0;
        while (next < count && !late.load()) {
            ring.refresh();
            if (ring.next() == nullptr) {
                if (std::chrono::steady_clock::now() > deadline) late.store(true);
                std::this_thread::yield();
                continue;
            }
            while (const signal_entry* s = ring.next()) {
                const signal_entry expected{next, static_cast<std::int64_t>(next * 3),
                                            static_cast<signal_kind>(next % 4)};
                if (!(*s == expected)) ++wrong;
                ++next;
                ring.pop();
            }
        }
        writer.join();
        CHECK_FALSE(late.load());
        CHECK(next == count);
        CHECK(wrong == 0);
    }
}
