// SPDX-License-Identifier: BSL-1.0
// schema/text_value.hpp and schema/time_text.hpp: reading, writing, and what is refused.
#include <weir/schema/text_value.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

enum class level : unsigned char { debug, info, warning };

template <class T>
bool reads(std::string_view text, const T& expected) {
    T out{};
    return weir::read_value(text, out) == nullptr && out == expected;
}
template <class T>
std::string refusal(std::string_view text) {
    T out{};
    const weir::text_error error = weir::read_value(text, out);
    return error == nullptr ? "" : error;
}
template <class T>
std::string written(const T& value) {
    std::string text;
    weir::write_value(text, value);
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
static_assert(!weir::text_readable<std::string_view> && weir::text_writable<std::string_view>);
static_assert(!weir::text_readable<const int> && !weir::text_readable<int*> && !weir::text_readable<std::vector<int>>);

}  // namespace

TEST_CASE("integers: range, sign and what follows") {
    CHECK(reads<int>("0", 0));
    CHECK(reads<int>("-2147483648", std::numeric_limits<int>::min()));
    CHECK(reads<int>("2147483647", std::numeric_limits<int>::max()));
    CHECK(refusal<int>("2147483648") == "is a number that its type cannot hold");
    CHECK(refusal<int>("99999999999999999999999") == "is a number that its type cannot hold");
    CHECK(reads<std::uint64_t>("18446744073709551615", std::numeric_limits<std::uint64_t>::max()));
    CHECK(reads<std::uint8_t>("255", 255));
    CHECK(refusal<std::uint8_t>("256") == "is a number that its type cannot hold");
    CHECK(refusal<unsigned>("-1") == "is a number that its type cannot hold");
    CHECK(reads<std::int8_t>("-128", -128));
    CHECK(reads<short>("007", 7));
    for (const char* text : {"", "-", "+1", " 1", "a", "--1"}) {
        CAPTURE(text);
        CHECK(refusal<int>(text) == "is no number");
    }
    for (const char* text : {"1 ", "0x10", "1.5", "12345678a", "123456789012a"}) {
        CAPTURE(text);
        CHECK(refusal<long>(text) == "has something behind the number");
    }
    CHECK(refusal<int>(std::string_view("1\0", 2)) == "has something behind the number");
}

TEST_CASE("floats, booleans, characters, enumerators") {
    CHECK(reads<double>("51.846000000000004", 51.846000000000004));
    CHECK(reads<float>("-1e3", -1000.0F));
    CHECK(refusal<double>("1e999") == "is a number that its type cannot hold");
    CHECK(refusal<double>("1.5x") == "has something behind the number");
    CHECK(refusal<double>("") == "is no number");
    CHECK(written(0.1) == "0.1");
    CHECK(reads<bool>("true", true));
    CHECK(reads<bool>("0", false));
    CHECK(refusal<bool>("yes") == "is neither true nor false");
    CHECK(reads<char>("x", 'x'));
    CHECK(refusal<char>("xy") == "is not one character");
    CHECK(reads<level>("warning", level::warning));
    CHECK(reads<level>("1", level::info));
    CHECK(reads<level>("77", static_cast<level>(77)));
    CHECK(refusal<level>("256") == "is a number that its type cannot hold");
    CHECK(refusal<level>("fatal") == "is none of the enumerators");
    CHECK(written(level::info) == "info");
    CHECK(written(static_cast<level>(77)) == "77");
}

TEST_CASE("text keeps its room, and optionals are empty for a dash") {
    std::string text(100, 'x');
    const char* room = text.data();
    CHECK(weir::read_value("short", text) == nullptr);
    CHECK(text == "short");
    CHECK(text.data() == room);

    std::optional<int> number = 4;
    CHECK(weir::read_value("-", number) == nullptr);
    CHECK(!number.has_value());
    CHECK(weir::read_value("17", number) == nullptr);
    CHECK(number == 17);
    CHECK(weir::read_value("", number) == nullptr);
    CHECK(!number.has_value());
    CHECK(refusal<std::optional<int>>("x") == "is no number");
    CHECK(written(std::optional<int>(3)) == "3");
    CHECK(written(std::optional<int>()).empty());

    char four[4] = {};
    CHECK(weir::read_value("abcd", four) == nullptr);
    CHECK(written(four) == "abcd");
    CHECK(weir::read_value("ab", four) == nullptr);
    CHECK(written(four) == "ab");
    CHECK(weir::read_value("abcde", four) == std::string_view("is longer than its member"));
}

TEST_CASE("times are read in every spelling") {
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

TEST_CASE("times that do not exist are refused") {
    for (const char* text : {"2015-02-29T00:00:00Z", "1900-02-29", "2015-13-01", "2015-00-01", "2015-04-31", "2015-04-00"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "is a date that does not exist");
    }
    for (const char* text : {"2015-05-17T24:00:00Z", "2015-05-17T10:60:00Z", "2015-05-17T23:59:60Z"}) {
        CAPTURE(text);
        CHECK(refusal<sec>(text) == "has an hour, minute or second that does not exist");
    }
    for (const char* text : {"", "2015", "15-05-17", "2015-05-1", "2015/05/17", "2015-05-17T", "2015-05-17T10", "2015-05-17T1:05:03",
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

TEST_CASE("times are written with the digits they need") {
    const sec t = at(2015, 5, 17, 10h + 5min + 3s);
    CHECK(written(t) == "2015-05-17T10:05:03Z");
    CHECK(written(us(t)) == "2015-05-17T10:05:03Z");
    CHECK(written(us(t) + 250ms) == "2015-05-17T10:05:03.25Z");
    CHECK(written(us(t) + 1us) == "2015-05-17T10:05:03.000001Z");
    CHECK(written(us(-1us)) == "1969-12-31T23:59:59.999999Z");
    CHECK(written(std::chrono::sys_days(std::chrono::days(1))) == "1970-01-02T00:00:00Z");
    CHECK(written(at(12015, 1, 1)) == "+12015-01-01T00:00:00Z");
    CHECK(written(at(-5, 1, 1)) == "-0005-01-01T00:00:00Z");
    CHECK(written(1500ms) == "1500");
    CHECK(reads<std::chrono::milliseconds>("-3", -3ms));
    CHECK(!written(us::max()).empty());
    CHECK(!written(sec::max()).empty());
    CHECK(!written(sec::min()).empty());
}

TEST_CASE("what is written reads back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const us time(std::chrono::microseconds(static_cast<std::int64_t>(random() % 253'370'764'800'000'000) - 60'000'000'000'000'000));
        REQUIRE(reads<us>(written(time), time));
        const sec far(std::chrono::seconds(static_cast<std::int64_t>(random() % 60'000'000'000'000) - 30'000'000'000'000));
        REQUIRE(reads<sec>(written(far), far));
        const auto number = static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 == 0 ? 1 : -1);
        REQUIRE(reads<std::int64_t>(written(number), number));
        const auto real = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100);
        REQUIRE(reads<double>(written(real), real));
    }
}

TEST_CASE("the calendar agrees with std::chrono for 800 years") {
    for (int day = -146'097; day < 146'097; ++day) {
        const std::chrono::year_month_day expected{std::chrono::sys_days(std::chrono::days(day))};
        const weir::detail::civil_date date = weir::detail::civil_of(day);
        REQUIRE(date.year == static_cast<int>(expected.year()));
        REQUIRE(date.month == static_cast<unsigned>(expected.month()));
        REQUIRE(date.day == static_cast<unsigned>(expected.day()));
        REQUIRE(weir::detail::days_of(date.year, date.month, date.day) == day);
    }
}

TEST_CASE("text goes into any buffer") {
    std::vector<char> bytes;
    weir::write_value(bytes, 42);
    weir::write_value(bytes, std::string("ab"));
    CHECK(std::string(bytes.begin(), bytes.end()) == "42ab");
}
