// SPDX-License-Identifier: BSL-1.0
// Why a line is no JSON object at all, where simdjson says only that it is not: found by a look of our own at the text.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <new>
#include <string_view>

#include "../../schema/json_text.hpp"
#include "../../schema/parse_status.hpp"
#include "../../support/config.hpp"
#include "json_line.hpp"

namespace weir::detail {

/// Where a string that does not close begins, or has a control character; the line's size where neither is.
[[nodiscard]] WEIR_COLD inline std::size_t find_json_string_flaw(std::string_view line) noexcept {
    bool inside = false;
    std::size_t begin = line.size();
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"') {
            inside = !inside;
            begin = i;
        } else if (inside && line[i] == '\\') {
            ++i;
        } else if (inside && static_cast<unsigned char>(line[i]) < 0x20) {
            return i;
        }
    }
    return inside ? begin : line.size();
}
[[nodiscard]] WEIR_COLD inline std::size_t find_no_utf8(std::string_view line) noexcept {
    const char* const end = line.data() + line.size();
    for (const char* p = line.data(); p != end;) {
        const utf8_step step = static_cast<unsigned char>(*p) < 0x80 ? utf8_step{1, true} : utf8_sequence(p, end);
        if (!step.valid) return static_cast<std::size_t>(p - line.data());
        p += step.size;
    }
    return line.size();
}

/// Why the line is no object, though its encoding and its strings are right.
[[nodiscard]] WEIR_COLD inline parse_status no_json_object(std::string_view line) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t begin = line.find_first_not_of(blank);
    if (line[begin] != '{') return parse_failed(begin, "the line is no JSON object");
    std::size_t depth = 0;
    bool inside = false;  // a string
    for (std::size_t i = begin; i < line.size(); ++i) {
        const char c = line[i];
        if (inside && c == '\\') ++i;
        if (c == '"') inside = !inside;
        if (inside) continue;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) {
            const std::size_t behind = line.find_first_not_of(blank, i + 1);
            return behind == std::string_view::npos ? parse_failed(i, no_json_reason)
                                                    : parse_failed(behind, "something stands behind the object");
        }
    }
    return parse_failed(line.size(), "the object does not close");
}

/// Why simdjson did not even begin.
[[nodiscard]] WEIR_COLD inline parse_status no_json_document(simdjson::error_code error, std::string_view line) {
    switch (error) {
    case simdjson::EMPTY:
        return {parsed::nothing, 0, {}};
    case simdjson::MEMALLOC:
        throw std::bad_alloc();
    case simdjson::UTF8_ERROR:
        return parse_failed(find_no_utf8(line), "the line is no UTF-8");
    case simdjson::UNCLOSED_STRING:
        return parse_failed(find_json_string_flaw(line), "a string does not close");
    case simdjson::UNESCAPED_CHARS:
        return parse_failed(find_json_string_flaw(line), "a string has a control character that is not escaped");
    case simdjson::CAPACITY:
        return parse_failed(0, "the line is longer than 4 GiB");
    default:
        return parse_failed(0, "the line is no JSON object");
    }
}

}  // namespace weir::detail
