// SPDX-License-Identifier: BSL-1.0
// schema/line_format.hpp: a user's own formats, and renaming.
#include <weir/schema/line_format.hpp>

#include <optional>
#include <random>
#include <string>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

enum class level { debug, info, error };

struct entry {
    std::chrono::sys_time<std::chrono::milliseconds> time;
    level severity;
    std::string message;
};

constexpr std::chrono::sys_seconds at(int y, unsigned m, unsigned d, std::chrono::seconds of_day = 0s) {
    return std::chrono::sys_days(std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d)) + of_day;
}

template <class T, class Format>
weir::parse_status parse(Format format, std::string_view line, T& out) {
    auto parser = format.template parser<T>();
    return parser.parse(line, out);
}

}  // namespace

TEST_CASE("line_format: a format from a literal") {
    constexpr auto format =
        weir::line_format<"{time:%Y-%m-%dT%H:%M:%S.%fZ} {level} [{thread}] {message}">.rename<"level", &entry::severity>();
    entry e{};
    REQUIRE(parse(format, "2015-05-17T10:05:03.25Z error [main loop] it is - full]", e).what == weir::parsed::record);
    CHECK(e.time == at(2015, 5, 17, 10h + 5min + 3s) + 250ms);
    CHECK(e.severity == level::error);
    CHECK(e.message == "it is - full]");
    CHECK(parse(format, "2015-05-17T10:05:03.25Z error [main] ", e).what == weir::parsed::record);
    CHECK(e.message.empty());

    const weir::parse_status unknown = parse(format, "2015-05-17T10:05:03.25Z fatal [main] x", e);
    CHECK(unknown.what == weir::parsed::failed);
    CHECK(unknown.column == 25);
    CHECK(unknown.reason == "level is none of the enumerators");
    const weir::parse_status open = parse(format, "2015-05-17T10:05:03.25Z error [main x", e);
    CHECK(open.column == 32);
    CHECK(open.reason == "no '] ' behind thread");
}

TEST_CASE("line_format: literals, braces, skipped fields and quotes") {
    struct pair {
        int a;
        std::optional<int> b;
    } p{};
    constexpr auto format = weir::line_format<"<{{{a}}} {} {:quoted}={b:quoted};">;
    CHECK(parse(format, R"(<{12} passed over "as this \" too"="34";)", p).what == weir::parsed::failed);
    CHECK(parse(format, R"(<{12} passed "as this \" too"="34";)", p).what == weir::parsed::record);
    CHECK(p.a == 12);
    CHECK(p.b == 34);
    CHECK(parse(format, R"(<{-5} x ""="";)", p).what == weir::parsed::record);
    CHECK(p.a == -5);
    CHECK(!p.b.has_value());
    CHECK(parse(format, R"({12} x ""="";)", p).reason == "the line does not begin with '<{'");
    CHECK(parse(format, R"(<{12} x ""="")", p).reason == "no ';' behind b");
    CHECK(parse(format, R"(<{12} x ""="";;)", p).reason == "something stands behind b");
    CHECK(parse(format, R"(<{1-} x ""="";)", p).reason == "a has something behind the number");
}

TEST_CASE("line_format: a dash is text, or nothing, as the format says") {
    struct words {
        std::string a;
        std::string b;
    } w{};
    CHECK(parse(weir::line_format<"{a},{b}">, "-,-", w).what == weir::parsed::record);
    CHECK(w.a == "-");
    CHECK(parse(weir::line_format_type<"{a},{b}", weir::dash::is_nothing>{}, "-,-", w).what == weir::parsed::record);
    CHECK(w.a.empty());
    CHECK(w.b.empty());
}

TEST_CASE("line_format: optional times, and times as text") {
    struct maybe {
        std::optional<std::chrono::sys_seconds> time;
        int n;
    } m{};
    constexpr auto format = weir::line_format<"{time:%F} {n}">;
    CHECK(parse(format, "2015-05-17 1", m).what == weir::parsed::record);
    CHECK(m.time == at(2015, 5, 17));
    CHECK(parse(format, "- 1", m).what == weir::parsed::record);
    CHECK(!m.time.has_value());
    struct as_text {
        std::string time;
    } t{};
    CHECK(parse(format, "2015-05-17 1", t).what == weir::parsed::record);
    CHECK(t.time == "2015-05-17");
    struct iso {
        std::chrono::sys_seconds time;
    } i{};
    CHECK(parse(weir::line_format<"{time} {n}">, "2015-05-17T01:00:00Z 1", i).what == weir::parsed::record);
    CHECK(i.time == at(2015, 5, 17, 1h));
}

TEST_CASE("line_format: a literal that begins with a digit ends a number where it first stands") {
    struct pair {
        int a;
        std::string b;
    } p{};
    CHECK(parse(weir::line_format<"{a}0{b}">, "1203", p).what == weir::parsed::record);
    CHECK((p.a == 12 && p.b == "3"));
    CHECK(parse(weir::line_format<"{a}00{b}">, "1234567891200x", p).reason
          == "a is a number that its type cannot hold");
    CHECK(parse(weir::line_format<"{a}0{b}">, "12345678900", p).what == weir::parsed::record);
    CHECK((p.a == 123'456'789 && p.b == "0"));
}

TEST_CASE("line_format: numbers at the ends of their types") {
    struct numbers {
        std::int32_t a;
        std::uint32_t b;
        std::int64_t c;
        std::uint8_t d;
    } n{};
    constexpr auto format = weir::line_format<"{a},{b},{c},{d}">;
    CHECK(parse(format, "-2147483648,4294967295,9223372036854775807,255", n).what == weir::parsed::record);
    CHECK((n.a == INT32_MIN && n.b == UINT32_MAX && n.c == INT64_MAX && n.d == 255));
    CHECK(parse(format, "2147483648,1,1,1", n).reason == "a is a number that its type cannot hold");
    CHECK(parse(format, "1,4294967296,1,1", n).reason == "b is a number that its type cannot hold");
    CHECK(parse(format, "1,-1,1,1", n).reason == "b is a number that its type cannot hold");
    CHECK(parse(format, "1,1,9223372036854775808,1", n).reason == "c is a number that its type cannot hold");
    CHECK(parse(format, "1,1,1,256", n).reason == "d is a number that its type cannot hold");
    CHECK(parse(format, "000000000001,1,1,1", n).what == weir::parsed::record);
}

TEST_CASE("line_format: two fields change places by renaming") {
    struct pair {
        int a;
        int b;
    } p{};
    constexpr auto format = weir::line_format<"{a} {b}">.rename<"a", &pair::b>().rename<"b", &pair::a>();
    CHECK(parse(format, "1 2", p).what == weir::parsed::record);
    CHECK((p.a == 2 && p.b == 1));
}

TEST_CASE("line_format: digits and near bytes are found as by a plain loop") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 200'000; ++i) {
        std::string text;
        for (std::uint64_t n = random() % 40; n != 0; --n) {
            text += random() % 8 != 0 ? static_cast<char>('0' + random() % 10) : "/: \x80\xFF\0;@"[random() % 8];
        }
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        std::uint32_t value = 1;
        const char* const behind = weir::detail::take_digits(begin, end, value);
        std::uint32_t expected = 0;
        const char* p = begin;
        for (; p != end && p - begin < 9 && *p >= '0' && *p <= '9'; ++p) {
            expected = expected * 10 + static_cast<std::uint32_t>(*p - '0');
        }
        CAPTURE(text);
        REQUIRE(behind == p);
        REQUIRE(value == expected);
        const std::size_t at = text.find(' ');
        REQUIRE(weir::detail::find_near<' '>(begin, end) == (at == std::string::npos ? nullptr : begin + at));
        const std::size_t high = text.find('\xFF');
        REQUIRE(weir::detail::find_near<'\xFF'>(begin, end) == (high == std::string::npos ? nullptr : begin + high));
    }
}
