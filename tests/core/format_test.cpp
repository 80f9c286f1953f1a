// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/core/format.hpp>

#include <string>

TEST_CASE("answers and stream properties are formatted by name", "[core]") {
    CHECK(fmt::format("{} {} {}", weir::flow::more, weir::flow::full, weir::flow::done) == "more full done");
    CHECK(fmt::format("{}", weir::pulled::starved) == "starved");
    CHECK(fmt::format("{} {}", weir::category::lent, weir::partition::by_key) == "lent by_key");
}

TEST_CASE("a failure is formatted as why and where, without its record", "[core]") {
    CHECK(fmt::format("{}", weir::place{12, 3, 0}) == "line 12, column 3");
    const weir::failure<std::string> bad{"a secret line", "status is no number", {8'899, 61, 0}};
    CHECK(fmt::format("{}", bad) == "status is no number (line 8899, column 61)");
    CHECK(fmt::format("{}", weir::failure<int>{1, "too large", {}}) == "too large");
}

TEST_CASE("exits are formatted by name where they are not 0", "[core]") {
    CHECK(fmt::format("{}", weir::exits{}) == "none");
    CHECK(fmt::format("{}", weir::exits{.dropped = 2, .late = 1}) == "dropped 2, late 1");
    CHECK(fmt::format("{}", weir::exits{1, 2, 3, 4, 5, 6, 7})
          == "made 1, absorbed 2, dropped 3, late 4, failed 5, routed 6, held 7");
}
