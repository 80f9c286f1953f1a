// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <set>
#include <stdexcept>

using namespace weir_test;

namespace {

struct summary {
    std::string symbol;
    std::string venues;
    std::int64_t different;
};

/// An aggregate of one's own, as `aggregates/concepts.hpp` shows it: how many different venues.
struct different_venues {
    static constexpr weir::fixed_string name = "different";
    std::set<std::string> start(const tick& t, weir::instant) const { return {t.venue}; }
    void add(std::set<std::string>& seen, const tick& t, weir::instant) const { seen.insert(t.venue); }
    std::int64_t result(const std::set<std::string>& seen) const { return static_cast<std::int64_t>(seen.size()); }
};

struct no_add {
    static constexpr weir::fixed_string name = "different";
    int start(const tick&, weir::instant) const { return 0; }
    int result(int n) const { return n; }
};

static_assert(weir::aggregate_of<different_venues, tick>);
static_assert(!weir::aggregate_of<different_venues, int>);
static_assert(!weir::aggregate_of<no_add, tick>);

const std::vector<tick> ticks{make_tick(1, "a", 1, 0, "x"), make_tick(2, "b", 1, 0, "y"), make_tick(3, "a", 1, 0, "z"),
                              make_tick(4, "a", 1, 0, "x")};

constexpr auto join = [](std::string s, const tick& t) { return s + t.venue; };

}  // namespace

TEST_CASE("reduce folds from a copy of the first state, beside an aggregate of one's own", "[analytics]") {
    const auto out = in_one_window<summary>(ticks, weir::reduce<"venues">(std::string(">"), join), different_venues{});
    REQUIRE(out.size() == 2);
    CHECK((out[0].venues == ">xzx" && out[0].different == 2));
    CHECK((out[1].venues == ">y" && out[1].different == 1));
}

TEST_CASE("reduce calls its function once for each record and its end once for each result", "[analytics]") {
    int folded = 0;
    int ended = 0;
    const auto out = in_one_window<summary>(ticks, different_venues{},
                                            weir::reduce<"venues">(
                                                std::string(),
                                                [&](std::string s, const tick& t) {
                                                    ++folded;
                                                    return s + t.venue;
                                                },
                                                [&](std::string s) {
                                                    ++ended;
                                                    return s + "<";
                                                }));
    REQUIRE(out.size() == 2);
    CHECK(out[0].venues == "xzx<");
    CHECK(folded == 4);
    CHECK(ended == 2);
}

TEST_CASE("reduce: an exception of either function ends the pipeline in the stage's name", "[analytics]") {
    const auto fold_throws = [](std::string, const tick&) -> std::string { throw std::runtime_error("fold"); };
    CHECK_THROWS_WITH(
        in_one_window<summary>(ticks, different_venues{}, weir::reduce<"venues">(std::string(), fold_throws)), "fold");
    CHECK(blamed() == "aggregate at 4");
    const auto end_throws = [](const std::string&) -> std::string { throw std::runtime_error("end"); };
    CHECK_THROWS_WITH(
        in_one_window<summary>(ticks, different_venues{}, weir::reduce<"venues">(std::string(), join, end_throws)),
        "end");
    CHECK(blamed() == "aggregate at 4");
}
