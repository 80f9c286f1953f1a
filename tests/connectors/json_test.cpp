// SPDX-License-Identifier: BSL-1.0
// connectors/json.hpp: every kind of member, what is refused and where, and that what is written reads back.
#include <weir/connectors/json.hpp>

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>

#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/harness.hpp"
#include "support/catch.hpp"
#include "support/counted_new.hpp"

using namespace std::chrono_literals;

using weir_test::allocations;

namespace {

enum class level : unsigned char { debug, info, error };

struct point {
    int x;
    double y;
    friend bool operator==(const point&, const point&) = default;
};
struct tree {
    int value;
    std::vector<tree> children;
    friend bool operator==(const tree&, const tree&) = default;
};
struct viewing {
    int a;
    std::string_view b;
};
struct everything {
    std::string text;
    weir::window_bounds window;
    std::int64_t low;
    std::uint64_t high;
    std::int8_t small;
    std::uint16_t medium;
    double real;
    float single;
    bool flag;
    level how;
    char letter;
    char code[5];
    std::optional<int> maybe;
    std::optional<point> other;
    point nested;
    std::vector<std::string> many;
    std::vector<bool> bits;
    std::deque<point> points;
    std::array<point, 2> two;
    int matrix[2][3];
    std::map<std::string, std::vector<int>> table;
    std::unordered_map<std::string, int> counts;
    std::set<int> distinct;
    std::chrono::milliseconds took;
    std::chrono::sys_seconds at;
    std::chrono::sys_time<std::chrono::nanoseconds> fine;
    tree recursive;
    friend bool operator==(const everything&, const everything&) = default;
};
struct hit {
    std::string host;
    int status;
    long bytes;
    std::optional<std::string> agent;
};

template <class T, class Format = weir::ndjson_format<>>
weir::parse_status parse(std::string_view line, T& out, Format format = {}) {
    auto parser = format.template parser<T>();
    return parser.parse(line, out);
}
template <class T>
bool reads(std::string_view json, const T& expected) {
    struct one {
        T v;
    } out{};
    return parse("{\"v\":" + std::string(json) + "}", out).what == weir::parsed::record && out.v == expected;
}
template <class T>
std::string refusal(std::string_view json) {
    struct one {
        T v;
    } out{};
    const weir::parse_status status = parse("{\"v\": " + std::string(json) + "}", out);
    if (status.what != weir::parsed::failed) return "";
    CHECK(status.column == 7);
    return std::string(status.reason);
}

std::string hostile_text(std::mt19937_64& random) {
    static constexpr std::string_view pieces[] = {
        "a", "\"", "\\", "/", "\n", "\x01", "\x7F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "{", "}",  "[",  ",", ":",  "\t"};
    std::string text;
    for (std::uint64_t n = random() % 40; n != 0; --n) text += pieces[random() % std::size(pieces)];
    return text;
}

everything random_record(std::mt19937_64& random) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    const auto wide = [&] { return static_cast<std::int64_t>(random()) >> below(64); };
    const auto real = [&] { return std::ldexp(static_cast<double>(wide()), static_cast<int>(below(400)) - 200); };
    const auto some_point = [&] { return point{static_cast<int>(wide()), real()}; };
    everything e{};
    e.text = hostile_text(random);
    e.window.start += std::chrono::microseconds(wide() % 60'000'000'000'000'000);
    e.window.end = e.window.start + 1min;
    e.low = wide();
    e.high = random() >> below(64);
    e.small = static_cast<std::int8_t>(below(256));
    e.medium = static_cast<std::uint16_t>(below(65'536));
    e.real = real();
    e.single = static_cast<float>(std::ldexp(static_cast<double>(wide()), static_cast<int>(below(120)) - 90));
    e.flag = below(2) == 0;
    e.how = static_cast<level>(below(6));
    e.letter = "a\"\\\n {"[below(6)];
    for (std::uint64_t n = below(6); n != 0; --n) e.code[n - 1] = "ab\"\n"[below(4)];
    if (below(2) == 0) e.maybe = static_cast<int>(wide());
    if (below(2) == 0) e.other = some_point();
    e.nested = some_point();
    for (std::uint64_t n = below(4); n != 0; --n) e.many.push_back(hostile_text(random));
    for (std::uint64_t n = below(9); n != 0; --n) e.bits.push_back(below(2) == 0);
    for (std::uint64_t n = below(4); n != 0; --n) e.points.push_back(some_point());
    e.two = {some_point(), some_point()};
    for (auto& row : e.matrix) {
        for (int& cell : row) cell = static_cast<int>(wide());
    }
    for (std::uint64_t n = below(4); n != 0; --n) e.table[hostile_text(random)].resize(below(3), 7);
    for (std::uint64_t n = below(4); n != 0; --n) e.counts[hostile_text(random)] = static_cast<int>(n);
    for (std::uint64_t n = below(4); n != 0; --n) e.distinct.insert(static_cast<int>(wide()));
    e.took = std::chrono::milliseconds(wide());
    e.at = std::chrono::sys_seconds(std::chrono::seconds(wide() % 30'000'000'000'000));
    e.fine = std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(wide()));
    e.recursive = {1, {{2, {}}, {static_cast<int>(below(9)), {{4, {}}}}}};
    return e;
}

static_assert(weir::detail::reads_from_json<std::vector<std::optional<level>>>());
static_assert(weir::detail::reads_from_json<std::unordered_map<std::string, std::array<point, 3>>>());
static_assert(!weir::detail::reads_from_json<int*>() && !weir::detail::reads_from_json<const int>());
static_assert(!weir::detail::reads_from_json<std::string_view>() && !weir::detail::reads_from_json<const char*>());
static_assert(!weir::detail::reads_from_json<std::map<int, int>>());
static_assert(weir::detail::reads_from_json<tree>() && !weir::detail::reads_from_json<std::vector<viewing>>());

}  // namespace

TEST_CASE("json: what write_ndjson writes reads back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    auto parser = weir::formats::ndjson.parser<everything>();
    everything read{};
    const int rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 200'000 : 5'000;
    for (int i = 0; i < rounds; ++i) {
        const everything written = random_record(random);
        std::string line;
        weir::write_ndjson(line, written);
        CAPTURE(line);
        const weir::parse_status status = parser.parse(line, read);
        CAPTURE(status.column, std::string(status.reason));
        REQUIRE(status.what == weir::parsed::record);
        REQUIRE(read == written);
        std::string again;
        weir::write_ndjson(again, read);
        if (read.counts.size() < 2) REQUIRE(again == line);
    }
}

TEST_CASE("json: members by name, in any order, others passed over, the last of two") {
    hit h{"before", 1, 2, "agent"};
    CHECK(parse(R"({"bytes":7,"x":{"host":[1,"}"]},"host":"a\u0062\"\n","y":null,"status":200})", h).what
          == weir::parsed::record);
    CHECK(h.host == "ab\"\n");
    CHECK((h.status == 200 && h.bytes == 7));
    CHECK(!h.agent.has_value());
    CHECK(parse("  {\"ho\\u0073t\":\"b\" , \"status\":1,\"bytes\":-0,\"agent\":\"z\",\"status\":404}\t\r\n", h).what
          == weir::parsed::record);
    CHECK(h.host == "b");
    CHECK(h.status == 404);
    CHECK(h.agent == "z");
    CHECK(parse("", h).what == weir::parsed::nothing);
    CHECK(parse(" \t\r", h).what == weir::parsed::nothing);
    struct nothing {
    } n;
    CHECK(parse("{}", n).what == weir::parsed::record);
    CHECK(parse("{\"a\":[1,{}]}", n).what == weir::parsed::record);
}

TEST_CASE("json: renamed members, and windows") {
    struct result {
        weir::window_bounds window;
        int n;
    } r{};
    constexpr auto format = weir::formats::ndjson.rename<"count(*)", &result::n>();
    CHECK(parse(R"j({"window_end":"1970-01-01T00:01:00Z","window_start":"1970-01-01","count(*)":3,"n":4})j", r, format)
              .what
          == weir::parsed::record);
    CHECK((r.n == 3 && r.window.start.time_since_epoch() == 0us && r.window.end.time_since_epoch() == 1min));
    CHECK(parse(R"({"window_end":"1970-01-01","n":4})", r).reason == "there is no member window_start");
    constexpr auto slots = weir::formats::ndjson.rename<"slot", &result::window>();
    CHECK(parse(R"({"slot_start":"1970-01-01","slot_end":"1970-01-02","n":4})", r, slots).what == weir::parsed::record);
    CHECK(r.window.end - r.window.start == 24h);
    CHECK(parse(R"({"slot_start":"1970-01-01","slot_end":"x","n":4})", r, slots).reason == "slot_end is no time");
}

TEST_CASE("json: numbers hold what they can") {
    CHECK(reads<std::int64_t>("-9223372036854775808", std::numeric_limits<std::int64_t>::min()));
    CHECK(reads<std::uint64_t>("18446744073709551615", std::numeric_limits<std::uint64_t>::max()));
    CHECK(reads<std::int8_t>("-128", -128));
    CHECK(reads<double>("1e308", 1e308));
    CHECK(reads<double>("5e-324", 5e-324));
    CHECK(reads<float>("3.4028235e38", std::numeric_limits<float>::max()));
    CHECK(reads<float>("16777217.000000001", 16'777'218.0F));  // 16777216 where it is rounded twice
    CHECK(reads<std::chrono::seconds>("-5", -5s));
    const std::string range = "v is a number that its type cannot hold";
    CHECK(refusal<std::int64_t>("9223372036854775808") == range);
    CHECK(refusal<std::uint64_t>("18446744073709551616") == range);
    CHECK(refusal<std::uint64_t>("-1") == range);
    CHECK(refusal<std::int8_t>("128") == range);
    CHECK(refusal<int>("2147483648") == range);
    CHECK(refusal<double>("1e999") == range);
    CHECK(refusal<float>("1e39") == range);
    CHECK(refusal<int>("1.5") == "v has something behind the number");
    CHECK(refusal<int>("1x") == "v has something behind the number");
    CHECK(refusal<int>("01") == "v is no number");
    CHECK(refusal<int>("-") == "v is no number");
    CHECK(refusal<int>("\"1\"") == "v is no number");
    CHECK(refusal<int>("true") == "v is no number");
    CHECK(refusal<int>("null") == "v is null, and its member is no optional");
    CHECK(refusal<double>("nan") == "v is no number");
    struct one {
        float v;
    } nan{};
    CHECK(parse("{\"v\":null}", nan).what == weir::parsed::record);
    CHECK(std::isnan(nan.v));
}

TEST_CASE("json: the other kinds say what they are not") {
    CHECK(refusal<bool>("1") == "v is neither true nor false");
    CHECK(refusal<bool>("truex") == "v is neither true nor false");
    CHECK(refusal<std::string>("1") == "v is no string");
    CHECK(refusal<std::string>("null") == "v is null, and its member is no optional");
    CHECK(refusal<std::string>("\"\\x\"") == "v has an escape that does not exist");
    CHECK(refusal<std::string>("\"\\ud800\"") == "v has an escape that does not exist");
    CHECK(refusal<char>("\"ab\"") == "v is not one character");
    CHECK(refusal<level>("\"fatal\"") == "v is none of the enumerators");
    CHECK(refusal<level>("256") == "v is a number that its type cannot hold");
    CHECK(refusal<level>("[]") == "v is no number");
    CHECK(reads<level>("1", level::info));
    CHECK(refusal<std::chrono::sys_seconds>("\"2015-02-29\"") == "v is a date that does not exist");
    CHECK(refusal<std::chrono::sys_seconds>("1431857103") == "v is no string");
    CHECK(refusal<std::chrono::sys_time<std::chrono::nanoseconds>>("\"2300-01-01\"")
          == "v is a time that its type cannot hold");
    CHECK(refusal<std::vector<int>>("{}") == "v is no array");
    CHECK(refusal<std::vector<int>>("null") == "v is null, and its member is no optional");
    CHECK(refusal<std::map<std::string, int>>("[]") == "v is no object");
    CHECK(refusal<point>("[]") == "v is no object");
    CHECK(refusal<point>("{}") == "there is no member x");
    CHECK(refusal<std::array<int, 2>>("[1]") == "v is an array of another size than its member");
    CHECK(refusal<std::array<int, 2>>("[1,2,3]") == "v is an array of another size than its member");
    CHECK(reads<std::optional<int>>("null", std::nullopt));
    CHECK(refusal<std::optional<int>>("nul") == "v is no number");
    struct four {
        char v[4];
    } f{};
    CHECK(parse("{\"v\":\"abcde\"}", f).reason == "v is longer than its member");
    CHECK(parse("{\"v\":\"a\\u0000b\"}", f).reason == "v has a NUL");
    CHECK(parse("{\"v\":\"ab\"}", f).what == weir::parsed::record);
    CHECK(weir::detail::chars_of(f.v) == "ab");
}

TEST_CASE("json: bad lines say where and why") {
    hit h{};
    const auto fails = [&](std::string_view line, std::uint32_t column, std::string_view reason) {
        CAPTURE(std::string(line));
        const weir::parse_status status = parse(line, h);
        CHECK(status.what == weir::parsed::failed);
        CHECK(status.column == column);
        CHECK(std::string(status.reason) == reason);
    };
    const std::string_view no_json = "the line is no JSON: a quote, comma, colon or bracket is missing or too many";
    fails(R"({"host":"a","status":"x","bytes":1})", 22, "status is no number");
    fails(R"({"host":"a","status":1})", 1, "there is no member bytes");
    fails(R"(  {"host":"a","status":1})", 3, "there is no member bytes");
    fails(R"({"host":"a","status":1,"bytes":2} x)", 35, "something stands behind the object");
    fails(R"({"host":"a","status":1,"bytes":2}})", 34, "something stands behind the object");
    fails(R"({"host":"}\"","status":1,"bytes":2} {"a":1})", 37, "something stands behind the object");
    fails(R"({"host":"}\"","x":[{}]} ])", 25, "something stands behind the object");
    fails(R"({"host":"a" "status":1,"bytes":2})", 13, no_json);
    fails(R"({"host" "a","status":1,"bytes":2})", 9, no_json);
    fails(R"({"host":"a",status:1,"bytes":2})", 13, no_json);
    fails(R"({"host":"a",})", 13, no_json);
    fails(R"({"host":"a","status":1,"bytes":2)", 33, "the object does not close");
    fails(R"({"host":"a","status":1,"bytes":[1)", 34, "the object does not close");
    fails(R"(["host"])", 1, "the line is no JSON object");
    fails("17", 1, "the line is no JSON object");
    fails("junk", 1, "the line is no JSON object");
    fails("}", 1, "the line is no JSON object");
    fails("{]", 2, no_json);
    fails(R"({"host":"a)", 9, "a string does not close");
    fails(R"({"host":"a\"})", 9, "a string does not close");
    fails("{\"host\":\"a\nb\"}", 11, "a string has a control character that is not escaped");
    fails("{\"host\":\"a\xFF\"}", 11, "the line is no UTF-8");
    fails("{\"host\":\"\xE2\x82\"}", 10, "the line is no UTF-8");
    fails(R"({"ho\qst":"a"})", 2, "a name has an escape that does not exist");
    fails(std::string_view("\0", 1), 1, "the line is no JSON object");
}

TEST_CASE("json: every beginning and every changed byte of a line is read or refused, within the line") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string whole;
    weir::write_json(whole, random_record(random));
    auto parser = weir::formats::ndjson.parser<everything>();
    everything out{};
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const std::string cut(whole.data(), size);
        const weir::parse_status status = parser.parse(cut, out);
        CAPTURE(cut);
        REQUIRE(status.what == weir::parsed::failed);
        REQUIRE((status.column >= 1 && status.column <= size + 1));
        REQUIRE(!status.reason.empty());
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const char c : {'"', '}', ']', ',', '\0', '\xFF', '9'}) {
            std::string changed = whole;
            changed[at] = c;
            const weir::parse_status status = parser.parse(changed, out);
            CAPTURE(changed);
            if (status.what == weir::parsed::failed) REQUIRE((status.column >= 1 && status.column <= whole.size() + 1));
        }
    }
    CHECK(parser.parse(whole, out).what == weir::parsed::record);
}

TEST_CASE("json: depth is bounded") {
    auto parser = weir::formats::ndjson.parser<tree>();
    tree t{};
    const auto nested = [](std::size_t levels) {
        std::string line;
        for (std::size_t i = 0; i < levels; ++i) line += "{\"value\":1,\"children\":[";
        for (std::size_t i = 0; i < levels; ++i) line += "]}";
        return line;
    };
    CHECK(parser.parse(nested(100), t).what == weir::parsed::record);
    CHECK(parser.parse(nested(1'000), t).reason == "children is nested too deep");
    CHECK(parser.parse(nested(100'000), t).reason == "children is nested too deep");
    CHECK(
        parser
            .parse("{\"value\":1,\"children\":[],\"x\":" + std::string(400'000, '[') + std::string(400'000, ']') + "}",
                   t)
            .what
        == weir::parsed::record);
}

TEST_CASE("json: no allocation once buffers have grown, and none of them is left dirty") {
    auto parser = weir::formats::ndjson.parser<hit>();
    hit h{};
    const std::string longest = R"({"host":")" + std::string(5'000, 'h') + R"(","status":200,"bytes":123,"agent":")"
                                + std::string(3'000, 'a') + "\"}";
    const std::string shorter =
        R"({"host":"host-name-beyond-the-small-buffer.example.com","status":200,"bytes":123,"agent":null})";
    REQUIRE(parser.parse(longest, h).what == weir::parsed::record);
    const std::size_t before = allocations;
    std::size_t good = 0;
    for (int i = 0; i < 100; ++i) {
        good += parser.parse(longest, h).what == weir::parsed::record ? 1U : 0U;
        good += parser.parse(R"({"host":"x","status":"bad"})", h).what == weir::parsed::failed ? 1U : 0U;
    }
    CHECK(allocations == before);
    for (int i = 0; i < 10; ++i) good += parser.parse(shorter, h).what == weir::parsed::record ? 1U : 0U;
    CHECK(good == 210);
    CHECK(allocations == before);
    // Without its last brace the line would borrow the one that lay behind it before.
    REQUIRE(parser.parse(shorter, h).what == weir::parsed::record);
    CHECK(parser.parse(shorter.substr(0, shorter.size() - 1), h).what == weir::parsed::failed);
}

TEST_CASE("json: lines of a pipeline, bad ones with their place") {
    const std::vector<std::string> lines{R"({"host":"a","status":200,"bytes":1})", "", "junk",
                                         R"({"host":"b","status":404,"bytes":2,"agent":"x"})",
                                         R"({"host":"c","status":-})"};
    std::vector<hit> hits;
    std::vector<weir::failure<std::string>> bad;
    const weir_test::ledger counts = weir_test::drive(weir::from(lines) | weir::parse<hit>(weir::formats::ndjson)
                                                      | weir::on<"failed">(weir::collect(bad)) | weir::collect(hits));
    CHECK(counts.stages.at("1").failed == 2);
    CHECK(counts.stages.at("1").absorbed == 1);
    REQUIRE(hits.size() == 2);
    CHECK(hits[1].host == "b");
    CHECK(hits[1].agent == "x");
    REQUIRE(bad.size() == 2);
    CHECK(bad[0].value == "junk");
    CHECK(bad[1].where.column == 22);
    CHECK(bad[1].why == "status is no number");
}
