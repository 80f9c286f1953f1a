// SPDX-License-Identifier: BSL-1.0
// Who runs tasks, on which clock, and where application threads wait: real threads (`threads.hpp`) or a seeded
// simulation (`simulated.hpp`). Every wait of the library goes through `scheduler::wait`; nothing else blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "../buffers/parking.hpp"
#include "../support/clock.hpp"
#include "../support/instant.hpp"
#include "job_control.hpp"
#include "task.hpp"

namespace weir {

enum class wait_status : std::uint8_t {
    ready,      // the predicate holds
    timed_out,  // the deadline passed
    forked      // this is the child of a fork: the scheduler's threads are not here
};

class scheduler;

namespace detail {

class blocking_state;

/// The scheduler whose step the calling thread is in, or nullptr.
inline const scheduler*& running_here() noexcept {
    thread_local const scheduler* here = nullptr;
    return here;
}

/// While it lives, the calling thread is inside a step of `mine`.
class step_mark {
  public:
    explicit step_mark(const scheduler* mine) noexcept : before_(running_here()) { running_here() = mine; }
    step_mark(const step_mark&) = delete;
    step_mark& operator=(const step_mark&) = delete;
    ~step_mark() { running_here() = before_; }

  private:
    const scheduler* before_;
};

}  // namespace detail

namespace detail {

/// Who waits on a scheduler through an inlet or outlet, which may outlive it: it is not destroyed under them. Their
/// waits end with their pipelines.
class waiting_gate {
  public:
    /// False when the scheduler is gone; else `leave` follows.
    [[nodiscard]] bool enter() noexcept {
        std::uint32_t seen = word_.load(memory_order_relaxed);
        do {
            if ((seen & gone) != 0) return false;
        } while (!word_.compare_exchange_weak(seen, seen + 1, memory_order_acquire, memory_order_relaxed));
        return true;
    }
    void leave() noexcept { word_.fetch_sub(1, memory_order_release); }  // (1) pairs with (2)
    void close() noexcept {
        word_.fetch_or(gone, memory_order_relaxed);
        while (word_.load(memory_order_acquire) != gone) std::this_thread::yield();  // (2) pairs with (1)
    }

  private:
    static constexpr std::uint32_t gone = 1U << 31U;
    atomic<std::uint32_t> word_{0};
};

}  // namespace detail

class scheduler {
  public:
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    virtual ~scheduler() = default;

    /// Runs `tasks` until each has answered `done`, thrown or been abandoned; then `job` is finished. Any thread.
    /// Throws std::logic_error in the child of a fork.
    virtual void start(std::shared_ptr<job_control> job, std::vector<std::unique_ptr<task>> tasks) = 0;

    /// Calls `serve_next` of a `blocking_queue` that has got its first request until it answers false, outside of tasks
    /// and workers. Any thread.
    virtual void serve(std::shared_ptr<detail::blocking_state> queue) = 0;

    /// Waits until `ready()` holds or this scheduler's clock reaches `deadline`. `ready` looks at the job's state
    /// first, then at rings; it is called by the waiting thread only, several times. Who changes what it reads
    /// notifies `point` after it. Throws std::logic_error from inside a task of this scheduler, which would wait for
    /// itself.
    template <class Predicate>
        requires std::is_invocable_r_v<bool, Predicate&>
    wait_status wait(wait_point& point, Predicate ready, instant deadline = instant::max()) {
        if (inside()) {
            throw std::logic_error("weir::scheduler: a task waits for its own scheduler, which runs it (a stage that "
                                   "puts into its own inlet waits for itself); use the try_ form there");
        }
        return wait_until(
            point, [](void* p) { return static_cast<bool>((*static_cast<Predicate*>(p))()); }, &ready, deadline);
    }

    /// For handles that may outlive it: `wait` between `enter` and `leave`.
    [[nodiscard]] const std::shared_ptr<detail::waiting_gate>& gate() const noexcept { return gate_; }

    /// Processing time, for tasks and deadlines.
    [[nodiscard]] virtual const clock& time() const noexcept = 0;

    /// Whether the calling thread is in a step of a task of this scheduler.
    [[nodiscard]] bool inside() const noexcept { return detail::running_here() == this; }

    /// Whether this is the child of a fork of the process that made the scheduler.
    [[nodiscard]] bool forked() const noexcept { return process_generation() != generation_; }

  protected:
    using predicate = bool (*)(void*);

    /// In the destructor, once every pipeline has ended.
    void close_gate() noexcept { gate_->close(); }

    scheduler() = default;
    virtual wait_status wait_until(wait_point& point, predicate ready, void* argument, instant deadline) = 0;

    [[noreturn]] static void refuse_forked() {
        throw std::logic_error("weir::scheduler: forked: its threads are in the parent process; make a new one here");
    }

  private:
    const std::uint32_t generation_ = process_generation();
    const std::shared_ptr<detail::waiting_gate> gate_ = std::make_shared<detail::waiting_gate>();
};

}  // namespace weir
