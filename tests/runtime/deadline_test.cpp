// SPDX-License-Identifier: BSL-1.0
// deadline_after: never before now, never round the end of time.
#include <weir/runtime/deadline.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <random>

#include "../support/catch.hpp"

using namespace std::chrono_literals;
using weir::instant;
using weir::detail::deadline_after;

static_assert(deadline_after({10}, 5us) == instant{15});
static_assert(deadline_after({10}, 2s) == instant{2'000'010});
static_assert(deadline_after({10}, 0s) == instant{10});
static_assert(deadline_after({10}, -1h) == instant{10});
static_assert(deadline_after({-10}, 4us) == instant{-6});
// Finer than a microsecond: rounded down.
static_assert(deadline_after({10}, 1'999ns) == instant{11});
static_assert(deadline_after({10}, 999ns) == instant{10});
static_assert(deadline_after({10}, std::chrono::duration<double>(1.5)) == instant{1'500'010});
// Beyond all times: for ever.
static_assert(deadline_after({10}, std::chrono::hours::max()) == instant::max());
static_assert(deadline_after({10}, std::chrono::microseconds::max()) == instant::max());
static_assert(deadline_after({10}, std::chrono::duration<double>(1e300)) == instant::max());
static_assert(deadline_after({10}, std::chrono::duration<double>(std::numeric_limits<double>::infinity()))
              == instant::max());
static_assert(deadline_after({INT64_MAX - 1}, 1us) == instant::max());
static_assert(deadline_after({INT64_MAX - 1}, 2us) == instant::max());
static_assert(deadline_after(instant::max(), 1us) == instant::max());
static_assert(deadline_after(instant::min(), std::chrono::microseconds::max()) == instant{-1});
// What is no number, and less than nothing.
static_assert(deadline_after({10}, std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()))
              == instant{10});
static_assert(deadline_after({10}, std::chrono::duration<double>(-std::numeric_limits<double>::infinity()))
              == instant{10});
static_assert(deadline_after({10}, std::chrono::hours::min()) == instant{10});

TEST_CASE("deadline_after: between now and the end of time, and more for more", "[runtime]") {
    const std::uint64_t seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    // Of every size, of either sign.
    const auto any = [&] { return static_cast<std::int64_t>(random() >> (random() % 64)) * (random() % 2 ? 1 : -1); };
    for (int i = 0; i < 20'000; ++i) {
        const instant now{any()};
        const std::int64_t time = any();
        CAPTURE(now.us, time);
        const instant until = deadline_after(now, std::chrono::milliseconds(time));
        REQUIRE(until >= now);
        REQUIRE(deadline_after(now, std::chrono::milliseconds(time / 2)) <= (time > 0 ? until : now));
        const weir::detail::int128 exact = static_cast<weir::detail::int128>(time) * 1'000 + now.us;
        if (time > 0 && time < INT64_MAX / 1'000 && exact < INT64_MAX) REQUIRE(until.us == exact);
        if (exact > INT64_MAX) REQUIRE(until == instant::max());
    }
}
