// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

using namespace weir_test;

namespace {

struct day {
    std::string symbol;
    double open;
    double close;
    std::string venue;
};

std::vector<day> run(const std::vector<tick>& ticks) {
    return in_one_window<day>(ticks, weir::first<&tick::price, "open">(), weir::last<&tick::price, "close">(),
                              weir::last<&tick::venue>());
}

}  // namespace

TEST_CASE("first and last go by event time, whatever the order of arrival", "[analytics]") {
    const auto out = run({make_tick(50, "a", 1, 5, "mid"), make_tick(90, "a", 1, 9, "late"),
                          make_tick(10, "a", 1, 1, "early"), make_tick(70, "a", 1, 7, "again")});
    REQUIRE(out.size() == 1);
    CHECK((out[0].open == 1 && out[0].close == 9 && out[0].venue == "late"));
}

TEST_CASE("first and last at one time go by arrival", "[analytics]") {
    const auto out = run({make_tick(5, "a", 1, 1, "x"), make_tick(5, "a", 1, 2, "y"), make_tick(5, "a", 1, 3, "z")});
    REQUIRE(out.size() == 1);
    CHECK((out[0].open == 1 && out[0].close == 3 && out[0].venue == "z"));
}

TEST_CASE("first and last of one record are that record", "[analytics]") {
    const auto out = run({make_tick(5, "a", 1, 4, "x")});
    REQUIRE(out.size() == 1);
    CHECK((out[0].open == 4 && out[0].close == 4));
}
