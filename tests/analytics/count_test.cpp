// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

using namespace weir_test;

namespace {

struct plain {
    int n;
};
constexpr plain three[] = {{5}, {6}, {7}};

static_assert(aggregated(weir::count(), three) == 3);
static_assert(decltype(weir::count())::name == weir::fixed_string("count"));
static_assert(decltype(weir::count<"hits">())::name == weir::fixed_string("hits"));
static_assert(weir::aggregate_of<decltype(weir::count()), plain>);

struct counts {
    std::string symbol;
    std::int64_t count;
    std::uint64_t hits;  // a count is never negative, so an unsigned field takes it
};

}  // namespace

TEST_CASE("count counts the records of a key and window, under any name", "[analytics]") {
    const auto out = in_one_window<counts>({make_tick(1, "a"), make_tick(2, "b"), make_tick(3, "a")}, weir::count(),
                                           weir::count<"hits">());
    REQUIRE(out.size() == 2);
    CHECK((out[0].symbol == "a" && out[0].count == 2 && out[0].hits == 2));
    CHECK((out[1].symbol == "b" && out[1].count == 1 && out[1].hits == 1));
}
