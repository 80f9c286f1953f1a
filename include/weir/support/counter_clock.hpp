// SPDX-License-Identifier: BSL-1.0
// The kernel's clocks, told by the processor's counter in between: half of what a call of clock_gettime costs, which a
// put of one record pays. Each thread asks the kernel once a millisecond, and carries on from there by the counter.
//
// Only where the kernel itself tells the time by that counter, and so has found it to run evenly and in step on all
// cores (x86); elsewhere each call is clock_gettime's. The rate is measured over the process's first 10 ms and longer,
// and taken 1/2048 too low, so that a thread's time does not go back where it asks the kernel again: it is within two
// microseconds of the kernel's, and behind it rather than ahead. A clock that is set is followed within a millisecond.
//
// Order: relaxed throughout: a rate is one word, and an old one is right too.
#pragma once

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "atomic.hpp"
#include "config.hpp"

namespace weir::detail {

[[nodiscard]] inline std::int64_t kernel_ns(clockid_t which) noexcept {
    timespec t{};
    ::clock_gettime(which, &t);
    return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

#if defined(__x86_64__)

[[nodiscard]] WEIR_INLINE std::uint64_t processor_ticks() noexcept { return __builtin_ia32_rdtsc(); }

/// A reading of both.
struct clock_reading {
    explicit clock_reading(clockid_t which) noexcept {
        for (int tries = 0; tries < 4 && !ok; ++tries) {
            const std::uint64_t before = processor_ticks();
            ns = kernel_ns(which);
            ticks = processor_ticks();    // behind the kernel's look, so that time is not ahead
            ok = ticks - before < 3'000;  // a microsecond: less, of 10 ms, than the rate is taken too low
        }
    }
    std::int64_t ns = 0;
    std::uint64_t ticks = 0;
    bool ok = false;  // not interrupted in between
};

/// Nanoseconds in 2^32 ticks; 0 while it is not known, or there is no such counter.
class counter_rate {
  public:
    [[nodiscard]] static std::uint64_t now() noexcept {
        static counter_rate one;
        return one.measured();
    }

  private:
    counter_rate() noexcept : even_(kernel_counts()), begin_(CLOCK_MONOTONIC), asleep_(slept()) {}

    [[nodiscard]] static bool kernel_counts() noexcept {
        const int file =
            ::open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
        if (file < 0) return false;
        char name[16];
        const ssize_t n = ::read(file, name, sizeof name);
        ::close(file);
        return n == 4 && std::memcmp(name, "tsc\n", 4) == 0;
    }
    /// For how long the machine has been suspended so far, which the counter may count and the clock does not.
    [[nodiscard]] static std::int64_t slept() noexcept {
        return kernel_ns(CLOCK_BOOTTIME) - kernel_ns(CLOCK_MONOTONIC);
    }
    /// Again until a second's measurement is there.
    [[nodiscard]] std::uint64_t measured() noexcept {
        if (!even_ || !begin_.ok || done_.load(memory_order_relaxed)) return rate_.load(memory_order_relaxed);
        const clock_reading here(CLOCK_MONOTONIC);
        const std::int64_t ns = here.ns - begin_.ns;
        if (!here.ok || ns < 10'000'000 || here.ticks <= begin_.ticks || slept() - asleep_ > 1'000'000)
            return rate_.load(memory_order_relaxed);
        // To six digits and more, without a division of 128 bits.
        const auto rate = static_cast<std::uint64_t>(
            static_cast<double>(ns) / static_cast<double>(here.ticks - begin_.ticks) * 4'294'967'296.0);
        rate_.store(rate - rate / 2'048, memory_order_relaxed);
        if (ns > 1'000'000'000) done_.store(true, memory_order_relaxed);
        return rate_.load(memory_order_relaxed);
    }

    const bool even_;
    const clock_reading begin_;
    const std::int64_t asleep_;
    atomic<std::uint64_t> rate_{0};
    atomic<bool> done_{false};
};

/// Nanoseconds of the kernel's clock `Which`, as said above. Any thread; wait-free.
template <clockid_t Which>
[[nodiscard]] WEIR_INLINE std::int64_t clock_ns() noexcept {
    struct anchor {
        std::uint64_t ticks = 0;
        std::uint64_t span = 0;  // ticks for which it is good
        std::uint64_t rate = 0;
        std::int64_t ns = 0;

        WEIR_NOINLINE std::int64_t set() noexcept {
            rate = counter_rate::now();
            const clock_reading here(Which);
            span = rate == 0 || !here.ok ? 0 : (std::uint64_t{1'000'000} << 32U) / rate;
            ticks = here.ticks;
            ns = here.ns;
            return ns;
        }
    };
    static constinit thread_local anchor last;
    const std::uint64_t since = processor_ticks() - last.ticks;
    if (since >= last.span) [[unlikely]]
        return last.set();
    return last.ns + static_cast<std::int64_t>(since * last.rate >> 32U);
}

#else

template <clockid_t Which>
[[nodiscard]] inline std::int64_t clock_ns() noexcept {
    return kernel_ns(Which);
}

#endif

}  // namespace weir::detail
