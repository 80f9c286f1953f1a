// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <cmath>
#include <limits>

using namespace weir_test;

namespace {

struct reading {
    int n;
    double x;
};
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr reading readings[] = {{3, nan_value}, {-2, 1.5}, {7, nan_value}, {0, -4.0}};
constexpr reading nothing[] = {{0, nan_value}, {0, nan_value}};

static_assert(aggregated(weir::min<&reading::n>(), readings) == -2);
static_assert(aggregated(weir::max<&reading::n>(), readings) == 7);
static_assert(aggregated(weir::min<&reading::x>(), readings) == -4.0, "NaN only where there is nothing else");
static_assert(aggregated(weir::max<&reading::x>(), readings) == 1.5);
static_assert(aggregated(weir::max<&reading::x>(), nothing) != aggregated(weir::max<&reading::x>(), nothing));
static_assert(decltype(weir::max<&reading::n>())::name == weir::fixed_string("n"));
static_assert(decltype(weir::max<&reading::n, "high">())::name == weir::fixed_string("high"));

struct range_of_day {
    std::string symbol;
    double low;
    double high;
    std::string first_venue;  // by the alphabet
    std::string last_venue;
};

/// Equal by `grade`, so that it shows which of equal ones is kept.
struct graded {
    int grade = 0;
    std::string note;
    friend bool operator<(const graded& a, const graded& b) { return a.grade < b.grade; }
};
struct exam {
    us_time time;
    graded mark;
};
struct best {
    graded mark;
};

}  // namespace

TEST_CASE("min and max are of any ordered type, under the names they are given", "[analytics]") {
    const std::string longer = "a name that no small string holds, 1";
    const auto out = in_one_window<range_of_day>(
        {make_tick(1, "a", 1, 20, "xetra"), make_tick(2, "a", 1, 10, longer), make_tick(3, "a", 1, 30, "nasdaq")},
        weir::min<&tick::price, "low">(), weir::max<&tick::price, "high">(), weir::min<&tick::venue, "first_venue">(),
        weir::max<&tick::venue, "last_venue">());
    REQUIRE(out.size() == 1);
    CHECK((out[0].low == 10 && out[0].high == 30));
    CHECK(out[0].first_venue == longer);
    CHECK(out[0].last_venue == "xetra");
}

TEST_CASE("min and max keep the first of equal ones", "[analytics]") {
    const std::vector<exam> exams{{at_us(1), {1, "first"}}, {at_us(2), {1, "second"}}};
    const auto run = [&](auto which) {
        std::vector<best> out;
        drive(weir::from(exams) | weir::event_time<&exam::time>(weir::out_of_order_by(std::chrono::seconds(1)))
              | weir::tumble(std::chrono::seconds(1)) | weir::aggregate<best>(which) | weir::on<"late">(weir::discard)
              | weir::collect(out));
        return out.at(0).mark.note;
    };
    CHECK(run(weir::min<&exam::mark>()) == "first");
    CHECK(run(weir::max<&exam::mark>()) == "first");
}
