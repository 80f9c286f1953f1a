// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/schema/enum_names.hpp>
#include <weir/support/format.hpp>

#include <iterator>

TEST_CASE("an errc is formatted as its enumerator's name, each of them", "[support]") {
    constexpr std::size_t names = std::size(weir::detail::errc_names);
    STATIC_REQUIRE(weir::enum_count<weir::errc> == names);
    for (std::size_t i = 0; i < names; ++i) {
        const auto code = static_cast<weir::errc>(i);
        CHECK(fmt::format("{}", code) == weir::enum_name(code));
    }
    CHECK(fmt::format("{}", static_cast<weir::errc>(names)) == "no errc");
    CHECK(fmt::format("[{:>10}]", weir::errc::io) == "[        io]");
}

TEST_CASE("an error is formatted as its message and where", "[support]") {
    const weir::error plain{weir::errc::io, "the disk said no; try another", ""};
    CHECK(fmt::format("{}", plain) == "the disk said no; try another");
    const weir::error placed{weir::errc::not_found, "there is no such file; name one", "a/b"};
    CHECK(fmt::format("{}: {}", placed.code, placed) == "not_found: there is no such file; name one (a/b)");
}

TEST_CASE("a fixed_string is formatted as its text, laid out as asked", "[support]") {
    constexpr weir::fixed_string late("late");
    CHECK(fmt::format("{}", late) == "late");
    CHECK(fmt::format("{:*<7}", late) == "late***");
    CHECK(fmt::format("{}", weir::fixed_string("")) == "");
}
