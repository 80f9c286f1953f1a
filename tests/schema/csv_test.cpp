// SPDX-License-Identifier: BSL-1.0
// schema/csv.hpp: RFC 4180 both ways, headers, and two real files.
#include <weir/schema/csv.hpp>

#include <cmath>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/real_input.hpp"

using namespace std::chrono_literals;

namespace {

enum class level { debug, info, error };

struct sample {
    std::chrono::sys_seconds timestamp;
    double value;
};
struct text_pair {
    std::string a;
    std::string b;
};
struct point {
    int x;
    double y;
    friend bool operator==(const point&, const point&) = default;
};
struct everything {
    std::string text;
    std::optional<long> maybe;
    point where;
    weir::window_bounds window;
    level how;
    char letter;
    char code[4];
    bool flag;
    std::chrono::milliseconds took;
    float ratio;
    std::uint8_t small;
};

template <class T, class Parser>
std::vector<T> read_all(Parser& parser, std::string_view text, int& bad) {
    std::vector<T> out;
    std::string record;
    bad = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        record += text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        T value{};
        const weir::parse_status status = parser.parse(record, value);
        if (status.what == weir::parsed::incomplete) {
            record += '\n';
            continue;
        }
        record.clear();
        if (status.what == weir::parsed::record) out.push_back(std::move(value));
        if (status.what == weir::parsed::failed) ++bad;
    }
    return out;
}

std::vector<sample> read_file(const std::string& path) {
    std::ifstream file(path);
    REQUIRE(file.is_open());
    auto parser = weir::formats::csv.parser<sample>();
    std::vector<sample> out;
    std::string line;
    while (std::getline(file, line)) {
        sample s{};
        const weir::parse_status status = parser.parse(line, s);
        REQUIRE(status.what != weir::parsed::failed);
        REQUIRE(status.what != weir::parsed::incomplete);
        if (status.what == weir::parsed::record) out.push_back(s);
    }
    return out;
}

}  // namespace

TEST_CASE("csv: real files") {
    const std::string taxis = weir_test::real_input("nyc_taxi.csv");
    if (taxis.empty()) return;
    const std::vector<sample> taxi = read_file(taxis);
    REQUIRE(taxi.size() == 10'320);
    CHECK(taxi[0].value == 10'844);
    CHECK(taxi[0].timestamp == std::chrono::sys_days(2014y / 7 / 1));
    CHECK(taxi[1].timestamp - taxi[0].timestamp == 30min);
    CHECK(read_file(weir_test::real_input("machine_temperature_system_failure.csv")).size() == 22'695);
}

TEST_CASE("csv: quotes, separators, line ends") {
    auto parser = weir::csv_format{.header = false}.parser<text_pair>();
    text_pair p{};
    const auto parse = [&](std::string_view line) { return parser.parse(line, p).what; };
    CHECK(parse("x,y") == weir::parsed::record);
    CHECK((p.a == "x" && p.b == "y"));
    CHECK(parse("\"x,1\",\"say \"\"hi\"\"\"\r") == weir::parsed::record);
    CHECK((p.a == "x,1" && p.b == "say \"hi\""));
    CHECK(parse("\"\",") == weir::parsed::record);
    CHECK((p.a.empty() && p.b.empty()));
    CHECK(parse("\"\"\"\",5\" disk") == weir::parsed::record);
    CHECK((p.a == "\"" && p.b == "5\" disk"));
    CHECK(parse("") == weir::parsed::nothing);
    CHECK(parse("\r") == weir::parsed::nothing);
    CHECK(parse("x,\"two") == weir::parsed::incomplete);
    CHECK(parse("x,\"two\nlines\"") == weir::parsed::record);
    CHECK(p.b == "two\nlines");
    CHECK(parse(std::string_view("a\0b,\xFF\xC3", 6)) == weir::parsed::record);
    CHECK(p.a == std::string("a\0b", 3));
    CHECK(p.b == "\xFF\xC3");
}

TEST_CASE("csv: bad lines say where and why") {
    auto parser = weir::csv_format{.header = false}.parser<point>();
    point p{};
    const auto fails = [&](std::string_view line, std::uint32_t column, std::string_view reason) {
        CAPTURE(std::string(line));
        const weir::parse_status status = parser.parse(line, p);
        CHECK(status.what == weir::parsed::failed);
        CHECK(status.column == column);
        CHECK(status.reason == reason);
    };
    fails("1", 2, "the line has too few columns");
    fails("1,2,3", 5, "the line has too many columns");
    fails("1,2,", 5, "the line has too many columns");
    fails("a,2", 1, "x is no number");
    fails("12,\"2\"x", 7, "something stands behind a closing quote");
    fails("12,2x", 4, "y has something behind the number");
    fails("99999999999,2", 1, "x is a number that its type cannot hold");
    CHECK(parser.parse("a,2,\"open", p).what == weir::parsed::incomplete);

    const std::string most = "1," + std::string(weir::detail::longest_csv_record - 2, '0');
    CHECK(parser.parse(most, p).what == weir::parsed::record);
    fails(most + "0", weir::detail::longest_csv_record + 1, "the record is longer than 1 MiB");
    const std::string open = "\"" + std::string(weir::detail::longest_csv_record, 'x');
    CHECK(parser.parse(open, p).what == weir::parsed::failed);
}

TEST_CASE("csv: the header maps columns to members") {
    auto parser = weir::formats::csv.parser<point>();
    point p{};
    CHECK(parser.parse("\xEF\xBB\xBFname,\"y\",x\r", p).what == weir::parsed::nothing);
    CHECK(parser.parse("passed over,2.5,1", p).what == weir::parsed::record);
    CHECK(p == point{1, 2.5});
    CHECK(parser.parse("2.5,1", p).reason == "the line has too few columns");

    auto missing = weir::formats::csv.parser<point>();
    CHECK(missing.parse("x,z", p).reason == "the header has no column y");
    CHECK(missing.parse("1,2", p).reason == "the header has no column y");
    auto twice = weir::formats::csv.parser<point>();
    CHECK(twice.parse("x,y,x", p).reason == "the header has two columns of one name");
    CHECK_THROWS_AS(weir::csv_format{.separator = '"'}.parser<point>(), std::invalid_argument);
    CHECK_THROWS_AS(weir::csv_format{.separator = '1'}.parser<point>(), std::invalid_argument);
}

TEST_CASE("csv: nested structs are flattened by name") {
    std::string text;
    weir::write_csv_header<everything>(text);
    CHECK(text == "text,maybe,where_x,where_y,window_start,window_end,how,letter,code,flag,took,ratio,small\n");
    text.clear();
    weir::write_csv(text, everything{"a,\"b\"",
                                     5,
                                     {1, 2.5},
                                     {std::chrono::sys_seconds(0s), std::chrono::sys_seconds(60s)},
                                     level::error,
                                     ',',
                                     {'x', 'y'},
                                     true,
                                     15ms,
                                     0.1F,
                                     7});
    CHECK(text == "\"a,\"\"b\"\"\",5,1,2.5,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,error,\",\",xy,true,15,0.1,7\n");
    struct one {
        std::string only;
    };
    text.clear();
    weir::write_csv(text, one{});
    CHECK(text == "\"\"\n");
}

TEST_CASE("csv: what is written reads back") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    for (const char separator : {',', ';', '\t', '|', ':', ' '}) {
        std::vector<everything> written;
        std::string text;
        weir::write_csv_header<everything>(text, separator);
        for (int i = 0; i < 2'000; ++i) {
            everything e{};
            for (std::uint64_t n = below(12); n != 0; --n) e.text += "ab,;\"\n\r \t\xFF|:"[below(12)];
            if (below(2) == 0) e.maybe = static_cast<long>(random());
            e.where = {static_cast<int>(random()),
                       std::ldexp(static_cast<double>(random()), static_cast<int>(below(100)) - 50)};
            e.window.start += std::chrono::microseconds(below(4'000'000'000'000'000));
            e.window.end = e.window.start + 1min;
            e.how = static_cast<level>(below(5));
            e.letter = static_cast<char>(below(256));
            for (std::uint64_t n = below(5); n != 0; --n) e.code[n - 1] = "a,\"\nb"[below(5)];
            e.flag = below(2) == 0;
            e.took = std::chrono::milliseconds(static_cast<std::int64_t>(random()));
            e.ratio = static_cast<float>(random()) / 3.0F;
            e.small = static_cast<std::uint8_t>(below(256));
            weir::write_csv(text, e, separator);
            written.push_back(e);
        }
        auto parser = weir::csv_format{.separator = separator}.parser<everything>();
        int bad = 0;
        const std::vector<everything> read = read_all<everything>(parser, text, bad);
        REQUIRE(bad == 0);
        REQUIRE(read.size() == written.size());
        for (std::size_t i = 0; i < read.size(); ++i) {
            const everything& r = read[i];
            const everything& w = written[i];
            REQUIRE(r.text == w.text);
            REQUIRE(r.maybe == w.maybe);
            REQUIRE(r.where == w.where);
            REQUIRE(r.window == w.window);
            REQUIRE(r.how == w.how);
            REQUIRE(r.letter == w.letter);
            REQUIRE(weir::detail::chars_of(r.code) == weir::detail::chars_of(w.code));
            REQUIRE(r.flag == w.flag);
            REQUIRE(r.took == w.took);
            REQUIRE(r.ratio == w.ratio);
            REQUIRE(r.small == w.small);
        }
    }
}

TEST_CASE("csv: renamed columns, of nested members and windows too") {
    struct measured {
        std::chrono::sys_seconds timestamp;
        point where;
        weir::window_bounds window;
    } m{};
    constexpr auto format = weir::formats::csv.rename<"Date Time", &measured::timestamp>()
                                .rename<"pos", &measured::where>()
                                .rename<"slot", &measured::window>();
    auto parser = format.parser<measured>();
    CHECK(parser.parse("pos_y,slot_end,\"Date Time\",pos_x,slot_start,timestamp", m).what == weir::parsed::nothing);
    CHECK(parser.parse("2.5,1970-01-01,1970-01-02,1,1970-01-01,x", m).what == weir::parsed::record);
    CHECK(m.timestamp == std::chrono::sys_days(1970y / 1 / 2));
    CHECK(m.where == point{1, 2.5});
    CHECK(parser.parse("2.5,1970-01-01,1970-02-30,1,1970-01-01,x", m).reason
          == "Date Time is a date that does not exist");
    auto missing = format.parser<measured>();
    CHECK(missing.parse("pos_x,pos_y,slot_start,slot_end,timestamp", m).reason == "the header has no column Date Time");
    auto bare = weir::csv_format{.header = false, .separator = ';'}.rename<"a", &point::x>().parser<point>();
    point p{};
    CHECK(bare.parse("1;2", p).what == weir::parsed::record);
    CHECK(p == point{1, 2});
}

TEST_CASE("csv: each file has its header") {
    auto parser = weir::formats::csv.parser<point>();
    point p{};
    CHECK(parser.parse("x,y", p).what == weir::parsed::nothing);
    CHECK(parser.parse("1,2", p).what == weir::parsed::record);
    parser.begin_text();
    CHECK(parser.parse("y,x", p).what == weir::parsed::nothing);
    CHECK(parser.parse("1,2", p).what == weir::parsed::record);
    CHECK(p == point{2, 1});
    parser.begin_text();
    CHECK(parser.parse("z,x", p).what == weir::parsed::failed);
    CHECK(parser.parse("1,2", p).reason == "the header has no column y");
    parser.begin_text();
    CHECK(parser.parse("x,y", p).what == weir::parsed::nothing);
    CHECK(parser.parse("1,2", p).what == weir::parsed::record);
    auto bare = weir::csv_format{.header = false}.parser<point>();
    bare.begin_text();
    CHECK(bare.parse("1,2", p).what == weir::parsed::record);
}
