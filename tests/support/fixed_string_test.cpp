// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/fixed_string.hpp>
#include <weir/support/fixed_string_view.hpp>

#include <string>

using weir::fixed_string;

namespace {

template <fixed_string Name>
struct named {
    static constexpr auto name = Name;
};

static_assert(fixed_string("late").size() == 4);
static_assert(fixed_string("").size() == 0);
static_assert(fixed_string("late") == fixed_string("late"));
static_assert(!(fixed_string("late") == fixed_string("lato")));
static_assert(!(fixed_string("late") == fixed_string("later")));
static_assert(!(fixed_string("") == fixed_string("a")));
static_assert(std::is_same_v<named<"late">, named<"late">>, "one type for one text");
static_assert(!std::is_same_v<named<"late">, named<"lat">>);
static_assert(named<"a\0b">::name.size() == 3, "what is in it counts, not where a C string would end");
static_assert(named<"late">::name.view() == "late");
static_assert(fixed_string<3>{}.view() == std::string_view("\0\0\0", 3));

}  // namespace

TEST_CASE("fixed_string: a literal as a template argument, seen as text", "[support]") {
    CHECK(std::string(named<"late">::name.view()) == "late");
    CHECK(std::string(named<"late">::name.text) == "late");
}
