// SPDX-License-Identifier: BSL-1.0
// run: on which thread, of which pipelines, how it ends, and what it refuses.
#include <weir/runtime/run.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using namespace weir_test;

namespace {

std::vector<int> numbers(int n) {
    std::vector<int> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

auto without_end() {
    return weir::from(weir::generate([n = 0]() mutable { return std::optional<int>(n++ % 1'000); }));
}

/// The threads that a stage was called on.
struct where {
    std::set<std::thread::id> seen;
    auto note() {
        return weir::tap([this](int) { seen.insert(std::this_thread::get_id()); });
    }
    [[nodiscard]] bool here_only() const { return seen == std::set<std::thread::id>{std::this_thread::get_id()}; }
    [[nodiscard]] bool elsewhere() const { return !seen.empty() && seen.count(std::this_thread::get_id()) == 0; }
};

}  // namespace

TEST_CASE("run: one chain runs on the caller's thread; several, or on a scheduler that is given, elsewhere",
          "[runtime]") {
    const watchdog dog("run and its threads");
    where alone;
    CHECK(weir::run(weir::from(numbers(100)) | alone.note() | weir::discard));
    CHECK(alone.here_only());

    where first;
    where second;
    CHECK(weir::run(weir::from(numbers(100)) | first.note() | weir::map([](int i) { return i; }).on_own_thread()
                    | second.note() | weir::discard));
    CHECK(first.elsewhere());
    CHECK(second.elsewhere());

    where given;
    weir::threads on({.workers = 1});
    CHECK(weir::run(weir::from(numbers(100)) | given.note() | weir::discard, on));
    CHECK(given.elsewhere());

    where simulated;  // whose tasks run where it is waited for
    weir::simulated sim(1);
    CHECK(weir::run(weir::from(numbers(100)) | simulated.note() | weir::discard, {.on = &sim}));
    CHECK(simulated.here_only());
    CHECK(sim.steps() > 0);
}

TEST_CASE("run: a pipeline that is kept begins afresh each time; what only moves is run once", "[runtime]") {
    std::vector<int> out;
    auto kept = weir::from(numbers(10)) | weir::drop(2) | weir::take(5)
                | weir::map([sum = 0](int i) mutable { return sum += i; }) | weir::collect(out);
    for (int round = 0; round < 3; ++round) {
        out.clear();
        const weir::report r = weir::run(kept);
        CHECK(r);
        CHECK(r.taken() >= 7);
        CHECK(out == std::vector<int>{2, 5, 9, 14, 20});
    }
    const auto& constant = kept;
    out.clear();
    CHECK(weir::run(constant));
    CHECK(out.size() == 5);

    int seen = 0;
    auto once =
        weir::from(numbers(3)) | weir::for_each([&seen, add = std::make_unique<int>(10)](int i) { seen += i + *add; });
    static_assert(!std::is_copy_constructible_v<decltype(once)>);
    CHECK(weir::run(std::move(once)));
    CHECK(seen == 33);
}

TEST_CASE("run: what a user's function throws is in the report; what setting up throws comes out of run", "[runtime]") {
    for (const bool several : {false, true}) {
        CAPTURE(several);
        const watchdog dog("run of what throws");
        weir::threads on({.workers = 1});
        int delivered = 0;
        const auto p = weir::from(numbers(100)) | weir::map([](int i) {
                                                      if (i == 40) throw std::out_of_range("forty");
                                                      return i;
                                                  }).named("picky")
                       | weir::for_each([&](int) { ++delivered; });
        const weir::report r = several ? weir::run(p, on) : weir::run(p);
        CHECK_FALSE(r);
        CHECK_FALSE(r.finished);
        CHECK_FALSE(r.interrupted);
        CHECK(r.message == "forty");
        CHECK(r.failed_stage == "map (picky)");
        CHECK_THROWS_AS(r.rethrow(), std::out_of_range);
        CHECK(r.delivered() == 40);
        CHECK(delivered == 40);
        CHECK(r.unbalanced == 0);
    }
    const weir::report odd = weir::run(weir::from(numbers(3)) | weir::for_each([](int) { throw 7; }));
    CHECK(odd.message == "an exception that is no std::exception");
    CHECK_THROWS_AS(odd.rethrow(), int);

    int called = 0;
    CHECK_THROWS_AS(
        weir::run(weir::from(weir::lines("/no/such/file")) | weir::for_each([&](std::string_view) { ++called; })),
        weir::bad_result);
    CHECK_THROWS_AS(weir::run(weir::from(numbers(3)) | weir::for_each([&](int) { ++called; }), {.restore = "junk"}),
                    std::runtime_error);
    CHECK(called == 0);
}

TEST_CASE("run: stopped from elsewhere, before it begins or at any time, it says so and everything is counted",
          "[runtime]") {
    for (const bool several : {false, true}) {
        CAPTURE(several);
        const watchdog dog("run that is stopped");
        weir::threads on({.workers = 1});
        for (int round = 0; round < 30; ++round) {
            std::stop_source stop;
            std::atomic<int> seen{0};
            if (round == 0) stop.request_stop();
            std::thread stopper([&] {
                static_cast<void>(eventually([&] { return seen >= round; }));
                stop.request_stop();
            });
            const weir::report r = weir::run(without_end() | weir::for_each([&](int) { ++seen; }),
                                             {.stop = stop.get_token(), .on = several ? &on : nullptr});
            stopper.join();
            CHECK_FALSE(r);
            CHECK_FALSE(r.finished);
            CHECK(r.interrupted);
            CHECK(r.error == nullptr);
            CHECK(r.delivered() == static_cast<std::uint64_t>(seen.load()));
            CHECK(r.taken() == r.delivered() + r.abandoned);
            if (round == 0) CHECK(r.taken() == 0);
        }
    }
}

TEST_CASE("run: from inside a task, of what its runtime would have to run is refused; the rest is not", "[runtime]") {
    const watchdog dog("run from inside");
    std::string refused;
    std::uint64_t on_this_thread = 0;
    std::uint64_t on_another = 0;
    weir::threads other({.workers = 1});
    // Two tasks, so that it is on the process's runtime.
    const weir::report r = weir::run(
        weir::from(numbers(1))
        | weir::map([&](int i) {
              try {
                  static_cast<void>(weir::run(weir::from(numbers(5))
                                              | weir::map([](int n) { return n; }).on_own_thread() | weir::discard));
              } catch (const std::logic_error& e) {
                  refused = e.what();
              }
              on_this_thread = weir::run(weir::from(numbers(5)) | weir::discard).delivered();
              on_another = weir::run(weir::from(numbers(6)) | weir::discard, other).delivered();
              return i;
          }).on_own_thread()
        | weir::discard);
    CHECK(r);
    CHECK(refused.find("use start, or another runtime") != std::string::npos);
    CHECK(on_this_thread == 5);
    CHECK(on_another == 6);
}

TEST_CASE("run: goes on from a checkpoint", "[runtime]") {
    std::vector<int> out;
    const auto p = weir::from(numbers(100)) | weir::map([](int i) { return i; }) | weir::collect(out);
    weir::simulated on(3);
    std::string saved;
    {
        weir::job job = weir::start(p, on);
        for (int i = 0; i < 2; ++i) on.step_once();
        saved = job.checkpoint().value();
    }
    for (const bool several : {false, true}) {
        out.clear();
        weir::simulated again(4);
        const weir::report r = weir::run(p, {.on = several ? &again : nullptr, .restore = saved});
        CHECK(r);
        REQUIRE(!out.empty());
        CHECK(out.size() < 100);
        CHECK(out.back() == 99);
        CHECK(out.front() == 100 - static_cast<int>(out.size()));
    }
}
