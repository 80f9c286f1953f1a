// SPDX-License-Identifier: BSL-1.0
// schema/enum_names.hpp: scoped, unscoped, negative, far and unnamed values.
#include <weir/schema/enum_names.hpp>

#include <string>

#include "support/catch.hpp"

namespace outer {
enum class colour : unsigned char { red, green = 7, blue = 255 };
template <class T>
struct holder {
    enum class part { left, right };
};
}  // namespace outer

namespace {

enum class level { debug, info, warning = 10 };
enum plain : int { plain_zero, plain_two = 2 };
enum not_fixed { not_fixed_zero, not_fixed_one };
enum class sign : signed char { lowest = -128, minus = -1, none = 0, highest = 127 };
enum class wide : long { low = -100, high = 200, far = 100'000 };
enum class yes : bool { no, yes };
enum class empty {};
enum class twice { a = 1, b = 1, c = 2 };

static_assert(weir::enum_name(level::debug) == "debug");
static_assert(weir::enum_name(level::warning) == "warning");
static_assert(weir::enum_name(static_cast<level>(3)).empty());
static_assert(weir::enum_count<level> == 3);
static_assert(weir::enum_name(plain_two) == "plain_two");
static_assert(weir::enum_count<plain> == 2);
static_assert(weir::enum_count<not_fixed> == 0 && weir::enum_name(not_fixed_one).empty());
static_assert(weir::enum_name(outer::colour::blue) == "blue");
static_assert(weir::enum_count<outer::colour> == 3);
static_assert(weir::enum_name(outer::holder<int>::part::right) == "right");
static_assert(weir::enum_name(sign::lowest) == "lowest" && weir::enum_name(sign::highest) == "highest");
static_assert(weir::enum_count<sign> == 4);
static_assert(weir::enum_name(wide::low) == "low" && weir::enum_name(wide::high) == "high");
static_assert(weir::enum_name(wide::far).empty());
static_assert(weir::enum_name(yes::yes) == "yes" && weir::enum_count<yes> == 2);
static_assert(weir::enum_count<empty> == 0);
static_assert(weir::enum_count<twice> == 2);

}  // namespace

TEST_CASE("enum_names: enumerators are read by name") {
    level l = level::debug;
    CHECK(weir::read_enum_name("warning", l));
    CHECK(l == level::warning);
    CHECK_FALSE(weir::read_enum_name("Warning", l));
    CHECK_FALSE(weir::read_enum_name("", l));
    CHECK(l == level::warning);
    enum class local { here, there };
    CHECK(std::string(weir::enum_name(local::there)) == "there");
}
