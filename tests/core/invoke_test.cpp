// SPDX-License-Identifier: BSL-1.0
// What a user's function is called with, what it may ask to know, and who is blamed when it throws.
#include "support/catch.hpp"

#include "core/harness.hpp"

#include <weir/core/invoke.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/tap.hpp>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace weir_test;
using namespace std::chrono_literals;
using weir::tags;
using weir::meta_of::event_time;
using weir::meta_of::key;
using weir::meta_of::place;

namespace {

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
};

using timed = weir::meta_set<weir::lazy<event_time, weir::detail::member_time<&hit::time>>>;
using nothing = weir::meta_set<>;

using value_alone = decltype([](const hit&) {});
using value_and_time = decltype([](const hit&, weir::meta<event_time>) {});
using value_and_two = decltype([](const hit&, weir::meta<event_time, place>) noexcept {});
using value_and_all = decltype([](const hit&, const auto&) {});
using changes_state = decltype([](const hit&) mutable {});
using takes_it = decltype([](hit&&) {});
using wants_reference = decltype([](hit&) {});

}  // namespace

// Called as the stream says, and through a non-const function.
static_assert(weir::user_function<value_alone, const hit&, nothing>);
static_assert(weir::user_function<changes_state, const hit&, nothing>);
static_assert(weir::user_function<takes_it, hit&&, nothing> && !weir::user_function<takes_it, const hit&, nothing>);
static_assert(!weir::user_function<wants_reference, const hit&, nothing>);
static_assert(weir::user_function<void (*)(const hit&), const hit&, nothing>);
static_assert(weir::user_function<std::function<void(hit)>, const hit&, nothing>);

// With what it asks for, where that is there.
static_assert(weir::user_function<value_and_time, const hit&, timed>);
static_assert(!weir::user_function<value_and_time, const hit&, nothing>);
static_assert(!weir::user_function<value_and_two, const hit&, timed>);
static_assert(weir::user_function<value_and_all, const hit&, nothing>);

// It asks for what it names; `auto` for all; the value alone for nothing.
static_assert(std::is_same_v<weir::asked_by<value_alone, const hit&>, tags<>>);
static_assert(std::is_same_v<weir::asked_by<value_and_time, const hit&>, tags<event_time>>);
static_assert(std::is_same_v<weir::asked_by<value_and_two, const hit&>, tags<event_time, place>>);
static_assert(std::is_same_v<weir::asked_by<value_and_all, const hit&>, tags<event_time, key, place>>);

TEST_CASE("invoke: a function is given the entries it names, or all", "[core]") {
    const std::vector<hit> hits{{std::chrono::sys_seconds(7s), "a"}};
    int calls = 0;
    drive(weir::from(hits) | weir::event_time<&hit::time>(weir::out_of_order_by(0s)) | weir::key_by<&hit::host>()
          | weir::tap([&](const hit&, weir::meta<event_time> m) {
                ++calls;
                CHECK(m.event_time().us == 7'000'000);
            })
          | weir::tap([&](const hit& h, auto m) {
                ++calls;
                CHECK(m.event_time().us == 7'000'000);
                CHECK(&m.key() == &h.host);  // not a copy
            })
          | weir::map([](const hit& h) { return h.host.size(); }) | weir::for_each([&](std::size_t n, const auto& m) {
                ++calls;
                CHECK(n == 1);
                CHECK(m.event_time().us == 7'000'000);
                CHECK(m.key() == "a");
            }));
    CHECK(calls == 3);
}

TEST_CASE("invoke: plain functions, members and function objects", "[core]") {
    struct doubling {
        int times = 2;
        int operator()(int n) { return n * times; }
    };
    const std::vector<int> v{1, 2};
    int sum = 0;
    int (*plain)(int) = [](int n) { return n + 1; };
    drive(weir::from(v) | weir::map(plain) | weir::map(doubling{3}) | weir::map(std::function<int(int)>(plain))
          | weir::map(std::bind_front(std::plus<>{}, 100)) | weir::for_each([&](int n) { sum += n; }));
    CHECK(sum == (2 * 3 + 1 + 100) + (3 * 3 + 1 + 100));
}

TEST_CASE("invoke: the innermost stage whose function threw is the one to blame", "[core]") {
    const weir::stage_info inner{"map", "4", 0};
    const weir::stage_info outer{"tap", "2", 0};
    auto throws = [](int) -> int { throw std::runtime_error("x"); };
    auto calls = [&](int n) { return weir::detail::call(&inner, throws, n, nothing{}); };
    CHECK_THROWS_AS(weir::detail::call(&outer, calls, 1, nothing{}), std::runtime_error);
    CHECK(std::exchange(weir::detail::blamed_stage, nullptr) == &inner);
}
