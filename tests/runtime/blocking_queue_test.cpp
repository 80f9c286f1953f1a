// SPDX-License-Identifier: BSL-1.0
// blocking_queue: served in order outside of workers; errors come back; a stop leaves nothing behind.
#include "../support/catch.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/core/sources/interval.hpp>
#include <weir/runtime/blocking_queue.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>
#include <weir/runtime/stages/inlet.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Hands every record over to `serve`, at most `most` at a time.
struct offload_receiver : weir::end_of_signals<offload_receiver> {
    using needs = weir::tags<>;

    const weir::stage_info* stage;
    weir::blocking_queue requests;
    std::function<void(int, weir::interrupt*)> serve;
    std::size_t most;
    bool finishing = false;
    std::uint64_t taken = 0;

    template <class M>
    weir::flow put(int value, const M&) {
        ++taken;
        requests.hand_over([this_one = serve, value](weir::interrupt* stop) { this_one(value, stop); });
        return requests.pending() < most ? weir::flow::more : weir::flow::full;
    }
    weir::flow finish() {
        finishing = true;
        return resume();
    }
    weir::flow resume() {
        try {
            requests.check();
        } catch (...) {
            weir::detail::blame(stage);
            throw;
        }
        if (finishing) return requests.pending() == 0 ? weir::flow::more : weir::flow::full;
        return requests.pending() < most ? weir::flow::more : weir::flow::full;
    }
    [[nodiscard]] weir::instant due() const { return requests.failed() ? weir::instant::min() : weir::instant::max(); }
    weir::flow tick(weir::instant) { return resume(); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

struct offload : weir::sink_base<offload> {
    std::function<void(int, weir::interrupt*)> serve;
    std::size_t most;

    offload(std::function<void(int, weir::interrupt*)> f, std::size_t n) : serve(std::move(f)), most(n) {}

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) const {
        return offload_receiver{{}, b.info("offload"), weir::blocking_queue(b, most - 1), serve, most};
    }
};

auto counting_to(int n) {
    return weir::from(weir::generate([i = 0, n]() mutable { return i < n ? std::optional<int>(i++) : std::nullopt; }));
}

/// Waits until it holds, and says whether it ever did.
template <class Predicate>
bool soon(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

std::uint64_t last_seed() { return std::getenv("WEIR_NIGHTLY") != nullptr ? 2'000 : 100; }

}  // namespace

TEST_CASE("blocking_queue: requests are served in order, all of them, before the end") {
    SECTION("on the caller's thread, with a service thread") {
        std::vector<int> served;  // by one thread at a time
        const weir::report r = weir::run(counting_to(5'000)
                                         | offload(
                                             [&](int v, weir::interrupt* stop) {
                                                 if (stop != nullptr) served.push_back(v);
                                             },
                                             3));
        CHECK(r.finished);
        REQUIRE(served.size() == 5'000);
        for (int i = 0; i < 5'000; ++i) REQUIRE(served[static_cast<std::size_t>(i)] == i);
    }
    SECTION("on workers") {
        weir::threads on({.workers = 2, .oversubscribe = true});
        std::vector<int> served;
        const weir::report r =
            weir::run(counting_to(5'000) | offload([&](int v, weir::interrupt*) { served.push_back(v); }, 1), on);
        CHECK(r.finished);
        REQUIRE(served.size() == 5'000);
        for (int i = 0; i < 5'000; ++i) REQUIRE(served[static_cast<std::size_t>(i)] == i);
    }
    SECTION("simulated, where a request must not wait") {
        for (std::uint64_t seed = 1; seed <= last_seed(); ++seed) {
            CAPTURE(seed);
            weir::simulated on(seed);
            std::vector<int> served;
            const weir::report r = weir::run(counting_to(100)
                                                 | offload(
                                                     [&](int v, weir::interrupt* stop) {
                                                         CHECK(stop == nullptr);
                                                         served.push_back(v);
                                                     },
                                                     1 + seed % 5),
                                             on);
            CHECK(r.finished);
            CHECK(on.requests() == 100);
            REQUIRE(served.size() == 100);
            for (int i = 0; i < 100; ++i) REQUIRE(served[static_cast<std::size_t>(i)] == i);
        }
    }
}

TEST_CASE("blocking_queue: simulated completes several queues in an order that the seed decides") {
    const auto order = [](std::uint64_t seed) {
        weir::simulated on(seed);
        std::vector<int> served;
        weir::job a =
            weir::start(counting_to(20) | offload([&](int v, weir::interrupt*) { served.push_back(v); }, 4), on);
        weir::job b =
            weir::start(counting_to(20) | offload([&](int v, weir::interrupt*) { served.push_back(100 + v); }, 4), on);
        CHECK(a.wait().finished);
        CHECK(b.wait().finished);
        REQUIRE(served.size() == 40);
        return served;
    };
    int different = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const std::vector<int> first = order(seed);
        CHECK(first == order(seed));
        different += first != order(seed + 1);
        int last_a = -1;
        int last_b = 99;
        for (const int v : first) {  // first in, first out in each
            int& last = v < 100 ? last_a : last_b;
            CHECK(v == last + 1);
            last = v;
        }
    }
    CHECK(different >= 15);
}

TEST_CASE("blocking_queue: what a request throws ends the pipeline with the stage's name, and the rest is dropped") {
    for (const std::size_t most : {1U, 4U}) {
        CAPTURE(most);
        std::vector<int> served;
        const auto sink = offload(
            [&](int v, weir::interrupt*) {
                if (v == 7) throw std::runtime_error("the disk is on fire");
                served.push_back(v);
            },
            most);
        SECTION("threads " + std::to_string(most)) {
            const weir::report r = weir::run(counting_to(1'000'000) | sink);
            CHECK(r.message == "the disk is on fire");
            CHECK(r.failed_stage == "offload (1)");
            CHECK(served == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
        }
        SECTION("simulated " + std::to_string(most)) {
            weir::simulated on(11);
            const weir::report r = weir::run(counting_to(1'000'000) | sink, on);
            CHECK(r.message == "the disk is on fire");
            CHECK(served == std::vector<int>{0, 1, 2, 3, 4, 5, 6});
        }
    }
}

TEST_CASE("blocking_queue: an error is seen while nothing else happens") {
    weir::inlet<int> in(16);
    weir::job job =
        weir::start(weir::from(in) | offload([](int, weir::interrupt*) { throw std::runtime_error("gone"); }, 8));
    REQUIRE(in.put(1));
    const std::optional<weir::report> r = job.wait_for(30s);  // nothing is put any more
    REQUIRE(r.has_value());
    CHECK(r->message == "gone");
}

TEST_CASE("blocking_queue: simulated lets the n-th request fail") {
    for (std::uint64_t n = 1; n <= 30; ++n) {
        CAPTURE(n);
        weir::simulated on(n);
        on.fail_request(n, std::make_exception_ptr(std::runtime_error("injected")));
        std::vector<int> served;
        const weir::report r =
            weir::run(counting_to(25) | offload([&](int v, weir::interrupt*) { served.push_back(v); }, 2), on);
        CHECK(served.size() == (n <= 25 ? n - 1 : 25));
        CHECK(r.message == (n <= 25 ? "injected" : ""));
    }
}

TEST_CASE("blocking_queue: a request that blocks holds up neither the worker nor another queue") {
    weir::threads on({.workers = 1});
    std::atomic<bool> release{false};
    weir::job stuck = weir::start(
        counting_to(3) | offload([&](int, weir::interrupt*) { soon([&] { return release.load(); }); }, 1), on);
    // The only worker, and a second service thread, are free.
    std::vector<int> served;
    const weir::report r =
        weir::run(counting_to(100) | offload([&](int v, weir::interrupt*) { served.push_back(v); }, 2), on);
    CHECK(r.finished);
    CHECK(served.size() == 100);
    CHECK_FALSE(stuck.finished());
    release = true;
    CHECK(stuck.wait().finished);
}

TEST_CASE("blocking_queue: a pipeline that is stopped has not ended while a request is in flight; those behind it are "
          "dropped") {
    weir::threads on({.workers = 2, .oversubscribe = true});
    for (int round = 0; round < 50; ++round) {
        auto alive = std::make_unique<std::atomic<int>>(0);
        std::atomic<bool> inside{false};
        std::atomic<bool> release{false};
        std::atomic<int> begun{0};
        weir::job job = weir::start(counting_to(1'000)
                                        | offload(
                                            [&, a = alive.get()](int, weir::interrupt*) {
                                                ++begun;
                                                inside = true;
                                                soon([&] { return release.load(); });
                                                ++*a;  // what it refers to is still there
                                            },
                                            4),
                                    on);
        REQUIRE(soon([&] { return inside.load(); }));
        job.stop();
        CHECK_FALSE(job.wait_for(1ms).has_value());
        CHECK_FALSE(job.finished());
        release = true;
        const weir::report r = job.wait();
        CHECK(r.interrupted);
        CHECK(*alive == begun);
        alive.reset();
        CHECK(begun <= 5);  // of 1,000: the one in flight, and the four handed over until the stop has reached the task
    }
}

TEST_CASE("blocking_queue: a request that waits is told when its pipeline stops") {
    weir::threads on({.workers = 1});
    std::atomic<bool> told{false};
    std::atomic<bool> inside{false};
    weir::job job = weir::start(counting_to(1)
                                    | offload(
                                        [&](int, weir::interrupt* stop) {
                                            inside = true;
                                            told = soon([&] { return stop->raised(); });
                                        },
                                        1),
                                on);
    REQUIRE(soon([&] { return inside.load(); }));
    job.stop();
    CHECK(job.wait().interrupted);
    CHECK(told);
}

TEST_CASE("blocking_queue: stop, destroy, throw and drain at random moments, on few and many threads") {
    const std::uint64_t rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 3'000 : 150;
    weir::threads on({.workers = 3, .oversubscribe = true});
    for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
        CAPTURE(seed);
        auto target = std::make_unique<std::vector<int>>();
        {
            const int fail_at = seed % 5 == 4 ? static_cast<int>(seed % 97) : -1;
            weir::job job = weir::start(counting_to(200)
                                            | offload(
                                                [&, fail_at](int v, weir::interrupt*) {
                                                    if (v == fail_at) throw std::runtime_error("injected");
                                                    target->push_back(v);
                                                },
                                                1 + seed % 6),
                                        on);
            for (std::uint64_t i = 0; i < seed * 37 % 2'000; ++i) std::this_thread::yield();
            if (seed % 5 == 0) job.stop();
            if (seed % 5 == 1) job.drain();
            if (seed % 5 == 2) {
                const weir::report r = job.wait();
                CHECK(r.finished);
                CHECK(target->size() == 200);
            }
        }
        target.reset();
    }
}
