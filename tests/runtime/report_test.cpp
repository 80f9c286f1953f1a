// SPDX-License-Identifier: BSL-1.0
// report: its sums by hand, and that those of real runs add up, whatever the stages and however the run ends.
#include <weir/runtime/report.hpp>

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "shards.hpp"

using namespace weir_test;

namespace {

weir::stage_report stage(std::string path, std::string kind, std::uint32_t shard, std::uint64_t in,
                         std::uint64_t passed, weir::exits counts, bool source = false, bool sink = false) {
    weir::stage_report s;
    s.path = std::move(path);
    s.kind = std::move(kind);
    s.shard = shard;
    s.in = in;
    s.passed = passed;
    s.counts = counts;
    s.source = source;
    s.sink = sink;
    return s;
}

/// What the comments of `stage_report` and `report` say.
void check_sums(const weir::report& r) {
    std::uint64_t made = 0;
    std::uint64_t absorbed = 0;
    for (const weir::stage_report& s : r.stages) {
        CAPTURE(s.path, s.kind, s.shard);
        const weir::exits& c = s.counts;
        made += c.made;
        absorbed += c.absorbed;
        if (s.source || s.kind == "unwanted") continue;
        REQUIRE(s.in + c.made == s.passed + c.absorbed + c.dropped + c.late + c.failed + c.routed + c.held);
    }
    REQUIRE(r.unbalanced == 0);
    REQUIRE(r.taken() + made == r.delivered() + absorbed + r.dropped() + r.abandoned);
}

}  // namespace

TEST_CASE("report: sums over what they are about, and nothing else", "[runtime]") {
    weir::report r;
    CHECK(r.taken() + r.delivered() + r.late() + r.failed() + r.dropped() == 0);
    r.stages = {stage("0", "range", 0, 0, 100, {}, true),
                stage("1", "filter", 0, 100, 70, {.dropped = 30}),
                stage("2", "aggregate", 0, 40, 8, {.made = 8, .absorbed = 35, .late = 5}),
                stage("2", "aggregate", 1, 30, 3, {.made = 4, .absorbed = 28, .failed = 2, .held = 1}),
                stage("3", "discard", 0, 8, 8, {}, false, true),
                stage("late", "discard", 0, 5, 4, {.dropped = 1}, false, true)};
    CHECK(r.taken() == 100);
    CHECK(r.delivered() == 12);
    CHECK(r.dropped() == 31);
    CHECK(r.late() == 5);
    CHECK(r.failed() == 2);
    const weir::stage_report both = r.of("aggregate");
    CHECK(both.path == "2");
    CHECK(both.in == 70);
    CHECK(both.passed == 11);
    CHECK(both.counts.made == 12);
    CHECK(both.counts.absorbed == 63);
    CHECK(both.counts.held == 1);
    CHECK(r.of("late").counts.dropped == 1);
    CHECK(r.of("discard").passed == 12);  // all of that kind
    CHECK(r.of("none").in == 0);
    CHECK(r.of("none").path == "");
}

TEST_CASE("report: true where it ran to its end; rethrow does nothing without an error", "[runtime]") {
    weir::report r;
    CHECK_FALSE(r);
    CHECK_NOTHROW(r.rethrow());
    r.finished = true;
    CHECK(r);
    r.interrupted = true;  // drained: to its end all the same
    CHECK(r);
    r.error = std::make_exception_ptr(std::runtime_error("x"));
    CHECK_FALSE(r);
    CHECK_THROWS_WITH(r.rethrow(), "x");
}

TEST_CASE("report: every record is accounted for, by each stage and over all, however the run ends", "[runtime]") {
    const auto events = make_events(300, 5);
    enum class ending { natural, early, drain, stop, throws };
    for_capacities_and_seeds([&](std::size_t capacity, std::uint64_t seed) {
        for (const ending how : {ending::natural, ending::early, ending::drain, ending::stop, ending::throws}) {
            CAPTURE(capacity, seed, how);
            std::vector<event> odd;
            weir::simulated on(seed);
            weir::job job = weir::start(
                weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(std::chrono::milliseconds(5)))
                    | weir::take(how == ending::early ? 100 : 1'000) | weir::flat_map([](const event& e) {
                          return std::vector<event>(static_cast<std::size_t>(e.n % 3), e);
                      })
                    | weir::route<"odd">([](const event& e) { return e.n % 2 != 0; })
                    | weir::on<"odd">(weir::drop(3) | weir::collect(odd))
                    | weir::tee(weir::filter([](const event& e) { return e.key != 1; }) | weir::take(20)
                                | weir::discard)
                    | weir::key_by<&event::key>() | weir::shard(3, {.capacity = capacity})
                    | weir::map([&, how](const event& e) {
                          if (how == ending::throws && e.n >= 150) throw std::runtime_error("150");
                          return e;
                      })
                    | weir::merge({.capacity = capacity}) | weir::discard,
                on);
            for (std::uint64_t i = 0; i < 10 * seed && on.step_once(); ++i) {}
            if (how == ending::drain) job.drain();
            if (how == ending::stop) job.stop();
            const weir::report r = job.wait();
            REQUIRE(r.finished == (how != ending::stop && how != ending::throws));
            REQUIRE((r.error != nullptr) == (how == ending::throws));
            REQUIRE(static_cast<bool>(r) == (r.finished && !r.error));
            if (how == ending::throws) {
                // Its batch is not counted by the source, and what was in hand by no stage.
                REQUIRE(r.message == "150");
                REQUIRE(r.failed_stage.starts_with("map ("));
                continue;
            }
            check_sums(r);
            if (r.finished) REQUIRE(r.abandoned == 0);
            if (how == ending::natural) REQUIRE(r.taken() == events.size());
            if (how == ending::natural) REQUIRE(r.watermark == weir::instant::max());
            REQUIRE(r.tasks.size() == 5);
        }
    });
}
