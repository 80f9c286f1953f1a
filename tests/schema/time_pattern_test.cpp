// SPDX-License-Identifier: BSL-1.0
// schema/time_pattern.hpp: every conversion, what does not exist, and the date that is remembered.
#include <weir/schema/time_pattern.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using weir::detail::inspect_pattern;

namespace {

using ns = std::chrono::sys_time<std::chrono::nanoseconds>;

constexpr std::chrono::sys_seconds at(int y, unsigned m, unsigned d, std::chrono::seconds of_day = 0s) {
    return std::chrono::sys_days(std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d)) + of_day;
}

/// By this reader; nothing where it refuses, or the text goes on.
template <weir::fixed_string Pattern>
std::optional<ns> time_by(weir::detail::time_reader<Pattern>& reader, std::string_view text) {
    weir::detail::split_time split;
    const char* p = text.data();
    const char* const end = p + text.size();
    ns time;
    if (reader.read(p, end, split) != nullptr || p != end || weir::detail::time_from(split, time) != nullptr) return {};
    return time;
}
template <weir::fixed_string Pattern>
std::optional<ns> time_by(std::string_view text) {
    weir::detail::time_reader<Pattern> reader;
    return time_by(reader, text);
}
template <weir::fixed_string Pattern>
std::string refusal(std::string_view text) {
    weir::detail::time_reader<Pattern> reader;
    weir::detail::split_time split;
    const char* p = text.data();
    const weir::text_error error = reader.read(p, p + text.size(), split);
    return error == nullptr ? "" : error;
}

/// Of the text: what is remembered, and the fixed part behind it.
template <weir::fixed_string Pattern>
constexpr std::pair<std::size_t, std::size_t> widths{inspect_pattern(Pattern).prefix_width,
                                                     inspect_pattern(Pattern).rest_width};

static_assert(widths<"%d/%b/%Y:%H:%M:%S %z"> == std::pair<std::size_t, std::size_t>(17, 9));
static_assert(inspect_pattern(weir::fixed_string("%d/%b/%Y:%H:%M:%S %z")).prefix_end == 14);
static_assert(widths<"%F %T"> == std::pair<std::size_t, std::size_t>(10, 9));
static_assert(widths<"%F %H:%M %H"> == std::pair<std::size_t, std::size_t>(19, 0));
static_assert(widths<"%F %H %T"> == std::pair<std::size_t, std::size_t>(10, 12));
static_assert(widths<"%F %M %S.%f %z"> == std::pair<std::size_t, std::size_t>(13, 4));
static_assert(widths<"%H:%M %F"> == std::pair<std::size_t, std::size_t>(16, 0));
static_assert(widths<"%b %e %T %Y"> == std::pair<std::size_t, std::size_t>(0, 20));
static_assert(widths<"%d.%m."> == std::pair<std::size_t, std::size_t>(0, 6));
static_assert(widths<"%F %F"> == std::pair<std::size_t, std::size_t>(21, 0));
static_assert(!inspect_pattern(weir::fixed_string("%Q")).valid && !inspect_pattern(weir::fixed_string("%")).valid);
static_assert(weir::detail::month_of("SEP") == 9 && weir::detail::month_of("Mai") == 0);

}  // namespace

TEST_CASE("time_pattern: times by pattern") {
    CHECK(time_by<"%Y-%m-%d">("2015-05-17") == at(2015, 5, 17));
    CHECK(time_by<"%F %T">("2015-05-17 10:05:03") == at(2015, 5, 17, 10h + 5min + 3s));
    CHECK(time_by<"%d/%b/%y">("17/may/69") == at(1969, 5, 17));
    CHECK(time_by<"%d/%b/%y">("17/MAY/68") == at(2068, 5, 17));
    CHECK(time_by<"%b %e %H:%M:%S %Y">("Feb  9 01:02:03 2016") == at(2016, 2, 9, 1h + 2min + 3s));
    CHECK(time_by<"%b %e %H:%M:%S %Y">("Feb 30 01:02:03 2016") == std::nullopt);
    CHECK(time_by<"%H:%M %d.%m.%Y">("23:59 31.12.1999") == at(1999, 12, 31, 23h + 59min));
    CHECK(time_by<"%s">("1431857103") == at(2015, 5, 17, 10h + 5min + 3s));
    CHECK(time_by<"%s.%f">("-1.5") == at(1969, 12, 31, 24h - 1s) - 500ms);
    CHECK(time_by<"%F%%%T%z">("2015-05-17%10:05:03-02:00") == at(2015, 5, 17, 12h + 5min + 3s));
    CHECK(time_by<"%F %T">("2015-05-17 10:05:3") == std::nullopt);
    CHECK(time_by<"%F %T">("2015-05-17") == std::nullopt);
    CHECK(time_by<"%F %T">("2015-5-17 10:05:03") == std::nullopt);
}

TEST_CASE("time_pattern: dates and hours that do not exist, zones that are none") {
    using weir::fixed_string;
    for (const char* date : {"29/Feb/2015", "29/Feb/1900", "31/Apr/2015", "00/Jan/2015", "32/Jan/2015"}) {
        CAPTURE(date);
        CHECK(refusal<"%d/%b/%Y">(date) == "is a date that does not exist");
    }
    CHECK(refusal<"%d/%b/%Y">("29/Feb/2000").empty());
    CHECK(refusal<"%d/%m/%Y">("01/13/2015") == "is a date that does not exist");
    CHECK(refusal<"%d/%b/%Y">("1/Jan/2015") == "is no time");
    for (const char* clock : {"24:00:00", "23:60:00", "23:59:60"}) {
        CAPTURE(clock);
        CHECK(refusal<"%T">(clock) == "has an hour, minute or second that does not exist");
    }
    for (const char* zone : {"", "+", "+2", "+24:00", "+01:60", "+01:", "UTC", "0200"}) {
        CAPTURE(zone);
        CHECK_FALSE(time_by<"%T%z">(std::string("10:05:03") + zone).has_value());
    }
    CHECK(time_by<"%T%z">("10:05:03+02") == at(1970, 1, 1, 8h + 5min + 3s));
    CHECK(time_by<"%T%z">("10:05:03Z") == at(1970, 1, 1, 10h + 5min + 3s));
    CHECK(time_by<"%F %T%z">("2015-01-01 00:30:00+0100") == at(2014, 12, 31, 23h + 30min));
    CHECK(time_by<"%F %T%z">("2015-12-31 23:30:00-0100") == at(2016, 1, 1, 30min));
}

TEST_CASE("time_pattern: fractions of times before 1970") {
    CHECK(time_by<"%s.%f">("-0.25") == ns(-250ms));
    CHECK(time_by<"%s.%f">("-2.0") == ns(-2s));
    CHECK(time_by<"%s.%f">("-2.000000001") == ns(-2s - 1ns));
    CHECK(time_by<"%s.%f">("2.5") == ns(2s + 500ms));
    CHECK(time_by<"%F %T.%f">("1969-12-31 23:59:59.75") == ns(-250ms));
}

TEST_CASE("time_pattern: a reader remembers the date, and only one that exists") {
    weir::detail::time_reader<"%F %T"> reader;
    for (int i = 0; i < 2; ++i) {
        CHECK(time_by(reader, "2016-02-29 10:05:03") == at(2016, 2, 29, 10h + 5min + 3s));
        CHECK(time_by(reader, "2016-02-29 10:05:04") == at(2016, 2, 29, 10h + 5min + 4s));
        CHECK(time_by(reader, "2015-02-29 10:05:03") == std::nullopt);
        CHECK(time_by(reader, "2015-02-29 10:05:03") == std::nullopt);
        CHECK(time_by(reader, "2016-02-29 25:05:03") == std::nullopt);
        CHECK(time_by(reader, "2016-02-29") == std::nullopt);
        CHECK(time_by(reader, std::string_view("\0\0\0\0\0\0\0\0\0\0 10:05:03", 19)) == std::nullopt);
        CHECK(time_by(reader, "1999-12-31 23:59:59") == at(1999, 12, 31, 24h - 1s));
    }
    weir::detail::time_reader<"%d/%b/%Y:%H:%M:%S %z"> log;
    for (int i = 0; i < 2; ++i) {
        CHECK(time_by(log, "29/Feb/2016:10:05:03 +0000") == at(2016, 2, 29, 10h + 5min + 3s));
        CHECK(time_by(log, "29/Feb/2016:10:05:04 -0130") == at(2016, 2, 29, 11h + 35min + 4s));
        CHECK(time_by(log, "29/Feb/2016:10:05:04 Z") == at(2016, 2, 29, 10h + 5min + 4s));
        CHECK(time_by(log, "29/Feb/2016:10:05:60 +0000") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:10:05:0x +0000") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:10:05:04 +000") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:10:05:04") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:24:05:04 +0000") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:10:60:04 +0000") == std::nullopt);
        CHECK(time_by(log, "29/Feb/2016:10:06:04 +0000") == at(2016, 2, 29, 10h + 6min + 4s));
    }
}
