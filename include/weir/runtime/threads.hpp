// SPDX-License-Identifier: BSL-1.0
// The scheduler with real threads: a fixed number of workers, never more than cores unless asked, started with the
// first pipeline, and a thread for each task that wants one of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/relax.hpp"
#include "blocking_service.hpp"
#include "cores.hpp"
#include "job_control.hpp"
#include "scheduler.hpp"
#include "task.hpp"
#include "worker.hpp"

namespace weir {

struct runtime_options {
    unsigned workers = 0;         // 0: one per core that this process may use; more than these are cut off
    bool pin = false;             // each worker to a core
    bool oversubscribe = false;   // take `workers` as it is, more than cores too: for tests
    std::int64_t spin_us = 10;    // how long a worker looks for work before it sleeps
    const clock* time = nullptr;  // processing time; null: the wall clock. Outlives the scheduler.
};

class threads : public scheduler {
  public:
    explicit threads(runtime_options options = {})
        : options_(options), time_(options.time != nullptr ? *options.time : system_clock_source()),
          set_(std::make_shared<detail::worker_set>()) {
        const unsigned cores = detail::usable_cores();
        unsigned n = options.workers == 0 ? cores : options.workers;
        if (!options.oversubscribe) n = std::min(n, cores);
        set_->owner = this;
        set_->time = &time_;
        set_->spin_ns = options.spin_us * 1'000;
        for (unsigned i = 0; i < n; ++i) {
            set_->workers.push_back(std::make_shared<detail::worker>(*set_, i, false));
        }
    }

    /// Stops every pipeline that still runs, waits for their tasks, joins. In the child of a fork it only frees.
    /// On one of its own workers it ends the process with a message: it would wait for itself.
    ~threads() override {
        if (forked()) {
            // Forgets the handles: their threads are in the parent, and nothing may be asked of them here.
            for (std::thread& t : pool_) std::construct_at(&t);
            for (own_thread& o : own_) std::construct_at(&o.thread);
            blocking_.forget();
            return;
        }
        if (inside()) {
            std::fputs("weir::threads: destroyed from inside one of its own tasks; destroy it elsewhere\n", stderr);
            std::terminate();
        }
        end_pipelines();
        set_->exiting.store(true, memory_order_release);
        for (const auto& w : set_->workers) w->wake();
        for (own_thread& o : own_) o.worker->dismiss();
        for (std::thread& t : pool_) t.join();
        for (own_thread& o : own_) o.thread.join();
    }

    void start(std::shared_ptr<job_control> job, std::vector<std::unique_ptr<task>> tasks) override {
        if (forked()) refuse_forked();
        const std::lock_guard hold(mutex_);
        start_workers();
        reap();
        std::erase_if(jobs_, [](const auto& weak) { return weak.expired(); });
        jobs_.push_back(job);

        std::vector<task*> all;
        std::vector<std::shared_ptr<detail::worker>> homes;
        const auto& shared = set_->workers[next_++ % set_->workers.size()];
        try {
            all.reserve(tasks.size());
            homes.reserve(tasks.size());
            for (const auto& t : tasks) {
                all.push_back(t.get());
                homes.push_back(t->where().what == placement::kind::shared ? shared : start_own(*t));
            }
            job->adopt(std::move(tasks));
        } catch (...) {
            for (const auto& w : homes) {
                if (w->dedicated()) w->dismiss();
            }
            throw;
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            detail::wake_node& node = detail::task_access::node(*all[i]);
            detail::task_access::job(*all[i]) = job;
            detail::task_access::waiting_since(*all[i]).store(monotonic_now(), memory_order_relaxed);
            node.domain = set_;
            node.home.store(homes[i].get(), memory_order_relaxed);
            if (homes[i]->dedicated()) node.keep = homes[i];
        }
        // From here on tasks run, end, and may be gone.
        for (std::size_t i = 0; i < all.size(); ++i) homes[i]->push(detail::task_access::node(*all[i]));
        for (const auto& w : homes) w->wake();
    }

    void serve(std::shared_ptr<detail::blocking_state> queue) override { blocking_.serve(std::move(queue)); }

    [[nodiscard]] const clock& time() const noexcept override { return time_; }
    [[nodiscard]] std::size_t workers() const noexcept { return set_->workers.size(); }

  protected:
    /// Stops every pipeline, and lets nobody wait here any more. First in the destructor of a class derived from this
    /// one: until then other threads may be in a virtual call.
    void end_pipelines() noexcept {
        if (forked() || inside()) return;
        for (const auto& weak : jobs_) {
            if (const std::shared_ptr<job_control> job = weak.lock()) {
                job->request_stop();
                static_cast<void>(wait(job->ended(), [&] { return job->finished(); }));
            }
        }
        close_gate();
    }

    wait_status wait_until(wait_point& point, predicate ready, void* argument, instant deadline) override {
        if (forked()) return wait_status::forked;
        // At most a few us: a waiter that spins can hold the core of the worker it waits for.
        const std::int64_t spin_until = monotonic_now() + std::min<std::int64_t>(2'000, set_->spin_ns);
        do {
            if (ready(argument)) return wait_status::ready;
            detail::relax();
        } while (monotonic_now() < spin_until);
        for (;;) {
            const std::uint32_t announced = point.announce();
            if (ready(argument)) return wait_status::ready;
            std::int64_t ns = detail::for_ever;
            if (deadline != instant::max()) {
                const instant now = time_.now();
                if (now >= deadline) return wait_status::timed_out;
                constexpr std::int64_t hour_us = 3'600'000'000;
                const bool far = now.us < 0 ? deadline.us > now.us + hour_us : deadline.us - now.us > hour_us;
                ns = (far ? hour_us : deadline.us - now.us) * 1'000;
            }
            point.sleep(announced, ns);
        }
    }

  private:
    struct own_thread {
        std::shared_ptr<detail::worker> worker;
        std::thread thread;
    };

    void start_workers() {
        const std::vector<unsigned> cores = options_.pin ? detail::allowed_cores() : std::vector<unsigned>{};
        pool_.reserve(set_->workers.size());
        while (pool_.size() < set_->workers.size()) {
            const std::size_t i = pool_.size();
            const int core = cores.empty() ? -1 : static_cast<int>(cores[i % cores.size()]);
            pool_.emplace_back([set = set_, i, core] {
                detail::name_this_thread("weir-" + std::to_string(i));
                if (core >= 0) detail::pin_this_thread(static_cast<unsigned>(core));
                set->workers[i]->run();
            });
        }
    }

    std::shared_ptr<detail::worker> start_own(const task& t) {
        own_.emplace_back();
        try {
            own_.back().worker = std::make_shared<detail::worker>(*set_, 0, true);
            own_.back().thread = std::thread([set = set_, w = own_.back().worker, name = t.name(), where = t.where()] {
                detail::name_this_thread(name);
                if (where.what == placement::kind::pinned) detail::pin_this_thread(where.core);
                w->run();
            });
        } catch (...) {
            own_.pop_back();
            throw;
        }
        return own_.back().worker;
    }

    /// Joins the threads whose task has ended.
    void reap() {
        std::erase_if(own_, [](own_thread& o) {
            if (!o.worker->gone()) return false;
            o.thread.join();
            return true;
        });
    }

    const runtime_options options_;
    const clock& time_;
    const std::shared_ptr<detail::worker_set> set_;
    std::mutex mutex_;  // starting only
    std::vector<std::thread> pool_;
    std::vector<own_thread> own_;
    std::vector<std::weak_ptr<job_control>> jobs_;
    std::size_t next_ = 0;
    detail::blocking_service blocking_;
};

}  // namespace weir
