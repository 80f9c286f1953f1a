// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

static_assert(weir::tumble(1min).size_us == 60'000'000);
static_assert(weir::tumble(1'000ns).size_us == 1);
static_assert(weir::tumble(0.3s).size_us == 300'000);
static_assert(weir::tumble(std::chrono::microseconds::max()).size_us == std::numeric_limits<std::int64_t>::max());

struct counted {
    weir::window_bounds window;
    std::int64_t count;
};

/// Windows of `size` over times in us; the bound takes whatever disorder there is.
std::vector<counted> windows_of(std::vector<std::int64_t> times, std::chrono::microseconds size) {
    std::vector<tick> ticks;
    for (const std::int64_t t : times) ticks.push_back(make_tick(t, "a"));
    std::vector<counted> out;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(std::chrono::hours::max()))
          | weir::tumble(size) | weir::aggregate<counted>(weir::count()) | weir::on<"late">(weir::discard)
          | weir::collect(out));
    return out;
}

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("tumble refuses sizes that are no positive number of whole microseconds", "[analytics]") {
    CHECK_THROWS_AS(weir::tumble(0s), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(-1min), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(999ns), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(1'500ns), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(std::chrono::hours::max()), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(std::chrono::duration<double>(1e300)), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(std::chrono::duration<double>(-1)), std::invalid_argument);
    CHECK_THROWS_AS(weir::tumble(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())),
                    std::invalid_argument);
}

TEST_CASE("tumble: windows are aligned to 1970 and hold their start, not their end", "[analytics]") {
    const auto out = windows_of({0, 9, 10, 19, 20}, 10us);
    REQUIRE(out.size() == 3);
    CHECK(out[0].window == weir::window_bounds{at_us(0), at_us(10)});
    CHECK(out[0].count == 2);
    CHECK(out[1].window == weir::window_bounds{at_us(10), at_us(20)});
    CHECK(out[1].count == 2);
    CHECK(out[2].count == 1);
}

TEST_CASE("tumble: times before 1970 round down", "[analytics]") {
    const auto out = windows_of({-1, -10, -11, 0}, 10us);
    REQUIRE(out.size() == 3);
    CHECK(out[0].window == weir::window_bounds{at_us(-20), at_us(-10)});
    CHECK(out[0].count == 1);
    CHECK(out[1].window == weir::window_bounds{at_us(-10), at_us(0)});
    CHECK(out[1].count == 2);
    CHECK(out[2].window.start == at_us(0));
}

TEST_CASE("tumble: the first and the last window of all times end where 64 bits do", "[analytics]") {
    // 1,000 does not divide 2^63: the first window begins 192 us before the least time, the last ends past the
    // greatest.
    const auto out = windows_of({least, least + 807, least + 808, most - 807, most - 808, most}, 1'000us);
    REQUIRE(out.size() == 4);
    CHECK(out[0].window == weir::window_bounds{at_us(least), at_us(least + 808)});
    CHECK(out[0].count == 2);
    CHECK(out[1].window == weir::window_bounds{at_us(least + 808), at_us(least + 1'808)});
    CHECK(out[1].count == 1);
    CHECK(out[2].window == weir::window_bounds{at_us(most - 1'807), at_us(most - 807)});
    CHECK(out[2].count == 1);
    CHECK(out[3].window == weir::window_bounds{at_us(most - 807), at_us(most)});
    CHECK(out[3].count == 2);
}

TEST_CASE("tumble: the widest window holds half of all times", "[analytics]") {
    const auto out = windows_of({least, -1, 0, most - 1, most}, std::chrono::microseconds::max());
    REQUIRE(out.size() == 4);
    CHECK(out[0].count == 1);  // least alone: 2^63 - 1 us do not reach it from 0
    CHECK(out[1].count == 1);
    CHECK(out[1].window == weir::window_bounds{at_us(-most), at_us(0)});
    CHECK(out[2].count == 2);
    CHECK(out[2].window == weir::window_bounds{at_us(0), at_us(most)});
    CHECK(out[3].count == 1);
}
