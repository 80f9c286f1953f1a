// SPDX-License-Identifier: BSL-1.0
// What became of a record given to a producer, and how one learns it: by a callback, by waiting, or in a coroutine.
//
//     weir::put_outcome outcome = producer.put("key", "data").value();
//     outcome.wait().successful;                        // a thread outside of tasks
//     const weir::user_record_result& r = co_await outcome;   // resumed by the thread that finishes the record
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../buffers/parking.hpp"
#include "../support/atomic.hpp"
#include "../support/instant.hpp"
#include "sequence_number.hpp"
#include "shard_id.hpp"

namespace weir {

/// One try. `delay` counts from the attempt before, or from the record's arrival (P13); in microseconds.
struct put_attempt {
    std::int64_t delay = 0;
    std::int64_t duration = 0;
    bool success = false;
    std::string error_code = {};
    std::string error_message = {};
};

/// Successful when the last attempt was. User records of one aggregate have one sequence number.
struct user_record_result {
    std::vector<put_attempt> attempts = {};
    std::optional<sequence_number> number = {};
    std::optional<shard_id> shard = {};
    bool successful = false;
};

namespace detail {

/// What a record's outcomes share with the producer. Order: (1) release store of `done` -> (2) acquire load: the
/// result, which does not change any more.
struct outcome_state {
    explicit outcome_state(std::shared_ptr<wait_point> at) noexcept : point(std::move(at)) {}

    user_record_result result;
    atomic<bool> done{false};
    const std::shared_ptr<wait_point> point;
    std::mutex mutex;  // of those who are told
    std::vector<std::coroutine_handle<>> awaiting;
    std::function<void(const user_record_result&)> callback;  // one a record at most; not where records only pass

    /// Once, by the producer, when `result` is whole. Runs the callback and the coroutines.
    void finish() {
        std::vector<std::coroutine_handle<>> resume;
        {
            const std::lock_guard hold(mutex);
            done.store(true, memory_order_release);  // (1) pairs with (2)
            resume.swap(awaiting);
        }
        if (callback) callback(result);
        for (const std::coroutine_handle<> h : resume) h.resume();
        point->notify();
    }
};

}  // namespace detail

/// A handle; copies are of one record.
class put_outcome {
  public:
    explicit put_outcome(std::shared_ptr<detail::outcome_state> s) noexcept : state_(std::move(s)) {}

    [[nodiscard]] bool ready() const noexcept { return state_->done.load(memory_order_acquire); }  // (2) pairs with (1)
    /// Only when ready.
    [[nodiscard]] const user_record_result& get() const noexcept { return state_->result; }
    /// Blocks until it is ready: some thread must drive the producer.
    const user_record_result& wait() const {
        while (!ready()) {
            const std::uint32_t seen = state_->point->announce();
            if (ready()) break;
            state_->point->sleep(seen, -1);
        }
        return get();
    }

    [[nodiscard]] auto operator co_await() const {
        struct awaiter {
            std::shared_ptr<detail::outcome_state> state;
            [[nodiscard]] bool await_ready() const noexcept {
                return state->done.load(memory_order_acquire);  // (2) pairs with (1)
            }
            [[nodiscard]] bool await_suspend(std::coroutine_handle<> h) const {
                const std::lock_guard hold(state->mutex);
                if (state->done.load(memory_order_acquire)) return false;  // (2) pairs with (1)
                state->awaiting.push_back(h);
                return true;
            }
            [[nodiscard]] const user_record_result& await_resume() const noexcept { return state->result; }
        };
        return awaiter{state_};
    }

  private:
    std::shared_ptr<detail::outcome_state> state_;
};

}  // namespace weir
