// SPDX-License-Identifier: BSL-1.0
// The scheduler for tests: every task on the caller's thread, in an order and with step sizes that are a pure function
// of the seed, on a clock of its own. A wait drives the tasks; when none can run, time jumps to the next timer; when
// there is none, that is a deadlock, and is reported with the seed.
//
// A task that answered `idle` is not stepped again until its waker is notified: a missing notification is found.
// Blocking requests are steps of their own, in seeded order between those of tasks (first in, first out in each queue),
// and can be made to fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../support/clock.hpp"
#include "blocking_queue.hpp"
#include "job_control.hpp"
#include "scheduler.hpp"
#include "task.hpp"

namespace weir {

/// Nothing can run, no timer is set, and somebody waits.
class deadlock_error : public std::runtime_error {
  public:
    deadlock_error(const std::string& what, std::uint64_t seed) : std::runtime_error(what), seed_(seed) {}
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  private:
    std::uint64_t seed_;
};

class simulated final : public scheduler {
  public:
    explicit simulated(std::uint64_t seed, instant start = {})
        : seed_(seed), random_(seed), clock_(start), domain_(std::make_shared<marker>()) {}

    /// Stops and abandons what still runs.
    ~simulated() override {
        for (slot& s : slots_) {
            if (const auto job = detail::task_access::job(*s.of)) job->request_stop();
        }
        while (step_once()) {}
        close_gate();
    }

    void start(std::shared_ptr<job_control> job, std::vector<std::unique_ptr<task>> tasks) override {
        if (forked()) refuse_forked();
        std::vector<task*> all;
        all.reserve(tasks.size());
        for (const auto& t : tasks) all.push_back(t.get());
        slots_.reserve(slots_.size() + all.size());
        job->adopt(std::move(tasks));
        for (task* t : all) {
            detail::task_access::job(*t) = job;
            detail::task_access::node(*t).domain = domain_;
            slots_.push_back({t, instant::max()});
        }
    }

    void serve(std::shared_ptr<detail::blocking_state> queue) override { queues_.push_back(std::move(queue)); }

    /// The `number`-th blocking request from now on (from 1) is not done, and fails with this instead. One at a time.
    void fail_request(std::uint64_t number, std::exception_ptr why) {
        fault_at_ = requests_ + number;
        fault_ = std::move(why);
    }
    /// Blocking requests that were served.
    [[nodiscard]] std::uint64_t requests() const noexcept { return requests_; }

    /// One step of one task, or one request, that can run; false when none can (time does not move).
    bool step_once() {
        candidates_.clear();
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            if (awake(slots_[i])) candidates_.push_back(i);
        }
        if (candidates_.empty() && queues_.empty()) return false;
        const std::size_t chosen = below(candidates_.size() + queues_.size());
        if (chosen < candidates_.size()) {
            step(candidates_[chosen]);
        } else {
            serve_one(chosen - candidates_.size());
        }
        return true;
    }

    /// Steps until nothing can run at this time.
    void run_until_idle() {
        while (step_once()) {}
    }

    /// Moves time forward to `to`, running what is due on the way, each at its time.
    void advance_to(instant to) {
        run_until_idle();
        for (instant next = next_timer(); next <= to && next != instant::max(); next = next_timer()) {
            clock_.set(next);
            run_until_idle();
        }
        if (clock_.now() < to) clock_.set(to);
    }

    [[nodiscard]] const clock& time() const noexcept override { return clock_; }
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    /// Steps made so far, and a digest of which task made each with which size: equal seeds, equal digests.
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
    [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  protected:
    wait_status wait_until(wait_point&, predicate ready, void* argument, instant deadline) override {
        if (forked()) return wait_status::forked;
        for (;;) {
            if (ready(argument)) return wait_status::ready;
            if (clock_.now() >= deadline) return wait_status::timed_out;
            if (step_once()) continue;
            const instant next = next_timer();
            if (deadline == instant::max() && next == instant::max()) throw deadlock_error(describe(), seed_);
            clock_.set(next < deadline ? next : deadline);
        }
    }

  private:
    /// A notification only takes the flag: a task is awake while its flag is 0.
    struct marker final : detail::wake_domain {
        void ready(detail::wake_node&) noexcept override {}
    };
    struct slot {
        task* of;
        instant until;  // when asleep
    };

    [[nodiscard]] bool awake(const slot& s) const noexcept {
        return detail::task_access::node(*s.of).flag.load(memory_order_relaxed) == 0 || s.until <= clock_.now();
    }

    void step(std::size_t at) {
        task& t = *slots_[at].of;
        static_cast<void>(detail::task_access::node(t).take());
        slots_[at].until = instant::max();
        const auto size = static_cast<std::uint32_t>(1 + below(64));
        ++steps_;
        digest_ = (digest_ ^ (at * 64 + size)) * 0x100000001b3U;
        t.lock();
        step_result r;
        {
            const detail::step_mark mark(this);
            r = detail::step_task(t, size, clock_.now());
        }
        task_statistics& s = detail::task_access::statistics(t);
        if (r.what == step_result::kind::progress || r.records != 0) ++s.steps;
        s.records += r.records;
        if (r.what == step_result::kind::done) {
            slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(at));
            detail::finish_task(t);
            return;
        }
        std::uint32_t& idle_rounds = detail::task_access::idle_rounds(t);
        idle_rounds = r.what == step_result::kind::progress ? 0 : idle_rounds + 1;
        // As with threads: a task is looked at once more before it sleeps.
        if (idle_rounds > 1) {
            idle_rounds = 0;
            if (r.what == step_result::kind::wait_until) slots_[at].until = r.until;
            detail::task_access::node(t).announce();
        }
        t.unlock();
    }

    void serve_one(std::size_t at) {
        ++steps_;
        digest_ = (digest_ ^ ~at) * 0x100000001b3U;
        const bool fails = ++requests_ == fault_at_;
        const std::shared_ptr<detail::blocking_state> queue = queues_[at];
        if (queue->serve_next(false, fails ? std::exchange(fault_, nullptr) : nullptr)) return;
        queues_.erase(queues_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    [[nodiscard]] instant next_timer() const noexcept {
        instant next = instant::max();
        for (const slot& s : slots_) next = s.until < next ? s.until : next;
        return next;
    }

    [[nodiscard]] std::string describe() const {
        std::string text = "weir::simulated: deadlock (seed " + std::to_string(seed_)
                           + "): somebody waits, no task can run and no timer is set; asleep:";
        for (const slot& s : slots_) text += " " + s.of->name();
        if (slots_.empty()) text += " none";
        return text + "; look for a full outlet that nobody reads, or a notification that is missing";
    }

    /// splitmix64, reduced without bias worth mentioning: the same on every platform.
    [[nodiscard]] std::size_t below(std::size_t n) noexcept {
        random_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = random_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return static_cast<std::size_t>((z ^ (z >> 31)) % n);
    }

    const std::uint64_t seed_;
    std::uint64_t random_;
    std::uint64_t steps_ = 0;
    std::uint64_t digest_ = 0xcbf29ce484222325U;
    virtual_clock clock_;
    const std::shared_ptr<marker> domain_;
    std::vector<slot> slots_;
    std::vector<std::size_t> candidates_;
    std::vector<std::shared_ptr<detail::blocking_state>> queues_;  // with something to do
    std::uint64_t requests_ = 0;
    std::uint64_t fault_at_ = 0;
    std::exception_ptr fault_;
};

}  // namespace weir
