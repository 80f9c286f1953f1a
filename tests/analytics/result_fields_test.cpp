// SPDX-License-Identifier: BSL-1.0
// How a result is filled: by name and type, whatever the order of its fields.
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <weir/core/stages/map.hpp>

#include <optional>
#include <string_view>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

using weir::detail::takes;
static_assert(takes<std::int64_t, std::int64_t, false>);
static_assert(!takes<std::int32_t, std::int64_t, false>, "nothing is cut off");
static_assert(!takes<std::uint64_t, std::int64_t, false>);
static_assert(takes<std::uint64_t, std::int64_t, true>, "a count");
static_assert(!takes<bool, bool, false>);
static_assert(takes<double, float, false> && !takes<float, double, false>);
static_assert(!takes<double, std::int64_t, false> && !takes<std::int64_t, double, false>);
static_assert(takes<std::optional<double>, double, false>);
static_assert(takes<std::string, std::string, false>);
static_assert(!takes<std::string_view, std::string, false>, "it would refer to what is gone");

struct shuffled {
    double high;
    std::int64_t volume;
    weir::window_bounds span;  // by type, under any name
    std::string venue;
    std::int64_t hits;
    std::string symbol;
};

struct keyed_again {
    std::string symbol;
    std::string venue;
    std::int64_t windows;
};

const std::vector<tick> ticks{make_tick(1, "a", 3, 5, "x"), make_tick(2, "a", 4, 6, "x"), make_tick(3, "a", 5, 7, "y"),
                              make_tick(101, "a", 6, 8, "x")};

auto timed() { return weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(0us)); }

}  // namespace

TEST_CASE("result_fields: several key fields, the window and aggregates each find their field", "[analytics]") {
    std::vector<shuffled> out;
    drive(timed() | weir::key_by<&tick::symbol, &tick::venue>() | weir::tumble(100us)
          | weir::aggregate<shuffled>(weir::count<"hits">(), weir::sum<&tick::volume>(),
                                      weir::max<&tick::price, "high">())
          | weir::on<"late">(weir::discard) | weir::collect(out));
    REQUIRE(out.size() == 3);
    CHECK((out[0].symbol == "a" && out[0].venue == "x" && out[0].hits == 2 && out[0].volume == 7 && out[0].high == 6));
    CHECK((out[1].symbol == "a" && out[1].venue == "y" && out[1].hits == 1 && out[1].volume == 5 && out[1].high == 7));
    CHECK((out[2].venue == "x" && out[2].volume == 6));
    CHECK(out[0].span == weir::window_bounds{at_us(0), at_us(100)});
    CHECK(out[2].span == weir::window_bounds{at_us(100), at_us(200)});
}

TEST_CASE("result_fields: a computed key goes into the field of its name", "[analytics]") {
    struct by_length {
        std::int64_t length;
        std::int64_t hits;
    };
    std::vector<by_length> out;
    drive(timed() | weir::key_by<"length">([](const tick& t) { return static_cast<std::int64_t>(t.venue.size()); })
          | weir::tumble(1s) | weir::aggregate<by_length>(weir::count<"hits">()) | weir::on<"late">(weir::discard)
          | weir::collect(out));
    REQUIRE(out.size() == 1);
    CHECK((out[0].length == 1 && out[0].hits == 4));
}

TEST_CASE("result_fields: a result keeps its key and carries the last microsecond of its window", "[analytics]") {
    std::vector<std::string> seen;
    std::vector<int> out;
    drive(timed() | weir::key_by<&tick::symbol, &tick::venue>() | weir::tumble(100us)
          | weir::aggregate<shuffled>(weir::count<"hits">(), weir::sum<&tick::volume>(),
                                      weir::max<&tick::price, "high">())
          | weir::on<"late">(weir::discard) | weir::map([&](const shuffled&, auto m) {
                seen.push_back(std::get<0>(m.key()) + std::get<1>(m.key()) + std::to_string(m.event_time().us));
                return 0;
            })
          | weir::collect(out));
    CHECK(seen == std::vector<std::string>{"ax99", "ay99", "ax199"});
}

TEST_CASE("result_fields: windows over windows, by the key that was kept", "[analytics]") {
    std::vector<keyed_again> out;
    drive(timed() | weir::key_by<&tick::symbol, &tick::venue>() | weir::tumble(100us)
          | weir::aggregate<shuffled>(weir::count<"hits">(), weir::sum<&tick::volume>(),
                                      weir::max<&tick::price, "high">())
          | weir::on<"late">(weir::discard) | weir::tumble(1s) | weir::aggregate<keyed_again>(weir::count<"windows">())
          | weir::on<"late">(weir::discard) | weir::collect(out));
    REQUIRE(out.size() == 2);
    CHECK((out[0].venue == "x" && out[0].windows == 2));
    CHECK((out[1].venue == "y" && out[1].windows == 1));
}

TEST_CASE("result_fields: without a key all records of a window are one result, which need not have the window",
          "[analytics]") {
    struct all {
        std::int64_t hits;
    };
    std::vector<all> out;
    drive(timed() | weir::tumble(100us) | weir::aggregate<all>(weir::count<"hits">()) | weir::on<"late">(weir::discard)
          | weir::collect(out));
    REQUIRE(out.size() == 2);
    CHECK((out[0].hits == 3 && out[1].hits == 1));
}
