// SPDX-License-Identifier: BSL-1.0
// What the tasks, waits and handles of one started pipeline share: its state, its first exception, how many tasks
// live, and whom to wake when the state changes.
//
// Every step and every wait looks here first, before any ring. Whoever changes the state wakes every task and every
// registered wait point; stopping never depends on room in a ring (runtime.md, E).
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../buffers/parking.hpp"
#include "../support/atomic.hpp"
#include "process.hpp"
#include "spread.hpp"
#include "task.hpp"

namespace weir {

/// Later ones win: a pipeline that is asked to drain and then stopped is `stopping`.
enum class job_state : std::uint8_t { running, draining, stopping, finished };

class job_control {
  public:
    job_control() = default;
    job_control(const job_control&) = delete;
    job_control& operator=(const job_control&) = delete;

    // Any thread; wait-free.
    [[nodiscard]] job_state state() const noexcept {
        const std::uint32_t bits = bits_.load(memory_order_acquire);  // (2) pairs with (1)
        if ((bits & finished_bit) != 0) return job_state::finished;
        if ((bits & stop_bit) != 0) return job_state::stopping;
        return (bits & drain_bit) != 0 ? job_state::draining : job_state::running;
    }
    /// Stop was asked for, or a task threw. Stays true when finished.
    [[nodiscard]] bool stopping() const noexcept { return (bits_.load(memory_order_acquire) & stop_bit) != 0; }
    /// Sources end where they are. Stays true when finished.
    [[nodiscard]] bool draining() const noexcept { return (bits_.load(memory_order_acquire) & drain_bit) != 0; }
    [[nodiscard]] bool finished() const noexcept { return (bits_.load(memory_order_acquire) & finished_bit) != 0; }
    /// Tasks that have not ended, and requests of theirs that are served elsewhere.
    [[nodiscard]] std::size_t live_tasks() const noexcept { return live_.load(memory_order_acquire); }
    /// In the child of a fork: nothing of this pipeline runs here, and nothing ever will.
    [[nodiscard]] bool forked() const noexcept { return process_generation() != generation_; }

    /// Every task is abandoned instead of stepped again. Any thread, also from inside a task.
    void request_stop() noexcept { change(stop_bit); }
    /// Sources end; what was taken is delivered. Any thread, also from inside a task.
    void request_drain() noexcept { change(drain_bit); }

    /// The first exception stays; the pipeline stops. `stage` names where it came from.
    void fail(std::exception_ptr what, std::string_view stage) noexcept {
        if (forked()) return;
        {
            const std::lock_guard hold(mutex_);
            if (!exception_) {
                exception_ = std::move(what);
                try {
                    failed_stage_.assign(stage);
                } catch (...) {
                    failed_stage_.clear();  // no memory for a name: the exception itself is kept
                }
            }
        }
        request_stop();
    }
    /// Null while nothing has thrown.
    [[nodiscard]] std::exception_ptr exception() const {
        const std::lock_guard hold(mutex_);
        return exception_;
    }
    [[nodiscard]] std::string failed_stage() const {
        const std::lock_guard hold(mutex_);
        return failed_stage_;
    }

    /// Is notified whenever the state changes, from now on. For inlets, outlets and whatever else waits.
    void watch(std::shared_ptr<wait_point> point) {
        const std::lock_guard hold(mutex_);
        points_.push_back(std::move(point));
    }
    /// Where to wait for `finished()`: `scheduler.wait(job.ended(), [&] { return job.finished(); })`.
    [[nodiscard]] wait_point& ended() noexcept { return ended_; }

    /// For schedulers of several threads.
    [[nodiscard]] detail::spread_policy& spread() noexcept { return spread_; }

    /// The tasks, in the order they were started: for metrics, each under its lock.
    [[nodiscard]] const std::vector<std::unique_ptr<task>>& tasks() const noexcept { return tasks_; }

    /// Hands the tasks out once all have ended, so that the caller's thread destroys them. In a forked child, those
    /// that no vanished thread was inside of.
    [[nodiscard]] std::vector<std::unique_ptr<task>> take_tasks() noexcept;

    // For schedulers.

    /// Takes the tasks over; every one lives. Once.
    void adopt(std::vector<std::unique_ptr<task>> tasks) {
        const std::lock_guard hold(mutex_);
        nodes_.reserve(tasks.size());
        for (const auto& t : tasks) nodes_.push_back(t->make_waker());
        live_.store(tasks.size(), memory_order_release);
        tasks_ = std::move(tasks);
        if (tasks_.empty()) bits_.fetch_or(finished_bit, memory_order_acq_rel);  // (1) pairs with (2)
    }
    /// A task that lives hands a request to another thread: not finished before `request_ended` was called too.
    void request_begun() noexcept { live_.fetch_add(1, memory_order_relaxed); }
    void request_ended() noexcept { task_ended(); }
    /// One task has ended and nobody touches it any more.
    void task_ended() noexcept {
        const std::size_t before = live_.fetch_sub(1, memory_order_acq_rel);
        if (before == 2) last_.notify();
        if (before == 1) change(finished_bit);
    }
    /// Before the start: a task that ends behind all others is woken when it is the only one that lives.
    void set_last_task(waker task) noexcept { last_ = std::move(task); }

  private:
    static constexpr std::uint32_t drain_bit = 1, stop_bit = 2, finished_bit = 4;

    void change(std::uint32_t bit) noexcept {
        if (forked()) return;
        if ((bits_.fetch_or(bit, memory_order_acq_rel) & bit) != 0) return;  // (1) pairs with (2)
        {
            const std::lock_guard hold(mutex_);
            for (const waker& w : nodes_) w.notify();
            for (const auto& p : points_) p->notify();
        }
        ended_.notify();
    }

    const std::uint32_t generation_ = process_generation();
    atomic<std::uint32_t> bits_{0};
    atomic<std::size_t> live_{0};
    mutable std::mutex mutex_;  // never taken per step
    std::vector<std::unique_ptr<task>> tasks_;
    std::vector<waker> nodes_;
    waker last_;
    std::vector<std::shared_ptr<wait_point>> points_;
    std::exception_ptr exception_;
    std::string failed_stage_;
    wait_point ended_;
    detail::spread_policy spread_;
};

namespace detail {

/// A scheduler's view into a task. All but `node`, `waiting_since` and `records` under the task's lock.
struct task_access {
    static wake_node& node(task& t) noexcept { return *t.node_; }
    static const std::shared_ptr<wake_node>& shared_node(task& t) noexcept { return t.node_; }
    static std::shared_ptr<job_control>& job(task& t) noexcept { return t.job_; }
    static bool& ended(task& t) noexcept { return t.ended_; }
    static std::uint32_t& budget(task& t) noexcept { return t.budget_; }
    static std::uint32_t& idle_rounds(task& t) noexcept { return t.idle_rounds_; }
    static std::int64_t& ns_per_record(task& t) noexcept { return t.ns_per_record_; }
    static atomic<std::int64_t>& waiting_since(task& t) noexcept { return t.waiting_since_; }
    static atomic<std::uint64_t>& records(task& t) noexcept { return t.records_; }
    static task_statistics& statistics(task& t) noexcept { return t.statistics_; }
};

/// One step of a locked task: looks at its job first, catches what it throws, abandons what will not be stepped again.
[[nodiscard]] inline step_result step_task(task& t, std::uint32_t max_records, instant now) noexcept {
    constexpr step_result over{step_result::kind::done, instant::max(), 0};
    if (task_access::ended(t)) return over;
    job_control& job = *task_access::job(t);
    if (job.stopping()) {
        task_access::ended(t) = true;
        t.abandon();
        return over;
    }
    try {
        const step_result r = t.step(max_records, now);
        if (r.what == step_result::kind::done) task_access::ended(t) = true;
        return r;
    } catch (...) {
        task_access::ended(t) = true;
        t.abandon();
        job.fail(std::current_exception(), t.name());
        return over;
    }
}

/// The last thing done to a locked task that has ended: after it, the job may be gone.
inline void finish_task(task& t) noexcept {
    const std::shared_ptr<job_control> job = std::move(task_access::job(t));
    t.unlock();
    job->task_ended();
}

}  // namespace detail

inline std::vector<std::unique_ptr<task>> job_control::take_tasks() noexcept {
    std::vector<std::unique_ptr<task>> out;
    if (forked()) {
        for (auto& t : tasks_) {
            // A task that some thread was inside of at the fork is in no state to be destroyed: it is left alone.
            if (!t->try_lock()) static_cast<void>(t.release());
        }
        out.swap(tasks_);
        return out;
    }
    if (finished()) {
        const std::lock_guard hold(mutex_);
        out.swap(tasks_);
    }
    return out;
}

}  // namespace weir
