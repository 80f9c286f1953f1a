// SPDX-License-Identifier: BSL-1.0
// Who runs tasks, on which clock, and where application threads wait: real threads (`threads.hpp`) or a seeded
// simulation (`simulated.hpp`). Every wait of the library goes through `scheduler::wait`; nothing else blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "../support/clock.hpp"
#include "../support/instant.hpp"
#include "job_control.hpp"
#include "parking.hpp"
#include "task.hpp"

namespace weir {

enum class wait_status : std::uint8_t {
    ready,      // the predicate holds
    timed_out,  // the deadline passed
    forked      // this is the child of a fork: the scheduler's threads are not here
};

class scheduler;

namespace detail {

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

class scheduler {
  public:
    scheduler(const scheduler&) = delete;
    scheduler& operator=(const scheduler&) = delete;
    virtual ~scheduler() = default;

    /// Runs `tasks` until each has answered `done`, thrown or been abandoned; then `job` is finished. Any thread.
    /// Throws std::logic_error in the child of a fork.
    virtual void start(std::shared_ptr<job_control> job, std::vector<std::unique_ptr<task>> tasks) = 0;

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
        return wait_until(point, [](void* p) { return static_cast<bool>((*static_cast<Predicate*>(p))()); }, &ready,
                          deadline);
    }

    /// Processing time, for tasks and deadlines.
    [[nodiscard]] virtual const clock& time() const noexcept = 0;

    /// Whether the calling thread is in a step of a task of this scheduler.
    [[nodiscard]] bool inside() const noexcept { return detail::running_here() == this; }

    /// Whether this is the child of a fork of the process that made the scheduler.
    [[nodiscard]] bool forked() const noexcept { return process_generation() != generation_; }

  protected:
    using predicate = bool (*)(void*);

    scheduler() = default;
    virtual wait_status wait_until(wait_point& point, predicate ready, void* argument, instant deadline) = 0;

    [[noreturn]] static void refuse_forked() {
        throw std::logic_error("weir::scheduler: forked: its threads are in the parent process; make a new one here");
    }

  private:
    const std::uint32_t generation_ = process_generation();
};

}  // namespace weir
