// SPDX-License-Identifier: BSL-1.0
// schema/text_value.hpp: reading, writing, and what is refused.
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

static_assert(!weir::text_readable<std::string_view> && weir::text_writable<std::string_view>);
static_assert(!weir::text_readable<const int> && !weir::text_readable<int*> && !weir::text_readable<std::vector<int>>);

}  // namespace

TEST_CASE("text_value: integers: range, sign and what follows") {
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

TEST_CASE("text_value: floats, booleans, characters, enumerators") {
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

TEST_CASE("text_value: text keeps its room, and optionals are empty for a dash") {
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

TEST_CASE("text_value: what is written reads back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        const auto number = static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 == 0 ? 1 : -1);
        REQUIRE(reads<std::int64_t>(written(number), number));
        const auto real = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100);
        REQUIRE(reads<double>(written(real), real));
    }
}

TEST_CASE("text_value: text goes into any buffer") {
    std::vector<char> bytes;
    weir::write_value(bytes, 42);
    weir::write_value(bytes, std::string("ab"));
    CHECK(std::string(bytes.begin(), bytes.end()) == "42ab");
}

TEST_CASE("text_value: times and durations") {
    CHECK(reads<sec>("1970-01-01T00:01:00Z", sec(60s)));
    CHECK(written(sec(60s)) == "1970-01-01T00:01:00Z");
    CHECK(refusal<std::optional<sec>>("1970-02-30") == "is a date that does not exist");
    CHECK(written(1500ms) == "1500");
    CHECK(reads<std::chrono::milliseconds>("-3", -3ms));
    CHECK(reads<std::chrono::duration<double>>("0.5", std::chrono::duration<double>(0.5)));
    CHECK(refusal<std::chrono::duration<std::int8_t>>("128") == "is a number that its type cannot hold");
}

TEST_CASE("text_value: the ends of 32 and 64 bits, at compile time too") {
    CHECK(reads<std::int64_t>("-9223372036854775808", std::numeric_limits<std::int64_t>::min()));
    CHECK(refusal<std::int64_t>("9223372036854775808") == "is a number that its type cannot hold");
    CHECK(reads<std::uint32_t>("4294967295", std::numeric_limits<std::uint32_t>::max()));
    CHECK(refusal<std::uint32_t>("4294967296") == "is a number that its type cannot hold");
    CHECK(refusal<std::uint64_t>("18446744073709551616") == "is a number that its type cannot hold");
    CHECK(refusal<std::uint64_t>("-1") == "is a number that its type cannot hold");
    CHECK(reads<int>("000000000000000000017", 17));
    static_assert([] {
        bool out = false;
        level how = level::debug;
        char text[3] = {};
        return weir::detail::read_bool("1", out) == nullptr && out && weir::detail::read_enum("warning", how) == nullptr
               && how == level::warning && weir::detail::read_chars("ab", text) == nullptr
               && weir::detail::chars_of(text) == "ab";
    }());
}
