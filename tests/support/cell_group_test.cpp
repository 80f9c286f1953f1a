// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/cell_group.hpp>

using weir::detail::cell_group;

static_assert(sizeof(cell_group) == 32 && alignof(cell_group) == 32);

TEST_CASE("cell_group finds the cells with these bits under a mask", "[support]") {
    const cell_group g{{0x8000'0001U, 0xFFFF'FFFFU, 0x8000'0002U, 0xFFFF'FF01U, 0x8000'0003U, 0U, 0U, 0U}};
    CHECK(g.matches(0x8000'0000U, 0xFFFF'FF00U) == 0b0001'0101U);
    CHECK(g.matches(0xFFFF'FF00U, 0xFFFF'FF00U) == 0b0000'1010U);
    CHECK(g.matches(0x8000'0000U, 0x8000'0000U) == 0b0001'1111U);
    CHECK(g.matches(0x4000'0000U, 0xF000'0000U) == 0U);
    CHECK(g.matches(0U, ~0U) == 0b1110'0000U);
    CHECK_FALSE(g.full());
    CHECK(cell_group{{1U, 1U, 1U, 1U, 1U, 1U, 1U, 1U}}.full());
}
