// SPDX-License-Identifier: BSL-1.0
// step_watch: who is inside a step, and whether that holds others up.
#include <weir/runtime/step_watch.hpp>

#include "../support/catch.hpp"

using weir::detail::step_target_ns;
using weir::detail::step_watch;

TEST_CASE("step_watch: outside of a step nothing is held up", "[runtime]") {
    step_watch w;
    CHECK_FALSE(w.inside());
    CHECK_FALSE(w.held_up(1'000'000'000));
    w.enter(0, true, true);
    w.leave();
    CHECK_FALSE(w.inside());
    CHECK_FALSE(w.in_first());
    CHECK_FALSE(w.held_up(1'000'000'000));
}

TEST_CASE("step_watch: a step holds up when it is known to be slow, or takes longer than it should", "[runtime]") {
    step_watch w;
    w.enter(100, false, false);
    CHECK(w.inside());
    CHECK_FALSE(w.in_first());
    CHECK_FALSE(w.held_up(100 + step_target_ns));
    CHECK(w.held_up(101 + step_target_ns));
    w.leave();
    w.enter(1'000, true, false);
    CHECK(w.held_up(1'000));
    w.leave();
    w.enter(1'000, false, true);
    CHECK(w.in_first());
    CHECK_FALSE(w.held_up(1'000));
}
