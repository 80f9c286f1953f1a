// SPDX-License-Identifier: BSL-1.0
// A pipeline that is stopped behind a checkpoint and started from it gives what one that was never stopped gives: taken
// at random moments of the simulation, for rings of every size.
#include "support/catch.hpp"

#include "runtime/shards.hpp"

#include <weir/analytics.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

/// Where records went until the checkpoint's barrier, and after it.
template <class T>
struct split_log {
    std::vector<T> before;
    std::vector<T> after;
};

/// A sink that sees barriers.
template <class T>
struct split_receiver : weir::end_of_signals<split_receiver<T>> {
    using needs = weir::tags<>;
    const weir::stage_info* stage;
    split_log<T>* to;
    bool passed = false;
    std::uint64_t taken = 0;

    template <class V, class M>
    weir::flow put(V&& value, const M&) {
        (passed ? to->after : to->before).push_back(static_cast<V&&>(value));
        ++taken;
        return weir::flow::more;
    }
    template <class Writer>
    weir::flow snapshot(weir::barrier at, Writer&) {
        if (!at.after_end()) passed = true;
        return weir::flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};
template <class T>
struct split_sink : weir::sink_base<split_sink<T>> {
    static constexpr bool per_shard = true;  // one thread: the simulation's
    split_log<T>* to;

    explicit split_sink(split_log<T>& log) : to(&log) {}
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return split_receiver<T>{{}, b.info("split"), to};
    }
};

struct numbered {
    int key = 0;
    long count = 0;
    long sum = 0;
    friend auto operator<=>(const numbered&, const numbered&) = default;
};
struct per_window {
    int key = 0;
    weir::window_bounds window;
    long hits = 0;
    long total = 0;
    friend bool operator==(const per_window&, const per_window&) = default;
};
auto order(const per_window& w) { return std::tuple(w.window.start, w.key, w.hits, w.total); }
bool before(const per_window& a, const per_window& b) { return order(a) < order(b); }

/// Runs to a checkpoint after `steps`, stops, and goes on from it in a fresh run. `make(log)` gives the pipeline.
template <class T, class Make>
std::vector<T> interrupted(Make make, std::uint64_t seed, std::uint64_t steps, std::size_t& bytes) {
    split_log<T> first;
    std::string saved;
    {
        weir::simulated sim(seed);
        weir::job job = weir::start(make(first), sim);
        for (std::uint64_t i = 0; i < steps && sim.step_once(); ++i) {}
        weir::result<std::string> got = job.checkpoint();
        REQUIRE(got.has_value());
        saved = *got;
        for (std::uint64_t i = 0; i < seed % 13 && sim.step_once(); ++i) {}
        job.stop();
        const weir::report r = job.wait();
        REQUIRE(r.unbalanced == 0);
    }
    bytes = saved.size();
    split_log<T> second;
    weir::simulated sim(seed + 1'000);
    const weir::report r = weir::start(make(second), sim, {.restore = saved}).wait();
    REQUIRE(whole(r));
    std::vector<T> all = first.before;
    all.insert(all.end(), second.before.begin(), second.before.end());
    return all;
}

}  // namespace

TEST_CASE("checkpoint: a keyed scan behind shards goes on as if it had never been stopped") {
    const auto events = make_events(500, 17);
    const auto make = [&](std::size_t capacity) {
        return [&events, capacity](split_log<numbered>& log) {
            return weir::from(events) | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity})
                   | weir::scan(numbered{},
                                [](numbered s, const event& e) { return numbered{e.key, s.count + 1, s.sum + e.n}; })
                   | split_sink<numbered>(log);
        };
    };
    split_log<numbered> log;
    weir::simulated sim(1);
    REQUIRE(whole(weir::run(make(64)(log), sim)));
    std::vector<numbered> expected = log.before;
    std::sort(expected.begin(), expected.end());
    REQUIRE(expected.size() == 500);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        const std::uint64_t steps = seed * 97 % 180;
        CAPTURE(capacity, seed, steps);
        std::size_t bytes = 0;
        auto got = interrupted<numbered>(make(capacity), seed, steps, bytes);
        std::sort(got.begin(), got.end());
        REQUIRE(got == expected);
    });
}

TEST_CASE("checkpoint: windows behind shards, merged, go on as if they had never been stopped") {
    const auto events = make_events(700, 9);
    const auto make = [&](std::size_t capacity) {
        return [&events, capacity](split_log<per_window>& log) {
            return weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(5ms))
                   | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity}) | weir::tumble(20ms)
                   | weir::aggregate<per_window>(weir::count<"hits">(), weir::sum<&event::n, "total">())
                   | weir::on<"late">(weir::discard) | weir::merge({.capacity = capacity})
                   | split_sink<per_window>(log);
        };
    };
    split_log<per_window> log;
    weir::simulated sim(1);
    REQUIRE(whole(weir::run(make(64)(log), sim)));
    std::vector<per_window> expected = log.before;
    std::sort(expected.begin(), expected.end(), before);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        const std::uint64_t steps = seed * 131 % 260;
        CAPTURE(capacity, seed, steps);
        std::size_t bytes = 0;
        auto got = interrupted<per_window>(make(capacity), seed, steps, bytes);
        std::sort(got.begin(), got.end(), before);
        REQUIRE(got == expected);
    });
}

TEST_CASE("checkpoint: lateness is the same in a restored run, also behind two levels of windows") {
    // Late records of the first windows depend on where time stood, and so on what the checkpoint kept of it.
    const auto events = make_events(600, 4, 700, 30'000);
    const auto make = [&](std::size_t capacity) {
        return [&events, capacity](split_log<per_window>& log) {
            return weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(2ms))
                   | weir::key_by<&event::key>() | weir::shard(2, {.capacity = capacity}) | weir::tumble(10ms)
                   | weir::aggregate<per_window>(weir::count<"hits">(), weir::sum<&event::n, "total">())
                   | weir::on<"late">(weir::map([](const event& e) { return per_window{e.key, {}, -1, e.n}; })
                                      | split_sink<per_window>(log))
                   | weir::tumble(50ms)
                   | weir::aggregate<per_window>(weir::sum<&per_window::hits>(), weir::sum<&per_window::total>())
                   | weir::on<"late">(weir::discard) | split_sink<per_window>(log);
        };
    };
    split_log<per_window> log;
    weir::simulated sim(1);
    REQUIRE(whole(weir::run(make(64)(log), sim)));
    std::vector<per_window> expected = log.before;
    std::sort(expected.begin(), expected.end(), before);
    REQUIRE(std::count_if(expected.begin(), expected.end(), [](const per_window& w) { return w.hits == -1; }) > 10);
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        const std::uint64_t steps = seed * 131 % 260;
        CAPTURE(capacity, seed, steps);
        std::size_t bytes = 0;
        auto got = interrupted<per_window>(make(capacity), seed, steps, bytes);
        std::sort(got.begin(), got.end(), before);
        REQUIRE(got == expected);
    });
}

TEST_CASE("checkpoint: the order of merge_by_time is kept, with the records that wait in it") {
    const auto events = make_events(500, 6);
    const auto make = [&](std::size_t capacity) {
        return [&events, capacity](split_log<event>& log) {
            return weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(50ms))
                   | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity})
                   | weir::merge_by_time({.capacity = capacity}) | split_sink<event>(log);
        };
    };
    split_log<event> log;
    weir::simulated sim(1);
    REQUIRE(whole(weir::run(make(64)(log), sim)));
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        const std::uint64_t steps = seed * 89 % 240;
        CAPTURE(capacity, seed, steps);
        std::size_t bytes = 0;
        REQUIRE(interrupted<event>(make(capacity), seed, steps, bytes) == log.before);
    });
}

TEST_CASE("checkpoint: merged sources, branches and nested shards") {
    const auto a = make_events(300, 5, 900, 4'000, 1);
    const auto b = make_events(400, 5, 600, 4'000, 2);
    const auto timed = [](const std::vector<event>& v) {
        return weir::from(v) | weir::event_time<&event::time>(weir::out_of_order_by(5ms));
    };
    const auto make = [&](std::size_t capacity) {
        return [&, capacity](split_log<numbered>& log) {
            const auto summed = weir::scan(
                numbered{}, [](numbered s, const event& e) { return numbered{e.key, s.count + 1, s.sum + e.n}; });
            // Two records have the same number, and come to the inner shards in either order.
            const auto by_number = weir::scan(
                numbered{}, [](numbered s, const event& e) { return numbered{e.n, s.count + 1, s.sum + e.n}; });
            return weir::merge_by_time(timed(a), timed(b))
                   | weir::tee(weir::key_by<&event::key>() | weir::shard(2, {.capacity = capacity})
                                   | weir::filter([](const event& e) { return e.n % 2 == 0; })
                                   | weir::key_by<&event::n>() | weir::shard(2, {.capacity = capacity}) | by_number
                                   | weir::merge({.capacity = capacity}) | split_sink<numbered>(log),
                               weir::drop(10) | weir::take(450) | weir::key_by<&event::key>() | summed
                                   | weir::map([](numbered n) { return n; }).on_own_thread()
                                   | split_sink<numbered>(log));
        };
    };
    split_log<numbered> log;
    weir::simulated sim(1);
    REQUIRE(whole(weir::run(make(64)(log), sim)));
    std::vector<numbered> expected = log.before;
    std::sort(expected.begin(), expected.end());
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        const std::uint64_t steps = seed * 173 % 500;
        CAPTURE(capacity, seed, steps);
        std::size_t bytes = 0;
        auto got = interrupted<numbered>(make(capacity), seed, steps, bytes);
        std::sort(got.begin(), got.end());
        REQUIRE(got == expected);
    });
}

TEST_CASE("checkpoint: several in a row, of a pipeline that goes on") {
    const auto events = make_events(3'000, 20);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        std::vector<numbered> out;
        weir::simulated sim(seed);
        weir::job job = weir::start(
            weir::from(events) | weir::key_by<&event::key>() | weir::shard(3, {.capacity = 8})
                | weir::scan(numbered{},
                             [](numbered s, const event& e) { return numbered{e.key, s.count + 1, s.sum + e.n}; })
                | weir::merge() | weir::collect(out),
            sim);
        std::string last;
        std::size_t different = 0;
        while (!job.finished()) {
            const weir::result<std::string> got = job.checkpoint();
            REQUIRE(got.has_value());
            different += *got != last ? 1U : 0U;
            last = *got;
            for (int i = 0; i < 40 && sim.step_once(); ++i) {}
        }
        CHECK(whole(job.wait()));
        CHECK(out.size() == 3'000);
        CHECK(different > 3);
    }
}

TEST_CASE("checkpoint: that of the end starts a run that has nothing left to do") {
    const auto events = make_events(100, 3);
    std::vector<numbered> out;
    long sum = 0;
    const auto p =
        weir::from(events) | weir::tee(weir::fold(sum, [](long s, const event& e) { return s + e.n; }))
        | weir::key_by<&event::key>() | weir::shard(2)
        | weir::scan(numbered{}, [](numbered s, const event& e) { return numbered{e.key, s.count + 1, s.sum + e.n}; })
        | weir::merge() | weir::collect(out);
    weir::simulated sim(1);
    weir::job job = weir::start(p, sim);
    REQUIRE(whole(job.wait()));
    const weir::result<std::string> end = job.checkpoint();
    REQUIRE(end.has_value());
    CHECK(sum == 4'950);
    sum = 0;
    out.clear();
    const weir::report again = weir::run(p, {.on = &sim, .restore = *end});
    CHECK(whole(again));
    CHECK(again.taken() == 0);
    CHECK(out.empty());
    CHECK(sum == 4'950);
}

TEST_CASE("checkpoint: with threads, while records flow") {
    const auto events = make_events(200'000, 50);
    const auto make = [&](std::vector<numbered>& out) {
        return weir::from(events) | weir::key_by<&event::key>() | weir::shard(3, {.capacity = 64})
               | weir::scan(numbered{},
                            [](numbered s, const event& e) { return numbered{e.key, s.count + 1, s.sum + e.n}; })
               | weir::merge({.capacity = 64}) | weir::collect(out);
    };
    std::vector<numbered> first;
    std::vector<std::string> saved;
    weir::job job = weir::start(make(first));
    for (int i = 0; i < 20; ++i) saved.push_back(job.checkpoint().value());
    REQUIRE(whole(job.wait()));
    REQUIRE(first.size() == events.size());
    std::map<int, numbered> expected;
    for (const numbered& n : first) expected[n.key] = std::max(expected[n.key], n);
    for (const std::size_t i : {std::size_t{0}, std::size_t{7}, std::size_t{19}}) {
        std::vector<numbered> rest;
        const weir::report r = weir::run(make(rest), {.restore = saved[i]});
        REQUIRE(whole(r));
        CHECK(r.taken() <= events.size());
        std::map<int, numbered> got;
        for (const numbered& n : rest) got[n.key] = std::max(got[n.key], n);
        for (const auto& [key, n] : got) CHECK(n == expected[key]);
    }
}

TEST_CASE("checkpoint: an idle pipeline is woken for it") {
    weir::inlet<int> in{8};
    weir::outlet<int> out{8};
    weir::job job = weir::start(weir::from(in) | weir::scan(0, [](int s, int i) { return s + i; }) | weir::to(out));
    REQUIRE(in.put(40));
    CHECK(out.get() == 40);
    const std::string saved = job.checkpoint().value();
    in.close();
    job.wait();
    weir::inlet<int> in2{8};
    weir::outlet<int> out2{8};
    weir::job again = weir::start(weir::from(in2) | weir::scan(0, [](int s, int i) { return s + i; }) | weir::to(out2),
                                  {.restore = saved});
    REQUIRE(in2.put(2));
    CHECK(out2.get() == 42);
    in2.close();
    CHECK(again.wait().finished);
}

TEST_CASE("checkpoint: an interval goes on counting") {
    std::vector<std::uint64_t> out;
    const auto p = weir::interval(1s) | weir::take(10) | weir::collect(out);
    std::string saved;
    {
        weir::simulated sim(1);
        weir::job job = weir::start(p, sim);
        sim.advance_to(weir::instant{4'500'000});
        saved = job.checkpoint().value();
    }
    weir::simulated sim(2);
    CHECK(whole(weir::run(p, {.on = &sim, .restore = saved})));
    CHECK(out == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("checkpoint: one of another pipeline, or damaged, is refused before the start") {
    const auto events = make_events(50, 3);
    const auto keyed = [&](std::size_t shards) {
        return weir::from(events) | weir::key_by<&event::key>() | weir::shard(shards)
               | weir::scan(0, [](int s, const event& e) { return s + e.n; }) | weir::discard;
    };
    weir::simulated sim(1);
    weir::job job = weir::start(keyed(3), sim);
    while (job.metrics().taken() < 20) REQUIRE(sim.step_once());
    const std::string saved = job.checkpoint().value();
    job.wait();
    CHECK_THROWS_WITH(weir::run(keyed(4), {.on = &sim, .restore = saved}), Catch::Contains("shard(3)"));
    CHECK_THROWS_WITH(weir::run(weir::from(events) | weir::discard, {.on = &sim, .restore = saved}),
                      Catch::Contains("which is not in this pipeline"));
    CHECK_THROWS_WITH(weir::run(keyed(3), {.on = &sim, .restore = saved.substr(1)}), Catch::Contains("no checkpoint"));
    CHECK_THROWS_WITH(weir::run(keyed(3), {.on = &sim, .restore = saved.substr(0, saved.size() - 1)}),
                      Catch::Contains("damaged"));
    const auto fewer = make_events(5, 3);
    CHECK_THROWS_WITH(weir::run(weir::from(fewer) | weir::key_by<&event::key>() | weir::shard(3)
                                    | weir::scan(0, [](int s, const event& e) { return s + e.n; }) | weir::discard,
                                {.on = &sim, .restore = saved}),
                      Catch::Contains("fewer elements"));
}

TEST_CASE("checkpoint: what cannot be saved is an error that names the stage, and the pipeline goes on") {
    const auto events = make_events(50, 3);
    weir::simulated sim(1);
    SECTION("a state whose type has no bytes") {
        std::vector<std::size_t> out;
        weir::job job =
            weir::start(weir::from(events)
                            | weir::scan(std::map<int, int>{},
                                         [](std::map<int, int> m, const event& e) {
                                             ++m[e.key];
                                             return m;
                                         })
                            | weir::map([](const std::map<int, int>& m) { return m.size(); }) | weir::collect(out),
                        sim);
        const auto got = job.checkpoint();
        REQUIRE_FALSE(got.has_value());
        CHECK(got.error().message.find("scan (1)") != std::string::npos);
        CHECK(whole(job.wait()));
        CHECK(out.size() == 50);
    }
    SECTION("two stages of one name") {
        weir::job job =
            weir::start(weir::from(events) | weir::drop(1).named("x") | weir::drop(2).named("x") | weir::discard, sim);
        const auto got = job.checkpoint();
        REQUIRE_FALSE(got.has_value());
        CHECK(got.error().message.find("two stages are called \"x\"") != std::string::npos);
    }
    SECTION("a pipeline that was stopped") {
        weir::job job = weir::start(weir::from(events) | weir::shard(2) | weir::discard, sim);
        job.stop();
        const auto got = job.checkpoint();
        REQUIRE_FALSE(got.has_value());
        CHECK(got.error().code == weir::errc::interrupted);
    }
}
