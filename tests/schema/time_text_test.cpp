// SPDX-License-Identifier: BSL-1.0
// schema/time_text.hpp: every spelling of a time, what does not exist, and the ends of what types hold.
#include <weir/schema/time_text.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

template <class T>
bool reads(std::string_view text, const T& expected) {
    T out{};
    return weir::read_time(text, out) == nullptr && out == expected;
}
template <class T>
std::string refusal(std::string_view text) {
    T out{};
    const weir::text_error error = weir::read_time(text, out);
    return error == nullptr ? "" : error;
}
template <class T>
std::string written(const T& value) {
    std::string text;
    weir::write_time(text, value);
    return text;
}

using sec = std::chrono::sys_seconds;
using us = std::chrono::sys_time<std::chrono::microseconds>;
using ns = std::chrono::sys_time<std::chrono::nanoseconds>;

constexpr sec at(int y, unsigned m, unsigned d, std::chrono::seconds of_day = 0s) {
    return std::chrono::sys_days(std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d)) + of_day;
}

constexpr sec constant_time() {
    sec t;
    return weir::read_time("2015-05-17T10:05:03Z", t) == nullptr ? t : sec{};
}
static_assert(constant_time() == at(2015, 5, 17, 10h + 5min + 3s));
static_assert(weir::detail::date_exists(2000, 2, 29) && !weir::detail::date_exists(1900, 2, 29));
static_assert(weir::detail::days_of(1970, 1, 1) == 0 && weir::detail::days_of(1969, 12, 31) == -1);

}  // namespace

TEST_CASE("time_text: times are read in every spelling") {
    const sec t = at(2015, 5, 17, 10h + 5min + 3s);
    CHECK(reads<sec>("2015-05-17T10:05:03Z", t));
    CHECK(reads<sec>("2015-05-17 10:05:03", t));
    CHECK(reads<sec>("2015-05-17T12:05:03+02:00", t));
    CHECK(reads<sec>("2015-05-17T07:35:03-0230", t));
    CHECK(reads<sec>("2015-05-17T12:05:03+02", t));
    CHECK(reads<sec>("2015-05-17T10:05Z", t - 3s));
    CHECK(reads<sec>("2015-05-17", at(2015, 5, 17)));
    CHECK(reads<us>("2015-05-17T10:05:03.25Z", t + 250ms));
    CHECK(reads<us>("2015-05-17T10:05:03,000001999Z", t + 1us));
    CHECK(reads<sec>("2015-05-17T10:05:03.999Z", t));
    CHECK(reads<ns>("2015-05-17T10:05:03.1234567891234567891234Z", t + 123456789ns));
    CHECK(reads<sec>("0000-03-01T00:00:00Z", at(0, 3, 1)));
    CHECK(reads<sec>("1969-12-31T23:59:59Z", sec(-1s)));
    CHECK(reads<us>("1969-12-31T23:59:59.5Z", us(-500ms)));
    CHECK(reads<std::chrono::sys_days>("1969-12-31T23:59:59Z", std::chrono::sys_days(std::chrono::days(-1))));
    CHECK(reads<sec>("2000-02-29", at(2000, 2, 29)));
}

TEST_CASE("time_text: times that do not exist are refused") {
    for (const char* text :
         {"2015-02-29T00:00:00Z", "1900-02-29", "2015-13-01", "2015-00-01", "2015-04-31", "2015-04-00"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "is a date that does not exist");
    }
    for (const char* text : {"2015-05-17T24:00:00Z", "2015-05-17T10:60:00Z", "2015-05-17T23:59:60Z"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "has an hour, minute or second that does not exist");
    }
    for (const char* text :
         {"", "2015", "15-05-17", "2015-05-1", "2015/05/17", "2015-05-17T", "2015-05-17T10", "2015-05-17T1:05:03",
          "2015-05-17T10:05:3", "2015-05-17T10:05:03.Z", "2015-05-17x10:05:03", "2015-0a-17", "tomorrow"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "is no time");
    }
    for (const char* text : {"2015-05-17T10:05:03Zz", "2015-05-17T10:05:03+2", "2015-05-17T10:05:03+25:00",
                             "2015-05-17T10:05:03+01:60", "2015-05-17T10:05:03+01:", "2015-05-17T10:05:03 UTC"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "has a time zone that is no +hhmm");
    }
    CHECK(refusal<ns>("2300-01-01") == "is a time that its type cannot hold");
    CHECK(refusal<ns>("1600-01-01") == "is a time that its type cannot hold");
}

TEST_CASE("time_text: times are written with the digits they need") {
    const sec t = at(2015, 5, 17, 10h + 5min + 3s);
    CHECK(written(t) == "2015-05-17T10:05:03Z");
    CHECK(written(us(t)) == "2015-05-17T10:05:03Z");
    CHECK(written(us(t) + 250ms) == "2015-05-17T10:05:03.25Z");
    CHECK(written(us(t) + 1us) == "2015-05-17T10:05:03.000001Z");
    CHECK(written(us(-1us)) == "1969-12-31T23:59:59.999999Z");
    CHECK(written(std::chrono::sys_days(std::chrono::days(1))) == "1970-01-02T00:00:00Z");
    CHECK(written(at(12015, 1, 1)) == "+12015-01-01T00:00:00Z");
    CHECK(written(at(-5, 1, 1)) == "-0005-01-01T00:00:00Z");
}

TEST_CASE("time_text: the calendar agrees with std::chrono for 800 years") {
    for (int day = -146'097; day < 146'097; ++day) {
        const std::chrono::year_month_day expected{std::chrono::sys_days(std::chrono::days(day))};
        const weir::detail::civil_date date = weir::detail::civil_of(day);
        REQUIRE(date.year == static_cast<int>(expected.year()));
        REQUIRE(date.month == static_cast<unsigned>(expected.month()));
        REQUIRE(date.day == static_cast<unsigned>(expected.day()));
        REQUIRE(weir::detail::days_of(date.year, date.month, date.day) == day);
    }
}

TEST_CASE("time_text: the ends of what types hold read back, and one more does not") {
    CHECK(written(sec::max()) == "+292277026596-12-04T15:30:07Z");
    CHECK(written(sec::min()) == "-292277022657-01-27T08:29:52Z");
    CHECK(reads(written(sec::max()), sec::max()));
    CHECK(reads(written(sec::min()), sec::min()));
    CHECK(reads(written(us::max()), us::max()));
    CHECK(reads(written(us::min()), us::min()));
    CHECK(reads(written(ns::max()), ns::max()));
    CHECK(reads(written(ns::min()), ns::min()));
    CHECK(written(ns::max()) == "2262-04-11T23:47:16.854775807Z");
    CHECK(written(ns::min()) == "1677-09-21T00:12:43.145224192Z");
    const std::string far = "is a time that its type cannot hold";
    CHECK(refusal<sec>("+292277026596-12-04T15:30:08Z") == far);
    CHECK(refusal<sec>("-292277022657-01-27T08:29:51Z") == far);
    CHECK(refusal<sec>("+292277026596-12-04T15:30:07-00:01") == far);
    CHECK(reads<sec>("+292277026596-12-04T15:31:07+00:01", sec::max()));
    CHECK(refusal<sec>("+999999999999-01-01") == far);
    CHECK(refusal<sec>("-999999999999-01-01") == far);
    CHECK(refusal<sec>("+1000000000000-01-01") == "is no time");
    CHECK(refusal<ns>("2262-04-11T23:47:16.854775808Z") == far);
    CHECK(refusal<ns>("1677-09-21T00:12:43.145224191Z") == far);
    CHECK(refusal<us>("+294247-01-10T04:00:54.775808Z") == far);
    using short_seconds = std::chrono::sys_time<std::chrono::duration<std::int32_t>>;
    CHECK(reads<short_seconds>("2038-01-19T03:14:07Z", short_seconds::max()));
    CHECK(reads<short_seconds>("1901-12-13T20:45:52Z", short_seconds::min()));
    CHECK(refusal<short_seconds>("2038-01-19T03:14:08Z") == far);
    CHECK(refusal<short_seconds>("1901-12-13T20:45:51Z") == far);
    using days = std::chrono::sys_time<std::chrono::duration<std::int32_t, std::ratio<86'400>>>;
    CHECK(written(days::max()) == "+5881580-07-11T00:00:00Z");
    CHECK(reads(written(days::max()), days::max()));
    CHECK(reads(written(days::min()), days::min()));
    using hours = std::chrono::sys_time<std::chrono::hours>;
    CHECK(reads<hours>("1969-12-31T23:59:59Z", hours(-1h)));
    CHECK(!written(hours::max()).empty());
}

TEST_CASE("time_text: units that are no decimal part of a second") {
    using thirds = std::chrono::sys_time<std::chrono::duration<std::int64_t, std::ratio<1, 3>>>;
    CHECK(reads<thirds>("1970-01-01T00:00:00.333333333Z", thirds{}));
    CHECK(reads<thirds>("1970-01-01T00:00:00.333333334Z", thirds(thirds::duration(1))));
    CHECK(reads<thirds>("1970-01-01T00:00:00.999999999999999999Z", thirds(thirds::duration(2))));
    CHECK(written(thirds(thirds::duration(-1))) == "1969-12-31T23:59:59.666666667Z");
    for (int i = -100; i < 100; ++i) {
        const thirds t(thirds::duration{i});
        REQUIRE(reads(written(t), t));
    }
    using halves = std::chrono::sys_time<std::chrono::duration<std::int64_t, std::ratio<1, 2>>>;
    CHECK(written(halves(halves::duration(3))) == "1970-01-01T00:00:01.5Z");
    CHECK(reads<halves>("1970-01-01T00:00:01.5Z", halves(halves::duration(3))));
}

TEST_CASE("time_text: every time reads back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const auto count = static_cast<std::int64_t>(random()) >> (random() % 64);
        REQUIRE(reads(written(sec(std::chrono::seconds(count))), sec(std::chrono::seconds(count))));
        REQUIRE(reads(written(us(std::chrono::microseconds(count))), us(std::chrono::microseconds(count))));
        REQUIRE(reads(written(ns(std::chrono::nanoseconds(count))), ns(std::chrono::nanoseconds(count))));
    }
}
