// SPDX-License-Identifier: BSL-1.0
// schema/static_text.hpp: texts put together at compile time.
#include <weir/schema/static_text.hpp>

#include <string>

#include "support/catch.hpp"

namespace {

struct getter {
    constexpr std::string_view operator()() const noexcept { return "abc"; }
};

static_assert(weir::detail::joined<"a", "", "bc"> == "abc");
static_assert(weir::detail::joined<>.empty());
static_assert(weir::detail::fixed_from<getter> == weir::fixed_string("abc"));
static_assert(weir::detail::part_of<"abcdef", 2, 3>.view() == "cde");

}  // namespace

TEST_CASE("static_text: one text for one name, ended by a NUL") {
    const std::string_view a = weir::detail::joined<"no '", "x", "'">;
    const std::string_view b = weir::detail::joined<"no '", "x", "'">;
    CHECK(a.data() == b.data());
    CHECK(a.data()[a.size()] == '\0');
    CHECK(std::string(a) == "no 'x'");
}
