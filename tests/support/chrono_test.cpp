// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/chrono.hpp>
#include <weir/support/literals.hpp>

#include <cstdint>
#include <limits>

using weir::instant;
using weir::to_instant;
using weir::to_sys;
using weir::to_us;

namespace {

using namespace weir::literals;
using namespace std::chrono;
using ticks64 = std::int64_t;

constexpr ticks64 most = std::numeric_limits<ticks64>::max();
constexpr ticks64 least = std::numeric_limits<ticks64>::min();

static_assert(to_us(1h) == 3'600'000'000);
static_assert(to_us(1ns) == 0);
static_assert(to_us(-1ns) == -1, "down, not toward zero");
static_assert(to_us(-1'000ns) == -1);
static_assert(to_us(-1'001ns) == -2);
static_assert(to_us(microseconds(most)) == most);
static_assert(to_us(microseconds(least)) == least);
static_assert(!to_us(duration<ticks64>(most / 1'000'000 + 1)));
static_assert(to_us(duration<ticks64>(most / 1'000'000)) == most / 1'000'000 * 1'000'000);
static_assert(!to_us(duration<ticks64>(least)));
static_assert(to_us(nanoseconds(least)) == least / 1'000 - 1);
static_assert(to_us(nanoseconds(most)) == most / 1'000);
static_assert(to_us(duration<int, std::ratio<1, 3>>(-1)) == -333'334);
static_assert(to_us(duration<double>(0.25)) == 250'000);
static_assert(to_us(duration<double>(-1e-7)) == -1);
static_assert(!to_us(duration<double>(1e300)));
static_assert(!to_us(duration<double>(std::numeric_limits<double>::quiet_NaN())));
static_assert(!to_us(duration<double>(std::numeric_limits<double>::infinity())));
static_assert(!to_us(duration<float, std::micro>(9.3e18F)));
static_assert(to_us(duration<double, std::micro>(-0x1p63)) == least);
static_assert(!to_us(duration<std::uint64_t, std::micro>(~0ULL)));
static_assert(to_us(duration<std::uint64_t, std::nano>(~0ULL)) == 18'446'744'073'709'551);
static_assert(to_us(duration<unsigned, std::milli>(5)) == 5'000);

static_assert(to_instant(sys_days{year{1969} / December / 31} + 24h - 1ns) == instant{-1});
static_assert(to_instant(sys_days{year{2015} / May / 17}) == instant{1'431'820'800'000'000});
static_assert(!to_instant(sys_time<hours>(hours(most / 3'600'000'000 + 1))));
static_assert(to_instant(to_sys(instant::max())) == instant::max());
static_assert(to_instant(to_sys(instant::min())) == instant::min());

static_assert(64_KiB == 65'536 && 5_MiB == 5'242'880 && 1_GiB == 1'073'741'824);

}  // namespace

TEST_CASE("Times become microseconds, rounded down, or nothing", "[support]") {
    CHECK(to_us(nanoseconds(-1)) == -1);
    CHECK(to_us(days(1)) == 86'400'000'000);
    CHECK_FALSE(to_us(duration<ticks64, std::ratio<86'400>>(most)).has_value());
    CHECK(to_instant(sys_time<nanoseconds>(1'999ns)) == instant{1});
    CHECK(to_sys(instant{-1}).time_since_epoch() == -1us);
}

TEST_CASE("The widest ticks still work where their product needs more than one step", "[support]") {
    // 1/44100 s: neither a whole number of microseconds nor a whole fraction.
    using sample = duration<ticks64, std::ratio<1, 44'100>>;
    CHECK(to_us(sample(44'100)) == 1'000'000);
    CHECK(to_us(sample(1)) == 22);
    CHECK(to_us(sample(-1)) == -23);
    CHECK_FALSE(to_us(sample(most)).has_value());
    CHECK(to_us(sample(most / 23)).has_value());
}
