// SPDX-License-Identifier: BSL-1.0
// A user's line format with every kind of field: what was read, written as a line, reads back the same.
#include <weir/schema/line_format.hpp>
#include <weir/schema/text_value.hpp>

#include "require.hpp"

using weir_fuzz::require;

namespace {

enum class level : unsigned char { debug, info, error };

struct entry {
    std::chrono::sys_time<std::chrono::nanoseconds> at;
    level how;
    std::optional<std::string> thread;
    std::int16_t small;
    std::uint64_t big;
    std::optional<int> code;
    bool flag;
    char tag[4];
    std::string said, message;

    friend bool operator==(const entry& a, const entry& b) {
        return a.at == b.at && a.how == b.how && a.thread == b.thread && a.small == b.small && a.big == b.big
               && a.code == b.code && a.flag == b.flag && std::string_view(a.tag, 4) == std::string_view(b.tag, 4)
               && a.said == b.said && a.message == b.message;
    }
};

constexpr auto format =
    weir::line_format<"{{{time:%Y-%m-%dT%H:%M:%S.%f%z}}} {level} [{thread}] {small},{big};{code:status} {flag}<{}>{tag} {said:quoted}"
                      "{:quoted}: {message}">
        .rename<"time", &entry::at>()
        .rename<"level", &entry::how>();

std::string written(const entry& e, std::string_view passed) {
    const auto text = [](const auto& value) {
        std::string out;
        weir::write_value(out, value);
        return out;
    };
    std::string time = text(e.at);
    if (time.find('.') == std::string::npos) time.insert(time.size() - 1, ".0");
    std::string said;
    for (const char c : e.said) said += c == '"' ? std::string("\\\"") : std::string(1, c);
    return "{" + time + "} " + text(e.how) + " [" + e.thread.value_or("-") + "] " + text(e.small) + "," + text(e.big)
           + ";" + (e.code ? text(*e.code) : "-") + " " + text(e.flag) + "<" + std::string(passed) + ">" + text(e.tag)
           + " \"" + said + "\"\"\": " + e.message;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto parser = format.parser<entry>();
    entry e{};
    weir_fuzz::each_line(weir_fuzz::text_of(data, size), [&](std::string_view line) {
        const weir::parse_status status = parser.parse(line, e);
        entry again{};
        auto fresh = format.parser<entry>();
        require(fresh.parse(line, again) == status, "a fresh parser answers the same");
        if (status.what == weir::parsed::failed) weir_fuzz::require_place(status, line);
        if (status.what != weir::parsed::record) return;
        require(again == e, "a fresh parser reads the same");
        require(!e.code || (*e.code >= 100 && *e.code <= 999), "a status has three digits");
        const std::string text = written(e, "x") + '\r';  // a line's end: the message may have one of its own
        require(fresh.parse(text, again).what == weir::parsed::record, "what is written is a line");
        require(again == e, "what is written reads back");
    });
    return 0;
}
