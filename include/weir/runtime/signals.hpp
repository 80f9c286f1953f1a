// SPDX-License-Identifier: BSL-1.0
// SIGINT and SIGTERM while pipelines run, where `run` was asked for it: the first drains, the second stops, all of
// those that asked. SIGPIPE is ignored meanwhile, so that a reader that has gone is an error of the write, which says
// so.
#pragma once

#include <errno.h>
#include <signal.h>

#include <memory>
#include <mutex>

#include "../buffers/parking.hpp"
#include "../support/atomic.hpp"

namespace weir::detail {

/// How many came. Grows in a handler, where only lock-free atomics and system calls may be.
inline constinit atomic<int> signals_seen{0};
/// Where those wait who want to know; set once, and never gone, because a handler may still be in it.
inline constinit atomic<wait_point*> signal_point{nullptr};

extern "C" inline void weir_on_signal(int) noexcept {
    const int before = errno;
    signals_seen.fetch_add(1, memory_order_acq_rel);                           // (1) pairs with (2)
    if (wait_point* p = signal_point.load(memory_order_acquire)) p->notify();  // (3) pairs with (4)
    errno = before;
}

/// While one lives the handlers are installed; with the last, what was there before is put back. Any thread.
class signal_watch {
  public:
    signal_watch() {
        static const std::shared_ptr<wait_point> shared = std::make_shared<wait_point>();
        point_ = shared;
        signal_point.store(shared.get(), memory_order_release);  // (4) pairs with (3)
        handlers& h = installed();
        const std::lock_guard hold(h.mutex);
        if (h.watches++ != 0) return;
        struct sigaction act{};
        sigemptyset(&act.sa_mask);
        act.sa_flags = SA_RESTART;
        act.sa_handler = &weir_on_signal;
        ::sigaction(SIGINT, &act, &h.before_int);
        ::sigaction(SIGTERM, &act, &h.before_term);
        act.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &act, &h.before_pipe);
    }
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch() {
        handlers& h = installed();
        const std::lock_guard hold(h.mutex);
        if (--h.watches != 0) return;
        ::sigaction(SIGINT, &h.before_int, nullptr);
        ::sigaction(SIGTERM, &h.before_term, nullptr);
        ::sigaction(SIGPIPE, &h.before_pipe, nullptr);
    }

    /// Signals since this was made.
    [[nodiscard]] int seen() const noexcept { return signals_seen.load(memory_order_acquire) - before_; }  // (2)
    /// Is notified when one comes.
    [[nodiscard]] const std::shared_ptr<wait_point>& point() const noexcept { return point_; }

  private:
    struct handlers {
        std::mutex mutex;
        int watches = 0;
        struct sigaction before_int{};
        struct sigaction before_term{};
        struct sigaction before_pipe{};
    };
    static handlers& installed() noexcept {
        static handlers all;
        return all;
    }

    const int before_ = signals_seen.load(memory_order_acquire);
    std::shared_ptr<wait_point> point_;
};

}  // namespace weir::detail
