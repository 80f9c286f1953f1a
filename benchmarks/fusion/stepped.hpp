// SPDX-License-Identifier: BSL-1.0
// A scheduler that steps its one task on the thread that waits, in steps as large as a worker's grow: what a worker
// does to a task, without its clock, its looks at other tasks and its thread. So instructions are the same in every
// run.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <weir/runtime/job_control.hpp>
#include <weir/runtime/scheduler.hpp>
#include <weir/runtime/task.hpp>
#include <weir/runtime/worker_set.hpp>
#include <weir/support/clock.hpp>

namespace fusion {

class stepped final : public weir::scheduler {
  public:
    void start(std::shared_ptr<weir::job_control> job, std::vector<std::unique_ptr<weir::task>> tasks) override {
        task_ = tasks.front().get();
        job->adopt(std::move(tasks));
        weir::detail::task_access::job(*task_) = std::move(job);
        weir::detail::task_access::node(*task_).domain = domain_;
    }
    void serve(std::shared_ptr<weir::detail::blocking_state>) override {}  // nothing blocks here
    [[nodiscard]] const weir::clock& time() const noexcept override { return clock_; }

  protected:
    weir::wait_status wait_until(weir::wait_point&, predicate ready, void* argument, weir::instant) override {
        while (!ready(argument)) {
            if (task_ == nullptr) return weir::wait_status::timed_out;
            task_->lock();
            const weir::step_result r = weir::detail::step_task(*task_, weir::detail::largest_step, clock_.now());
            if (r.what == weir::step_result::kind::done) {
                weir::detail::finish_task(*std::exchange(task_, nullptr));
            } else {
                task_->unlock();
            }
        }
        return weir::wait_status::ready;
    }

  private:
    struct nobody final : weir::detail::wake_domain {
        void ready(weir::detail::wake_node&) noexcept override {}
    };
    weir::task* task_ = nullptr;
    weir::virtual_clock clock_;
    const std::shared_ptr<nobody> domain_ = std::make_shared<nobody>();
};

}  // namespace fusion
