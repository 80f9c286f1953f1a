// SPDX-License-Identifier: BSL-1.0
// event_time: which watermark follows which record (core_protocol.md, C.6 and H), and when an input is idle.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/scripted_source.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>

#include <chrono>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;
using namespace std::chrono_literals;
using weir::instant;

namespace {

struct row {
    instant time;
    int n = 0;
};

std::vector<row> rows(const std::vector<std::int64_t>& times) {
    std::vector<row> out;
    for (const std::int64_t t : times) out.push_back({instant{t}, static_cast<int>(out.size())});
    return out;
}

/// What a sink that cares for watermarks in units of `grain` sees.
slow_log<row> watched(const std::vector<row>& v, std::int64_t bound, slow_options o, std::size_t batch = 256) {
    slow_log<row> log;
    drive(weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::microseconds(bound)))
              | slow_sink<row>(log, o),
          batch);
    return log;
}

struct mark {
    std::int64_t watermark;
    std::size_t after;  // records
    friend bool operator==(const mark&, const mark&) = default;
};

std::vector<mark> marks(const slow_log<row>& log) {
    std::vector<mark> out;
    for (std::size_t i = 0; i < log.watermarks.size(); ++i) out.push_back({log.watermarks[i].us, log.at[i]});
    return out;
}

/// The definition: W = max - bound - 1 after each record, sent when the end of expectation, W + 1, enters a new unit.
std::vector<mark> by_definition(const std::vector<row>& v, std::int64_t bound, std::int64_t grain) {
    std::vector<mark> out;
    std::int64_t greatest = INT64_MIN;
    bool any = false;
    std::int64_t unit = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
        greatest = std::max(greatest, v[i].time.us);
        const std::int64_t now = weir::floor_div(greatest - bound, grain);
        if (any && now == unit) continue;
        any = true;
        unit = now;
        out.push_back({greatest - bound - 1, i + 1});
    }
    return out;
}

}  // namespace

static_assert(weir::floor_div(-1, 60) == -1);
static_assert(weir::floor_div(-60, 60) == -1);
static_assert(weir::floor_div(-61, 60) == -2);
static_assert(weir::floor_div(59, 60) == 0);
using nano_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;
static_assert(weir::detail::as_instant(nano_time(1'999ns)).us == 1);
static_assert(weir::detail::as_instant(nano_time(-1ns)).us == -1);
static_assert(weir::detail::as_instant(nano_time(-1'000ns)).us == -1);
static_assert(weir::detail::as_instant(nano_time(-1'001ns)).us == -2);
static_assert(weir::detail::as_instant(std::chrono::sys_seconds(-3s)).us == -3'000'000);
static_assert(weir::detail::as_instant(std::chrono::sys_days(std::chrono::days(1))).us == 86'400'000'000);
static_assert(weir::detail::fits_us(std::chrono::sys_seconds(9'223'372'036'854s)));
static_assert(!weir::detail::fits_us(std::chrono::sys_seconds(9'223'372'036'855s)));
static_assert(!weir::detail::fits_us(std::chrono::sys_seconds(-9'223'372'036'855s)));
static_assert(weir::out_of_order_by(1min).bound_us() == 60'000'000);
// Finer bounds go up: a record within the bound is never late.
static_assert(weir::out_of_order_by(1'001ns).bound_us() == 2);
static_assert(weir::out_of_order_by(std::chrono::hours::max()).bound_us() == INT64_MAX);

TEST_CASE("event_time: the watermark is the greatest time - bound - 1 us, after its record") {
    const auto log = watched(rows({100, 50, 101, 101, 99, 200}), 30, {.full_every = 0, .grain = 1});
    CHECK(marks(log) == std::vector<mark>{{69, 1}, {70, 3}, {169, 6}});
    CHECK(log.finishes == 1);
}

TEST_CASE("event_time: a watermark is sent exactly when a window of that grain can fire") {
    // A window [0, 60) fires at W = 59: with a bound of 10 that is the record at 70, not the one at 69.
    CHECK(marks(watched(rows({20, 69, 70, 71, 129, 130}), 10, {.full_every = 0, .grain = 60}))
          == std::vector<mark>{{9, 1}, {59, 3}, {119, 6}});
    CHECK(marks(watched(rows({20, 69, 70}), 10, {.full_every = 0, .grain = 0})).empty());
}

TEST_CASE("event_time: watermarks by their definition, whatever the batches") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        const std::int64_t span = std::int64_t{1} << (random() % 40);
        std::vector<std::int64_t> times;
        for (std::size_t i = 0; i < 60; ++i) {
            times.push_back(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(span)) - span / 2);
        }
        const auto v = rows(times);
        const auto bound = static_cast<std::int64_t>(random() % 1'000);
        const auto grain = static_cast<std::int64_t>(1 + random() % 5'000);
        CAPTURE(span, bound, grain);
        const auto expected = by_definition(v, bound, grain);
        CHECK(marks(watched(v, bound, {.full_every = 0, .grain = grain}, 1 + random() % 20)) == expected);
        // `full` between a record and its watermark, and after the watermark: the same marks at the same places.
        CHECK(marks(watched(v, bound, {.full_every = 1 + random() % 3, .resumes = 2, .grain = grain}, 7)) == expected);
        CHECK(marks(watched(v, bound, {.full_every = 2, .resumes = 1, .full_on_signals = true, .grain = grain}, 3))
              == expected);
    }
}

TEST_CASE("event_time: the ends of time neither wrap nor hold anything back") {
    const auto v = rows({INT64_MIN, INT64_MIN + 1, 0, INT64_MAX - 1, INT64_MAX});
    const auto log = watched(v, 1'000, {.full_every = 0, .grain = 60'000'000});
    REQUIRE(log.records.size() == 5);
    REQUIRE(!log.watermarks.empty());
    for (std::size_t i = 1; i < log.watermarks.size(); ++i) CHECK(log.watermarks[i - 1] < log.watermarks[i]);
    CHECK(log.watermarks.back().us <= INT64_MAX - 1'000 - 1);
    slow_log<row> forever;
    drive(weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::hours::max()))
          | slow_sink<row>(forever, {.full_every = 0, .grain = 1}));
    CHECK(forever.records.size() == 5);
}

TEST_CASE("event_time: a time that does not fit ends the pipeline in the stage's name") {
    struct far_row {
        std::chrono::sys_seconds time;
    };
    const std::vector<far_row> v{{std::chrono::sys_seconds(1s)},
                                 {std::chrono::sys_seconds(std::chrono::seconds::max())}};
    std::vector<far_row> out;
    CHECK_THROWS_AS(
        drive(weir::from(v) | weir::event_time<&far_row::time>(weir::out_of_order_by(1s)) | weir::collect(out)),
        std::overflow_error);
    CHECK(blamed() == "event_time at 1");
    CHECK(out.size() == 1);
    CHECK_THROWS_AS(
        drive(weir::from(v)
              | weir::event_time([](const far_row& r) { return r.time; }, weir::out_of_order_by(1s)).named("clock")
              | weir::collect(out)),
        std::overflow_error);
    CHECK(blamed() == "event_time at clock");
}

TEST_CASE("event_time: a computed time is computed once a record, and travels on") {
    const std::vector<std::string> v{"5", "7", "6"};
    int calls = 0;
    std::vector<std::int64_t> seen;
    std::vector<std::size_t> sizes;
    drive(weir::from(v)
          | weir::event_time(
              [&](const std::string& s) {
                  ++calls;
                  return std::chrono::sys_seconds(std::chrono::seconds(std::stoi(s)));
              },
              weir::out_of_order_by(1s))
          | weir::filter([&](const std::string&, weir::meta<weir::meta_of::event_time> m) {
                seen.push_back(m.event_time().us);
                return true;
            })
          | weir::map([](const std::string& s) { return s.size(); }) | weir::map([&](std::size_t n, auto m) {
                seen.push_back(m.event_time().us);
                return n;
            })
          | weir::collect(sizes));
    CHECK(calls == 3);
    CHECK(seen == std::vector<std::int64_t>{5'000'000, 5'000'000, 7'000'000, 7'000'000, 6'000'000, 6'000'000});
}

TEST_CASE("event_time: a function that throws is named") {
    const std::vector<int> v{1};
    std::vector<int> out;
    CHECK_THROWS_AS(
        drive(weir::from(v)
              | weir::event_time([](int) -> instant { throw std::runtime_error("no time"); }, weir::out_of_order_by(1s))
              | weir::collect(out)),
        std::runtime_error);
    CHECK(blamed() == "event_time at 1");
}

TEST_CASE("event_time: bounds and silences that make no sense are refused") {
    CHECK_THROWS_AS(weir::out_of_order_by(-1us), std::invalid_argument);
    CHECK_THROWS_AS(weir::out_of_order_by(-1ns), std::invalid_argument);
    CHECK_THROWS_AS(weir::out_of_order_by(1s).idle_after(0s), std::invalid_argument);
    CHECK_THROWS_AS(weir::out_of_order_by(1s).idle_after(-1ms), std::invalid_argument);
    CHECK_NOTHROW(weir::out_of_order_by(0s).idle_after(1us));
}

TEST_CASE("event_time: silence makes an input idle, once; a record ends it") {
    const auto at = [](std::int64_t seconds) { return instant{seconds * 1'000'000}; };
    slow_log<row> log;
    drive(weir::from(scripted_source<row>({{at(1), {at(1), 0}}, {at(2), {at(2), 1}}, {at(100), {at(3), 2}}}))
              | weir::event_time<&row::time>(weir::out_of_order_by(1s).idle_after(10s))
              | slow_sink<row>(log, {.full_every = 0, .grain = 1}),
          256, at(0));
    CHECK(log.records.size() == 3);
    CHECK(log.idles >= 1);
    const auto never = log.idles;
    slow_log<row> busy;
    std::vector<scripted<row>> script;
    for (int s = 0; s < 100; s += 5) script.push_back({at(s), {at(s), s}});
    drive(weir::from(scripted_source<row>(script))
              | weir::event_time<&row::time>(weir::out_of_order_by(1s).idle_after(10s))
              | slow_sink<row>(busy, {.full_every = 0, .grain = 1}),
          256, at(0));
    CHECK(busy.idles == 0);
    CHECK(never > busy.idles);
    slow_log<row> unasked;
    drive(weir::from(scripted_source<row>({{at(1), {at(1), 0}}, {at(9'000), {at(2), 1}}}))
              | weir::event_time<&row::time>(weir::out_of_order_by(1s)) | slow_sink<row>(unasked, {.full_every = 0}),
          256, at(0));
    CHECK(unasked.idles == 0);
}

TEST_CASE("event_time: an input that is held back is never idle") {
    std::vector<row> v = rows({1, 2, 3, 4, 5, 6});
    slow_log<row> log;
    auto p = weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(0us).idle_after(1ms))
             | slow_sink<row>(log, {.full_every = 1, .resumes = 5, .grain = 1});
    auto& parts = p.parts();
    auto& source = weir::detail::part_stage(weir::detail::element<0>(parts));
    const auto in = source.out();
    const builder b;
    auto receiver = [&] { return weir::detail::bind_from<1>(parts, b, in); };
    auto d = connect(source, b.at(0, source.path), receiver);
    instant now{0};
    while (d.step(1, now).what != weir::step_result::kind::done) now.us += 1'000'000;
    CHECK(log.records.size() == 6);
    CHECK(log.resumes == 30);
    CHECK(log.idles == 0);
    CHECK(log.finishes == 1);
}

TEST_CASE("event_time: a snapshot keeps where watermarks stand") {
    struct store {
        weir::detail::event_clock_state state{};
        bool begin(const weir::stage_info& s) { return std::string(s.kind) == "event_time"; }
        void end() {}
    };
    struct writer : store {
        void value(const weir::detail::event_clock_state& v) { state = v; }
    };
    struct reader : store {
        void value(weir::detail::event_clock_state& v) { v = state; }
    };
    const std::vector<row> v = rows({0});
    slow_log<row> log;
    auto p = weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(0us))
             | slow_sink<row>(log, {.full_every = 0, .grain = 100});
    const auto in = weir::detail::part_stage(weir::detail::element<0>(p.parts())).out();
    const builder b;
    auto first = weir::detail::bind_from<1>(p.parts(), b, in);
    const row late{instant{950}, 0};
    CHECK(first.put(late, weir::meta_set<>{}) == weir::flow::more);
    writer w;
    CHECK(first.snapshot(weir::barrier{1}, w) == weir::flow::more);
    auto second = weir::detail::bind_from<1>(p.parts(), b, in);
    reader r;
    r.state = w.state;
    second.restore(r);
    REQUIRE(log.watermarks.size() == 1);
    const row same{instant{960}, 1};
    const row next{instant{1'000}, 2};
    CHECK(second.put(same, weir::meta_set<>{}) == weir::flow::more);
    CHECK(log.watermarks.size() == 1);
    CHECK(second.put(next, weir::meta_set<>{}) == weir::flow::more);
    REQUIRE(log.watermarks.size() == 2);
    CHECK(log.watermarks[1].us == 999);
}

TEST_CASE("event_time: where nobody wants watermarks, the last time that there is needs none either") {
    std::vector<row> out;
    drive(weir::from(rows({1, INT64_MAX, INT64_MIN, 2})) | weir::event_time<&row::time>(weir::out_of_order_by(1s))
          | weir::collect(out));
    CHECK(out.size() == 4);
}
