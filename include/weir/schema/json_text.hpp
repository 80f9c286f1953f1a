// SPDX-License-Identifier: BSL-1.0
// A text as a JSON string: quoted, escaped, and always valid UTF-8. Each longest beginning of a sequence that is none
// becomes one U+FFFD, as browsers do it. Eight bytes a step where nothing needs care.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "../support/config.hpp"
#include "append.hpp"

namespace weir {
namespace detail {

/// Eight bytes, none of them a control character, a quote, a backslash or part of a sequence?
[[nodiscard]] constexpr bool eight_plain(std::uint64_t x) noexcept {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
    constexpr std::uint64_t tops = ones << 7U;
    const std::uint64_t quote = x ^ (ones * '"');
    const std::uint64_t slash = x ^ (ones * '\\');
    return ((x | (x - ones * 0x20U) | (quote - ones) | (slash - ones)) & tops) == 0;
}

struct utf8_step {
    std::size_t size;  // bytes taken
    bool valid;
};

/// The sequence at p, whose first byte is 0x80 or more.
[[nodiscard]] constexpr utf8_step utf8_sequence(const char* p, const char* end) noexcept {
    const auto byte = [&](std::ptrdiff_t i) { return static_cast<unsigned char>(p[i]); };
    const unsigned char lead = byte(0);
    const std::ptrdiff_t size = lead >= 0xC2 && lead <= 0xDF   ? 2
                                : lead >= 0xE0 && lead <= 0xEF ? 3
                                : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                               : 1;
    if (size == 1) return {1, false};
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    for (std::ptrdiff_t i = 1; i < size; ++i) {
        const bool fits = i < end - p && byte(i) >= (i == 1 ? low : 0x80) && byte(i) <= (i == 1 ? high : 0xBF);
        if (!fits) return {static_cast<std::size_t>(i), false};
    }
    return {static_cast<std::size_t>(size), true};
}

template <append_buffer Buffer>
void put_escaped(Buffer& buffer, char c) {
    switch (c) {
    case '"':
        put_text(buffer, "\\\"", 2);
        break;
    case '\\':
        put_text(buffer, "\\\\", 2);
        break;
    case '\n':
        put_text(buffer, "\\n", 2);
        break;
    case '\r':
        put_text(buffer, "\\r", 2);
        break;
    case '\t':
        put_text(buffer, "\\t", 2);
        break;
    case '\b':
        put_text(buffer, "\\b", 2);
        break;
    case '\f':
        put_text(buffer, "\\f", 2);
        break;
    default: {
        const auto value = static_cast<unsigned char>(c);
        const char escape[] = {'\\', 'u', '0', '0', "01"[value >> 4U], "0123456789abcdef"[value & 15U]};
        put_text(buffer, escape, sizeof escape);
    }
    }
}

/// From the first byte that needs care on.
template <append_buffer Buffer>
WEIR_NOINLINE void write_json_rest(Buffer& buffer, const char* p, const char* end) {
    while (p != end) {
        const char* const from = p;
        utf8_step step{0, true};
        while (p != end) {
            const auto c = static_cast<unsigned char>(*p);
            if (c < 0x20 || c == '"' || c == '\\') break;
            step = c < 0x80 ? utf8_step{1, true} : utf8_sequence(p, end);
            if (!step.valid) break;
            p += step.size;
        }
        put_text(buffer, from, static_cast<std::size_t>(p - from));
        if (p == end) return;
        if (!step.valid) {
            put_text(buffer, "\xEF\xBF\xBD", 3);
            p += step.size;
            step.valid = true;
        } else {
            put_escaped(buffer, *p++);
        }
    }
}

}  // namespace detail

template <append_buffer Buffer>
void write_json_string(Buffer& buffer, std::string_view text) {
    buffer.push_back('"');
    const char* p = text.data();
    const char* const end = p + text.size();
    while (end - p >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, p, 8);
        if (!detail::eight_plain(eight)) break;
        p += 8;
    }
    detail::put_text(buffer, text.data(), static_cast<std::size_t>(p - text.data()));
    if (p != end) detail::write_json_rest(buffer, p, end);
    buffer.push_back('"');
}

}  // namespace weir
