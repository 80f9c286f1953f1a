// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

using namespace weir_test;

namespace {

struct mixed {
    std::int8_t small;
    std::uint32_t natural;
    float real;
};
constexpr mixed many[] = {{127, 0xFFFF'FFFF, 0.5F}, {127, 0xFFFF'FFFF, 0.25F}, {-1, 1, 0.25F}};

static_assert(aggregated(weir::sum<&mixed::small>(), many) == 253);
static_assert(aggregated(weir::sum<&mixed::natural>(), many) == 0x1'FFFF'FFFFU);
static_assert(aggregated(weir::sum<&mixed::real>(), many) == 1.0);
static_assert(std::is_same_v<decltype(aggregated(weir::sum<&mixed::small>(), many)), std::int64_t>);
static_assert(std::is_same_v<decltype(aggregated(weir::sum<&mixed::natural>(), many)), std::uint64_t>);
static_assert(std::is_same_v<decltype(aggregated(weir::sum<&mixed::real>(), many)), double>);
static_assert(decltype(weir::sum<&mixed::small>())::name == weir::fixed_string("small"));
static_assert(decltype(weir::sum<&mixed::small, "total">())::name == weir::fixed_string("total"));
static_assert(!weir::aggregate_of<decltype(weir::sum<&mixed::small>()), tick>, "the member of another record");

struct sums {
    std::string symbol;
    std::int64_t volume;
    double turnover;
};

}  // namespace

TEST_CASE("sum adds a member for each key", "[analytics]") {
    const auto out =
        in_one_window<sums>({make_tick(1, "a", 10, 0.5), make_tick(2, "b", 1, 1), make_tick(3, "a", -3, 0.25)},
                            weir::sum<&tick::volume>(), weir::sum<&tick::price, "turnover">());
    REQUIRE(out.size() == 2);
    CHECK((out[0].volume == 7 && out[0].turnover == 0.75));
    CHECK((out[1].volume == 1 && out[1].turnover == 1));
}

TEST_CASE("sum reaches the ends of 64 bits, and past them the pipeline ends with the stage's name", "[analytics]") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    const auto run = [](std::int64_t a, std::int64_t b) {
        return in_one_window<sums>({make_tick(1, "a", a), make_tick(2, "a", b)}, weir::sum<&tick::volume>(),
                                   weir::sum<&tick::price, "turnover">())
            .at(0)
            .volume;
    };
    CHECK(run(most - 1, 1) == most);
    CHECK(run(least + 1, -1) == least);
    CHECK_THROWS_AS(run(most, 1), std::overflow_error);
    CHECK(blamed() == "aggregate at 4");
    CHECK_THROWS_WITH(run(least, -1), Catch::Matchers::Contains("does not fit 64 bits"));
}
