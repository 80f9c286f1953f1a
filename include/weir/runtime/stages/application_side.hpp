// SPDX-License-Identifier: BSL-1.0
// What inlets and outlets have in common: how application threads wait at one end for the pipeline at the other.
//
// They wait on the pipeline's scheduler, or on the process's runtime while there is no pipeline yet. A handle may
// outlive both: a wait that finds its scheduler gone returns at once, and a scheduler is not destroyed under a wait.
#pragma once

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "../runtime.hpp"

namespace weir::detail {

class application_side {
  public:
    application_side() = default;
    application_side(const application_side&) = delete;
    application_side& operator=(const application_side&) = delete;

    /// In the child of a fork: nobody is at the other end, and a lock may be held by a thread that is not here.
    [[nodiscard]] bool forked() const noexcept { return process_generation() != generation_; }

    void connect(scheduler& on) {
        const std::lock_guard hold(mutex_);
        on_ = &on;
        gate_ = on.gate();
    }
    void disconnect() {
        const std::lock_guard hold(mutex_);
        on_ = nullptr;
        gate_.reset();
    }

    /// Throws std::logic_error on a thread that runs a task of the scheduler at the other end; also where it would not
    /// have to wait this time, so that the mistake is found the first time.
    void refuse_inside(const char* call, const char* instead) const {
        const scheduler* const here = running_here();
        if (here == nullptr || forked()) [[likely]]
            return;
        const std::lock_guard hold(mutex_);
        if (here != (on_ != nullptr ? on_ : &runtime::get_default())) return;
        throw std::logic_error(std::string("weir::") + call
                               + ": called from inside a task of the scheduler that runs the "
                                 "pipeline at its other end, it would wait for itself; use "
                               + instead + " there");
    }

    /// Until `ready()`, or what `deadline(now)` says. Whoever makes it true calls `point()->notify()`.
    template <class Predicate, class Deadline>
    wait_status wait(Predicate ready, Deadline deadline) const {
        if (forked()) return wait_status::forked;
        scheduler* on = nullptr;
        std::shared_ptr<waiting_gate> gate;
        {
            const std::lock_guard hold(mutex_);
            on = on_;
            gate = gate_;
        }
        if (on == nullptr) {
            scheduler& any = runtime::get_default();
            return any.wait(*point_, ready, deadline(any.time().now()));
        }
        if (!gate->enter()) return ready() ? wait_status::ready : wait_status::timed_out;
        struct leave {
            waiting_gate& gate;
            ~leave() { gate.leave(); }
        } const guard{*gate};
        return on->wait(*point_, ready, deadline(on->time().now()));
    }
    [[nodiscard]] const std::shared_ptr<wait_point>& point() const noexcept { return point_; }

  private:
    const std::uint32_t generation_ = process_generation();
    const std::shared_ptr<wait_point> point_ = std::make_shared<wait_point>();
    mutable std::mutex mutex_;  // never while waiting
    scheduler* on_ = nullptr;
    std::shared_ptr<waiting_gate> gate_;
};

/// The deadline of a wait without one.
inline constexpr auto no_deadline = [](instant) noexcept { return instant::max(); };

}  // namespace weir::detail
