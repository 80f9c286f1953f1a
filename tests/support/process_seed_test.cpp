// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/process_seed.hpp>

#include <thread>

TEST_CASE("process_seed is one number for all threads, and not a likely one", "[support]") {
    const std::uint64_t seed = weir::process_seed();
    CHECK(seed == weir::process_seed());
    std::uint64_t elsewhere = 0;
    std::thread([&] { elsewhere = weir::process_seed(); }).join();
    CHECK(elsewhere == seed);
    CHECK(seed >> 16U != 0);  // one in 2^48 fails
}
