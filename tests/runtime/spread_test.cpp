// SPDX-License-Identifier: BSL-1.0
// spread_policy: a pipeline is spread where that pays, stays together where it does not, and is asked again.
#include <weir/runtime/spread.hpp>

#include <cmath>
#include <cstdint>

#include "../support/catch.hpp"

using policy = weir::detail::spread_policy;

namespace {

/// A pipeline that makes so many records a ms together and apart, looked at every 20 us for `ms`.
struct imagined {
    policy p{};
    double together = 0;
    double apart = 0;
    bool crowded = true;
    std::int64_t now = 0;
    double records = 0;
    std::int64_t spent_apart = 0;
    int turns = 0;

    void run(std::int64_t ms) {
        constexpr std::int64_t tick = 20'000;
        for (const std::int64_t end = now + ms * 1'000'000; now < end; now += tick) {
            const bool is_apart = p.apart();
            records += (is_apart ? apart : together) * static_cast<double>(tick) / 1e6;
            if (is_apart) spent_apart += tick;
            if (p.due(now)) p.look(now, crowded, static_cast<std::uint64_t>(std::llround(records)));
            if (p.apart() != is_apart) ++turns;
        }
    }
};

}  // namespace

TEST_CASE("spread: two workers that are faster are used, and are left for trials only", "[runtime]") {
    imagined world{.together = 100'000, .apart = 140'000};
    CHECK_FALSE(world.p.apart());
    world.run(3);
    CHECK(world.p.apart());
    world.run(2'000);
    CHECK(world.spent_apart > 1'950'000'000);
    CHECK(world.turns >= 5);  // it was questioned
    CHECK(world.turns <= 25);
}

TEST_CASE("spread: where two workers are slower the pipeline stays together, and trials cost little", "[runtime]") {
    for (const double apart : {20'000.0, 90'000.0, 102'000.0}) {
        imagined world{.together = 100'000, .apart = apart};
        world.run(100);
        CHECK(world.records > 97.0 * 100'000);
        const double before = world.records;
        world.run(2'000);
        CHECK(world.records - before > 0.995 * 2'000 * 100'000);
        CHECK(world.spent_apart > 0);
    }
}

TEST_CASE("spread: what changes is noticed", "[runtime]") {
    imagined world{.together = 100'000, .apart = 30'000};
    world.run(3'000);
    world.apart = 150'000;  // the cores have come nearer
    world.run(1'100);
    CHECK(world.p.apart());
    world.apart = 30'000;
    world.run(1'100);
    CHECK_FALSE(world.p.apart());
}

TEST_CASE("spread: nothing is tried while a worker has rest", "[runtime]") {
    imagined world{.together = 100'000, .apart = 200'000, .crowded = false};
    world.run(500);
    CHECK(world.turns == 0);
    world.crowded = true;
    world.run(5);
    CHECK(world.p.apart());
}

TEST_CASE("spread: one thread at a time looks, and a pipeline that stood still may look again", "[runtime]") {
    policy p{};
    REQUIRE(p.due(0));
    CHECK_FALSE(p.due(1));  // somebody looks
    p.look(0, true, 0);
    CHECK_FALSE(p.due(policy::window_ns - 1));
    REQUIRE(p.due(3'600'000'000'000));
    p.look(3'600'000'000'000, true, 5);
    CHECK(p.due(3'600'000'000'000 + policy::settle_ns));
}
