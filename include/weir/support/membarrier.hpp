// SPDX-License-Identifier: BSL-1.0
// How a producer learns that a reader sleeps: publish, then look at the reader's flag; the sleeper sets the flag, then
// looks at the data once more. One side must order its store before its load. With `membarrier` the sleeper pays for
// both (0.3 to 9 us); without it the producer's look is a read-modify-write (runtime.md, B).
//
// Decided once per process, before the first worker. The kernel's query itself may fail (ENOSYS, EPERM in a sandbox).
#pragma once

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "atomic.hpp"

namespace weir {

enum class wake_mode : std::uint8_t {
    undecided,
    membarrier,        // the look is one relaxed load
    read_modify_write  // the look is one acq_rel fetch_add
};

namespace detail {

inline constinit atomic<wake_mode> process_wake_mode{wake_mode::undecided};

[[nodiscard]] inline wake_mode ask_kernel() noexcept {
    const long known = ::syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    if (known < 0 || (known & MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0) return wake_mode::read_modify_write;
    if (::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0) {
        return wake_mode::read_modify_write;
    }
    return wake_mode::membarrier;
}

/// A full barrier on every running thread of this process. Only in mode `membarrier`.
inline void process_barrier() noexcept { ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0); }

/// Keeps the compiler from moving the look before the publication; the processor is the sleeper's business. Payload
/// never depends on it.
inline void compiler_barrier() noexcept { asm volatile("" ::: "memory"); }

}  // namespace detail

/// The process's mode. Any thread.
[[nodiscard]] inline wake_mode current_wake_mode() noexcept {
    const wake_mode known = detail::process_wake_mode.load(memory_order_relaxed);
    if (known != wake_mode::undecided) return known;
    wake_mode expected = wake_mode::undecided;
    const wake_mode found = detail::ask_kernel();
    return detail::process_wake_mode.compare_exchange_strong(expected, found, memory_order_relaxed,
                                                             memory_order_relaxed)
               ? found
               : expected;
}

/// For tests: what the next tasks and wait points use, until changed; `undecided` asks the kernel again.
inline void override_wake_mode(wake_mode mode) noexcept { detail::process_wake_mode.store(mode, memory_order_relaxed); }

}  // namespace weir
