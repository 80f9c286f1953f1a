// SPDX-License-Identifier: BSL-1.0
// Which process this is: a runtime belongs to the process that made it. A forked child has none of its threads, so
// there every call answers `forked` instead of waiting for ever (runtime.md, H).
#pragma once

#include <pthread.h>

#include <cstdint>

#include "../support/atomic.hpp"

namespace weir {
namespace detail {

inline constinit atomic<std::uint32_t> fork_count{0};

extern "C" inline void weir_count_fork() { fork_count.fetch_add(1, memory_order_relaxed); }

}  // namespace detail

/// Grows by one in the child of every fork since the first call. Any thread.
[[nodiscard]] inline std::uint32_t process_generation() noexcept {
    static const int registered = ::pthread_atfork(nullptr, nullptr, &detail::weir_count_fork);
    static_cast<void>(registered);
    return detail::fork_count.load(memory_order_relaxed);
}

}  // namespace weir
