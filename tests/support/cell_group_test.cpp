// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/cell_group.hpp>

using weir::detail::cell_group;

static_assert(sizeof(cell_group) == 16 && alignof(cell_group) == 16);

TEST_CASE("cell_group finds the cells of each byte and the empty ones", "[support]") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        const unsigned other = (byte + 2) % 256;
        cell_group g{};
        CHECK(g.vacant() == 0x7FFFU);
        CHECK(g.matches(byte) == 0U);
        g.set(0, byte);
        g.set(3, other);
        g.set(14, byte);
        CHECK(g.matches(byte) == 0x4001U);
        CHECK(g.matches(other) == 0x0008U);
        CHECK(g.vacant() == 0x3FF6U);
        g.passed = static_cast<unsigned char>(byte);  // is no cell
        CHECK(g.matches(byte) == 0x4001U);
        CHECK(g.vacant() == 0x3FF6U);
    }
}

TEST_CASE("cell_group: 0 is a byte like others, though it stands with 1", "[support]") {
    cell_group g{};
    g.set(5, 0);
    g.set(6, 1);
    CHECK(g.matches(0) == g.matches(1));
    CHECK(g.matches(0) == 0x60U);
    CHECK(g.vacant() == (0x7FFFU & ~0x60U));
}

TEST_CASE("cell_group remembers who went past it by the last three bits", "[support]") {
    cell_group g{};
    for (unsigned byte = 0; byte < 256; ++byte) CHECK_FALSE(g.was_passed(byte));
    g.pass(0x83);
    g.pass(0x80);
    for (unsigned byte = 0; byte < 256; ++byte) CHECK(g.was_passed(byte) == (byte % 8 == 3 || byte % 8 == 0));
    CHECK(g.vacant() == 0x7FFFU);
}
