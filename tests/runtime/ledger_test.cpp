// SPDX-License-Identifier: BSL-1.0
// Every record is delivered, dropped by a stage that says so, or abandoned by a stop: the ledger by hand, then
// pipelines that end in every way, in the simulation, where the sums must be exact.
#include "support/catch.hpp"

#include "runtime/shards.hpp"

#include <weir/runtime/ledger.hpp>

#include <array>
#include <numeric>
#include <stdexcept>

using namespace weir_test;
using weir::exits;

TEST_CASE("ledger: what goes into a stage is what left the one before it") {
    weir::report r;
    weir::detail::ledger l(r);
    const weir::stage_info source{"range", "0", 0};
    const weir::stage_info filter{"filter", "1", 0};
    const weir::stage_info edge{"shard", "2", 0};
    l.begin(&source, 100);
    l.stage(filter, exits{.made = 10, .dropped = 30, .held = 5});
    CHECK(l.flowing() == 75);
    l.edge(edge, {60, 10, 5});
    CHECK(r.taken() == 100);
    CHECK(r.dropped() == 40);
    CHECK(r.abandoned == 10);
    CHECK(r.unbalanced == 0);
    for (const weir::stage_report& s : r.stages) {
        if (s.source) continue;
        const exits& c = s.counts;
        CHECK(s.in + c.made == s.passed + c.absorbed + c.dropped + c.late + c.failed + c.routed + c.held);
    }
}

TEST_CASE("ledger: a record that no counter explains shows; one too many does too") {
    for (const std::uint64_t took : {97U, 103U}) {
        weir::report r;
        weir::detail::ledger l(r);
        l.begin(nullptr, 100);
        l.sink({"discard", "1", 0}, took);
        CHECK(r.unbalanced == 3);
        CHECK(r.abandoned == 0);
    }
}

TEST_CASE("ledger: what a batch that threw had in hand is abandoned") {
    weir::report r;
    weir::detail::ledger l(r, true);
    l.begin(nullptr, 100);
    l.sink({"discard", "1", 0}, 99);
    CHECK(r.unbalanced == 0);
    CHECK(r.abandoned == 1);
}

namespace {

enum class ending { natural, drain, stop, throws, done };

/// The pipeline's report, ended at some step of the simulation.
template <class Pipeline>
weir::report play(Pipeline p, weir::inlet<int>& in, ending how, std::uint64_t seed, std::uint64_t steps,
                  std::uint64_t& accepted) {
    weir::simulated sim(seed);
    weir::job job = weir::start(std::move(p), sim);
    for (std::uint64_t i = 0; i < steps; ++i) {
        if (in.try_put(static_cast<int>(accepted))) ++accepted;
        sim.step_once();
    }
    if (how == ending::natural) in.close();
    if (how == ending::drain) job.drain();
    if (how == ending::stop) job.stop();
    while (!job.finished()) {
        if (in.try_put(static_cast<int>(accepted))) ++accepted;
        if (!sim.step_once() && in.closed()) break;
    }
    return job.wait();
}

void check(const weir::report& r, ending how, std::uint64_t accepted) {
    CHECK(r.unbalanced == 0);
    const exits expanded = r.of("flat_map").counts;
    CHECK(accepted + expanded.made == expanded.absorbed + r.delivered() + r.dropped() + r.abandoned);
    if (how == ending::stop || how == ending::throws) {
        CHECK(!r.finished);
    } else {
        CHECK(r.finished);
        CHECK(r.abandoned == 0);
    }
    for (const weir::stage_report& s : r.stages) {
        if (s.source || how == ending::throws) continue;
        const exits& c = s.counts;
        CHECK(s.in + c.made == s.passed + c.absorbed + c.dropped + c.late + c.failed + c.routed + c.held);
    }
}

}  // namespace

TEST_CASE("ledger: pipelines that end in every way at every moment balance exactly") {
    const std::uint64_t seeds = std::getenv("WEIR_NIGHTLY") != nullptr ? 400 : 20;
    for (const std::size_t capacity : {1U, 2U, 64U}) {
        for (const ending how : {ending::natural, ending::drain, ending::stop, ending::throws, ending::done}) {
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                const std::uint64_t steps = seed * 7 % 150;
                CAPTURE(capacity, static_cast<int>(how), seed, steps);
                const int poison = how == ending::throws ? static_cast<int>(seed * 3 % 60) : -1;
                const std::uint64_t most = how == ending::done ? 25 : UINT64_MAX;
                const auto work = [poison](int i) {
                    if (i == poison) throw std::runtime_error("poison");
                    return i;
                };
                std::vector<int> out;
                std::uint64_t accepted = 0;
                weir::inlet<int> in{capacity};
                const weir::report r =
                    play(weir::from(in) | weir::shard(1 + seed % 3, {.capacity = capacity}) | weir::map(work)
                             | weir::flat_map([](int i) { return std::array{i, -i}; })
                             | weir::filter([](int i) { return i % 3 != 0; }) | weir::merge({.capacity = capacity})
                             | weir::take(most) | weir::collect(out),
                         in, how, seed, steps, accepted);
                check(r, how, accepted);
                CHECK(out.size() == r.delivered());
                if (how == ending::done) CHECK(out.size() <= 25);
            }
        }
    }
}
