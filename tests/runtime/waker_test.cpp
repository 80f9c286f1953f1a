// SPDX-License-Identifier: BSL-1.0
// waker: one wake-up per sleep whoever and however many notify, none lost, none after the task is gone (runtime.md, B).
#include <weir/runtime/waker.hpp>

#include <weir/runtime/task.hpp>
#include <weir/runtime/threads.hpp>

#include <atomic>
#include <barrier>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using weir::detail::wake_node;
using namespace weir_test;

static_assert(std::is_nothrow_copy_constructible_v<weir::waker>
              && std::is_nothrow_default_constructible_v<weir::waker>);

namespace {

struct counting_domain final : weir::detail::wake_domain {
    void ready(wake_node&) noexcept override { woken.fetch_add(1, std::memory_order_release); }
    std::atomic<std::uint64_t> woken{0};
};

/// What a scheduler does with a task that has nothing to do.
void announce(wake_node& node) {
    node.announce();
    if (node.asymmetric) weir::detail::process_barrier();
}

/// Ends in its first step.
class short_lived final : public weir::task {
  public:
    short_lived() : task("short") {}
    weir::step_result step(std::uint32_t, weir::instant) override { return {weir::step_result::kind::done}; }
    void abandon() noexcept override {}
};

}  // namespace

TEST_CASE("waker: however many threads notify, a sleep is ended once", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("waker notified by many");
        const auto domain = std::make_shared<counting_domain>();
        const auto node = std::make_shared<wake_node>(nullptr);
        node->domain = domain;
        constexpr int threads = 3;
        constexpr std::uint64_t rounds = 1'000;
        std::barrier<> turn(threads + 1);
        std::vector<std::thread> notifiers;
        for (int t = 0; t < threads; ++t) {
            notifiers.emplace_back([&, waker = weir::waker(node)] {
                for (std::uint64_t i = 0; i < rounds; ++i) {
                    turn.arrive_and_wait();
                    for (int n = 0; n < 3; ++n) waker.notify();
                    turn.arrive_and_wait();
                }
            });
        }
        std::uint64_t wrong = 0;
        for (std::uint64_t i = 0; i < rounds; ++i) {
            // Every other round it is being polled: nothing is woken.
            if (i % 2 == 0) announce(*node);
            turn.arrive_and_wait();
            turn.arrive_and_wait();
            wrong += domain->woken != i / 2 + 1;
            wrong += node->flag != 0U;
        }
        for (std::thread& t : notifiers) t.join();
        CHECK(wrong == 0);
        CHECK(domain->woken == rounds / 2);
    });
}

TEST_CASE("waker: what was published before a notification is seen by the sleeper's last look, or wakes it",
          "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("waker and its sleeper");
        const auto domain = std::make_shared<counting_domain>();
        const auto node = std::make_shared<wake_node>(nullptr);
        node->domain = domain;
        constexpr std::uint64_t goal = 20'000;
        std::atomic<std::uint64_t> offered{0};
        std::atomic<std::uint64_t> taken{0};
        std::thread producer([&, waker = weir::waker(node)] {
            for (std::uint64_t i = 1; i <= goal; ++i) {
                while (taken.load(std::memory_order_acquire) + 1 < i) std::this_thread::yield();
                offered.store(i, std::memory_order_release);
                waker.notify();
            }
        });
        std::uint64_t seen = 0;
        std::uint64_t sleeps = 0;
        while (seen != goal) {
            const std::uint64_t woken = domain->woken.load(std::memory_order_acquire);
            announce(*node);
            const std::uint64_t now = offered.load(std::memory_order_acquire);
            if (now != seen) {
                // Awake again: by its own hand, or by who took the flag first.
                if (!node->take()) {
                    while (domain->woken.load(std::memory_order_acquire) == woken) std::this_thread::yield();
                }
                taken.store(seen = now, std::memory_order_release);
                continue;
            }
            ++sleeps;  // a lost notification would leave it here
            while (domain->woken.load(std::memory_order_acquire) == woken) std::this_thread::yield();
        }
        producer.join();
        CHECK(sleeps > 0);
        CHECK(domain->woken >= sleeps);
    });
}

TEST_CASE("waker: notified while its task ends, and after it is gone, it does nothing", "[runtime][threads]") {
    in_both_wake_modes([] {
        const watchdog dog("waker of tasks that end");
        std::optional<weir::threads> on(weir::runtime_options{.workers = 2, .oversubscribe = true, .spin_us = 0});
        std::vector<weir::waker> late;
        for (int round = 0; round < 100; ++round) {
            auto owned = std::make_unique<short_lived>();
            const weir::waker waker = owned->make_waker();
            waker.notify();  // not started: no scheduler is there to be told
            std::atomic<bool> going{true};
            std::thread notifier([&going, copy = waker] {
                while (going) copy.notify();
            });
            const auto job = std::make_shared<weir::job_control>();
            std::vector<std::unique_ptr<weir::task>> tasks;
            tasks.push_back(std::move(owned));
            on->start(job, std::move(tasks));
            static_cast<void>(on->wait(job->ended(), [&] { return job->finished(); }));
            CHECK(job->take_tasks().size() == 1);  // and destroyed
            going = false;
            notifier.join();
            late.push_back(waker);
        }
        on.reset();
        for (const weir::waker& w : late) w.notify();  // the scheduler is gone, too
        CHECK(late.front());
        CHECK_FALSE(weir::waker());
        weir::waker().notify();
    });
}
