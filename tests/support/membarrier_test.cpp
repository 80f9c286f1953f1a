// SPDX-License-Identifier: BSL-1.0
// membarrier: what the process decides is what the kernel can do, once; and the barrier orders a store before a load on
// another thread that has none of its own (runtime.md, B and H).
#include <weir/support/membarrier.hpp>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "catch.hpp"

using weir::wake_mode;

TEST_CASE("membarrier: the mode is decided once, whoever asks first, and stays", "[support]") {
    for (int round = 0; round < 50; ++round) {
        weir::override_wake_mode(wake_mode::undecided);
        std::vector<wake_mode> answers(3);
        std::vector<std::thread> askers;
        for (wake_mode& answer : answers) askers.emplace_back([&answer] { answer = weir::current_wake_mode(); });
        for (std::thread& t : askers) t.join();
        CHECK(std::set<wake_mode>(answers.begin(), answers.end()).size() == 1);
        CHECK(answers[0] != wake_mode::undecided);
        CHECK(answers[0] == weir::detail::ask_kernel());  // which may be asked again
        CHECK(weir::current_wake_mode() == answers[0]);
    }
    weir::override_wake_mode(wake_mode::read_modify_write);
    CHECK(weir::current_wake_mode() == wake_mode::read_modify_write);
    weir::override_wake_mode(wake_mode::undecided);
}

TEST_CASE("membarrier: one side's barrier is enough for both: never do both look too early", "[support]") {
    if (weir::detail::ask_kernel() != wake_mode::membarrier) {
        WARN("no membarrier here: nothing to test");
        return;
    }
    constexpr int rounds = 3'000;
    std::atomic<int> published{0};
    std::atomic<int> announced{0};
    int seen_by_sleeper = 0;
    int seen_by_producer = 0;
    int both_missed = 0;
    std::barrier<> turn(2);
    std::thread producer([&] {
        for (int i = 1; i <= rounds; ++i) {
            turn.arrive_and_wait();
            published.store(i, std::memory_order_relaxed);
            weir::detail::compiler_barrier();
            seen_by_producer = announced.load(std::memory_order_relaxed);
            turn.arrive_and_wait();
        }
    });
    for (int i = 1; i <= rounds; ++i) {
        turn.arrive_and_wait();
        announced.store(i, std::memory_order_relaxed);
        weir::detail::process_barrier();
        seen_by_sleeper = published.load(std::memory_order_relaxed);
        turn.arrive_and_wait();
        both_missed += seen_by_sleeper != i && seen_by_producer != i;
    }
    producer.join();
    CHECK(both_missed == 0);
}
