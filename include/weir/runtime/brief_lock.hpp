// SPDX-License-Identifier: BSL-1.0
// A lock of one word, for what is held for a few instructions, or which others try and leave alone when it is held. Who
// waits for it yields its core. Lockable as the standard has it; any thread; not recursive.
#pragma once

#include <cstdint>
#include <thread>

#include "../support/atomic.hpp"

namespace weir::detail {

class brief_lock {
  public:
    void lock() noexcept {
        while (!try_lock()) std::this_thread::yield();
    }
    [[nodiscard]] bool try_lock() noexcept {
        return word_.load(memory_order_relaxed) == 0 && word_.exchange(1, memory_order_acquire) == 0;  // (1)
    }
    void unlock() noexcept { word_.store(0, memory_order_release); }  // (2): synchronizes with (1)

  private:
    atomic<std::uint32_t> word_{0};
};

}  // namespace weir::detail
