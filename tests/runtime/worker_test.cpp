// SPDX-License-Identifier: BSL-1.0
// worker: a dedicated one runs its task and goes; a shared one takes over what wakes behind a task that takes long
// (runtime.md, A and D).
#include <weir/runtime/worker.hpp>

#include <weir/runtime/threads.hpp>

#include <pthread.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using weir::step_result;
using weir::detail::worker;
using weir::detail::worker_set;
using namespace weir_test;

namespace {

/// A step that the test says.
class scripted final : public weir::task {
  public:
    using body = std::function<step_result(std::uint32_t)>;
    explicit scripted(std::string name, body b, weir::placement where = {})
        : task(std::move(name), where), body_(std::move(b)) {}
    step_result step(std::uint32_t max_records, weir::instant) override { return body_(max_records); }
    void abandon() noexcept override {}

  private:
    body body_;
};

constexpr step_result idle{step_result::kind::idle};
constexpr step_result done{step_result::kind::done};
constexpr step_result one_record{step_result::kind::progress, weir::instant::max(), 1};

std::shared_ptr<weir::job_control> start(weir::threads& on, std::vector<std::unique_ptr<weir::task>> tasks) {
    auto job = std::make_shared<weir::job_control>();
    on.start(job, std::move(tasks));
    return job;
}
void wait_for_end(weir::threads& on, weir::job_control& job) {
    static_cast<void>(on.wait(job.ended(), [&] { return job.finished(); }));
}
std::string thread_name() {
    char text[16] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    return text;
}

}  // namespace

TEST_CASE("worker: a dedicated one that no task comes to is dismissed, before it runs or while it sleeps",
          "[runtime]") {
    const watchdog dog("worker dismissed");
    for (int round = 0; round < 100; ++round) {
        const auto set = std::make_shared<worker_set>();
        set->time = &weir::system_clock_source();
        set->spin_ns = 0;
        const auto w = std::make_shared<worker>(*set, 0, true);
        CHECK(w->dedicated());
        CHECK_FALSE(w->gone());
        if (round % 2 == 0) w->dismiss();
        std::thread thread([&] { w->run(); });
        if (round % 2 != 0) {
            if (round % 4 == 1) CHECK(eventually([&] { return w->parked(); }));
            w->dismiss();
        }
        thread.join();
        CHECK(w->gone());
        CHECK_FALSE(w->parked());
    }
}

TEST_CASE("worker: a task with a thread of its own is always there, and only it; the thread goes with it",
          "[runtime][threads]") {
    in_both_wake_modes([] {
        const watchdog dog("worker of its own");
        weir::threads on({.workers = 2, .oversubscribe = true, .spin_us = 0});
        std::set<std::string> names;
        std::set<std::thread::id> alone;
        std::set<std::thread::id> shared;
        std::mutex mutex;
        std::vector<std::unique_ptr<weir::task>> tasks;
        const auto steps_in = [&](std::set<std::thread::id>& where, int steps) {
            return [&, steps, n = 0](std::uint32_t) mutable {
                const std::lock_guard hold(mutex);
                where.insert(std::this_thread::get_id());
                if (&where == &alone) names.insert(thread_name());
                return ++n == steps ? done : one_record;
            };
        };
        tasks.push_back(std::make_unique<scripted>("a task alone and its long name", steps_in(alone, 300),
                                                   weir::placement::on_own_thread()));
        for (int i = 0; i < 3; ++i) tasks.push_back(std::make_unique<scripted>("shared", steps_in(shared, 300)));
        const auto job = start(on, std::move(tasks));
        wait_for_end(on, *job);
        CHECK(alone.size() == 1);
        CHECK(names == std::set<std::string>{"a task alone an"});
        CHECK(shared.size() <= 2);
        for (const std::thread::id id : alone) CHECK(shared.count(id) == 0);
    });
}

TEST_CASE("worker: one that is inside a long step does not keep what wakes behind it", "[runtime][threads]") {
    in_both_wake_modes([] {
        const watchdog dog("worker that is held up");
        for (int round = 0; round < 30; ++round) {
            weir::threads on({.workers = 2, .oversubscribe = true, .spin_us = round % 2 * 5});
            std::atomic<bool> inside{false};
            std::atomic<bool> wanted{false};
            std::atomic<bool> helped{false};
            std::atomic<int> looks{0};
            std::vector<std::unique_ptr<weir::task>> tasks;
            tasks.push_back(std::make_unique<scripted>("sleeper", [&](std::uint32_t) {
                ++looks;
                if (!wanted) return idle;
                helped = true;
                return done;
            }));
            const weir::waker sleeper = tasks.front()->make_waker();
            tasks.push_back(std::make_unique<scripted>("blocker", [&, n = 0, seen = 0](std::uint32_t) mutable {
                if (looks == 0 || std::exchange(seen, looks.load()) != looks) n = 0;
                if (++n < 200) return one_record;  // until the other one sleeps
                inside = true;
                while (!helped) std::this_thread::yield();  // its only step that takes long: nobody could know
                return done;
            }));
            const auto job = start(on, std::move(tasks));
            CHECK(eventually([&] { return inside.load(); }));
            const std::int64_t held_up = weir::monotonic_now() + 10 * weir::detail::step_target_ns;
            CHECK(eventually([&] { return weir::monotonic_now() > held_up; }));
            wanted = true;
            sleeper.notify();
            wait_for_end(on, *job);
            CHECK(helped);
        }
    });
}

TEST_CASE("worker: a first step that takes long does not keep what waits beside it", "[runtime][threads]") {
    in_both_wake_modes([] {
        const watchdog dog("worker that is held up at once");
        for (int round = 0; round < 100; ++round) {
            weir::threads on({.workers = 2, .oversubscribe = true, .spin_us = round % 2 * 5});
            std::atomic<bool> helped{false};
            std::vector<std::unique_ptr<weir::task>> tasks;
            for (int first = 0; first < 2; ++first) {
                if (first == round / 2 % 2) {
                    tasks.push_back(std::make_unique<scripted>("blocker", [&](std::uint32_t) {
                        while (!helped) std::this_thread::yield();
                        return done;
                    }));
                } else {
                    tasks.push_back(std::make_unique<scripted>("beside it", [&, n = 0](std::uint32_t) mutable {
                        helped = ++n == 20;
                        return helped ? done : one_record;
                    }));
                }
            }
            if (round % 3 != 0) {  // both workers have run, and most likely sleep
                std::vector<std::unique_ptr<weir::task>> before;
                before.push_back(std::make_unique<scripted>("before", [](std::uint32_t) { return done; }));
                wait_for_end(on, *start(on, std::move(before)));
                const std::int64_t asleep = weir::monotonic_now() + 10 * weir::detail::step_target_ns;
                CHECK(eventually([&] { return weir::monotonic_now() > asleep; }));
            }
            wait_for_end(on, *start(on, std::move(tasks)));
            CHECK(helped);
        }
    });
}

TEST_CASE("worker: it takes its tasks in turn, and none of them twice at a time", "[runtime][threads]") {
    const watchdog dog("workers in turn");
    for (const unsigned workers : {1U, 3U}) {
        weir::threads on({.workers = workers, .oversubscribe = true, .spin_us = 0});
        constexpr std::size_t count = 20;
        std::vector<std::atomic<int>> steps(count);
        std::vector<std::atomic<bool>> inside(count);
        std::atomic<int> overlapping{0};
        std::atomic<int> unfair{0};
        std::vector<std::unique_ptr<weir::task>> tasks;
        for (std::size_t i = 0; i < count; ++i) {
            tasks.push_back(std::make_unique<scripted>("t" + std::to_string(i), [&, i](std::uint32_t) {
                if (inside[i].exchange(true)) ++overlapping;
                const int mine = ++steps[i];
                // On one worker: once in each round, so nobody is more than one ahead.
                for (const auto& other : steps) unfair += workers == 1 && mine > other + 1;
                inside[i] = false;
                return mine == 200 ? done : one_record;
            }));
        }
        const auto job = start(on, std::move(tasks));
        wait_for_end(on, *job);
        CHECK(overlapping == 0);
        CHECK(unfair == 0);
        for (const auto& n : steps) CHECK(n == 200);
    }
}

TEST_CASE("worker: a thousand idle tasks are not looked at", "[runtime][threads]") {
    in_both_wake_modes([] {
        const watchdog dog("worker with idle tasks");
        weir::threads on({.workers = 1, .spin_us = 0});
        std::atomic<std::uint64_t> looks{0};
        std::atomic<bool> over{false};
        std::vector<std::unique_ptr<weir::task>> tasks;
        std::vector<weir::waker> wakers;
        for (int i = 0; i < 1'000; ++i) {
            tasks.push_back(std::make_unique<scripted>("idle", [&](std::uint32_t) {
                ++looks;
                return over ? done : idle;
            }));
            wakers.push_back(tasks.back()->make_waker());
        }
        const auto sleeping = start(on, std::move(tasks));
        // They are asleep when their worker has had no reason to look for a while, and another task has had many steps.
        const auto busy_for = [&](int steps) {
            std::vector<std::unique_ptr<weir::task>> one;
            one.push_back(std::make_unique<scripted>(
                "busy", [steps, n = 0](std::uint32_t) mutable { return ++n == steps ? done : one_record; }));
            wait_for_end(on, *start(on, std::move(one)));
        };
        CHECK(eventually([&] {
            const std::uint64_t before = looks;
            busy_for(100);
            return looks == before;
        }));
        const std::uint64_t before = looks;
        busy_for(10'000);
        CHECK(looks == before);
        wakers[17].notify();
        CHECK(eventually([&] { return looks > before; }));
        over = true;
        for (const weir::waker& w : wakers) w.notify();
        wait_for_end(on, *sleeping);
    });
}
