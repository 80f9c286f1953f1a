// SPDX-License-Identifier: BSL-1.0
// blocking_queue: how a receiver or a cursor does what blocks (a write, a sync, a wait for input) without holding up
// the worker that runs it.
//
//     weir::blocking_queue requests(builder);                        // in `bind` or `connect`
//     requests.hand_over([=, piece = std::move(text)] { files->write(piece); });
//     return requests.pending() < 4 ? flow::more : flow::full;       // and `resume()` looks again
//
// Requests are served one at a time in the order they were handed over, on a thread of the scheduler that runs no
// tasks; `simulated` serves them on its only thread, in seeded order, as steps of their own. When one has left at most
// `wake_at`, the task is woken. What a request throws is kept, those behind it are dropped, and `check()` throws it in
// the task. Requests not begun when the task has ended or was abandoned are dropped; a pipeline has not ended while one
// is in flight, so what a request refers to need not outlive the run. One small allocation a request.
//
// Everything but what a request does: the task only, inside `step`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/interrupt.hpp"
#include "builder.hpp"

namespace weir {
namespace detail {

class blocking_request {
  public:
    blocking_request() = default;
    blocking_request(const blocking_request&) = delete;
    blocking_request& operator=(const blocking_request&) = delete;
    virtual ~blocking_request() = default;
    virtual void serve(interrupt* stop) = 0;

    std::unique_ptr<blocking_request> next;
};

template <class F>
class request_of final : public blocking_request {
  public:
    explicit request_of(F&& f) : f_(static_cast<F&&>(f)) {}
    void serve(interrupt* stop) override {
        if constexpr (std::is_invocable_v<F&, interrupt*>) {
            f_(stop);
        } else {
            f_();
        }
    }

  private:
    F f_;
};

/// What a queue shares with whoever serves it.
class blocking_state final : public edge_end, public std::enable_shared_from_this<blocking_state> {
  public:
    blocking_state(std::shared_ptr<job_control> job, scheduler& on, waker w, std::size_t wake_at)
        : job_(std::move(job)), on_(on), waker_(std::move(w)), wake_at_(wake_at) {}

    void hand_over(std::unique_ptr<blocking_request> request) {
        bool alone = false;
        job_->request_begun();
        {
            const std::lock_guard hold(mutex_);
            blocking_request* const added = request.get();
            (last_ == nullptr ? first_ : last_->next) = std::move(request);
            last_ = added;
            pending_.store(pending_.load(memory_order_relaxed) + 1, memory_order_relaxed);
            alone = !std::exchange(served_, true);
        }
        if (!alone) return;
        try {
            on_.serve(shared_from_this());
        } catch (...) {
            first_.reset();  // it stood alone, and nobody has it
            last_ = nullptr;
            served_ = false;
            pending_.store(0, memory_order_relaxed);
            job_->request_ended();
            throw;
        }
    }
    /// Serves the next one, or lets it fail; whether there is another. By whom `scheduler::serve` gave the queue to.
    bool serve_next(bool may_wait, std::exception_ptr fault = nullptr) noexcept {
        const std::shared_ptr<job_control> job = job_;
        std::unique_ptr<blocking_request> now;
        bool wanted = false;
        {
            const std::lock_guard hold(mutex_);
            now = std::move(first_);
            first_ = std::move(now->next);
            if (first_ == nullptr) last_ = nullptr;
            wanted = !stop_.raised() && error_ == nullptr;
        }
        if (wanted) {
            try {
                if (fault != nullptr) std::rethrow_exception(std::move(fault));
                now->serve(may_wait ? &stop_ : nullptr);
            } catch (...) {
                const std::lock_guard hold(mutex_);
                error_ = std::current_exception();
                failed_.store(true, memory_order_release);  // (1) pairs with (2)
            }
        }
        now.reset();
        bool more = false;
        std::size_t left = 0;
        {
            const std::lock_guard hold(mutex_);
            left = pending_.load(memory_order_relaxed) - 1;
            pending_.store(left, memory_order_release);  // (3) pairs with (4): what the request did is seen
            more = served_ = first_ != nullptr;
        }
        if (left <= wake_at_ || failed()) waker_.notify();
        job->request_ended();
        return more;
    }
    [[nodiscard]] std::size_t pending() const noexcept { return pending_.load(memory_order_acquire); }  // (4)
    [[nodiscard]] bool failed() const noexcept { return failed_.load(memory_order_acquire); }           // (2)
    void check() {
        if (!failed()) return;
        const std::lock_guard hold(mutex_);
        std::rethrow_exception(error_);
    }

    void end_of_step() noexcept override {}
    void close() noexcept override { stop_.raise(); }
    void account(report&) const override {}

  private:
    const std::shared_ptr<job_control> job_;
    scheduler& on_;
    const waker waker_;
    const std::size_t wake_at_;
    interrupt stop_;
    std::mutex mutex_;  // held for a few instructions
    std::unique_ptr<blocking_request> first_;
    blocking_request* last_ = nullptr;
    bool served_ = false;  // somebody has the queue
    std::exception_ptr error_;
    atomic<std::size_t> pending_{0};
    atomic<bool> failed_{false};
};

}  // namespace detail

class blocking_queue {
  public:
    /// `at`: the builder that `bind` or `connect` was given.
    explicit blocking_queue(const detail::builder& at, std::size_t wake_at = 0)
        : state_(std::make_shared<detail::blocking_state>(at.whole().job, *at.whole().scheduler, at.make_waker(),
                                                          wake_at)) {
        at.task().add_edge(at.keep(state_));
    }

    /// `f()`, or `f(interrupt* stop)` where it waits for a stream: raised when the task has ended; null: it must not
    /// wait, only look (`simulated`). Its result is not used.
    template <class F>
        requires(std::is_invocable_v<F&> || std::is_invocable_v<F&, interrupt*>)
    void hand_over(F f) {
        state_->hand_over(std::make_unique<detail::request_of<F>>(static_cast<F&&>(f)));
    }

    /// Handed over and not done yet. What those that are done did is seen.
    [[nodiscard]] std::size_t pending() const noexcept { return state_->pending(); }
    /// One has thrown: for `due()`, so that `tick` comes at once and calls `check()`.
    [[nodiscard]] bool failed() const noexcept { return state_->failed(); }
    /// Throws what the first that failed has thrown.
    void check() const { state_->check(); }

  private:
    std::shared_ptr<detail::blocking_state> state_;
};

}  // namespace weir
