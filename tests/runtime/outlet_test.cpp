// SPDX-License-Identifier: BSL-1.0
// outlet: application threads get what was delivered, each record once, and are told when there is no more.
#include <weir/runtime/stages/outlet.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using namespace std::chrono_literals;
using weir_test::eventually;
using weir_test::in_both_wake_modes;
using weir_test::watchdog;

namespace {

std::vector<int> numbers(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::vector<int> all_of(weir::outlet<int>& out) {
    std::vector<int> got;
    while (const std::optional<int> i = out.get()) got.push_back(*i);
    return got;
}

}  // namespace

TEST_CASE("outlet: all records in order, whatever the ring, and then the end", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("outlet in order");
        for (const std::size_t capacity : {1U, 2U, 64U}) {
            weir::outlet<int> out{capacity};
            weir::job job = weir::start(weir::from(numbers(500)) | weir::to(out));
            CHECK(all_of(out) == numbers(500));
            CHECK(out.ended());
            CHECK_FALSE(out.get().has_value());
            CHECK_FALSE(out.try_get().has_value());
            const weir::report done = job.wait();
            CHECK(done);
            CHECK(done.delivered() == 500);
            CHECK(done.unbalanced == 0);
        }
    });
}

TEST_CASE("outlet: several threads get each record once", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("outlet with several threads");
        weir::outlet<int> out{3};
        std::mutex mutex;
        std::vector<int> got;
        std::vector<std::thread> getters;
        for (int t = 0; t < 3; ++t) {
            getters.emplace_back([&, t, mine = out]() mutable {  // before the pipeline starts
                while (const std::optional<int> i = t == 0 ? mine.get_for(1h) : mine.get()) {
                    const std::lock_guard hold(mutex);
                    got.push_back(*i);
                }
            });
        }
        CHECK(weir::run(weir::from(numbers(900)) | weir::shard(2) | weir::merge() | weir::to(out)));
        for (std::thread& t : getters) t.join();
        std::sort(got.begin(), got.end());
        CHECK(got == numbers(900));
    });
}

TEST_CASE("outlet: what only moves, and records got after the end", "[runtime]") {
    weir::outlet<std::unique_ptr<int>> out{8};
    CHECK(
        weir::run(weir::from(numbers(3)) | weir::map([](int i) { return std::make_unique<int>(i); }) | weir::to(out)));
    CHECK_FALSE(out.ended());
    CHECK(**out.get() == 0);
    CHECK(**out.try_get() == 1);
    CHECK(**out.get_for(1s) == 2);
    CHECK(out.ended());
    CHECK_FALSE(out.get_for(std::chrono::hours::max()).has_value());
}

TEST_CASE("outlet: timed calls go by the scheduler's clock", "[runtime]") {
    weir::simulated on(2);
    weir::inlet<int> in{4};
    weir::outlet<int> out{4};
    weir::job job = weir::start(weir::from(in) | weir::to(out), on);
    const weir::instant before = on.time().now();
    CHECK_FALSE(out.get_for(30ms).has_value());
    CHECK(on.time().now().us - before.us == 30'000);
    CHECK_FALSE(out.ended());
    CHECK_FALSE(out.get_for(-1s).has_value());
    CHECK_FALSE(out.try_get().has_value());
    CHECK(in.put(7));
    CHECK(out.get_for(30ms) == 7);
    CHECK(on.time().now().us - before.us == 30'000);
    CHECK_THROWS_AS(out.get(), weir::deadlock_error);
    in.close();
    CHECK_FALSE(out.get().has_value());
    CHECK(out.ended());
    CHECK(job.finished());
}

TEST_CASE("outlet: closed, it ends its pipeline, also one that waits for room or for input", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("outlet closed");
        // For room.
        weir::outlet<int> full{2};
        weir::job endless =
            weir::start(weir::from(weir::generate([] { return std::optional<int>(1); })) | weir::to(full));
        REQUIRE(full.get() == 1);
        full.close();
        const weir::report done = endless.wait();
        CHECK(done);
        CHECK(done.taken() == done.delivered() + done.dropped());
        // What stands in it can still be got.
        std::uint64_t got = 1;
        while (full.get()) ++got;
        CHECK(full.ended());
        CHECK(got == done.delivered());

        // For input.
        weir::inlet<int> in{2};
        weir::outlet<int> idle{64};
        weir::job quiet = weir::start(weir::from(in) | weir::to(idle));
        CHECK(in.put(3));
        CHECK(idle.get() == 3);
        idle.close();
        CHECK(quiet.wait());
        CHECK(in.closed());
    });
}

TEST_CASE("outlet: closing it wakes those who get, also where no pipeline writes", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("outlet closed under getters");
        weir::outlet<int> out{2};
        std::atomic<int> told{0};
        std::vector<std::thread> getters;
        for (int t = 0; t < 2; ++t) {
            getters.emplace_back([&, t] {
                const bool none = !(t == 0 ? out.get() : out.get_for(1h)).has_value();
                told += none ? 1 : 0;
            });
        }
        out.close();
        for (std::thread& t : getters) t.join();
        CHECK(told == 2);
        CHECK(out.ended());
        const weir::report done = weir::run(weir::from(numbers(10)) | weir::to(out));
        CHECK(done);
        CHECK(done.delivered() == 0);
    });
}

TEST_CASE("outlet: a destroyed job wakes its getters, and the outlet outlives the runtime", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("outlet of a destroyed job");
        for (int round = 0; round < 30; ++round) {
            weir::outlet<int> out{1 + static_cast<std::size_t>(round % 3)};
            std::vector<std::thread> getters;
            std::atomic<int> got{0};
            {
                weir::inlet<int> in{2};
                weir::runtime rt{{.workers = 1}};
                const weir::job job = weir::start(weir::from(in) | weir::to(out), rt);
                for (int t = 0; t < 2; ++t) {
                    getters.emplace_back([&] {
                        while (out.get()) ++got;
                    });
                }
                for (int i = 0; i < round; ++i) CHECK(in.put(i));
                CHECK(eventually([&] { return got == round; }));
            }
            for (std::thread& t : getters) t.join();
            CHECK(out.ended());
            CHECK_FALSE(out.get().has_value());
            CHECK_FALSE(out.get_for(1h).has_value());
        }
    });
}

TEST_CASE("outlet: one that nobody reads is named by what waits", "[runtime]") {
    const watchdog dog("outlet that nobody reads");
    weir::outlet<int> out{16};
    weir::job job = weir::start(weir::from(numbers(100'000)) | weir::shard(2) | weir::merge() | weir::to(out));
    CHECK(eventually([&] { return job.waiting_for().find("holds 16 of 16 records") != std::string::npos; }));
    job.drain();
    CHECK_FALSE(job.wait_for(1ms).has_value());
    std::uint64_t got = 0;
    while (out.get()) ++got;
    const weir::report done = job.wait();
    CHECK(done);
    CHECK(done.interrupted);
    CHECK(got == done.taken());
    CHECK(job.waiting_for().empty());
    CHECK(job.wait_for(std::chrono::hours::max()).has_value());
}

TEST_CASE("outlet: from inside a task of the same scheduler, what may wait throws", "[runtime]") {
    const watchdog dog("outlet from inside");
    weir::runtime rt{{.workers = 1}};
    weir::outlet<int> out{4};
    int refused = 0;
    const weir::report done =
        weir::run(weir::from(numbers(2)) | weir::tap([&](int i) {
                      if (i == 0) return;
                      try {
                          static_cast<void>(out.get());
                      } catch (const std::logic_error& e) {
                          refused += std::string(e.what()).find("use try_get there") != std::string::npos;
                      }
                      try {
                          static_cast<void>(out.get_for(1s));
                      } catch (const std::logic_error&) {
                          ++refused;
                      }
                      static_cast<void>(out.try_get());
                      static_cast<void>(out.ended());
                  }) | weir::to(out),
                  rt);
    CHECK(done);
    CHECK(refused == 2);
}

TEST_CASE("outlet: one pipeline writes to it; one that could not start leaves it to the next", "[runtime]") {
    weir::outlet<int> out{4};
    weir::outlet<int> busy{4};
    CHECK(weir::run(weir::from(numbers(1)) | weir::to(busy)));
    auto twice = weir::from(numbers(3)) | weir::tee(weir::to(out), weir::to(busy));
    CHECK_THROWS_WITH(weir::start(twice), Catch::Matchers::Contains("weir::outlet: a pipeline writes to it already"));
    CHECK(weir::run(weir::from(numbers(3)) | weir::to(out)));
    CHECK(all_of(out) == numbers(3));
    CHECK_THROWS_AS(weir::run(weir::from(numbers(3)) | weir::to(out)), std::logic_error);
    CHECK_THROWS_AS(weir::outlet<int>(0), std::invalid_argument);
}

TEST_CASE("outlet: in the child of a fork it has ended", "[runtime][fork]") {
    weir::outlet<int> out{1};
    weir::job job = weir::start(weir::from(weir::generate([] { return std::optional<int>(1); })) | weir::to(out));
    std::thread getter([&] {
        while (out.get()) {}
    });
    for (int round = 0; round < 20; ++round) {  // at some fork the getter holds the lock
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(20);
            int wrong = 0;
            wrong += out.get().has_value() + out.try_get().has_value() + out.get_for(1h).has_value();
            wrong += !out.ended();
            out.close();
            try {
                static_cast<void>(job.wait_for(1h));
                ++wrong;
            } catch (const std::logic_error&) {}
            { const weir::job dropped = std::move(job); }
            { const weir::outlet<int> handle = std::move(out); }
            ::_exit(wrong);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    job.stop();
    getter.join();
    CHECK_FALSE(job.wait());
}
