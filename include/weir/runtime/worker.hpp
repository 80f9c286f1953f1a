// SPDX-License-Identifier: BSL-1.0
// One worker thread of `threads`: polls its active tasks, announces those that stay idle, sleeps, and takes whole
// tasks over from workers that are inside another one.
//
// A pipeline's tasks are together on one worker until `spread_policy` finds that it pays to spread them, but for those
// that no other rule would serve: a task with dear records, one that has waited for longer than a step, one whose
// worker is held up, and one that is alone. A task that wakes while its worker sleeps goes to the worker that woke it:
// a system call costs as much as thousands of records.
//
// Where a task is: in the active list of one worker (flag 0), or asleep (flag 1; in no list), or on a ready list
// (flag taken).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "../buffers/parking.hpp"
#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/clock.hpp"
#include "../support/relax.hpp"
#include "active_tasks.hpp"
#include "cores.hpp"
#include "job_control.hpp"
#include "scheduler.hpp"
#include "step_watch.hpp"
#include "task.hpp"
#include "timer_queue.hpp"
#include "worker_set.hpp"

namespace weir::detail {

class worker {
  public:
    worker(worker_set& set, std::size_t index, bool dedicated) : set_(set), index_(index), dedicated_(dedicated) {}
    worker(const worker&) = delete;
    worker& operator=(const worker&) = delete;

    /// The thread's whole life: until the set exits or, when dedicated, its task has ended.
    void run();

    // Any thread.

    void push(wake_node& node) noexcept {
        wake_node* head = ready_.load(memory_order_relaxed);
        do {
            node.next = head;
        } while (!ready_.compare_exchange_weak(head, &node, memory_order_release, memory_order_relaxed));  // (1)
    }
    bool wake() noexcept { return parker_.wake(); }
    [[nodiscard]] bool parked() const noexcept { return parker_.parked(); }
    [[nodiscard]] bool dedicated() const noexcept { return dedicated_; }
    /// The worker whose thread this is, or nullptr.
    [[nodiscard]] static worker*& current() noexcept {
        thread_local worker* here = nullptr;
        return here;
    }
    /// Whether this thread's worker rather takes what it has woken than wakes `home`, which sleeps.
    [[nodiscard]] bool takes_from(const worker& home) const noexcept {
        return &set_ == &home.set_ && !dedicated_ && !home.dedicated_ && home.parked() && round_ns_ < step_target_ns;
    }
    [[nodiscard]] bool held_up(std::int64_t now_ns) const noexcept { return step_.held_up(now_ns); }
    /// Held up, and others could have what waits here meanwhile.
    [[nodiscard]] bool needs_help(std::int64_t now_ns) noexcept { return held_up(now_ns) && has_waiting(); }
    /// Inside a first step: it may get held up, and others wait here meanwhile.
    [[nodiscard]] bool may_need_help() noexcept { return step_.in_first() && has_waiting(); }
    /// Dedicated: the thread is over and can be joined at once.
    [[nodiscard]] bool gone() const noexcept { return gone_.load(memory_order_acquire); }
    /// Dedicated: no task will come.
    void dismiss() noexcept {
        dismissed_.store(true, memory_order_release);
        parker_.wake();
    }

  private:
    void add_active(task& t) {
        task_access::waiting_since(t).store(now_ns_, memory_order_relaxed);
        task_access::node(t).home.store(this, memory_order_relaxed);
        active_.add(t);
    }
    /// Puts an active task of this worker, locked, on another one's ready list.
    void give(task& t, worker& to) noexcept {
        wake_node& node = task_access::node(t);
        active_.remove(t);
        node.home.store(&to, memory_order_relaxed);
        t.unlock();
        to.push(node);
        to.wake();
    }
    /// Whether there is anything beside the task that this worker is inside of; true when it cannot be said.
    [[nodiscard]] bool has_waiting() noexcept {
        return ready_.load(memory_order_relaxed) != nullptr || active_.try_several();
    }
    /// In front of a step that is known to be slow, or of which nobody knows, and in `step_`: the others need not wait
    /// for it.
    void call_for_help() noexcept {
        parker_.cancel();  // against `ready`: it sees us inside, or we its node
        const auto parked = set_.parked.fetch_add(0, memory_order_acq_rel);  // (3) pairs with (4)
        if (parked != 0 && has_waiting()) set_.wake_another(*this);
    }
    [[nodiscard]] std::int64_t may_sleep_ns(std::int64_t ns) const noexcept;
    void finish(task& t) noexcept {
        finished_one_ = true;
        finish_task(t);
    }
    [[nodiscard]] bool may_take(task& t) const noexcept;
    [[nodiscard]] worker* belongs_to(task& t) const noexcept;
    void look_at_spread(task& t) noexcept;
    bool gather(worker& from);
    step_result step(task& t);
    bool poll_round();
    void retire(std::uint32_t min_idle_rounds);
    bool steal();
    void sleep();

    worker_set& set_;
    const std::size_t index_;
    const bool dedicated_;
    timer_queue timers_;  // this thread's
    std::vector<task*> retiring_;
    instant now_{};
    std::int64_t now_ns_ = 0;
    std::size_t steal_from_ = 0;
    std::int64_t steal_at_ns_ = 0;   // idle workers that look too often take lines away from those at work
    std::int64_t last_idle_ns_ = 0;  // when a round last found nothing to do
    // Of the last round.
    bool crowded_ = false;  // several tasks had work, and none of them nearly all of it
    bool share_ = false;    // another worker would find work here that it may take
    std::int64_t round_ns_ = 0;
    bool long_idle_ = false;  // some task has been idle for many rounds
    std::uint32_t round_tasks_ = 0;
    std::uint32_t round_records_ = 0;
    bool finished_one_ = false;

    alignas(line_pair) atomic<wake_node*> ready_{nullptr};  // (1) release by the pusher -> (2) acquire by the taker
    parker parker_;
    alignas(line_pair) active_tasks active_;
    step_watch step_;  // lines that idle workers look at, and this one writes every step
    atomic<bool> gone_{false};
    atomic<bool> dismissed_{false};
};

inline void worker_set::ready(wake_node& node) noexcept {
    worker& home = *static_cast<worker*>(node.home.load(memory_order_relaxed));
    worker* const here = worker::current();
    if (here != nullptr && here->takes_from(home)) {
        spread_policy& spread = node.of->job().spread();
        if (!spread.apart()) {
            spread.home(here);
            node.home.store(here, memory_order_relaxed);
            here->push(node);
            return;
        }
    }
    home.push(node);
    if (home.wake() || home.dedicated() || !home.held_up(monotonic_now())) return;
    if (parked.fetch_add(0, memory_order_acq_rel) != 0) wake_another(home);  // (3) pairs with (4)
}

inline void worker_set::wake_another(const worker& busy) noexcept {
    for (const auto& w : workers) {
        if (w.get() != &busy && w->parked() && w->wake()) return;
    }
}

/// Takes the whole ready list of `from`, oldest first, to this worker's active tasks.
inline bool worker::gather(worker& from) {
    if (from.ready_.load(memory_order_relaxed) == nullptr) return false;
    wake_node* list = from.ready_.exchange(nullptr, memory_order_acquire);  // (2) pairs with (1)
    wake_node* oldest = nullptr;
    while (list != nullptr) {
        wake_node* const next = list->next;
        list->next = oldest;
        oldest = list;
        list = next;
    }
    const bool any = oldest != nullptr;
    while (oldest != nullptr) {
        wake_node* const next = oldest->next;  // before it is active: then it may go to sleep again elsewhere
        add_active(*oldest->of);
        oldest = next;
    }
    return any;
}

/// Steps a locked task, sizes its next step, keeps its statistics.
inline step_result worker::step(task& t) {
    const std::int64_t begin = now_ns_;
    const std::uint32_t budget = task_access::budget(t);
    const bool slow = task_access::ns_per_record(t) > step_target_ns;
    // Once for each time that it becomes active without having done anything yet.
    const bool first = task_access::statistics(t).steps == 0 && task_access::idle_rounds(t) == 0;
    step_.enter(begin, slow, first);
    if ((slow || first) && !dedicated_) call_for_help();
    step_result r;
    {
        const step_mark mark(set_.owner);
        r = step_task(t, budget, now_);
    }
    step_.leave();
    now_ns_ = monotonic_now();
    const std::int64_t took = now_ns_ - begin;
    task_access::waiting_since(t).store(now_ns_, memory_order_relaxed);
    if (took > step_target_ns) now_ = set_.time->now();
    if (took > step_target_ns) {
        task_access::budget(t) = std::max<std::uint32_t>(1, budget / 2);
    } else if (r.records >= budget && took < step_target_ns / 4) {
        task_access::budget(t) = std::min(largest_step, budget * 2);
    }
    if (r.what == step_result::kind::progress || r.records != 0) {
        task_statistics& s = task_access::statistics(t);
        ++s.steps;
        s.records += r.records;
        s.busy_ns += took;
        s.longest_step_ns = std::max(s.longest_step_ns, took);
        const std::int64_t each = took / std::max<std::int64_t>(1, r.records);
        if (r.records != 0) s.longest_record_ns = std::max(s.longest_record_ns, each);
        // Short steps say more about the step than about its records.
        if (r.records >= 32 || took > step_target_ns / 10) {
            std::int64_t& mean = task_access::ns_per_record(t);
            mean = mean == 0 ? each : mean + (each - mean) / 4;
        }
        task_access::records(t).store(s.records, memory_order_relaxed);
        round_records_ += r.records;
        share_ = share_ || may_take(t);
        if (!dedicated_ && task_access::job(t)->spread().due(now_ns_)) look_at_spread(t);
    }
    return r;
}

/// Whether an idle worker may take this task, although the one that has it is not held up.
inline bool worker::may_take(task& t) const noexcept {
    job_control& job = *task_access::job(t);
    return task_access::ns_per_record(t) > dear_record_ns || job.spread().apart() || job.tasks().size() == 1
           || now_ns_ - task_access::waiting_since(t).load(memory_order_relaxed) > step_target_ns;
}

/// The worker to which a task that came here must go back, or nullptr.
inline worker* worker::belongs_to(task& t) const noexcept {
    spread_policy& spread = task_access::job(t)->spread();
    auto* const home = static_cast<worker*>(spread.home());
    if (home == this || spread.apart() || dedicated_) return nullptr;
    if (home == nullptr || home->parked()) {
        spread.home(const_cast<worker*>(this));
        return nullptr;
    }
    return may_take(t) || home->held_up(now_ns_) ? nullptr : home;
}

WEIR_NOINLINE inline void worker::look_at_spread(task& t) noexcept {
    job_control& job = *task_access::job(t);
    std::uint64_t sum = 0;
    for (const auto& each : job.tasks()) sum += task_access::records(*each).load(memory_order_relaxed);
    const bool rests = now_ns_ - last_idle_ns_ < spread_policy::settle_ns;
    job.spread().look(now_ns_, crowded_ && !rests && set_.workers.size() > 1, sum);
}

/// One step of every active task. Whether any did something.
inline bool worker::poll_round() {
    std::size_t i = 0;
    std::size_t busy = 0;
    const std::int64_t begin = now_ns_;
    std::int64_t longest = 0;
    share_ = long_idle_ = false;
    round_records_ = round_tasks_ = 0;
    while (task* t = active_.pick(i)) {
        ++round_tasks_;
        if (worker* const home = belongs_to(*t)) {
            give(*t, *home);
            --i;
            continue;
        }
        const std::int64_t before = now_ns_;
        const step_result r = step(*t);
        longest = std::max(longest, now_ns_ - before);
        if (r.what == step_result::kind::done) {
            ++busy;
            active_.remove(*t);
            --i;
            finish(*t);
        } else if (r.what == step_result::kind::progress) {
            ++busy;
            task_access::idle_rounds(*t) = 0;
            t->unlock();
        } else {
            long_idle_ |= ++task_access::idle_rounds(*t) >= rounds_before_sleep;
            t->unlock();
        }
    }
    round_ns_ = now_ns_ - begin;
    // What the others of them took must be worth another worker's wake-up.
    crowded_ = busy > 1 && round_ns_ - longest > round_ns_ / 8;
    share_ = busy > 1 && ((share_ && crowded_) || round_ns_ > 2 * step_target_ns);
    if (busy == 0) last_idle_ns_ = now_ns_;
    return busy != 0;
}

/// Announces the tasks that have been idle for so many rounds, pays one barrier for all of them, and looks at each
/// once more. The locks are held throughout: a task that a notifier has made ready meanwhile can not end under us.
inline void worker::retire(std::uint32_t min_idle_rounds) {
    active_.move_to(retiring_, [&](task& t) { return task_access::idle_rounds(t) >= min_idle_rounds; });
    if (retiring_.empty()) return;
    bool asymmetric = false;
    for (task* t : retiring_) {
        wake_node& node = task_access::node(*t);
        asymmetric |= node.asymmetric;
        node.home.store(this, memory_order_relaxed);
        node.sleeps.fetch_add(1, memory_order_relaxed);
        node.announce();
    }
    if (asymmetric) process_barrier();
    for (task* t : retiring_) {
        wake_node& node = task_access::node(*t);
        const step_result r = step(*t);
        task_access::idle_rounds(*t) = 0;
        switch (r.what) {
        case step_result::kind::idle:
            t->unlock();
            break;
        case step_result::kind::wait_until:
            timers_.add(task_access::shared_node(*t), r.until);
            t->unlock();
            break;
        case step_result::kind::progress:
            // Whoever took the flag first has put it on a ready list: then it is theirs.
            if (node.take()) add_active(*t);
            t->unlock();
            break;
        case step_result::kind::done:
            if (node.take()) {
                finish(*t);
            } else {
                t->unlock();  // marked as ended: whoever has it finishes it
            }
            break;
        }
    }
    retiring_.clear();
}

/// Takes over work of another worker that is inside a task; whether there was any.
inline bool worker::steal() {
    bool got = false;
    const std::size_t n = set_.workers.size();
    for (std::size_t k = 1; k < n; ++k) {
        worker& from = *set_.workers[(index_ + k) % n];
        if (!from.step_.inside()) continue;
        const bool held_up = from.held_up(now_ns_);
        if (held_up) got = gather(from) || got;
        task* const found = from.active_.try_pick_from(steal_from_++, [&](task& t) { return held_up || may_take(t); });
        if (found == nullptr) continue;
        const step_result r = step(*found);
        if (r.what == step_result::kind::done) {
            from.active_.remove(*found);
            finish(*found);
            got = true;
        } else if (held_up || r.what == step_result::kind::progress) {
            from.active_.remove(*found);
            task_access::idle_rounds(*found) = 0;
            add_active(*found);
            found->unlock();
            got = true;
        } else {
            found->unlock();  // nothing to do there: it stays
        }
    }
    return got;
}

/// Asked once more by who is about to sleep for `ns`, after it has said so: whoever then gets held up sees it, and
/// wakes it. Nothing: somebody needs help now. A step's time: somebody will, should its task's first step be a long
/// one.
inline std::int64_t worker::may_sleep_ns(std::int64_t ns) const noexcept {
    if (dedicated_) return ns;
    const std::int64_t now = monotonic_now();
    for (const auto& w : set_.workers) {
        if (w.get() == this) continue;
        if (w->needs_help(now)) return 0;
        if (w->may_need_help() && (ns == for_ever || ns > step_target_ns)) ns = step_target_ns;
    }
    return ns;
}

inline void worker::sleep() {
    parker_.announce();
    if (ready_.load(memory_order_acquire) != nullptr || set_.exiting.load(memory_order_acquire)
        || dismissed_.load(memory_order_acquire)) {
        parker_.cancel();
        return;
    }
    std::int64_t ns = for_ever;
    if (!timers_.empty()) {
        const instant now = set_.time->now();
        const std::int64_t until = timers_.next().us;
        const std::int64_t us = until <= now.us ? 0 : std::min<std::int64_t>(until - now.us, 3'600'000'000);
        ns = us * 1'000;
    }
    set_.parked.fetch_add(1, memory_order_acq_rel);  // (4) pairs with (3)
    ns = may_sleep_ns(ns);
    if (ns == 0) {
        steal_at_ns_ = 0;
    } else {
        parker_.sleep(ns);
    }
    set_.parked.fetch_sub(1, memory_order_relaxed);
    parker_.cancel();
}

inline void worker::run() {
    current() = this;
    now_ns_ = last_idle_ns_ = monotonic_now();
    std::int64_t last_progress = now_ns_;
    while (!set_.exiting.load(memory_order_acquire)) {
        gather(*this);
        now_ = set_.time->now();
        now_ns_ = monotonic_now();
        while (wake_node* due = timers_.take_due(now_)) add_active(*due->of);
        if (poll_round()) {
            last_progress = now_ns_;
            if (long_idle_) retire(rounds_before_sleep);
            if (dedicated_ && finished_one_) break;
            if (share_ && !dedicated_ && set_.parked.load(memory_order_relaxed) != 0) set_.wake_another(*this);
            if (round_records_ < 64 && round_tasks_ == 1) {
                // A reader that keeps up takes the line back after every record: hesitate (runtime.md, C).
                for (int i = 0; i < 20; ++i) relax();
            }
            continue;
        }
        if (!dedicated_ && now_ns_ >= steal_at_ns_) {
            if (steal()) {
                last_progress = now_ns_;
                continue;
            }
            steal_at_ns_ = now_ns_ + steal_pause_ns;
        }
        if (now_ns_ - last_progress < set_.spin_ns) {
            for (int i = 0; i < 4; ++i) relax();
            continue;
        }
        retire(0);
        if (dedicated_ && (finished_one_ || dismissed_.load(memory_order_acquire))) break;
        if (!active_.empty()) continue;
        sleep();
        last_progress = monotonic_now();
    }
    timers_.clear();  // they own nodes, which own the set
    gone_.store(true, memory_order_release);
}

}  // namespace weir::detail
