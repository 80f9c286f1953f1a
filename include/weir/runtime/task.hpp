// SPDX-License-Identifier: BSL-1.0
// The unit that a scheduler runs: one fused chain, or one node with the chains into it. A task is stepped by one
// thread at a time (its try-lock is taken once per step), and moves between workers only as a whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../core/step_result.hpp"
#include "../support/atomic.hpp"
#include "brief_lock.hpp"
#include "waker.hpp"

namespace weir {

class job_control;
namespace detail {
struct task_access;
}

/// Where a task runs.
struct placement {
    enum class kind : std::uint8_t {
        shared,      // on the scheduler's workers, which hand it to each other
        own_thread,  // on a thread of its own: for stages that take long
        pinned       // on a thread of its own, bound to `core`
    };
    kind what = kind::shared;
    unsigned core = 0;

    [[nodiscard]] static constexpr placement on_own_thread() noexcept { return {kind::own_thread, 0}; }
    [[nodiscard]] static constexpr placement pinned_to(unsigned core) noexcept { return {kind::pinned, core}; }
};

struct task_statistics {
    std::uint64_t steps = 0;  // that did something
    std::uint64_t records = 0;
    std::int64_t busy_ns = 0;  // in those steps
    std::int64_t longest_step_ns = 0;
    std::int64_t longest_record_ns = 0;  // the mean of its step: exact where steps are single records
    /// A single record took over 10 ms: the stage belongs on a thread of its own.
    [[nodiscard]] constexpr bool slow() const noexcept { return longest_record_ns > 10'000'000; }
};

class task {
  public:
    explicit task(std::string name, placement where = {})
        : name_(std::move(name)), where_(where), node_(std::make_shared<detail::wake_node>(this)) {}
    task(const task&) = delete;
    task& operator=(const task&) = delete;
    virtual ~task() = default;

    /// Works on at most `max_records` records. When it returns nothing is unpublished; `idle` and `wait_until` are
    /// answered only with all consumed slots released too, and when it has nothing to do until its waker is notified.
    /// After `done` it is not called again. An exception finishes the task and stops its pipeline.
    virtual step_result step(std::uint32_t max_records, instant now) = 0;

    /// Called once, instead of further steps, when the pipeline stops or this task has thrown: counts what it holds.
    virtual void abandon() noexcept = 0;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] placement where() const noexcept { return where_; }

    /// Wakes this task. Any thread may ask, before and after it starts.
    [[nodiscard]] waker make_waker() const noexcept { return waker(node_); }

    /// The pipeline it belongs to: from `start` to its end, inside `step`.
    [[nodiscard]] job_control& job() const noexcept { return *job_; }

    /// Lockable: whoever holds the lock may read the task's counters, and delays its next step. Not from its own
    /// step; use std::unique_lock<task>, briefly.
    void lock() noexcept { lock_.lock(); }
    [[nodiscard]] bool try_lock() noexcept { return lock_.try_lock(); }
    void unlock() noexcept { lock_.unlock(); }

    /// Under the lock.
    [[nodiscard]] const task_statistics& statistics() const noexcept { return statistics_; }

  private:
    friend struct detail::task_access;

    const std::string name_;
    const placement where_;
    const std::shared_ptr<detail::wake_node> node_;
    std::shared_ptr<job_control> job_;  // from start to end: keeps the pipeline while a task of it may run
    detail::brief_lock lock_;
    atomic<std::int64_t> waiting_since_{0};  // monotonic ns: its last step's end, or when it became active
    atomic<std::uint64_t> records_{0};       // as the statistics have it, for those without the lock
    // All below: whoever holds the lock.
    bool ended_ = false;
    std::uint32_t budget_ = 1;        // records of the next step
    std::uint32_t idle_rounds_ = 0;   // in a row
    std::int64_t ns_per_record_ = 0;  // a moving mean; 0: not known yet
    task_statistics statistics_{};
};

}  // namespace weir
