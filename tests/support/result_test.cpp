// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/result.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using weir::errc;
using weir::error;
using weir::result;

namespace {

result<int> half(int n) {
    if (n % 2 != 0) return error{errc::bad_format, "3 is odd; give an even number", "here"};
    return n / 2;
}
result<void> nothing(bool fails) {
    if (fails) return error{errc::io, "the disk is gone; look at its cable", "/dev/x"};
    return {};
}

}  // namespace

TEST_CASE("result holds a value, or the error in its place", "[support]") {
    result<int> good = half(8);
    REQUIRE(good);
    CHECK(good.has_value());
    CHECK(*good == 4);
    *good = 5;
    CHECK(good.value() == 5);
    const result<int> bad = half(3);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == errc::bad_format);
    CHECK(bad.error().where == "here");
}

TEST_CASE("result: value() of an error throws it", "[support]") {
    result<int> bad = half(3);
    CHECK_THROWS_WITH(bad.value(), "3 is odd; give an even number");
    try {
        static_cast<void>(half(3).value());
        FAIL("no exception");
    } catch (const weir::bad_result& e) {
        CHECK(e.error().code == errc::bad_format);
        CHECK(e.error().where == "here");
    }
    CHECK_THROWS_AS(nothing(true).value(), weir::bad_result);
    CHECK_NOTHROW(nothing(false).value());
    CHECK(nothing(true).error().code == errc::io);
    CHECK(nothing(false).has_value());
}

TEST_CASE("result gives what only moves, and what looks like an error", "[support]") {
    result<std::unique_ptr<int>> owner = std::make_unique<int>(7);
    CHECK(**owner == 7);
    const std::unique_ptr<int> out = std::move(owner).value();
    CHECK(*out == 7);
    result<std::string> text = std::string("abc");
    CHECK(text->size() == 3);
    CHECK(*std::move(text) == "abc");
}

TEST_CASE("result is copied, moved and assigned with what it holds") {
    result<std::string> good = std::string("a text that is longer than what a string holds in place");
    result<std::string> bad = error{errc::io, "the disk is gone; look at its cable", "/dev/x"};
    const result<std::string> copy = good;
    CHECK(*copy == *good);
    const result<std::string> none = bad;
    CHECK(none.error().where == "/dev/x");

    good = bad;
    REQUIRE_FALSE(good);
    CHECK(good.error().code == errc::io);
    bad = copy;
    REQUIRE(bad);
    CHECK(*bad == *copy);
    result<std::string>& itself = bad;
    bad = itself;
    CHECK(*bad == *copy);
    good = std::string("short");
    CHECK(good.value() == "short");
    const result<std::string> moved = std::move(good);
    CHECK(*moved == "short");
    static_assert(std::is_nothrow_move_constructible_v<result<std::string>>);
    static_assert(!std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
}
