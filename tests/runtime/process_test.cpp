// SPDX-License-Identifier: BSL-1.0
// A runtime belongs to the process that made it; and what a process may use (runtime.md, H).
#include <weir/runtime/process.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/support/membarrier.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "synthetic.hpp"

using namespace weir_test;
using weir::detail::cores_of_quota;

static_assert(cores_of_quota("max 100000\n") == 0);
static_assert(cores_of_quota("200000 100000\n") == 2);
static_assert(cores_of_quota("150000 100000\n") == 2);
static_assert(cores_of_quota("1000 100000\n") == 1);
static_assert(cores_of_quota("") == 0);
static_assert(cores_of_quota("100000") == 0);
static_assert(cores_of_quota("99999999999999999999999 1") == 0);

TEST_CASE("cores: at least one, never more than the affinity mask holds", "[runtime]") {
    CHECK(weir::detail::usable_cores() >= 1);
    CHECK(weir::detail::usable_cores() <= weir::detail::allowed_cores().size());
    unsigned bound = 0;
    std::thread([&] {
        if (weir::detail::pin_this_thread(weir::detail::allowed_cores().front())) {
            bound = weir::detail::usable_cores();  // of the calling thread's mask
        }
    }).join();
    CHECK(bound == 1);
    CHECK_FALSE(weir::detail::pin_this_thread(1'000'000));
    CHECK(cores_of_quota("200000 100000") == 2);
}

TEST_CASE("wake mode: decided once, and can be overridden", "[runtime]") {
    weir::override_wake_mode(weir::wake_mode::undecided);
    const weir::wake_mode found = weir::current_wake_mode();
    CHECK(found != weir::wake_mode::undecided);
    CHECK(found == weir::current_wake_mode());
    weir::override_wake_mode(weir::wake_mode::read_modify_write);
    CHECK(weir::current_wake_mode() == weir::wake_mode::read_modify_write);
    weir::override_wake_mode(weir::wake_mode::undecided);
}

TEST_CASE("fork: in the child every call answers forked, and nothing hangs", "[runtime][fork]") {
    chain_counts counts;
    auto on = std::make_unique<weir::threads>();
    auto job = std::make_shared<weir::job_control>();
    on->start(job, make_chain({.records = UINT64_MAX, .alone = 1}, counts));
    while (counts.seen.load() < 100) std::this_thread::yield();
    REQUIRE_FALSE(on->forked());
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(20);  // a hang is a failure
        int wrong = 0;
        wrong += !on->forked();
        wrong += !job->forked();
        weir::wait_point point;
        wrong += on->wait(point, [] { return false; }) != weir::wait_status::forked;
        job->request_stop();
        job->request_drain();
        wrong += job->stopping() || job->draining();
        try {
            on->start(std::make_shared<weir::job_control>(), {});
            ++wrong;
        } catch (const std::logic_error&) {}
        static_cast<void>(job->take_tasks());
        job.reset();
        on.reset();
        ::_exit(wrong);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    job->request_stop();
    wait_for_end(*on, job);
    CHECK(counts.abandoned == 3);
}

TEST_CASE("fork: in the child every call of a job that runs returns or throws at once, whoever was inside it",
          "[runtime][fork]") {
    weir::outlet<int> out{1};
    weir::threads on({.workers = 2, .oversubscribe = true, .spin_us = 0});
    weir::job job = weir::start(weir::from(weir::generate([n = 0]() mutable { return std::optional<int>(n++ % 100); }))
                                    | weir::map([](int i) { return i; }).on_own_thread() | weir::to(out),
                                on);
    std::atomic<bool> going{true};
    std::thread getter([&] {  // inside get(), and its lock, at some fork
        while (out.get()) {}
    });
    std::thread looker([&] {  // inside a task's lock
        while (going) static_cast<void>(job.metrics());
    });
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(20);
            int wrong = 0;
            const auto throws = [&wrong](auto call) {
                try {
                    call();
                    ++wrong;
                } catch (const std::logic_error&) {}
            };
            const weir::result<std::string> saved = job.checkpoint();
            wrong += saved.has_value() || saved.error().code != weir::errc::interrupted;
            throws([&] { static_cast<void>(job.wait()); });
            throws([&] { static_cast<void>(job.wait_for(std::chrono::hours(1))); });
            throws([&] { static_cast<void>(job.wait_for(std::chrono::hours(-1))); });
            throws([&] { static_cast<void>(job.metrics()); });
            wrong += job.finished();
            static_cast<void>(job.waiting_for());
            job.drain();
            job.stop();
            wrong += job.finished();
            wrong += out.get().has_value() || !out.ended();
            { const weir::job dropped = std::move(job); }
            ::_exit(wrong);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    going = false;
    looker.join();
    job.stop();
    getter.join();
    CHECK(job.wait().interrupted);
}

TEST_CASE("fork: in the child a job that has ended refuses, too, instead of waiting for a lock", "[runtime][fork]") {
    weir::threads on({.workers = 1});
    weir::job job = weir::start(weir::from(std::vector<int>(10)) | weir::discard, on);
    CHECK(job.wait());
    std::atomic<bool> going{true};
    std::thread looker([&] {  // inside a task's lock at some fork
        while (going) static_cast<void>(job.metrics());
    });
    int wrong = 0;
    for (int round = 0; round < 50; ++round) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(5);
            int answered = 0;
            const auto throws = [&answered](auto call) {
                try {
                    call();
                    ++answered;
                } catch (const std::logic_error&) {}
            };
            throws([&] { static_cast<void>(job.wait()); });
            throws([&] { static_cast<void>(job.wait_for(std::chrono::hours(1))); });
            throws([&] { static_cast<void>(job.metrics()); });
            answered += job.checkpoint().has_value();
            answered += !job.finished();
            static_cast<void>(job.waiting_for());
            { const weir::job dropped = std::move(job); }
            ::_exit(answered);
        }
        int status = -1;
        wrong += ::waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        if (wrong != 0) break;
    }
    going = false;
    looker.join();
    CHECK(wrong == 0);
}
