// SPDX-License-Identifier: BSL-1.0
// schema/ndjson.hpp: every kind of member, escapes, and bytes that are no text.
#include <weir/schema/ndjson.hpp>

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

enum class level { debug, info };

template <class T>
std::string json(const T& value) {
    std::string text;
    weir::write_json(text, value);
    return text;
}

struct inner {
    int a;
    std::vector<std::string> b;
};
struct empty {};
struct everything {
    std::string text;
    weir::window_bounds window;
    std::uint64_t big;
    double real;
    float none;
    bool yes;
    level how;
    std::optional<int> maybe;
    std::optional<inner> other;
    inner nested;
    std::array<inner, 1> few;
    int c_array[2][2];
    char code[4];
    char letter;
    std::map<std::string, int> table;
    std::vector<bool> bits;
    std::chrono::milliseconds took;
    std::chrono::sys_time<std::chrono::milliseconds> at;
    empty nothing;
    const char* literal;
};
struct window_first {
    weir::window_bounds window;
    long hits;
};

static_assert(weir::json_writable<std::vector<std::optional<int>>>);
static_assert(!weir::json_writable<int*>);

/// As slow and as plain as can be.
std::string reference_string(const std::string& text) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t k) { return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U; };
        const unsigned c = byte(0);
        const auto more = [&](std::size_t k) { return (byte(k) & 0xC0U) == 0x80U; };
        const unsigned two = (c & 0x1FU) << 6U | (byte(1) & 0x3FU);
        const unsigned three = (c & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
        const unsigned four = (c & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U | (byte(3) & 0x3FU);
        const bool is_two = (c & 0xE0U) == 0xC0U && more(1) && two >= 0x80;
        const bool begins_three = (c & 0xF0U) == 0xE0U && more(1) && (three | 0x3FU) >= 0x800 && (three < 0xD800 || three > 0xDFFF);
        const bool is_three = begins_three && more(2);
        const bool begins_four = (c & 0xF8U) == 0xF0U && c <= 0xF4 && more(1) && (four | 0xFFFU) >= 0x10000 && (four & ~0xFFFU) <= 0x10FFFF;
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

TEST_CASE("an object and a line end") {
    everything e{"a\"b",
                 {std::chrono::sys_seconds(0s), std::chrono::sys_time<std::chrono::microseconds>(60'500'000us)},
                 std::numeric_limits<std::uint64_t>::max(),
                 0.1,
                 std::numeric_limits<float>::quiet_NaN(),
                 true,
                 level::info,
                 {},
                 {},
                 {1, {"x", "y"}},
                 {{{2, {}}}},
                 {{1, 2}, {3, 4}},
                 {'a', 'b'},
                 'c',
                 {{"k", 1}, {"l\n", 2}},
                 {true, false},
                 15ms,
                 std::chrono::sys_time<std::chrono::milliseconds>(1ms),
                 {},
                 "lit"};
    std::string text = "before";
    weir::write_ndjson(text, e);
    CHECK(text ==
          "before{\"text\":\"a\\\"b\",\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-01T00:01:00.5Z\","
          "\"big\":18446744073709551615,\"real\":0.1,\"none\":null,\"yes\":true,\"how\":\"info\",\"maybe\":null,"
          "\"other\":null,\"nested\":{\"a\":1,\"b\":[\"x\",\"y\"]},\"few\":[{\"a\":2,\"b\":[]}],\"c_array\":[[1,2],[3,4]],"
          "\"code\":\"ab\",\"letter\":\"c\",\"table\":{\"k\":1,\"l\\n\":2},\"bits\":[true,false],\"took\":15,"
          "\"at\":\"1970-01-01T00:00:00.001Z\",\"nothing\":{},\"literal\":\"lit\"}\n");
    text.clear();
    weir::write_ndjson(text, window_first{{}, 3});
    CHECK(text == "{\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-01T00:00:00Z\",\"hits\":3}\n");
    text.clear();
    weir::write_ndjson(text, empty{});
    CHECK(text == "{}\n");
    fmt::memory_buffer buffer;
    weir::write_ndjson(buffer, inner{-5, {}});
    CHECK(fmt::to_string(buffer) == "{\"a\":-5,\"b\":[]}\n");
}

TEST_CASE("numbers") {
    CHECK(json(std::numeric_limits<double>::infinity()) == "null");
    CHECK(json(-std::numeric_limits<double>::infinity()) == "null");
    CHECK(json(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(json(1e21) == "1e+21");
    CHECK(json(-0.0) == "-0");
    CHECK(json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(json(static_cast<level>(9)) == "9");
    CHECK(json(std::int8_t{-3}) == "-3");
}

TEST_CASE("strings are escaped, and always UTF-8") {
    CHECK(json(std::string("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
    CHECK(json(std::string("h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80")) == "\"h\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    CHECK(json(std::string("a\xFF\xC3")) == "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("\xC0\x80")) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("\xE2\x82x")) == "\"\xEF\xBF\xBDx\"");
    CHECK(json(std::string("\xED\xA0\x80")) == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    CHECK(json(std::string("plain text of more than eight bytes")) == "\"plain text of more than eight bytes\"");
}

TEST_CASE("strings as a plain reference writes them") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    constexpr std::string_view bytes = "ab\"\\\n\x01 \x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5\xFF";
    for (int i = 0; i < 100'000; ++i) {
        std::string text;
        for (std::uint64_t n = random() % 24; n != 0; --n) {
            text += random() % 2 == 0 ? 'x' : bytes[random() % bytes.size()];
        }
        REQUIRE(json(text) == reference_string(text));
    }
}
