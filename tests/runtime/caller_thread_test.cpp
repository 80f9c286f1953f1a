// SPDX-License-Identifier: BSL-1.0
// run_on_caller: a task on the thread that asked for it: to its end, asleep in between, stopped from elsewhere.
#include <weir/runtime/caller_thread.hpp>

#include <weir/runtime/simulated.hpp>
#include <weir/runtime/threads.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using weir::step_result;
using namespace weir_test;

namespace {

/// A step that the test says; counts how often it was abandoned.
class scripted final : public weir::task {
  public:
    using body = std::function<step_result(std::uint32_t, weir::instant)>;
    scripted(body b, int& abandoned) : task("scripted"), body_(std::move(b)), abandoned_(abandoned) {}
    step_result step(std::uint32_t max_records, weir::instant now) override { return body_(max_records, now); }
    void abandon() noexcept override { ++abandoned_; }

  private:
    body body_;
    int& abandoned_;
};

struct outcome {
    std::shared_ptr<weir::job_control> job = std::make_shared<weir::job_control>();
    int abandoned = 0;
    weir::task_statistics statistics;

    void run(const weir::scheduler& on, scripted::body body, weir::waker* waker = nullptr) {
        std::vector<std::unique_ptr<weir::task>> tasks;
        tasks.push_back(std::make_unique<scripted>(std::move(body), abandoned));
        if (waker != nullptr) *waker = tasks.front()->make_waker();
        weir::detail::run_on_caller(job, std::move(tasks), on);
        const auto ended = job->take_tasks();
        REQUIRE(ended.size() == 1);
        statistics = ended.front()->statistics();
    }
};

constexpr step_result idle{step_result::kind::idle};
constexpr step_result done{step_result::kind::done};

}  // namespace

TEST_CASE("run_on_caller: every step on the calling thread, inside the scheduler, and counted", "[runtime]") {
    weir::simulated on(1);
    std::set<std::thread::id> threads;
    std::uint64_t records = 0;
    int outside = 0;
    std::uint32_t largest = 0;
    outcome o;
    o.run(on, [&, n = 0](std::uint32_t max, weir::instant) mutable {
        threads.insert(std::this_thread::get_id());
        outside += !on.inside();
        largest = std::max(largest, max);
        records += max;
        return step_result{++n == 50 ? step_result::kind::done : step_result::kind::progress, weir::instant::max(),
                           max};
    });
    CHECK(threads == std::set<std::thread::id>{std::this_thread::get_id()});
    CHECK(outside == 0);
    CHECK_FALSE(on.inside());
    CHECK(o.job->finished());
    CHECK_FALSE(o.job->stopping());
    CHECK(o.abandoned == 0);
    CHECK(o.statistics.steps == 50);
    CHECK(o.statistics.records == records);
    CHECK(o.statistics.busy_ns >= o.statistics.longest_step_ns);
    CHECK(largest > 1);  // short steps grow
    CHECK(largest <= 4'096);
}

TEST_CASE("run_on_caller: what the task throws is the job's", "[runtime]") {
    weir::simulated on(1);
    outcome o;
    o.run(on, [n = 0](std::uint32_t, weir::instant) mutable -> step_result {
        if (++n == 3) throw std::runtime_error("three");
        return {step_result::kind::progress, weir::instant::max(), 1};
    });
    CHECK(o.job->finished());
    CHECK(o.job->stopping());
    CHECK(o.abandoned == 1);
    CHECK(o.job->failed_stage() == "scripted");
    CHECK_THROWS_WITH(std::rethrow_exception(o.job->exception()), "three");
}

TEST_CASE("run_on_caller: it sleeps until it is notified, and misses nothing", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("run_on_caller asleep");
        const weir::threads on({.workers = 1});
        constexpr std::uint64_t goal = 5'000;
        std::atomic<std::uint64_t> offered{0};
        std::atomic<std::uint64_t> taken{0};
        weir::waker waker;
        std::thread other;
        std::uint64_t idles = 0;
        outcome o;
        o.run(
            on,
            [&](std::uint32_t, weir::instant) {
                if (!other.joinable()) {
                    other = std::thread([&] {
                        for (std::uint64_t i = 1; i <= goal; ++i) {
                            offered.store(i, std::memory_order_release);
                            waker.notify();
                            while (taken.load(std::memory_order_acquire) != i) std::this_thread::yield();
                        }
                    });
                }
                const std::uint64_t now = offered.load(std::memory_order_acquire);
                if (now == taken.load(std::memory_order_relaxed)) {
                    ++idles;
                    return idle;
                }
                taken.store(now, std::memory_order_release);
                return now == goal ? done : step_result{step_result::kind::progress, weir::instant::max(), 1};
            },
            &waker);
        other.join();
        waker.notify();  // late
        CHECK(o.job->finished());
        CHECK(o.statistics.records + 1 == goal);
        CHECK(idles > 0);
    });
}

TEST_CASE("run_on_caller: stopped while it sleeps, it is abandoned at once", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("run_on_caller stopped");
        const weir::threads on({.workers = 1});
        for (int round = 0; round < 50; ++round) {
            outcome o;
            std::thread stopper;
            const bool timed = round % 2 != 0;
            o.run(on, [&](std::uint32_t, weir::instant now) {
                if (!stopper.joinable()) stopper = std::thread([job = o.job] { job->request_stop(); });
                return timed ? step_result{step_result::kind::wait_until, {now.us + 3'600'000'000}} : idle;
            });
            stopper.join();
            CHECK(o.job->finished());
            CHECK(o.abandoned == 1);
        }
    });
}

TEST_CASE("run_on_caller: it waits for times of the scheduler's clock", "[runtime]") {
    const watchdog dog("run_on_caller and its clock");
    weir::virtual_clock time({5'000'000});
    const weir::threads on({.workers = 1, .time = &time});
    std::vector<std::int64_t> seen;
    outcome o;
    o.run(on, [&](std::uint32_t, weir::instant now) {
        seen.push_back(now.us);
        if (now.us >= 5'000'400) return done;
        // The time has come as soon as it is said: no sleep, however far the real clock is from it.
        time.advance(100);
        return step_result{step_result::kind::wait_until, {now.us + 100}};
    });
    CHECK(seen == std::vector<std::int64_t>{5'000'000, 5'000'100, 5'000'200, 5'000'300, 5'000'400});
    // A real one: not before its time.
    const weir::threads real({.workers = 1});
    weir::instant until{};
    outcome p;
    p.run(real, [&](std::uint32_t, weir::instant now) {
        if (until == weir::instant{}) until = {now.us + 2'000};
        if (now < until) return step_result{step_result::kind::wait_until, until};
        return done;
    });
    CHECK(real.time().now() >= until);
}
