// SPDX-License-Identifier: BSL-1.0
// Wakes a task: publish, then `notify()`. While the task is being polled that is one relaxed load (with membarrier)
// or one read-modify-write; only a task that has announced its sleep is pushed on its worker's ready list. Many
// notifications cost one wake-up.
//
// A flag per task, not per worker: a thousand idle tasks cost nothing (runtime.md, B). Whoever takes the flag (1 -> 0)
// has the only right to make the task active again.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/config.hpp"
#include "../support/membarrier.hpp"

namespace weir {

class task;

namespace detail {

struct wake_node;

/// What makes a task active again: a scheduler's part of the wake protocol. Outlives every waker.
class wake_domain {
  public:
    wake_domain(const wake_domain&) = delete;
    wake_domain& operator=(const wake_domain&) = delete;
    /// The caller has taken the flag of `node`. Any thread.
    virtual void ready(wake_node& node) noexcept = 0;

  protected:
    wake_domain() = default;
    ~wake_domain() = default;
};

/// The part of a task that outlives it, because application threads may notify late.
/// Order: (1) `announce`'s exchange and (2) `take`'s or the look's RMW, all acq_rel on one word. With membarrier the
/// look is relaxed and the sleeper's barrier stands between (1) and its last look at the data.
struct wake_node {
    explicit wake_node(task* whose) noexcept : of(whose) {}

    atomic<std::uint32_t> flag{0};  // 1: announced asleep
    const bool asymmetric = current_wake_mode() == wake_mode::membarrier;
    task* const of;                         // alive while the flag is 1 or was taken by the caller
    wake_node* next = nullptr;              // the ready list's
    atomic<void*> home{nullptr};            // the worker it belongs to
    atomic<std::uint32_t> sleeps{0};        // counts announcements: a timer of an earlier one is void
    std::shared_ptr<wake_domain> domain{};  // set once, before the flag is first 1
    std::shared_ptr<void> keep{};           // a dedicated worker; set with `domain`

    void announce() noexcept { flag.exchange(1, memory_order_acq_rel); }                        // (1) pairs with (2)
    [[nodiscard]] bool take() noexcept { return flag.exchange(0, memory_order_acq_rel) == 1; }  // (2) pairs with (1)

    WEIR_INLINE void notify() noexcept {
        if (asymmetric) {
            compiler_barrier();
            if (flag.load(memory_order_relaxed) == 0) [[likely]]
                return;
        } else {
            if (flag.fetch_add(0, memory_order_acq_rel) == 0) [[likely]]
                return;  // (2) pairs with (1)
        }
        wake();
    }
    WEIR_COLD void wake() noexcept {
        if (take()) domain->ready(*this);
    }
};

}  // namespace detail

/// A handle to wake one task; copyable, empty when default-constructed. Any thread may notify, at any time, also
/// after the task is gone; never blocks.
class waker {
  public:
    waker() noexcept = default;
    explicit waker(std::shared_ptr<detail::wake_node> node) noexcept : node_(std::move(node)) {}

    WEIR_INLINE void notify() const noexcept {
        if (node_) node_->notify();
    }
    [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }

  private:
    std::shared_ptr<detail::wake_node> node_;
};

}  // namespace weir
