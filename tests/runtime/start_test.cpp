// SPDX-License-Identifier: BSL-1.0
// start: each one begins afresh, or where a checkpoint says; bytes that are no checkpoint of it are refused before
// anything has run.
#include <weir/runtime/start.hpp>

#include <weir/analytics.hpp>
#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "shards.hpp"
#include "waiting.hpp"

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

struct total {
    int key = 0;
    long sum = 0;
    std::string text;
};

/// A source that knows its place, states by key in several chains, windows with event time, a merge.
auto stateful(const std::vector<event>& events, std::vector<total>& out) {
    return weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(5ms)) | weir::key_by<&event::key>()
           | weir::shard(2, {.capacity = 4})
           | weir::scan(total{}, [](const total& s, const event& e) { return total{e.key, s.sum + e.n, s.text + "x"}; })
           | weir::merge({.capacity = 4}) | weir::collect(out);
}

/// Taken in the middle of the run of `stateful`.
std::string saved_in_the_middle(const std::vector<event>& events) {
    std::vector<total> out;
    weir::simulated on(5);
    weir::job job = weir::start(stateful(events, out), on);
    for (int i = 0; i < 20; ++i) on.step_once();
    std::string saved = job.checkpoint().value();
    REQUIRE(!job.finished());
    return saved;
}

}  // namespace

TEST_CASE("start: copies what is kept and moves what is given, and each one begins afresh", "[runtime]") {
    std::vector<int> first;
    std::vector<int> numbers{1, 2, 3, 4};
    auto kept = weir::from(numbers) | weir::scan(0, [](int s, int i) { return s + i; }) | weir::collect(first);
    weir::simulated on(1);
    {
        weir::job one = weir::start(kept, on);
        weir::job two = weir::start(kept, on);
        weir::job three = weir::start(std::as_const(kept), on);
        CHECK(one.wait());
        CHECK(two.wait());
        CHECK(three.wait());
    }
    CHECK(first.size() == 12);
    CHECK(std::count(first.begin(), first.end(), 10) == 3);

    auto token = std::make_unique<std::shared_ptr<int>>(std::make_shared<int>(0));  // which cannot be copied
    const std::weak_ptr<int> held = *token;
    auto given = weir::from(std::vector<int>{1}) | weir::for_each([t = std::move(token)](int i) { **t += i; });
    {
        weir::job job = weir::start(std::move(given), on);
        CHECK(job.wait());
        CHECK(*held.lock() == 1);
    }
    CHECK(held.expired());  // the job had it
}

TEST_CASE("start: on the process's runtime where none is given, also from inside a task", "[runtime]") {
    const watchdog dog("start from inside");
    std::atomic<int> inner{0};
    std::optional<weir::job> started;
    weir::job outer = weir::start(
        weir::from(std::vector<int>{1}) | weir::for_each([&](int) {
            started.emplace(weir::start(weir::from(std::vector<int>{1, 2, 3}) | weir::for_each([&](int) { ++inner; })));
        }));
    CHECK(outer.wait());
    REQUIRE(started.has_value());
    CHECK(started->wait());
    CHECK(inner == 3);
}

TEST_CASE("start: what setting up throws leaves nothing running and every handle to the next", "[runtime]") {
    weir::simulated on(1);
    weir::inlet<int> in{4};
    int called = 0;
    const auto refused = [&] {
        return weir::start(weir::merge(weir::from(in), weir::from(weir::lines("/no/such/file"))
                                                           | weir::map([](std::string_view) { return 0; }))
                               | weir::for_each([&](int) { ++called; }),
                           on);
    };
    CHECK_THROWS_AS(refused(), weir::bad_result);
    CHECK_THROWS_AS(refused(), weir::bad_result);
    CHECK_FALSE(on.step_once());
    weir::job job = weir::start(weir::from(in) | weir::for_each([&](int) { ++called; }), on);
    CHECK(in.try_put(1));
    in.close();
    CHECK(job.wait());
    CHECK(called == 1);
}

TEST_CASE("start: a checkpoint that is cut off anywhere, or has any bit changed, is refused, and nothing runs",
          "[runtime]") {
    const auto events = make_events(1'000, 3);
    const std::string good = saved_in_the_middle(events);
    weir::simulated on(1);
    std::vector<total> out;
    const auto p = stateful(events, out);
    // Only what a program can do something about: neither another exception nor a crash.
    const auto refuses = [&](const std::string& bytes) {
        try {
            const weir::job job = weir::start(p, on, {.restore = bytes});
        } catch (const std::runtime_error& e) {
            return std::string(e.what()).starts_with("weir: ");
        }
        return false;
    };
    for (std::size_t length = 1; length < good.size(); ++length) {
        CAPTURE(length);
        REQUIRE(refuses(good.substr(0, length)));
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        CAPTURE(at);
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
        REQUIRE(refuses(bad));
    }
    CHECK_FALSE(on.step_once());
    CHECK(out.empty());
    CHECK(weir::start(p, on, {.restore = good}).wait());
    CHECK(!out.empty());
    CHECK(out.size() < events.size());
    out.clear();
    CHECK(weir::start(p, on, {.restore = ""}).wait());  // empty: afresh
    CHECK(out.size() == events.size());
}

TEST_CASE("start: a state that is whole and says what it cannot mean is refused, or a state like any other",
          "[runtime]") {
    const auto events = make_events(1'000, 3);
    const std::string good = saved_in_the_middle(events);
    const std::string sections(weir::detail::open_checkpoint(good));
    std::vector<total> out;
    const auto p = stateful(events, out);
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    int refused = 0;
    int accepted = 0;
    const auto try_one = [&](const std::string& damaged) {
        out.clear();
        weir::simulated on(2);
        try {
            const weir::report r = weir::start(p, on, {.restore = weir::detail::seal_checkpoint(damaged)}).wait();
            CHECK(r.unbalanced == 0);
            ++accepted;
        } catch (const weir::deadlock_error& e) {
            FAIL_CHECK(e.what());
        } catch (const std::runtime_error&) {
            ++refused;
        }
    };
    for (std::size_t length = 0; length < sections.size(); ++length) {
        CAPTURE(length);
        REQUIRE_NOTHROW(try_one(sections.substr(0, length)));
    }
    for (std::size_t at = 0; at < sections.size(); ++at) {
        CAPTURE(at);
        for (const int change : {1 << random() % 8, 0x80, 0xFF}) {
            std::string bad = sections;
            bad[at] = static_cast<char>(bad[at] ^ change);
            REQUIRE_NOTHROW(try_one(bad));
        }
    }
    CHECK(refused > accepted);
    CHECK(accepted > 0);  // another sum, say
}

TEST_CASE("start: a checkpoint of another pipeline is refused, and says which stage is at fault", "[runtime]") {
    const auto events = make_events(1'000, 3);
    const std::string saved = saved_in_the_middle(events);
    weir::simulated on(1);
    std::string refusal;
    try {
        const weir::job job = weir::start(weir::from(events) | weir::discard, on, {.restore = saved});
    } catch (const std::runtime_error& e) {
        refusal = e.what();
    }
    CHECK(refusal.find("which is not in this pipeline") != std::string::npos);
    std::vector<total> out;
    const std::vector<event> fewer(events.begin(), events.begin() + 2);
    CHECK_THROWS_AS(weir::start(stateful(fewer, out), on, {.restore = saved}), std::runtime_error);
    CHECK_FALSE(on.step_once());
}
