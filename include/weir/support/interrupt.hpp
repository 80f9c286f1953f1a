// SPDX-License-Identifier: BSL-1.0
// Ends a wait for the outside: `file_system::wait_readable` and `wait_writable` return once it is raised. Raised once,
// for good. Any thread. It costs a descriptor only when something waits with it.
#pragma once

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <mutex>

#include "atomic.hpp"

namespace weir {

class interrupt {
  public:
    interrupt() = default;
    interrupt(const interrupt&) = delete;
    interrupt& operator=(const interrupt&) = delete;
    ~interrupt() {
        if (event_ >= 0) ::close(event_);
    }

    void raise() noexcept {
        const std::lock_guard hold(mutex_);
        raised_.store(true, memory_order_release);  // (1) pairs with (2)
        if (event_ < 0) return;
        const std::uint64_t one = 1;
        while (::write(event_, &one, sizeof(one)) < 0 && errno == EINTR) {}
    }
    [[nodiscard]] bool raised() const noexcept { return raised_.load(memory_order_acquire); }  // (2) pairs with (1)

    /// Readable for `poll` once it is raised; -1 where the process has no descriptor left: look again by time then.
    [[nodiscard]] int descriptor() noexcept {
        const std::lock_guard hold(mutex_);
        if (event_ < 0) event_ = ::eventfd(raised() ? 1 : 0, EFD_CLOEXEC);
        return event_;
    }

  private:
    std::mutex mutex_;
    atomic<bool> raised_{false};
    int event_ = -1;
};

}  // namespace weir
