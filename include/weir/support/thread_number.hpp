// SPDX-License-Identifier: BSL-1.0
// this_thread_number(): 1 and up, another one for each thread of the process, and never given again: a thread that has
// ended keeps its own. Any thread, wait-free; a load but for a thread's first call.
#pragma once

#include <cstdint>

#include "atomic.hpp"

namespace weir::detail {

[[nodiscard]] inline std::uint64_t this_thread_number() noexcept {
    static constinit atomic<std::uint64_t> given{0};
    static constinit thread_local std::uint64_t mine = 0;
    if (mine == 0) [[unlikely]]
        mine = given.fetch_add(1, memory_order_relaxed) + 1;
    return mine;
}

}  // namespace weir::detail
