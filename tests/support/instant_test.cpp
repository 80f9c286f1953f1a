// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/instant.hpp>

#include <random>

using weir::floor_div;
using weir::instant;

static_assert(instant{1} < instant{2} && instant{2} > instant{1} && instant{1} <= instant{1}
              && instant{1} >= instant{1});
static_assert(instant{} == instant{0} && instant{1} != instant{2});
static_assert(instant::min() < instant{-1} && instant{-1} < instant{0} && instant{0} < instant::max());
static_assert(floor_div(7, 3) == 2 && floor_div(-7, 3) == -3 && floor_div(-6, 3) == -2 && floor_div(0, 3) == 0);
static_assert(floor_div(INT64_MIN, 1) == INT64_MIN && floor_div(INT64_MAX, INT64_MAX) == 1);
static_assert(floor_div(INT64_MIN, INT64_MAX) == -2 && floor_div(-1, INT64_MAX) == -1);

TEST_CASE("instant: floor_div rounds down, whatever the sign", "[support]") {
    std::mt19937_64 random(12);
    for (int i = 0; i < 10'000; ++i) {
        const auto a = static_cast<std::int64_t>(random()) >> (random() % 62);
        const auto b = static_cast<std::int64_t>(random() >> (1 + random() % 62)) + 1;
        const std::int64_t q = floor_div(a, b);
        __extension__ using wide = __int128;
        const bool right = static_cast<wide>(q) * b <= a && static_cast<wide>(q + 1) * b > a;
        CAPTURE(a, b, q);
        REQUIRE(right);
    }
}
