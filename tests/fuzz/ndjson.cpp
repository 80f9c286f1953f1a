// SPDX-License-Identifier: BSL-1.0
// Reading NDJSON against simdjson's other interface, which checks the whole line: what that calls JSON with the right
// members is a record with the same values, and what is written reads back.
#include <weir/schema/ndjson.hpp>

#include "require.hpp"

#if __has_include(<simdjson.h>)
#include <weir/connectors/json.hpp>

#include <map>
#include <vector>

using weir_fuzz::require;

namespace {

enum class level : unsigned char { debug, info, error };

struct inner {
    int x;
    std::optional<double> y;
    friend bool operator==(const inner&, const inner&) = default;
};
struct everything {
    std::int16_t small;
    std::uint64_t big;
    std::string text;
    std::optional<bool> flag;
    std::vector<inner> list;
    int two[2];
    friend bool operator==(const everything&, const everything&) = default;
};
struct kinds {
    std::optional<level> how;
    std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> at;
    std::optional<std::map<std::string, float>> table;
    std::optional<char> letter;
    std::optional<std::chrono::seconds> took;
    std::optional<std::vector<std::vector<kinds>>> more;
};

namespace dom = simdjson::dom;

bool read(const dom::element& from, std::int64_t least, std::int64_t most, std::int64_t& out) {
    return from.get_int64().get(out) == simdjson::SUCCESS && out >= least && out <= most;
}
bool read(const dom::element& from, inner& out) {
    dom::object object;
    if (from.get_object().get(object) != simdjson::SUCCESS) return false;
    bool x = false;
    out.y.reset();
    for (const auto& [key, value] : object) {
        if (key == "x") {
            std::int64_t n = 0;
            x = read(value, INT32_MIN, INT32_MAX, n);
            out.x = static_cast<int>(n);
            if (!x) return false;
        } else if (key == "y") {
            out.y.reset();
            if (!value.is_null() && value.get_double().get(out.y.emplace()) != simdjson::SUCCESS) return false;
        }
    }
    return x;
}
bool read(const dom::element& from, everything& out) {
    dom::object object;
    if (from.get_object().get(object) != simdjson::SUCCESS) return false;
    unsigned seen = 0;
    for (const auto& [key, value] : object) {
        std::int64_t n = 0;
        std::string_view text;
        if (key == "small") {
            if (!read(value, INT16_MIN, INT16_MAX, n)) return false;
            out.small = static_cast<std::int16_t>(n);
            seen |= 1U;
        } else if (key == "big") {
            if (value.get_uint64().get(out.big) != simdjson::SUCCESS) return false;
            seen |= 2U;
        } else if (key == "text") {
            if (value.get_string().get(text) != simdjson::SUCCESS) return false;
            out.text = text;
            seen |= 4U;
        } else if (key == "flag") {
            out.flag.reset();
            if (!value.is_null() && value.get_bool().get(out.flag.emplace()) != simdjson::SUCCESS) return false;
        } else if (key == "list") {
            dom::array array;
            if (value.get_array().get(array) != simdjson::SUCCESS) return false;
            out.list.clear();
            for (const dom::element element : array) {
                if (!read(element, out.list.emplace_back())) return false;
            }
            seen |= 8U;
        } else if (key == "two") {
            dom::array array;
            if (value.get_array().get(array) != simdjson::SUCCESS || array.size() != 2) return false;
            for (std::size_t i = 0; i < 2; ++i) {
                if (!read(array.at(i).value_unsafe(), INT32_MIN, INT32_MAX, n)) return false;
                out.two[i] = static_cast<int>(n);
            }
            seen |= 16U;
        }
    }
    return seen == 31;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auto parser = weir::formats::ndjson.parser<everything>();
    static auto other = weir::formats::ndjson.parser<kinds>();
    static dom::parser whole;
    weir_fuzz::each_line(weir_fuzz::text_of(data, size), [&](std::string_view line) {
        everything e{};
        const weir::parse_status status = parser.parse(line, e);
        if (status.what == weir::parsed::failed) weir_fuzz::require_place(status, line);
        dom::element root;
        everything expected{};
        const bool json = whole.parse(line.data(), line.size()).get(root) == simdjson::SUCCESS;
        if (json && read(root, expected)) {
            require(status.what == weir::parsed::record, "JSON with the right members is a record");
            require(e == expected, "values as the other interface reads them");
        } else if (json) {
            require(status.what == weir::parsed::failed, "JSON without the right members is refused");
        }
        std::string written;
        if (status.what == weir::parsed::record) {
            weir::write_ndjson(written, e);
            everything again{};
            require(parser.parse(written, again).what == weir::parsed::record, "what is written is a record");
            require(again == e, "what is written reads back");
        }

        kinds k{};
        const weir::parse_status kind = other.parse(line, k);
        if (kind.what == weir::parsed::failed) weir_fuzz::require_place(kind, line);
        if (kind.what == weir::parsed::record) {
            written.clear();
            weir::write_ndjson(written, k);
            kinds again{};
            std::string twice;
            require(other.parse(written, again).what == weir::parsed::record, "what is written is a record");
            weir::write_ndjson(twice, again);
            require(twice == written, "what is written reads back");
        }
    });
    return 0;
}
#else
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) { return 0; }  // there is no JSON parser here
#endif
