// SPDX-License-Identifier: BSL-1.0
// inlet: what was taken is delivered or counted, whoever puts, however it ends.
#include <weir/runtime/stages/inlet.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
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

/// A task that is inside a record until it is let go.
struct gate {
    std::atomic<bool> reached{false};
    std::atomic<bool> open{false};
    void pass() {
        reached = true;
        while (!open) std::this_thread::yield();
    }
};

}  // namespace

TEST_CASE("inlet: what one thread puts comes in order, and close drains", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("inlet in order");
        for (const std::size_t capacity : {1U, 2U, 64U}) {
            std::vector<int> out;
            weir::inlet<int> in{capacity};
            weir::job job = weir::start(weir::from(in) | weir::collect(out));
            for (int i = 0; i < 500; ++i) CHECK(in.put(i));
            CHECK_FALSE(in.closed());
            in.close();
            CHECK(in.closed());
            CHECK_FALSE(in.put(1));
            CHECK_FALSE(in.try_put(1));
            const weir::report done = job.wait();
            CHECK(done);
            CHECK_FALSE(done.interrupted);
            CHECK(out == numbers(500));
            CHECK(done.taken() == 500);
            CHECK(done.abandoned == 0);
        }
    });
}

TEST_CASE("inlet: several threads and handles, each in its order", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("inlet with several threads");
        std::vector<int> out;
        weir::inlet<int> in{4};
        weir::runtime rt{{.workers = 2, .oversubscribe = true}};
        weir::job job = weir::start(weir::from(in) | weir::collect(out), rt);
        std::vector<std::thread> putters;
        for (int t = 0; t < 4; ++t) {
            putters.emplace_back([mine = in, t]() mutable {
                for (int i = 0; i < 300; ++i) {
                    const int n = t * 1'000 + i;
                    if (i % 3 == 0) {
                        while (!mine.try_put(n)) std::this_thread::yield();
                    } else if (!mine.put(n)) {
                        return;
                    }
                }
            });
        }
        for (std::thread& t : putters) t.join();
        in.close();
        CHECK(job.wait());
        REQUIRE(out.size() == 1'200);
        for (int t = 0; t < 4; ++t) {
            std::vector<int> mine;
            std::copy_if(out.begin(), out.end(), std::back_inserter(mine), [t](int n) { return n / 1'000 == t; });
            CHECK(mine.size() == 300);
            CHECK(std::is_sorted(mine.begin(), mine.end()));
        }
    });
}

TEST_CASE("inlet: put_range takes all, moves what is given, and says how many", "[runtime]") {
    const watchdog dog("inlet put_range");
    std::vector<std::string> out;
    weir::inlet<std::string> in{3};
    weir::job job = weir::start(weir::from(in) | weir::collect(out));
    const std::vector<std::string> some{"a", "b", "c", "d", "e", "f", "g"};
    CHECK(in.put_range(some) == 7);
    CHECK(in.put_range(std::list<const char*>{"h", "i"}) == 2);
    CHECK(in.put_range(std::vector<std::string>{}) == 0);
    in.close();
    CHECK(in.put_range(some) == 0);
    CHECK(job.wait());
    CHECK(out == std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g", "h", "i"});
}

TEST_CASE("inlet: what a range gave before it threw is delivered", "[runtime]") {
    struct picky {
        int n;
        explicit picky(int i) : n(i) {
            if (i == 3) throw std::runtime_error("not three");
        }
    };
    const watchdog dog("inlet range that throws");
    std::vector<int> out;
    weir::inlet<picky> in{8};
    weir::job job = weir::start(weir::from(in) | weir::map([](picky p) { return p.n; }) | weir::collect(out));
    CHECK_THROWS_AS(in.put_range(numbers(6)), std::runtime_error);
    in.close();
    CHECK(job.wait());
    CHECK(out == numbers(3));
}

TEST_CASE("inlet: try and timed calls answer at once and in time; time is the scheduler's", "[runtime]") {
    weir::simulated on(3);
    weir::inlet<std::unique_ptr<int>> in{2};
    // A chain that is full until the application says so: an outlet that nobody reads.
    weir::outlet<std::unique_ptr<int>> full{1};
    weir::job job = weir::start(weir::from(in) | weir::to(full), on);
    auto one = std::make_unique<int>(1);
    int taken = 0;
    while (in.try_put(std::move(one))) {
        one = std::make_unique<int>(++taken);
        on.run_until_idle();
    }
    CHECK(taken >= 3);
    REQUIRE(one != nullptr);  // untouched
    const weir::instant before = on.time().now();
    CHECK_FALSE(in.put_for(std::make_unique<int>(9), 250ms));
    CHECK(on.time().now().us - before.us == 250'000);
    CHECK_FALSE(in.put_for(std::make_unique<int>(9), 0s));
    CHECK_FALSE(in.put_for(std::make_unique<int>(9), -1h));
    CHECK(on.time().now().us - before.us == 250'000);
    REQUIRE(full.try_get().has_value());
    CHECK(in.put_for(std::move(one), std::chrono::hours::max()));  // not before the clock's end
    while (full.try_get()) on.run_until_idle();
    in.close();
    on.run_until_idle();
    CHECK(job.finished());
}

TEST_CASE("inlet: a full one with nobody to read it is a deadlock, which simulated tells", "[runtime]") {
    weir::simulated on(4);
    weir::inlet<int> in{1};
    weir::outlet<int> full{1};
    const weir::job job = weir::start(weir::from(in) | weir::to(full), on);
    CHECK_THROWS_AS(
        [&] {
            for (;;) in.put(1);
        }(),
        weir::deadlock_error);
}

TEST_CASE("inlet: put before the pipeline starts waits for it", "[runtime]") {
    const watchdog dog("inlet before the start");
    weir::inlet<int> in{2};
    std::atomic<int> put{0};
    std::thread early([&] {
        for (int i = 0; i < 10; ++i) put += in.put(i) ? 1 : 0;
        in.close();
    });
    CHECK(eventually([&] { return put == 2; }));
    std::vector<int> out;
    CHECK(weir::run(weir::from(in) | weir::collect(out)));
    early.join();
    CHECK(out == numbers(10));
}

TEST_CASE("inlet: closed while putters wait, they are told", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("inlet closed under putters");
        weir::inlet<int> in{1};
        gate held;
        std::atomic<int> waiting{0};
        weir::runtime rt{{.workers = 1}};
        weir::job job = weir::start(weir::from(in) | weir::for_each([&](int) { held.pass(); }), rt);
        REQUIRE(in.put(0));
        REQUIRE(eventually([&] { return held.reached.load(); }));
        std::vector<std::thread> putters;
        std::atomic<int> accepted{1};
        std::atomic<int> refused{0};
        for (int t = 0; t < 3; ++t) {
            putters.emplace_back([&, t] {
                ++waiting;
                while (t == 0 ? in.put(1) : t == 1 ? in.put_for(1, 1h) : in.put_range(numbers(5)) == 5)
                    accepted += t == 2 ? 5 : 1;
                ++refused;
            });
        }
        CHECK(eventually([&] { return waiting == 3; }));
        in.close();
        for (std::thread& t : putters) t.join();
        CHECK(refused == 3);
        held.open = true;
        const weir::report done = job.wait();
        CHECK(done);
        CHECK(done.delivered() >= static_cast<std::uint64_t>(accepted.load()));
    });
}

TEST_CASE("inlet: a destroyed job wakes its putters, and the inlet outlives the runtime", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("inlet of a destroyed job");
        for (int round = 0; round < 30; ++round) {
            weir::inlet<int> in{1 + static_cast<std::size_t>(round % 3)};
            std::atomic<int> accepted{0};
            std::vector<std::thread> putters;
            {
                weir::runtime rt{{.workers = 1}};
                const weir::job job = weir::start(weir::from(in) | weir::discard, rt);
                for (int t = 0; t < 2; ++t) {
                    putters.emplace_back([&] {
                        while (in.put(1)) ++accepted;
                    });
                }
                CHECK(eventually([&] { return accepted > 5 * round; }));
            }
            for (std::thread& t : putters) t.join();
            CHECK(in.closed());
            CHECK_FALSE(in.put(1));
            CHECK_FALSE(in.put_for(1, 1h));
            CHECK(in.put_range(numbers(3)) == 0);
        }
    });
}

TEST_CASE("inlet: stopped, what was taken and not delivered is counted", "[runtime]") {
    in_both_wake_modes([] {
        const watchdog dog("inlet stopped");
        weir::inlet<int> in{8};
        gate held;
        weir::runtime rt{{.workers = 1}};
        weir::job job = weir::start(weir::from(in) | weir::for_each([&](int) { held.pass(); }), rt);
        CHECK(in.put(0));
        REQUIRE(eventually([&] { return held.reached.load(); }));
        std::uint64_t accepted = 1;
        while (in.try_put(1)) ++accepted;
        job.stop();
        held.open = true;
        const weir::report done = job.wait();
        CHECK_FALSE(done);
        CHECK(done.interrupted);
        CHECK(accepted == done.delivered() + done.abandoned);
        CHECK(in.closed());
    });
}

TEST_CASE("inlet: drained, it takes no more and all it took is delivered", "[runtime]") {
    const watchdog dog("inlet drained");
    weir::inlet<int> in{16};
    weir::job job = weir::start(weir::from(in) | weir::discard);
    std::atomic<std::uint64_t> accepted{0};
    std::thread putter([&] {
        while (in.put(1)) ++accepted;
    });
    CHECK(eventually([&] { return accepted > 100; }));
    job.drain();
    const weir::report done = job.wait();
    putter.join();
    CHECK(done.finished);
    CHECK(done.interrupted);
    CHECK(done.delivered() == accepted);
    CHECK(done.abandoned == 0);
}

TEST_CASE("inlet: from inside a task of the same scheduler, what may wait throws", "[runtime]") {
    const watchdog dog("inlet from inside");
    weir::runtime rt{{.workers = 1}};
    weir::runtime other{{.workers = 1}};
    weir::inlet<int> in{4};
    weir::inlet<int> elsewhere{4};
    std::vector<int> out;
    weir::job sink = weir::start(weir::from(elsewhere) | weir::collect(out), other);
    int refused = 0;
    weir::job job = weir::start(weir::from(in) | weir::for_each([&](int i) {
                                    if (i != 0) return;
                                    try {
                                        in.put(1);  // there is room, and still
                                    } catch (const std::logic_error& e) {
                                        refused += std::string(e.what()).find("use try_put there") != std::string::npos;
                                    }
                                    try {
                                        static_cast<void>(in.put_for(1, 1s));
                                    } catch (const std::logic_error&) {
                                        ++refused;
                                    }
                                    try {
                                        in.put_range(numbers(2));
                                    } catch (const std::logic_error&) {
                                        ++refused;
                                    }
                                    static_cast<void>(in.try_put(7));
                                    elsewhere.put(8);  // another runtime's
                                    in.close();
                                }),
                                rt);
    CHECK(in.put(0));
    const weir::report done = job.wait();
    CHECK(done);
    CHECK(refused == 3);
    CHECK(done.delivered() == 2);
    elsewhere.close();
    CHECK(sink.wait());
    CHECK(out == std::vector<int>{8});
}

TEST_CASE("inlet: one pipeline reads it; one that could not start leaves it to the next", "[runtime]") {
    const watchdog dog("inlet and its second pipeline");
    weir::inlet<int> in{4};
    CHECK(in.put(5));
    // Its second stage refuses where the pipeline is made.
    weir::outlet<int> busy{4};
    weir::inlet<int> none;
    none.close();
    CHECK(weir::run(weir::from(none) | weir::to(busy)));
    CHECK_THROWS_WITH(weir::start(weir::from(in) | weir::to(busy)),
                      Catch::Matchers::Contains("weir::outlet: a pipeline"));
    std::vector<int> out;
    weir::job job = weir::start(weir::from(in) | weir::collect(out));
    CHECK_THROWS_WITH(weir::start(weir::from(in) | weir::discard),
                      Catch::Matchers::Contains("weir::inlet: a pipeline reads"));
    CHECK(in.put(6));
    in.close();
    CHECK(job.wait());
    CHECK(out == std::vector<int>{5, 6});
    CHECK_THROWS_AS(weir::run(weir::from(in) | weir::discard), std::logic_error);
    CHECK_THROWS_AS(weir::inlet<int>(0), std::invalid_argument);
}

TEST_CASE("inlet: in the child of a fork it is closed", "[runtime][fork]") {
    weir::inlet<int> in{1};
    weir::job job = weir::start(weir::from(in) | weir::discard);
    std::atomic<bool> going{true};
    std::thread putter([&] {
        while (going) in.put(1);
    });
    for (int round = 0; round < 20; ++round) {  // at some fork the putter holds the lock
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(20);
            int wrong = 0;
            wrong += in.put(1) + in.try_put(1) + in.put_for(1, 1h);
            wrong += in.put_range(numbers(2)) != 0;
            wrong += !in.closed();
            in.close();
            try {
                weir::runtime rt{{.workers = 1}};
                static_cast<void>(weir::start(weir::from(in) | weir::discard, rt));
                ++wrong;
            } catch (const std::logic_error&) {}
            try {
                static_cast<void>(job.wait());
                ++wrong;
            } catch (const std::logic_error&) {}
            try {
                static_cast<void>(job.metrics());
                ++wrong;
            } catch (const std::logic_error&) {}
            wrong += job.checkpoint().has_value();
            job.stop();
            job.drain();
            wrong += job.finished();
            static_cast<void>(job.waiting_for());
            { const weir::job dropped = std::move(job); }
            { const weir::inlet<int> handle = std::move(in); }
            ::_exit(wrong);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    going = false;
    in.close();
    putter.join();
    CHECK(job.wait());
}
