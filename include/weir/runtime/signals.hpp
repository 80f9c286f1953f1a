// SPDX-License-Identifier: BSL-1.0
// SIGINT and SIGTERM while a pipeline runs, where `run` was asked for it: the first drains, the second stops. SIGPIPE is
// ignored meanwhile.
#pragma once

#include <signal.h>

#include <memory>

#include "../support/atomic.hpp"
#include "parking.hpp"

namespace weir::detail {

/// How many came since the handlers were installed, and whom to wake. Written in a handler, so only what may be there.
inline constinit atomic<int> signals_seen{0};
inline constinit atomic<wait_point*> signal_waiter{nullptr};

extern "C" inline void weir_on_signal(int) noexcept {
    signals_seen.fetch_add(1, memory_order_acq_rel);
    // The wait point outlives the handlers (see ~signal_watch): notify is one atomic and one system call.
    if (wait_point* w = signal_waiter.load(memory_order_acquire)) w->notify();
}

/// While it lives the two signals are counted; then what was there before is put back. One at a time per process.
class signal_watch {
  public:
    explicit signal_watch(wait_point& wake) noexcept {
        signals_seen.store(0, memory_order_release);
        signal_waiter.store(&wake, memory_order_release);
        struct sigaction act {};
        act.sa_handler = &weir_on_signal;
        sigemptyset(&act.sa_mask);
        ::sigaction(SIGINT, &act, &before_int_);
        ::sigaction(SIGTERM, &act, &before_term_);
        // A reader that has gone is then an error of the write, which says so.
        struct sigaction ignore {};
        ignore.sa_handler = SIG_IGN;
        sigemptyset(&ignore.sa_mask);
        ::sigaction(SIGPIPE, &ignore, &before_pipe_);
    }
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;
    ~signal_watch() {
        ::sigaction(SIGINT, &before_int_, nullptr);
        ::sigaction(SIGTERM, &before_term_, nullptr);
        ::sigaction(SIGPIPE, &before_pipe_, nullptr);
        signal_waiter.store(nullptr, memory_order_release);
    }
    [[nodiscard]] static int seen() noexcept { return signals_seen.load(memory_order_acquire); }

  private:
    struct sigaction before_int_ {};
    struct sigaction before_term_ {};
    struct sigaction before_pipe_ {};
};

}  // namespace weir::detail
