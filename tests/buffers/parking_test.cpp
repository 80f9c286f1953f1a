// SPDX-License-Identifier: BSL-1.0
// parking: no wake-up is lost between a sleeper's last look and its sleep, in either wake mode, with a deadline or
// without (runtime.md, B).
#include <weir/buffers/parking.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "../runtime/waiting.hpp"
#include "../support/catch.hpp"

using weir::detail::for_ever;
using weir::detail::parker;
using namespace weir_test;

namespace {

/// Sleeps until `ready()`, at most until `deadline` (monotonic ns; 0: none). Whether it came true.
template <class Ready>
bool wait_on(weir::wait_point& point, Ready ready, std::int64_t deadline = 0) {
    for (;;) {
        const std::uint32_t announced = point.announce();
        if (ready()) return true;
        const std::int64_t left = deadline == 0 ? for_ever : deadline - weir::monotonic_now();
        if (deadline != 0 && left <= 0) return false;
        point.sleep(announced, left);
    }
}

}  // namespace

TEST_CASE("parker: a wake before, between and during a sleep ends it, and tells whether there was one", "[buffers]") {
    const watchdog dog("parker");
    parker p;
    CHECK_FALSE(p.parked());
    CHECK_FALSE(p.wake());
    p.announce();
    CHECK(p.parked());
    CHECK(p.wake());
    CHECK_FALSE(p.parked());
    CHECK_FALSE(p.wake());
    p.sleep(for_ever);  // was woken: returns at once
    p.announce();
    p.cancel();
    CHECK_FALSE(p.wake());
    p.announce();
    p.sleep(0);          // does not sleep at all
    p.sleep(1'000'000);  // nobody wakes it
    CHECK(p.parked());
    p.cancel();
}

TEST_CASE("parker: handed back and forth, no wake-up is lost", "[buffers]") {
    const watchdog dog("parkers in turns");
    constexpr std::uint64_t rounds = 20'000;
    parker sleeper[2];
    std::atomic<std::uint64_t> turn{0};
    const auto play = [&](std::uint64_t me) {
        for (std::uint64_t i = me; i < rounds; i += 2) {
            while (turn.load(std::memory_order_acquire) != i) {
                sleeper[me].announce();
                if (turn.load(std::memory_order_acquire) != i) sleeper[me].sleep(for_ever);
                sleeper[me].cancel();
            }
            turn.store(i + 1, std::memory_order_release);
            sleeper[1 - me].wake();
        }
    };
    std::thread other(play, 1);
    play(0);
    other.join();
    CHECK(turn == rounds);
}

TEST_CASE("wait_point: handed back and forth, no wake-up is lost, in both wake modes", "[buffers]") {
    in_both_wake_modes([] {
        const watchdog dog("wait points in turns");
        constexpr std::uint64_t rounds = 20'000;
        weir::wait_point point[2];
        std::atomic<std::uint64_t> turn{0};
        std::atomic<std::uint64_t> wrong{0};
        const auto play = [&](std::uint64_t me) {
            // With a deadline that does not come, and without one.
            const std::int64_t far = weir::monotonic_now() + 3'600'000'000'000;
            for (std::uint64_t i = me; i < rounds; i += 2) {
                const bool came =
                    wait_on(point[me], [&] { return turn.load(std::memory_order_acquire) == i; }, i % 4 < 2 ? far : 0);
                wrong.fetch_add(came ? 0 : 1);
                turn.store(i + 1, std::memory_order_release);
                point[1 - me].notify();
            }
        };
        std::thread other(play, 1);
        play(0);
        other.join();
        CHECK(turn == rounds);
        CHECK(wrong == 0);
    });
}

TEST_CASE("wait_point: a notification wakes all who wait, and who was announced before it does not sleep",
          "[buffers]") {
    in_both_wake_modes([] {
        const watchdog dog("wait point with several waiters");
        weir::wait_point point;
        point.notify();  // nobody is there
        const std::uint32_t announced = point.announce();
        point.notify();
        point.sleep(announced, for_ever);  // returns at once
        point.sleep(point.announce(), 0);
        for (std::uint64_t round = 1; round <= 300; ++round) {
            std::atomic<std::uint64_t> goal{0};
            std::atomic<int> through{0};
            std::vector<std::thread> waiters;
            for (int t = 0; t < 3; ++t) {
                waiters.emplace_back([&] {
                    if (wait_on(point, [&] { return goal.load(std::memory_order_acquire) == round; })) ++through;
                });
            }
            goal.store(round, std::memory_order_release);
            point.notify();  // once, for all three
            for (std::thread& t : waiters) t.join();
            REQUIRE(through == 3);
        }
    });
}

TEST_CASE("wait_point: a deadline ends a wait for what does not come, and not one moment before", "[buffers]") {
    in_both_wake_modes([] {
        const watchdog dog("wait point with a deadline");
        weir::wait_point point;
        std::atomic<bool> going{true};
        std::thread notifier([&] {  // wakes it for nothing
            while (going) {
                point.notify();
                std::this_thread::yield();
            }
        });
        for (int round = 0; round < 50; ++round) {
            const std::int64_t deadline = weir::monotonic_now() + 200'000;
            CHECK_FALSE(wait_on(point, [] { return false; }, deadline));
            CHECK(weir::monotonic_now() >= deadline);
        }
        going = false;
        notifier.join();
        CHECK_FALSE(wait_on(point, [] { return false; }, weir::monotonic_now() + 1'000'000));
        CHECK(wait_on(point, [] { return true; }, 1));
    });
}
