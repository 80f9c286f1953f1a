// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/clock.hpp>

#include <thread>

TEST_CASE("clock: a virtual one stands until it is moved, for every thread", "[support]") {
    weir::virtual_clock c(weir::instant{-5});
    CHECK(c.now() == weir::instant{-5});
    CHECK(c.now() == weir::instant{-5});
    std::thread([&] { c.advance(7); }).join();
    CHECK(c.now() == weir::instant{2});
    c.set(weir::instant::max());
    const weir::clock& any = c;
    CHECK(any.now() == weir::instant::max());
}

TEST_CASE("clock: the real ones go on", "[support]") {
    const weir::instant wall = weir::system_clock_source().now();
    CHECK(wall > weir::instant{1'600'000'000'000'000});  // 2020
    CHECK(&weir::system_clock_source() == &weir::system_clock_source());
    const std::int64_t before = weir::monotonic_now();
    CHECK(weir::monotonic_now() >= before);
}
