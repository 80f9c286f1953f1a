// SPDX-License-Identifier: BSL-1.0
// Where threads sleep in the kernel. The one place that makes the system call, so that a checker of interleavings can
// put its own here.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

#include "atomic.hpp"

namespace weir::detail {

/// No time-out.
inline constexpr std::int64_t for_ever = -1;

/// Sleeps while `*word == seen`, at most `ns` nanoseconds. May return early.
inline void futex_sleep(atomic<std::uint32_t>& word, std::uint32_t seen, std::int64_t ns) noexcept {
    static_assert(sizeof(word) == sizeof(std::uint32_t) && atomic<std::uint32_t>::is_always_lock_free);
    if (ns == 0) return;
    timespec limit{};
    limit.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, ns < 0 ? nullptr : &limit, nullptr, 0);
}

inline void futex_wake(atomic<std::uint32_t>& word, int how_many) noexcept {
    ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, how_many, nullptr, nullptr, 0);
}

}  // namespace weir::detail
