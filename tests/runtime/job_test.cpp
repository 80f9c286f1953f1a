// SPDX-License-Identifier: BSL-1.0
// job: waits by the scheduler's clock, names what it waits for, counts while it runs; and what becomes of it from
// inside its own tasks, when it is moved, and when its scheduler goes first.
#include <weir/runtime/job.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "../support/child_process.hpp"
#include "shards.hpp"
#include "waiting.hpp"

using namespace weir_test;
using namespace std::chrono_literals;

static_assert(!std::is_copy_constructible_v<weir::job> && std::is_nothrow_move_constructible_v<weir::job>
              && std::is_nothrow_move_assignable_v<weir::job>);

namespace {

auto without_end() {
    return weir::from(weir::generate([n = 0]() mutable { return std::optional<int>(n++ % 1'000); }));
}

/// given + made = delivered + absorbed + dropped + abandoned.
bool adds_up(const weir::report& r) {
    std::uint64_t made = 0;
    std::uint64_t absorbed = 0;
    for (const weir::stage_report& s : r.stages) {
        made += s.counts.made;
        absorbed += s.counts.absorbed;
    }
    return r.unbalanced == 0 && r.taken() + made == r.delivered() + absorbed + r.dropped() + r.abandoned;
}

/// As a child (WEIR_JOB_CHILD is set): a job that is destroyed in a task of its own.
[[maybe_unused]] const bool is_child = [] {
    if (std::getenv("WEIR_JOB_CHILD") == nullptr) return false;
    weir::threads on({.workers = 1});
    std::optional<weir::job> job;
    std::atomic<bool> there{false};
    job.emplace(weir::start(without_end() | weir::for_each([&](int) {
                                while (!there) std::this_thread::yield();
                                job.reset();
                            }),
                            on));
    there = true;
    static_cast<void>(eventually([] { return false; }));
    std::_Exit(0);
}();

}  // namespace

TEST_CASE("job: wait_for waits as long as it is told by the scheduler's clock, then goes on", "[runtime]") {
    weir::simulated on(7, {1'000});
    weir::outlet<std::uint64_t> out{100};
    weir::job job = weir::start(weir::interval(100ms) | weir::take(10) | weir::to(out), on);
    CHECK_FALSE(job.wait_for(0s).has_value());
    CHECK_FALSE(job.wait_for(-1h).has_value());
    CHECK(on.time().now() == weir::instant{1'000});
    CHECK_FALSE(job.wait_for(250ms).has_value());
    CHECK(on.time().now() == weir::instant{251'000});
    CHECK_FALSE(job.finished());
    CHECK(job.metrics().delivered() == 2);
    CHECK_FALSE(job.wait_for(749ms).has_value());
    const std::optional<weir::report> r = job.wait_for(std::chrono::hours::max());
    REQUIRE(r.has_value());
    CHECK(r->finished);
    CHECK(on.time().now() == weir::instant{1'001'000});
    CHECK(job.finished());
    CHECK(job.wait_for(-1h)->delivered() == 10);  // as often as one likes
    CHECK(job.wait().delivered() == 10);
}

TEST_CASE("job: waiting_for names the fullest ring, of equal ones that nearest to the end; nothing where all are empty",
          "[runtime]") {
    weir::simulated on(1);
    const auto settle = [&] {
        for (int i = 0; i < 300; ++i) on.step_once();
    };
    weir::outlet<int> out{4};
    weir::inlet<int> in{8};
    weir::job job = weir::start(weir::from(in) | weir::map([](int i) { return i; }).named("far").on_own_thread()
                                    | weir::map([](int i) { return i; }) | weir::to(out),
                                on);
    settle();
    CHECK(job.waiting_for() == "");
    REQUIRE(in.try_put(1));
    settle();
    CHECK(job.waiting_for() == "the outlet behind task far holds 1 of 4 records");
    job.drain();
    settle();
    CHECK_FALSE(in.try_put(2));
    CHECK(out.try_get() == 1);
    CHECK(job.wait());
    CHECK(job.waiting_for() == "");

    // Two that are full: the ring in front of the map, and the outlet.
    weir::outlet<int> full{4};
    weir::job stuck =
        weir::start(without_end() | weir::map([](int i) { return i; }).named("far").on_own_thread()
                        | weir::map([](int i) { return i; }).named("farther").on_own_thread() | weir::to(full),
                    on);
    on.run_until_idle();
    CHECK(stuck.waiting_for() == "the outlet behind task farther holds 4 of 4 records");
}

TEST_CASE("job: a drain that an unread outlet holds up is told by waiting_for, and ends when it is read", "[runtime]") {
    weir::simulated on(2);
    weir::outlet<int> out{4};
    weir::job job = weir::start(
        without_end() | weir::map([](int i) { return i; }).named("last").on_own_thread() | weir::to(out), on);
    on.run_until_idle();
    job.drain();
    CHECK_FALSE(job.wait_for(1h).has_value());
    CHECK(job.waiting_for() == "the outlet behind task last holds 4 of 4 records");
    std::uint64_t got = 0;
    while (!out.ended()) {
        got += out.try_get().has_value();
        on.run_until_idle();
    }
    const weir::report r = job.wait();
    CHECK(r.finished);
    CHECK(r.taken() == got);
    CHECK(job.waiting_for() == "");
}

TEST_CASE("job: its counters add up at every moment, and never go back", "[runtime]") {
    const auto events = make_events(400, 7);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        CAPTURE(capacity, seed);
        weir::simulated on(seed);
        std::vector<event> odd;
        weir::job job = weir::start(weir::from(events) | weir::filter([](const event& e) { return e.n % 5 != 0; })
                                        | weir::route<"odd">([](const event& e) { return e.n % 2 != 0; })
                                        | weir::on<"odd">(weir::collect(odd)) | weir::flat_map([](const event& e) {
                                              return std::vector<event>(static_cast<std::size_t>(e.n % 3), e);
                                          })
                                        | weir::key_by<&event::key>() | weir::shard(2, {.capacity = capacity})
                                        | weir::merge({.capacity = capacity}) | weir::discard,
                                    on);
        std::uint64_t taken = 0;
        std::uint64_t delivered = 0;
        while (!job.finished()) {
            const weir::report now = job.metrics();
            REQUIRE(adds_up(now));
            REQUIRE(now.taken() >= taken);
            REQUIRE(now.delivered() >= delivered);
            REQUIRE_FALSE(now.finished);
            taken = now.taken();
            delivered = now.delivered();
            for (std::uint64_t i = 0; i <= seed && on.step_once(); ++i) {}
        }
        const weir::report r = job.wait();
        REQUIRE(whole(r));
        REQUIRE(adds_up(r));
        REQUIRE(r.taken() == 400);
    });
}

TEST_CASE("job: from inside a task of its scheduler what would wait throws, the rest does its work", "[runtime]") {
    const watchdog dog("job from inside");
    weir::threads on({.workers = 1});
    std::optional<weir::job> job;
    std::atomic<bool> there{false};
    int refused = 0;
    bool finished = true;
    const auto refuses = [&](auto call) {
        try {
            call();
        } catch (const std::logic_error&) {
            ++refused;
        }
    };
    job.emplace(weir::start(without_end() | weir::for_each([&, first = true](int) mutable {
                                while (!there) std::this_thread::yield();
                                if (!std::exchange(first, false)) return;
                                refuses([&] { static_cast<void>(job->wait()); });
                                refuses([&] { static_cast<void>(job->wait_for(1h)); });
                                refuses([&] { static_cast<void>(job->metrics()); });
                                refuses([&] { static_cast<void>(job->checkpoint()); });
                                finished = job->finished();
                                static_cast<void>(job->waiting_for());
                                job->drain();
                                job->stop();
                            }),
                            on));
    there = true;
    const weir::report r = job->wait();
    CHECK(refused == 4);
    CHECK_FALSE(finished);
    CHECK(r.interrupted);
    CHECK(r.error == nullptr);
}

TEST_CASE("job: the destructor stops and waits, a move keeps it running, an assignment ends what was there",
          "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("job moved and destroyed");
        weir::threads on({.workers = 1});
        std::atomic<int> first{0};
        std::atomic<int> second{0};
        const auto counting = [&](std::atomic<int>& n) { return without_end() | weir::for_each([&n](int) { ++n; }); };
        {
            weir::job one = weir::start(counting(first), on);
            weir::job moved = std::move(one);
            const int before = first;
            CHECK(eventually([&] { return first > before + 10; }));
            weir::job two = weir::start(counting(second), on);
            moved = std::move(two);
            const int at_end = first;
            CHECK(eventually([&] { return second > 100; }));
            CHECK(first == at_end);
            weir::job& itself = moved;
            moved = std::move(itself);
            CHECK_FALSE(moved.finished());
        }
        const int at_end = second;
        static_cast<void>(weir::run(weir::from(std::vector<int>(1'000)) | weir::discard, on));
        CHECK(second == at_end);
    });
}

TEST_CASE("job: one that has ended outlives its scheduler", "[runtime]") {
    std::optional<weir::threads> on(weir::runtime_options{.workers = 1});
    weir::job done = weir::start(weir::from(std::vector<int>(10)) | weir::discard, *on);
    weir::job stopped = weir::start(without_end() | weir::discard, *on);
    CHECK(done.wait());
    on.reset();  // stops what still ran
    CHECK(done.wait().delivered() == 10);
    CHECK(done.metrics().delivered() == 10);
    CHECK(done.checkpoint().has_value());
    CHECK(stopped.finished());
    CHECK(stopped.wait().interrupted);
    CHECK(stopped.wait_for(1h)->interrupted);
    CHECK_FALSE(stopped.checkpoint().has_value());
}

TEST_CASE("job: destroyed in one of its own tasks, it ends the process with a message", "[runtime]") {
    child_process child({"/proc/self/exe"}, {.environment = {"WEIR_JOB_CHILD=1"}});
    CHECK(child.wait() == -SIGABRT);
    CHECK(child.errors().find("weir::job: destroyed from inside one of its own tasks") != std::string::npos);
}
