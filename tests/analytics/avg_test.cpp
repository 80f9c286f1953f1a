// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>

using namespace weir_test;

namespace {

struct reading {
    int n;
    double x;
};
constexpr reading readings[] = {{1, 0.5}, {2, 1.5}, {4, 4.0}};

static_assert(aggregated(weir::avg<&reading::n>(), readings) == 7.0 / 3);
static_assert(aggregated(weir::avg<&reading::x>(), readings) == 2.0);
static_assert(decltype(weir::avg<&reading::x, "mean">())::name == weir::fixed_string("mean"));

struct means {
    std::string symbol;
    double volume;
    double mean;
};

}  // namespace

TEST_CASE("avg is the mean of each key as a double", "[analytics]") {
    const auto out = in_one_window<means>({make_tick(1, "a", 1, 2), make_tick(2, "b", 7, 8), make_tick(3, "a", 2, 4)},
                                          weir::avg<&tick::volume>(), weir::avg<&tick::price, "mean">());
    REQUIRE(out.size() == 2);
    CHECK((out[0].volume == 1.5 && out[0].mean == 3));
    CHECK((out[1].volume == 7 && out[1].mean == 8));
}

TEST_CASE("avg of no records is no result at all, and its sum may not overflow", "[analytics]") {
    CHECK(in_one_window<means>({}, weir::avg<&tick::volume>(), weir::avg<&tick::price, "mean">()).empty());
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    CHECK_THROWS_AS(in_one_window<means>({make_tick(1, "a", most), make_tick(2, "a", most)}, weir::avg<&tick::volume>(),
                                         weir::avg<&tick::price, "mean">()),
                    std::overflow_error);
    CHECK(blamed() == "aggregate at 4");
}
