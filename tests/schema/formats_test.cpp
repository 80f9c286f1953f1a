// SPDX-License-Identifier: BSL-1.0
// schema/formats.hpp: access logs, good lines, bad lines, and the log of a real server.
#include <weir/schema/formats.hpp>

#include <fstream>
#include <optional>
#include <string>

#include "support/catch.hpp"
#include "support/real_input.hpp"

using namespace std::chrono_literals;

namespace {

struct full {
    std::string host, ident, user;
    std::chrono::sys_seconds time;
    std::string request, method, path, protocol;
    int status;
    long bytes;
    std::string referer, agent;
};

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status;
    long bytes;
};

const std::string good = "93.114.45.13 - frank [17/May/2015:10:05:14 +0000] \"GET /articles/a b/ HTTP/1.1\" 200 18848 "
                         "\"http://www.example.com/\" \"Mozilla/5.0 (X11; rv:25.0)\"";

constexpr std::chrono::sys_seconds at(int y, unsigned m, unsigned d, std::chrono::seconds of_day) {
    return std::chrono::sys_days(std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d)) + of_day;
}

template <class T = full, class Format = decltype(weir::formats::combined_log)>
weir::parse_status parse(std::string_view line, T& out, Format format = {}) {
    auto parser = format.template parser<T>();
    return parser.parse(line, out);
}

std::string replaced(std::string_view what, std::string_view with) {
    std::string line = good;
    line.replace(line.find(what), what.size(), with);
    return line;
}

template <class T = full>
void check_failed(const std::string& line, std::uint32_t column, std::string_view reason) {
    CAPTURE(line);
    T out{};
    const weir::parse_status status = parse(line, out);
    CHECK(status.what == weir::parsed::failed);
    CHECK(status.column == column);
    CHECK(status.reason == reason);
}

std::uint32_t column_of(std::string_view what) { return static_cast<std::uint32_t>(good.find(what) + 1); }

}  // namespace

TEST_CASE("formats: all fields of a line") {
    full f{};
    REQUIRE(parse(good, f).what == weir::parsed::record);
    CHECK(f.host == "93.114.45.13");
    CHECK(f.ident.empty());
    CHECK(f.user == "frank");
    CHECK(f.time == at(2015, 5, 17, 10h + 5min + 14s));
    CHECK(f.request == "GET /articles/a b/ HTTP/1.1");
    CHECK(f.method == "GET");
    CHECK(f.path == "/articles/a b/");
    CHECK(f.protocol == "HTTP/1.1");
    CHECK(f.status == 200);
    CHECK(f.bytes == 18'848);
    CHECK(f.referer == "http://www.example.com/");
    CHECK(f.agent == "Mozilla/5.0 (X11; rv:25.0)");
}

TEST_CASE("formats: dashes, zones, escapes, carriage returns") {
    full f{};
    f.bytes = 7;
    f.referer = "before";
    CHECK(parse(replaced("18848 \"http://www.example.com/\"", "- \"-\""), f).what == weir::parsed::record);
    CHECK(f.bytes == 0);
    CHECK(f.referer.empty());

    struct optional_hit {
        std::optional<long> bytes;
        std::optional<std::string> referer;
    } o{};
    CHECK(parse(good, o).what == weir::parsed::record);
    CHECK(o.bytes == 18'848);
    CHECK(o.referer == "http://www.example.com/");
    CHECK(parse(replaced("18848 \"http://www.example.com/\"", "- \"-\""), o).what == weir::parsed::record);
    CHECK(!o.bytes.has_value());
    CHECK(!o.referer.has_value());

    CHECK(parse(replaced("+0000", "+0200"), f).what == weir::parsed::record);
    CHECK(f.time == at(2015, 5, 17, 8h + 5min + 14s));
    CHECK(parse(replaced("+0000", "-0130"), f).what == weir::parsed::record);
    CHECK(f.time == at(2015, 5, 17, 11h + 35min + 14s));

    CHECK(parse(replaced("Mozilla/5.0", R"(a \"quoted\" \\ \x41 \\)"), f).what == weir::parsed::record);
    CHECK(f.agent == R"(a "quoted" \\ \x41 \\ (X11; rv:25.0))");
    CHECK(parse(replaced("(X11; rv:25.0)", R"(\\)"), f).what == weir::parsed::record);
    CHECK(f.agent == R"(Mozilla/5.0 \\)");

    CHECK(parse(good + "\r", f).what == weir::parsed::record);
    CHECK(parse("", f).what == weir::parsed::nothing);
    CHECK(parse("\r", f).what == weir::parsed::nothing);
}

TEST_CASE("formats: requests that are none") {
    full f{};
    const auto with = [&](std::string_view request) {
        CHECK(parse(replaced("GET /articles/a b/ HTTP/1.1", request), f).what == weir::parsed::record);
        return f.method + "|" + f.path + "|" + f.protocol;
    };
    CHECK(with("GET /") == "GET|/|");
    CHECK(with("-") == "||");
    CHECK(with("") == "||");
    CHECK(with("\\x16\\x03\\x01") == "|\\x16\\x03\\x01|");
    CHECK(with("GET HTTP/1.0") == "GET||HTTP/1.0");
    CHECK(with("GET  HTTP/1.0") == "GET||HTTP/1.0");
    CHECK(with("HTTP/1.0") == "||HTTP/1.0");
    CHECK(with(R"(GET /a\"b HTTP/2)") == "GET|/a\"b|HTTP/2");
}

TEST_CASE("formats: bad lines say where and why") {
    check_failed("junk", 1, "no ' ' behind host");
    check_failed("a b c", 5, "no ' [' behind user");
    check_failed(replaced("17/May", "30/Feb"), column_of("17/May"), "time is a date that does not exist");
    check_failed(replaced("17/May", "17/Mai"), column_of("17/May"), "time is no time");
    check_failed(replaced("17/May/2015:10", "17/May/2015:24"), column_of("17/May"),
                 "time has an hour, minute or second that does not exist");
    check_failed(replaced(":14 +0000", ":61 +0000"), column_of("17/May"),
                 "time has an hour, minute or second that does not exist");
    check_failed(replaced(" +0000]", "]"), column_of("17/May"), "time is no time");
    check_failed(replaced("+0000]", "+0000 ]"), column_of("] \"GET"), "no '] ' behind time");
    check_failed(replaced("] \"GET", "] GET"), column_of("\"GET"), "no '\"' before request");
    for (const char* status : {"99", "1000", "000", "2x0", "", "+200", "-200", "20\xFF"}) {
        check_failed(replaced(" 200 ", " " + std::string(status) + " "), column_of("200 "),
                     "status is no status from 100 to 999");
    }
    check_failed(replaced("18848", "18848x"), column_of("18848"), "bytes has something behind the number");
    check_failed(replaced("18848", "x"), column_of("18848"), "bytes is no number");
    check_failed(replaced("18848", "99999999999999999999"), column_of("18848"),
                 "bytes is a number that its type cannot hold");
    check_failed(replaced("18848", std::string_view("1\0", 2)), column_of("18848"),
                 "bytes has something behind the number");
    check_failed(good.substr(0, good.size() - 1), column_of("\"Mozilla"), "the quotes of agent do not close");
    check_failed(good + " 17", static_cast<std::uint32_t>(good.size() + 1), "something stands behind agent");
    check_failed<hit>(good + " 17", static_cast<std::uint32_t>(good.size() + 1), "something stands behind agent");
    check_failed<hit>(good.substr(0, good.size() - 1), column_of("\"Mozilla"), "the quotes of agent do not close");
    check_failed(replaced("\" \"Mozilla", "\"\"Mozilla"), column_of(" \"Mozilla"), "no ' ' behind referer");
}

TEST_CASE("formats: every beginning of a line is refused, and reads nothing outside") {
    auto parser = weir::formats::combined_log.parser<full>();
    for (std::size_t size = 1; size < good.size(); ++size) {
        full f{};
        const std::string cut(good.data(), size);
        const weir::parse_status status = parser.parse(cut, f);
        CAPTURE(cut);
        REQUIRE(status.what == weir::parsed::failed);
        REQUIRE(status.column >= 1);
        REQUIRE(status.column <= size + 1);
        REQUIRE(!status.reason.empty());
    }
}

TEST_CASE("formats: bytes that are no text are kept") {
    full f{};
    CHECK(parse(replaced("Mozilla", std::string_view("M\0\xFF\xC3", 4)), f).what == weir::parsed::record);
    CHECK(f.agent == std::string("M\0\xFF\xC3", 4) + "/5.0 (X11; rv:25.0)");
}

TEST_CASE("formats: a date is remembered, and a wrong one is not") {
    auto parser = weir::formats::combined_log.parser<hit>();
    hit h{};
    for (int i = 0; i < 2; ++i) {
        CHECK(parser.parse(good, h).what == weir::parsed::record);
        CHECK(parser.parse(good, h).what == weir::parsed::record);
        CHECK(h.time == at(2015, 5, 17, 10h + 5min + 14s));
        CHECK(parser.parse(replaced("17/May/2015", "31/Apr/2015"), h).what == weir::parsed::failed);
        CHECK(parser.parse(replaced("17/May/2015", "31/Apr/2015"), h).what == weir::parsed::failed);
        CHECK(parser.parse(replaced("17/May/2015", "29/Feb/2016"), h).what == weir::parsed::record);
        CHECK(h.time == at(2016, 2, 29, 10h + 5min + 14s));
    }
    CHECK(parser.parse(replaced("17/May/2015", std::string_view("\0\0\0\0\0\0\0\0\0\0\0", 11)), h).what
          == weir::parsed::failed);
    auto fresh = weir::formats::combined_log.parser<hit>();
    CHECK(fresh.parse(replaced("17/May/2015", std::string_view("\0\0\0\0\0\0\0\0\0\0\0", 11)), h).what
          == weir::parsed::failed);
}

TEST_CASE("formats: the common log ends with the bytes") {
    const std::string line = good.substr(0, good.find(" \"http"));
    hit h{};
    CHECK(parse(line, h, weir::formats::common_log).what == weir::parsed::record);
    CHECK(h.bytes == 18'848);
    const weir::parse_status longer = parse(good, h, weir::formats::common_log);
    CHECK(longer.what == weir::parsed::failed);
    CHECK(longer.reason == "bytes has something behind the number");
}

TEST_CASE("formats: the log of a real server has 9,999 records and one line that is cut off") {
    const std::string log = weir_test::real_input("access.log");
    if (log.empty()) return;
    std::ifstream file(log);
    REQUIRE(file.is_open());
    auto parser = weir::formats::combined_log.parser<full>();
    auto small = weir::formats::combined_log.parser<hit>();
    std::string line;
    int number = 0;
    int records = 0;
    long bytes = 0;
    full f{};
    hit h{};
    while (std::getline(file, line)) {
        ++number;
        const weir::parse_status status = parser.parse(line, f);
        REQUIRE(small.parse(line, h) == status);
        if (status.what == weir::parsed::record) {
            ++records;
            bytes += f.bytes;
            REQUIRE(h.time == f.time);
            REQUIRE(h.host == f.host);
            REQUIRE(h.bytes == f.bytes);
            REQUIRE(f.request == f.method + " " + f.path + " " + f.protocol);
        } else {
            CHECK(number == 8'899);
            CHECK(status.what == weir::parsed::failed);
            CHECK(status.reason == "the quotes of agent do not close");
        }
    }
    CHECK(number == 10'000);
    CHECK(records == 9'999);
    CHECK(bytes > 0);
}
