// SPDX-License-Identifier: BSL-1.0
// Runs the only task of a pipeline on the thread that called `run`: no worker, no hand-over.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "job_control.hpp"
#include "scheduler.hpp"

namespace weir::detail {

class caller_domain final : public wake_domain {
  public:
    void ready(wake_node&) noexcept override { parker_.wake(); }
    [[nodiscard]] parker& sleeper() noexcept { return parker_; }

  private:
    parker parker_;
};

/// Steps the task until it ends. Its waits for time go by the scheduler's clock.
inline void run_on_caller(const std::shared_ptr<job_control>& control, std::vector<std::unique_ptr<task>> tasks,
                          const scheduler& on) {
    task& t = *tasks.front();
    const auto domain = std::make_shared<caller_domain>();
    control->adopt(std::move(tasks));
    task_access::job(t) = control;
    wake_node& node = task_access::node(t);
    node.domain = domain;
    const clock& time = on.time();
    std::uint32_t budget = 1;
    bool announced = false;
    for (;;) {
        t.lock();
        const std::int64_t begun = monotonic_now();
        const step_result r = [&] {
            const step_mark mark(&on);
            return step_task(t, budget, time.now());
        }();
        const std::int64_t ns = monotonic_now() - begun;
        task_statistics& s = task_access::statistics(t);
        if (r.what == step_result::kind::progress || r.records != 0) {
            ++s.steps;
            s.records += r.records;
            s.busy_ns += ns;
            s.longest_step_ns = std::max(s.longest_step_ns, ns);
            if (r.records != 0) s.longest_record_ns = std::max(s.longest_record_ns, ns / r.records);
        }
        if (r.what == step_result::kind::done) {
            finish_task(t);
            return;
        }
        if (r.what == step_result::kind::progress) {
            // A step is about 50 us, so that a stop is seen soon.
            if (ns < 12'500 && budget < 4'096) budget *= 2;
            if (ns > 50'000 && budget > 1) budget /= 2;
        }
        t.unlock();
        if (r.what == step_result::kind::progress) {
            if (announced) static_cast<void>(node.take());
            announced = false;
            continue;
        }
        if (!announced) {
            announced = true;
            domain->sleeper().announce();
            node.announce();
            if (node.asymmetric) process_barrier();
            continue;  // one more look
        }
        std::int64_t wait = for_ever;
        if (r.what == step_result::kind::wait_until) {
            const std::int64_t us = r.until.us - time.now().us;
            wait = us <= 0 ? 0 : std::min<std::int64_t>(us, 3'600'000'000) * 1'000;
        }
        domain->sleeper().sleep(wait);
        domain->sleeper().cancel();
        static_cast<void>(node.take());
        announced = false;
    }
}

}  // namespace weir::detail
