// SPDX-License-Identifier: BSL-1.0
// active_tasks: whom a worker polls, and what another one may take.
#include <weir/runtime/active_tasks.hpp>

#include <string>
#include <vector>

#include "../support/catch.hpp"

using weir::detail::active_tasks;

namespace {

struct nothing_to_do final : weir::task {
    nothing_to_do() : task("nothing") {}
    weir::step_result step(std::uint32_t, weir::instant) override { return {}; }
    void abandon() noexcept override {}
};

}  // namespace

TEST_CASE("active_tasks: picked in turns, locked, and without those that somebody is inside of", "[runtime]") {
    nothing_to_do a;
    nothing_to_do b;
    nothing_to_do c;
    active_tasks tasks;
    CHECK(tasks.empty());
    for (auto* t : {&a, &b, &c}) tasks.add(*t);
    CHECK_FALSE(tasks.empty());
    REQUIRE(b.try_lock());
    std::size_t i = 0;
    CHECK(tasks.pick(i) == &a);
    CHECK(tasks.pick(i) == &c);
    CHECK(tasks.pick(i) == nullptr);
    CHECK_FALSE(a.try_lock());
    for (auto* t : {&a, &b, &c}) t->unlock();
    tasks.remove(a);
    tasks.remove(a);  // it is not there any more: nothing happens
    i = 0;
    CHECK(tasks.pick(i) == &b);
    CHECK(i == 1);
    b.unlock();
}

TEST_CASE("active_tasks: another worker takes the first that it may have, from a place of its own", "[runtime]") {
    nothing_to_do a;
    nothing_to_do b;
    nothing_to_do c;
    active_tasks tasks;
    CHECK(tasks.try_pick_from(5, [](weir::task&) { return true; }) == nullptr);
    tasks.add(a);
    CHECK_FALSE(tasks.try_several());
    tasks.add(b);
    tasks.add(c);
    CHECK(tasks.try_several());
    CHECK(tasks.try_pick_from(4, [](weir::task&) { return true; }) == &b);
    CHECK(tasks.try_pick_from(4, [](weir::task&) { return true; }) == &c);  // b is locked now
    CHECK(tasks.try_pick_from(0, [&](weir::task& t) { return &t != &a; }) == nullptr);
    CHECK(a.try_lock());  // who was asked about and refused is not locked
    for (auto* t : {&a, &b, &c}) t->unlock();
}

TEST_CASE("active_tasks: those that are wanted and free move out together", "[runtime]") {
    nothing_to_do a;
    nothing_to_do b;
    nothing_to_do c;
    active_tasks tasks;
    for (auto* t : {&a, &b, &c}) tasks.add(*t);
    REQUIRE(a.try_lock());
    std::vector<weir::task*> out;
    tasks.move_to(out, [&](weir::task& t) { return &t != &c; });
    CHECK(out == std::vector<weir::task*>{&b});
    CHECK_FALSE(b.try_lock());
    CHECK(c.try_lock());
    b.unlock();
    c.unlock();
    a.unlock();
    std::size_t i = 0;
    CHECK(tasks.pick(i) == &a);
    CHECK(tasks.pick(i) == &c);
    a.unlock();
    c.unlock();
}
