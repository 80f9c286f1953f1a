// SPDX-License-Identifier: BSL-1.0
// schema/line_format.hpp: a user's own formats, renaming, and time patterns.
#include <weir/schema/line_format.hpp>

#include <optional>
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

template <weir::fixed_string Pattern>
std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> time_by(std::string_view text) {
    weir::detail::time_reader<Pattern> reader;
    weir::detail::split_time split;
    const char* p = text.data();
    const char* const end = p + text.size();
    std::chrono::sys_time<std::chrono::nanoseconds> time;
    if (reader.read(p, end, split) != nullptr || p != end || weir::detail::time_from(split, time) != nullptr) return {};
    return time;
}

template <class T, class Format>
weir::parse_status parse(Format format, std::string_view line, T& out) {
    auto parser = format.template parser<T>();
    return parser.parse(line, out);
}

}  // namespace

TEST_CASE("a format from a literal") {
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

TEST_CASE("literals, braces, skipped fields and quotes") {
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

TEST_CASE("a dash is text, or nothing, as the format says") {
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

TEST_CASE("times by pattern") {
    CHECK(time_by<"%Y-%m-%d">("2015-05-17") == at(2015, 5, 17));
    CHECK(time_by<"%F %T">("2015-05-17 10:05:03") == at(2015, 5, 17, 10h + 5min + 3s));
    CHECK(time_by<"%d/%b/%y">("17/may/69") == at(1969, 5, 17));
    CHECK(time_by<"%d/%b/%y">("17/MAY/68") == at(2068, 5, 17));
    CHECK(time_by<"%b %e %H:%M:%S %Y">("Feb  9 01:02:03 2016") == at(2016, 2, 9, 1h + 2min + 3s));
    CHECK(time_by<"%b %e %H:%M:%S %Y">("Feb 30 01:02:03 2016") == std::nullopt);
    CHECK(time_by<"%H:%M %d.%m.%Y">("23:59 31.12.1999") == at(1999, 12, 31, 23h + 59min));
    CHECK(time_by<"%s">("1431857103") == at(2015, 5, 17, 10h + 5min + 3s));
    CHECK(time_by<"%s.%f">("-1.5") == at(1969, 12, 31, 24h - 1s) + 500ms);
    CHECK(time_by<"%F%%%T%z">("2015-05-17%10:05:03-02:00") == at(2015, 5, 17, 12h + 5min + 3s));
    CHECK(time_by<"%F %T">("2015-05-17 10:05:3") == std::nullopt);
    CHECK(time_by<"%F %T">("2015-05-17") == std::nullopt);
    CHECK(time_by<"%F %T">("2015-5-17 10:05:03") == std::nullopt);
}

TEST_CASE("optional times, and times as text") {
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
