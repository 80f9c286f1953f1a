// SPDX-License-Identifier: BSL-1.0
// Where threads sleep: `parker` for a worker (one sleeper), `wait_point` for application threads (any number).
#pragma once

#include <climits>
#include <cstdint>

#include "../support/atomic.hpp"
#include "../support/futex.hpp"
#include "../support/membarrier.hpp"

namespace weir {
namespace detail {

/// A worker's eventcount. The sleeper: `announce`, look at everything once more, then `sleep` or `cancel`.
/// Order: (1) the waker's exchange -> (2) the sleeper's, both acq_rel on one word: whoever comes second sees what the
/// first did before it.
class parker {
  public:
    void announce() noexcept { word_.exchange(1, memory_order_acq_rel); }  // (2) pairs with (1)
    void cancel() noexcept { word_.exchange(0, memory_order_acq_rel); }    // (2) pairs with (1)
    void sleep(std::int64_t ns) noexcept { futex_sleep(word_, 1, ns); }

    /// Any thread, after what the sleeper shall see. True if it slept, or was about to.
    bool wake() noexcept {
        if (word_.exchange(0, memory_order_acq_rel) == 0) return false;  // (1) pairs with (2)
        futex_wake(word_, 1);
        return true;
    }
    [[nodiscard]] bool parked() const noexcept { return word_.load(memory_order_relaxed) != 0; }

  private:
    atomic<std::uint32_t> word_{0};
};

}  // namespace detail

/// Where application threads wait for something that tasks or other threads do. Who waits goes through
/// `scheduler::wait`; who changes what they wait for calls `notify()` after it (one load when nobody waits).
/// Handles own it together (`std::shared_ptr`): a waiter that has left must not free it under a notifier.
///
/// Bit 0 of the word says that somebody waits, the rest counts wake-ups. Without membarrier, (1) the notifier's
/// fetch_add and (2) the waiter's fetch_or, both acq_rel on one word, order the two.
class wait_point {
  public:
    wait_point() = default;
    wait_point(const wait_point&) = delete;
    wait_point& operator=(const wait_point&) = delete;

    /// Any thread, wait-free while nobody waits; else one system call.
    void notify() noexcept {
        if (look()) wake();
    }

    /// A waiter's announcement; then it looks once more, then it sleeps with what this returned.
    [[nodiscard]] std::uint32_t announce() noexcept {
        const std::uint32_t seen = word_.fetch_or(1, memory_order_acq_rel) | 1U;  // (2) pairs with (1)
        if (asymmetric_) detail::process_barrier();
        return seen;
    }
    void sleep(std::uint32_t announced, std::int64_t ns) noexcept { detail::futex_sleep(word_, announced, ns); }

  private:
    [[nodiscard]] bool look() noexcept {
        if (asymmetric_) {
            detail::compiler_barrier();
            return (word_.load(memory_order_relaxed) & 1U) != 0;
        }
        return (word_.fetch_add(0, memory_order_acq_rel) & 1U) != 0;  // (1) pairs with (2)
    }
    void wake() noexcept {
        std::uint32_t seen = word_.load(memory_order_relaxed);
        do {
            if ((seen & 1U) == 0) return;
            // Relaxed: the look has ordered what was published, and who wakes announces itself anew.
        } while (!word_.compare_exchange_weak(seen, (seen + 2) & ~1U, memory_order_relaxed, memory_order_relaxed));
        detail::futex_wake(word_, INT_MAX);
    }

    atomic<std::uint32_t> word_{0};
    const bool asymmetric_ = current_wake_mode() == wake_mode::membarrier;
};

}  // namespace weir
