// SPDX-License-Identifier: BSL-1.0
// schema/json_text.hpp: escapes, UTF-8, and bytes that are none.
#include <weir/schema/json_text.hpp>

#include <random>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "support/catch.hpp"

namespace {

std::string json(std::string_view value) {
    std::string text;
    weir::write_json_string(text, value);
    return text;
}

static_assert(weir::detail::eight_plain(0x7E'21'41'5A'61'7A'30'20U));
static_assert(!weir::detail::eight_plain(0x7E'21'41'5A'61'7A'30'1FU));
static_assert(!weir::detail::eight_plain(0x22'21'41'5A'61'7A'30'20U)
              && !weir::detail::eight_plain(0x5C'21'41'5A'61'7A'30'20U));
static_assert(!weir::detail::eight_plain(0x80'21'41'5A'61'7A'30'20U));

/// As slow and as plain as can be.
std::string reference_string(const std::string& text) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t k) {
            return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
        };
        const unsigned c = byte(0);
        const auto more = [&](std::size_t k) { return (byte(k) & 0xC0U) == 0x80U; };
        const unsigned two = (c & 0x1FU) << 6U | (byte(1) & 0x3FU);
        const unsigned three = (c & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
        const unsigned four =
            (c & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU);
        const bool is_two = (c & 0xE0U) == 0xC0U && more(1) && two >= 0x80;
        const bool begins_three =
            (c & 0xF0U) == 0xE0U && more(1) && (three | 0x3FU) >= 0x800 && (three < 0xD800 || three > 0xDFFF);
        const bool is_three = begins_three && more(2);
        const bool begins_four =
            (c & 0xF8U) == 0xF0U && c <= 0xF4 && more(1) && (four | 0xFFFU) >= 0x10000 && (four & ~0xFFFU) <= 0x10FFFF;
        const bool is_four = begins_four && more(2) && more(3);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
            ++i;
        } else if (c == '\n' || c == '\r' || c == '\t' || c == '\b' || c == '\f') {
            out += '\\';
            out += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c == '\b' ? 'b' : 'f';
            ++i;
        } else if (c < 0x20) {
            out += fmt::format("\\u{:04x}", c);
            ++i;
        } else if (c < 0x80 || is_two || is_three || is_four) {
            const std::size_t size = c < 0x80 ? 1 : is_two ? 2 : is_three ? 3 : 4;
            out.append(text, i, size);
            i += size;
        } else {
            out += "\xEF\xBF\xBD";
            i += begins_four && more(2) ? 3U : begins_three || begins_four ? 2U : 1U;
        }
    }
    return out + "\"";
}

}  // namespace

TEST_CASE("json_text: strings are escaped, and always UTF-8") {
    CHECK(json(std::string("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
    CHECK(json(std::string("h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"))
          == "\"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    CHECK(json(std::string("a\xFF\xC3")) == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("\xC0\x80")) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("\xE2\x82x")) == "\"\xEF\xBF\xBDx\"");
    CHECK(json(std::string("\xED\xA0\x80")) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("plain text of more than eight bytes")) == "\"plain text of more than eight bytes\"");
}

TEST_CASE("json_text: strings as a plain reference writes them") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    constexpr std::string_view bytes =
        "ab\"\\\n\x01 \x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
    for (int i = 0; i < 100'000; ++i) {
        std::string text;
        for (std::uint64_t n = random() % 24; n != 0; --n) {
            text += random() % 2 == 0 ? 'x' : bytes[random() % bytes.size()];
        }
        REQUIRE(json(text) == reference_string(text));
    }
}

TEST_CASE("json_text: eight bytes at a step, or fewer, in every place") {
    for (std::size_t size = 0; size < 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (const char c : {'"', '\\', '\n', '\x1F', '\x7F', '\xFF'}) {
                std::string text(size, 'x');
                text[at] = c;
                CAPTURE(size, at, static_cast<int>(c));
                REQUIRE(json(text) == reference_string(text));
            }
        }
    }
}
