// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/pack.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using weir::detail::all_elements;
using weir::detail::element;
using weir::detail::is_pack;
using weir::detail::pack;
using weir::detail::pack_type;

namespace {

// Two of one type are two values.
constexpr pack<int, int, char> three{{{1}, {2}, {'x'}}};
static_assert(element<0>(three) == 1 && element<1>(three) == 2 && element<2>(three) == 'x');
static_assert(std::is_same_v<pack_type<2, int, int, char>, char>);
static_assert(decltype(three)::size == 3 && pack<>::size == 0);
static_assert(is_pack<pack<int>> && is_pack<pack<>> && !is_pack<int>);
static_assert(!all_elements(three, [n = 0](auto) mutable { return ++n < 2; }));

}  // namespace

TEST_CASE("pack: its values are moved and changed in place") {
    pack<std::unique_ptr<int>, std::string> p{{{std::make_unique<int>(7)}, {"seven"}}};
    element<1>(p) += "!";
    const pack<std::unique_ptr<int>, std::string> q = std::move(p);
    CHECK(*element<0>(q) == 7);
    CHECK(element<1>(q) == "seven!");
}

TEST_CASE("pack: all_elements goes in order, and stops at the first that is refused") {
    pack<int, int, int> p{{{1}, {2}, {3}}};
    std::string seen;
    CHECK_FALSE(all_elements(p, [&](int& each) {
        seen += std::to_string(each);
        return ++each != 3;
    }));
    CHECK(seen == "12");
    CHECK(all_elements(std::as_const(p), [](int each) { return each == 2 || each == 3; }));
}
