// SPDX-License-Identifier: BSL-1.0
// schema/parse_status.hpp: an answer, and columns that do not overflow.
#include <weir/schema/parse_status.hpp>

#include "support/catch.hpp"

using weir::detail::parse_failed;

static_assert(weir::parse_status{}.what == weir::parsed::record);
static_assert(parse_failed(0, "x").column == 1 && parse_failed(41, "x").column == 42);
static_assert(parse_failed(0, "x").what == weir::parsed::failed);

TEST_CASE("parse_status: a column beyond 32 bits is the last one") {
    CHECK(parse_failed(UINT32_MAX - 1U, "x").column == UINT32_MAX);
    CHECK(parse_failed(std::size_t{UINT32_MAX} + 5, "x").column == UINT32_MAX);
    CHECK(parse_failed(3, "why") == weir::parse_status{weir::parsed::failed, 4, "why"});
    CHECK_FALSE(parse_failed(3, "why") == parse_failed(4, "why"));
}
