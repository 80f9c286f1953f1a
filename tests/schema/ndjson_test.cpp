// SPDX-License-Identifier: BSL-1.0
// schema/ndjson.hpp: every kind of member.
#include <weir/schema/ndjson.hpp>

#include <array>
#include <limits>
#include <map>
#include <optional>
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

}  // namespace

TEST_CASE("ndjson: an object and a line end") {
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
    CHECK(text
          == "before{\"text\":\"a\\\"b\",\"window_start\":\"1970-01-01T00:00:00Z\",\"window_end\":\"1970-01-01T00:01:"
             "00.5Z\","
             "\"big\":18446744073709551615,\"real\":0.1,\"none\":null,\"yes\":true,\"how\":\"info\",\"maybe\":null,"
             "\"other\":null,\"nested\":{\"a\":1,\"b\":[\"x\",\"y\"]},\"few\":[{\"a\":2,\"b\":[]}],\"c_array\":[[1,2],["
             "3,4]],"
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

TEST_CASE("ndjson: numbers") {
    CHECK(json(std::numeric_limits<double>::infinity()) == "null");
    CHECK(json(-std::numeric_limits<double>::infinity()) == "null");
    CHECK(json(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
    CHECK(json(1e21) == "1e+21");
    CHECK(json(-0.0) == "-0");
    CHECK(json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
    CHECK(json(static_cast<level>(9)) == "9");
    CHECK(json(std::int8_t{-3}) == "-3");
}
