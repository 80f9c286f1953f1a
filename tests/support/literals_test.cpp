// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/literals.hpp>

#include <type_traits>

using namespace weir::literals;

static_assert(0_KiB == 0 && 1_KiB == 1'024 && 64_KiB == 65'536 && 5_MiB == 5'242'880 && 1_GiB == 1'073'741'824);
static_assert(std::is_same_v<decltype(1_MiB), std::size_t>);
static_assert(1h == 3'600s && 60s == 1min && 5ms == 5'000us);

TEST_CASE("literals: sizes and durations under one using", "[support]") {
    const std::size_t size = 4_KiB;
    const std::chrono::seconds time = 2min;
    CHECK(size == 4'096);
    CHECK(time.count() == 120);
}
