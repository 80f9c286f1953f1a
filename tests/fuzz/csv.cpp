// SPDX-License-Identifier: BSL-1.0
// CSV: fields as a plain state machine splits them, whole records as `parse` joins their lines, and what is written
// reads back. The first byte chooses the separator and whether there is a header.
#include <weir/schema/csv.hpp>

#include <bit>
#include <vector>

#include "require.hpp"

using weir_fuzz::require;

namespace {

enum class level : unsigned char { debug, info, error };

struct words {
    std::string a, b, c;
};
struct inner {
    int x;
    double y;
};
struct everything {
    std::string text;
    std::optional<long> maybe;
    inner where;
    level how;
    char letter;
    char code[4];
    bool flag;
    std::chrono::milliseconds took;
    std::chrono::sys_time<std::chrono::microseconds> at;
};

bool same(const everything& a, const everything& b) {
    const bool nan = a.where.y != a.where.y && b.where.y != b.where.y;
    return a.text == b.text && a.maybe == b.maybe && a.where.x == b.where.x && (nan || a.where.y == b.where.y)
           && a.how == b.how && a.letter == b.letter && std::string_view(a.code, 4) == std::string_view(b.code, 4)
           && a.flag == b.flag && a.took == b.took && a.at == b.at;
}

/// The fields of one record, or nothing where a closing quote is followed by text or never comes.
std::optional<std::vector<std::string>> split(std::string_view text, char separator) {
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    std::vector<std::string> fields(1);
    enum class state { begin, plain, quoted, behind } now = state::begin;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (now == state::quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (i + 1 < text.size() && text[i + 1] == '"') {
                fields.back() += '"';
                ++i;
            } else {
                now = state::behind;
            }
        } else if (c == separator) {
            fields.emplace_back();
            now = state::begin;
        } else if (now == state::behind) {
            return {};
        } else if (now == state::begin && c == '"') {
            now = state::quoted;
        } else {
            fields.back() += c;
            now = state::plain;
        }
    }
    if (now == state::quoted) return {};
    return fields;
}

template <class T, class F>
void each_record(std::string_view text, weir::csv_format format, F f) {
    auto parser = format.parser<T>();
    std::string joined;
    bool going_on = false;
    weir_fuzz::each_line(text, [&](std::string_view line) {
        joined += line;
        T out{};
        const weir::parse_status status = parser.parse(going_on ? std::string_view(joined) : line, out);
        if (status.what == weir::parsed::failed) weir_fuzz::require_place(status, joined);
        if (status.what == weir::parsed::record) f(joined, out);
        going_on = status.what == weir::parsed::incomplete;
        if (going_on) {
            joined += '\n';
        } else {
            joined.clear();
        }
    });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr char separators[] = {',', ';', '\t', '|', ':', '/', ' ', '\x1F'};
    const weir::csv_format format{.header = (data[0] & 8U) != 0, .separator = separators[data[0] % 8U]};
    const std::string_view text = weir_fuzz::text_of(data + 1, size - 1);

    if (!format.header) {
        each_record<words>(text, format, [&](const std::string& record, const words& w) {
            const auto fields = split(record, format.separator);
            require(fields.has_value() && *fields == std::vector<std::string>{w.a, w.b, w.c},
                    "fields as a state machine splits them");
        });
    }
    each_record<everything>(text, format, [&](const std::string&, const everything& e) {
        std::string written;
        weir::write_csv(written, e, format.separator);
        written.pop_back();
        auto parser = weir::csv_format{.header = false, .separator = format.separator}.parser<everything>();
        everything again{};
        require(parser.parse(written, again).what == weir::parsed::record, "what is written is a record");
        require(same(e, again), "what is written reads back");
    });
    return 0;
}
