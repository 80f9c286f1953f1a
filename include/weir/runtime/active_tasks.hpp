// SPDX-License-Identifier: BSL-1.0
// The active tasks of one worker: those that it polls. It looks at them in turns, and another worker may take one.
//
// The list's lock is held for a few instructions, to pick, add or remove a task; a task's own lock, which `pick` and
// `pick_from` give to the caller, for a step. The order is list, then try-lock of the task; or task, then list. Calls
// are any thread's, and short waits for the lock but for those named `try`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <vector>

#include "brief_lock.hpp"
#include "task.hpp"

namespace weir::detail {

class active_tasks {
  public:
    void add(task& t) {
        const std::lock_guard hold(lock_);
        tasks_.push_back(&t);
    }
    void remove(task& t) noexcept {
        const std::lock_guard hold(lock_);
        const auto at = std::find(tasks_.begin(), tasks_.end(), &t);
        if (at != tasks_.end()) tasks_.erase(at);
    }
    [[nodiscard]] bool empty() noexcept {
        const std::lock_guard hold(lock_);
        return tasks_.empty();
    }
    /// Whether there are several; true when it cannot be said without waiting.
    [[nodiscard]] bool try_several() noexcept {
        if (!lock_.try_lock()) return true;
        const bool several = tasks_.size() > 1;
        lock_.unlock();
        return several;
    }
    /// The next task from position `i` on that nobody is inside of, locked; `i` is behind it then. Null: none.
    [[nodiscard]] task* pick(std::size_t& i) noexcept {
        const std::lock_guard hold(lock_);
        while (i < tasks_.size()) {
            task* const t = tasks_[i++];
            if (t->try_lock()) return t;
        }
        return nullptr;
    }
    /// The first that `may(task)`, in turns from position `first` on, locked; it stays in the list. Null: none, or it
    /// cannot be said without waiting.
    template <class May>
    [[nodiscard]] task* try_pick_from(std::size_t first, May may) noexcept {
        if (!lock_.try_lock()) return nullptr;
        const std::lock_guard hold(lock_, std::adopt_lock);
        for (std::size_t j = 0; j < tasks_.size(); ++j) {
            task* const t = tasks_[(first + j) % tasks_.size()];
            if (!t->try_lock()) continue;
            if (may(*t)) return t;
            t->unlock();
        }
        return nullptr;
    }
    /// Moves those that `want(task)` and that nobody is inside of to `out`, locked.
    template <class Want>
    void move_to(std::vector<task*>& out, Want want) {
        const std::lock_guard hold(lock_);
        std::erase_if(tasks_, [&](task* t) {
            if (!t->try_lock()) return false;
            if (!want(*t)) {
                t->unlock();
                return false;
            }
            out.push_back(t);
            return true;
        });
    }

  private:
    brief_lock lock_;
    std::vector<task*> tasks_;
};

}  // namespace weir::detail
