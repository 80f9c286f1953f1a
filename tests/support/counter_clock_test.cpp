// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/counter_clock.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

using weir::detail::clock_ns;
using weir::detail::kernel_ns;

namespace {

struct seen {
    std::int64_t most_ahead = INT64_MIN;   // of what the kernel says behind the call
    std::int64_t most_behind = INT64_MIN;  // of what it says before
    bool went_back = false;
    std::uint64_t looks = 0;
};

/// For long enough that the counter is carried on for the most part.
template <clockid_t Which>
seen compare(std::int64_t for_ns) {
    seen s;
    std::int64_t last = 0;
    const std::int64_t end = kernel_ns(CLOCK_MONOTONIC) + for_ns;
    for (std::int64_t before = 0; kernel_ns(CLOCK_MONOTONIC) < end; ++s.looks) {
        before = kernel_ns(Which);
        const std::int64_t ours = clock_ns<Which>();
        const std::int64_t behind = kernel_ns(Which);
        s.most_ahead = std::max(s.most_ahead, ours - behind);
        s.most_behind = std::max(s.most_behind, before - ours);
        s.went_back |= ours < last;
        last = ours;
    }
    return s;
}

void check(const seen& s) {
    INFO(s.looks << " looks");
    CHECK(s.most_ahead <= 1'000);
    CHECK(s.most_behind <= 2'000);
    CHECK_FALSE(s.went_back);
}

}  // namespace

TEST_CASE("counter_clock tells the kernel's time, never ahead of it and hardly behind", "[support]") {
    check(compare<CLOCK_MONOTONIC>(50'000'000));
    check(compare<CLOCK_REALTIME>(20'000'000));
}

TEST_CASE("counter_clock: each thread has its own, and all agree with the kernel's", "[support]") {
    std::vector<seen> all(4);
    {
        std::vector<std::thread> threads;
        for (seen& s : all) threads.emplace_back([&s] { s = compare<CLOCK_MONOTONIC>(20'000'000); });
        for (std::thread& t : threads) t.join();
    }
    for (const seen& s : all) check(s);
}

#if defined(__x86_64__)
TEST_CASE("counter_clock: the rate is known after a while, where there is such a counter", "[support]") {
    const std::int64_t end = kernel_ns(CLOCK_MONOTONIC) + 50'000'000;
    while (kernel_ns(CLOCK_MONOTONIC) < end) static_cast<void>(clock_ns<CLOCK_MONOTONIC>());
    const std::uint64_t rate = weir::detail::counter_rate::now();
    if (rate == 0) {
        WARN("the kernel does not tell the time by the processor's counter here");
    } else {
        const double ghz = 4'294'967'296.0 / static_cast<double>(rate);
        INFO(ghz << " GHz");
        CHECK(ghz > 0.5);
        CHECK(ghz < 10);
    }
}
#endif
