// SPDX-License-Identifier: BSL-1.0
// schema/codec.hpp: every kind of value reads back; bytes that are none are refused and cost no memory.
#include <weir/schema/codec.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>

#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

enum class level : signed char { low = -3, high = 3 };

struct inner {
    int a;
    std::optional<std::string> b;
    friend bool operator==(const inner&, const inner&) = default;
};
struct everything {
    std::string text;
    bool flag;
    char letter;
    std::int8_t small;
    std::int64_t wide;
    std::uint64_t unsigned_wide;
    float single;
    double real;
    level how;
    std::chrono::sys_time<std::chrono::microseconds> at;
    std::chrono::milliseconds took;
    std::optional<inner> maybe;
    std::vector<inner> list;
    std::vector<std::vector<int>> nested;
    std::array<int, 3> three;
    int matrix[2][2];
    std::tuple<int, std::string> both;
    std::pair<long, long> two;
    inner last;
    friend bool operator==(const everything&, const everything&) = default;
};

template <class T>
std::string encoded(const T& value) {
    weir::byte_writer out;
    weir::encode(out, value);
    return std::move(out).bytes();
}
template <class T>
bool decodes(const std::string& bytes, T& out) {
    weir::byte_reader in{bytes};
    return weir::decode(in, out) && in.left() == 0;
}
template <class T>
bool reads_back(const T& value) {
    T out{};
    return decodes(encoded(value), out) && out == value;
}

static_assert(weir::detail::zigzag(0) == 0 && weir::detail::zigzag(-1) == 1 && weir::detail::zigzag(1) == 2);
static_assert(weir::detail::zigzag(std::numeric_limits<std::int64_t>::min())
              == std::numeric_limits<std::uint64_t>::max());
static_assert(weir::detail::unzigzag(weir::detail::zigzag(std::numeric_limits<std::int64_t>::min()))
              == std::numeric_limits<std::int64_t>::min());

}  // namespace

TEST_CASE("codec: every kind of value reads back") {
    CHECK(reads_back(std::numeric_limits<std::int64_t>::min()));
    CHECK(reads_back(std::numeric_limits<std::int64_t>::max()));
    CHECK(reads_back(std::numeric_limits<std::uint64_t>::max()));
    CHECK(reads_back(std::int8_t{-128}));
    CHECK(reads_back(std::numeric_limits<double>::infinity()));
    CHECK(reads_back(level::low));
    CHECK(reads_back(std::optional<std::optional<int>>(std::optional<int>())));
    CHECK(reads_back(std::chrono::sys_time<std::chrono::microseconds>::min()));
    double nan = 0;
    CHECK(decodes(encoded(std::numeric_limits<double>::quiet_NaN()), nan));
    CHECK(std::isnan(nan));
    CHECK(encoded(std::int64_t{-1}).size() == 1);
    CHECK(encoded(std::string(200, 'x')).size() == 202);
}

TEST_CASE("codec: records read back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    const auto wide = [&] { return static_cast<std::int64_t>(random()) >> below(64); };
    const auto text = [&] {
        std::string out;
        for (std::uint64_t n = below(20); n != 0; --n) out += static_cast<char>(below(256));
        return out;
    };
    const auto part = [&] {
        return inner{static_cast<int>(wide()), below(2) == 0 ? std::optional(text()) : std::nullopt};
    };
    everything out{};
    for (int i = 0; i < 5'000; ++i) {
        everything e{text(),
                     below(2) == 0,
                     static_cast<char>(below(256)),
                     static_cast<std::int8_t>(wide()),
                     wide(),
                     random(),
                     static_cast<float>(wide()),
                     static_cast<double>(wide()),
                     level::high,
                     {},
                     std::chrono::milliseconds(wide()),
                     {},
                     {},
                     {},
                     {1, 2, static_cast<int>(wide())},
                     {{1, 2}, {3, 4}},
                     {static_cast<int>(wide()), text()},
                     {wide(), wide()},
                     part()};
        e.at += std::chrono::microseconds(wide());
        if (below(2) == 0) e.maybe = part();
        for (std::uint64_t n = below(4); n != 0; --n) e.list.push_back(part());
        for (std::uint64_t n = below(4); n != 0; --n) e.nested.emplace_back(below(4), static_cast<int>(wide()));
        REQUIRE(decodes(encoded(e), out));  // into one that is not empty
        REQUIRE(out == e);
    }
}

TEST_CASE("codec: every cut, and every number too large, is refused") {
    const everything e{"text",
                       true,
                       'c',
                       -5,
                       -6,
                       7,
                       8,
                       9,
                       level::low,
                       {},
                       10ms,
                       inner{1, "x"},
                       {{2, {}}, {3, "y"}},
                       {{4}, {}},
                       {5, 6, 7},
                       {{1, 2}, {3, 4}},
                       {8, "z"},
                       {9, 10},
                       {11, "last"}};
    const std::string bytes = encoded(e);
    everything out{};
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        REQUIRE_FALSE(decodes(bytes.substr(0, size), out));
    }
    REQUIRE(decodes(bytes, out));
    REQUIRE(out == e);

    std::int8_t small = 0;
    CHECK_FALSE(decodes(encoded(std::int64_t{128}), small));
    CHECK(decodes(encoded(std::int64_t{-128}), small));
    std::uint16_t medium = 0;
    CHECK_FALSE(decodes(encoded(std::uint64_t{65'536}), medium));
    bool flag = false;
    CHECK_FALSE(decodes(encoded(std::uint64_t{2}), flag));
    level how{};
    CHECK_FALSE(decodes(encoded(std::int64_t{200}), how));
    std::optional<int> maybe;
    CHECK_FALSE(decodes(std::string("\x02\x00", 2), maybe));
    std::uint64_t number = 0;
    CHECK_FALSE(decodes(std::string(10, '\xFF'), number));
    CHECK_FALSE(decodes(std::string(9, '\xFF') + '\x02', number));
    CHECK(decodes(std::string(9, '\xFF') + '\x01', number));
}

TEST_CASE("codec: a count that nothing follows costs no memory") {
    weir::byte_writer out;
    out.varint(std::numeric_limits<std::uint64_t>::max());
    std::vector<std::array<char, 1'000>> list;
    CHECK_FALSE(decodes(out.bytes(), list));
    CHECK(list.capacity() == 0);
    std::string text;
    CHECK_FALSE(decodes(out.bytes(), text));
    CHECK(text.empty());
}
