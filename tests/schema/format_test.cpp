// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/schema/format.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace weir_test {

struct counted {
    std::uint64_t hits = 3;
    std::int64_t behind = -2;
    std::map<std::string, std::uint64_t> by_code = {};
};
enum class level : signed char { low = -1, high = 1 };

}  // namespace weir_test

template <>
struct fmt::formatter<weir_test::counted> : weir::detail::fields_formatter<weir_test::counted> {};
template <>
struct fmt::formatter<weir_test::level> : weir::detail::enum_formatter<weir_test::level> {};

TEST_CASE("an instant is formatted as ISO 8601 in UTC, with no more digits than it needs", "[schema]") {
    CHECK(fmt::format("{}", weir::instant{0}) == "1970-01-01T00:00:00Z");
    CHECK(fmt::format("{}", weir::instant{1'431'857'100'250'000}) == "2015-05-17T10:05:00.25Z");
    CHECK(fmt::format("{}", weir::instant{-1}) == "1969-12-31T23:59:59.999999Z");
    CHECK(fmt::format("[{:>22}]", weir::instant{0}) == "[  1970-01-01T00:00:00Z]");
    CHECK(fmt::format("{}", weir::instant::max()) == "+294247-01-10T04:00:54.775807Z");
    CHECK(fmt::format("{}", weir::instant::min()) == "-290308-12-21T19:59:05.224192Z");
}

TEST_CASE("a window is formatted as an interval", "[schema]") {
    using namespace std::chrono_literals;
    const std::chrono::sys_seconds start(1'431'857'100s);
    CHECK(fmt::format("{}", weir::window_bounds{start, start + 1min}) == "2015-05-17T10:05:00Z/2015-05-17T10:06:00Z");
}

TEST_CASE("a parser's answer is formatted with column and reason", "[schema]") {
    CHECK(fmt::format("{}", weir::parsed::incomplete) == "incomplete");
    CHECK(fmt::format("{}", weir::parse_status{}) == "record");
    CHECK(fmt::format("{}", weir::parse_status{weir::parsed::nothing}) == "nothing");
    CHECK(fmt::format("{}", weir::parse_status{weir::parsed::failed, 7, "status is no number"})
          == "column 7: status is no number");
}

TEST_CASE("an enum is formatted by name, else by number; counters by name", "[schema]") {
    CHECK(fmt::format("{} {}", weir_test::level::low, weir_test::level::high) == "low high");
    CHECK(fmt::format("{}", static_cast<weir_test::level>(-7)) == "-7");
    weir_test::counted c;
    CHECK(fmt::format("{}", c) == "hits 3, behind -2, by_code {}");
    c.by_code = {{"closed", 1}, {"io", 20}};
    CHECK(fmt::format("{}", c) == "hits 3, behind -2, by_code {closed 1, io 20}");
}
