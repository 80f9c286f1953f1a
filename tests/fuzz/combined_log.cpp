// SPDX-License-Identifier: BSL-1.0
// combined_log: a record written as a line reads back the same; a parser that remembers a date answers as a fresh one.
#include <weir/schema/formats.hpp>

#include "require.hpp"

using weir_fuzz::require;

namespace {

struct full {
    std::string host, ident, user;
    std::chrono::sys_seconds time;
    std::string request, method, path, protocol;
    int status;
    long bytes;
    std::string referer, agent;
    friend bool operator==(const full&, const full&) = default;
};
struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status;
    long bytes;
};

std::string quoted(std::string_view text) {
    std::string out = "\"";
    if (text.empty()) out += '-';
    for (const char c : text) {
        if (c == '"') out += '\\';
        out += c;
    }
    return out + '"';
}
std::string word(const std::string& text) { return text.empty() ? "-" : text; }

/// "17/May/2015:10:05:14 +0000"; empty where the year has no four digits.
std::string time_text(std::chrono::sys_seconds time) {
    constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > 9'999) return "";
    char text[64];
    std::snprintf(text, sizeof text, "%02u/%s/%04d:%02d:%02d:%02d +0000", static_cast<unsigned>(date.day()),
                  months[static_cast<unsigned>(date.month()) - 1], year, static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto parser = weir::formats::combined_log.parser<full>();
    auto small = weir::formats::combined_log.parser<hit>();
    full f{};
    hit h{};
    weir_fuzz::each_line(weir_fuzz::text_of(data, size), [&](std::string_view line) {
        const weir::parse_status status = parser.parse(line, f);
        full again{};
        auto fresh = weir::formats::combined_log.parser<full>();
        require(fresh.parse(line, again) == status, "a fresh parser answers the same");
        require(small.parse(line, h) == status, "a record of fewer members answers the same");
        if (status.what == weir::parsed::failed) weir_fuzz::require_place(status, line);
        if (status.what != weir::parsed::record) return;
        require(again == f, "a fresh parser reads the same");
        require(h.time == f.time && h.host == f.host && h.status == f.status && h.bytes == f.bytes,
                "fewer members, the same values");
        require(f.request.ends_with(f.protocol) && f.request.starts_with(f.method),
                "the parts are parts of the request");

        const std::string time = time_text(f.time);
        if (time.empty()) return;
        const std::string written = word(f.host) + " " + word(f.ident) + " " + word(f.user) + " [" + time + "] "
                                    + quoted(f.request) + " " + (f.status == 0 ? "-" : std::to_string(f.status)) + " "
                                    + std::to_string(f.bytes) + " " + quoted(f.referer) + " " + quoted(f.agent);
        require(fresh.parse(written, again).what == weir::parsed::record, "what is written is a line");
        require(again == f, "what is written reads back");
    });
    return 0;
}
