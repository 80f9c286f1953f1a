// SPDX-License-Identifier: BSL-1.0
// Whether the tasks of one pipeline are spread over workers or stay together: found out by trying, since no rule knows
// how far apart two cores are, nor what a record costs to carry there (runtime.md, A: two workers made 1.4 times the
// records of one between near cores, and a quarter between far ones).
//
// A pipeline starts together. While its worker has no rest and another one would find something to do, the other way is
// tried for a moment and the records per second of both are compared; the better one stays and is questioned again
// later, seldom where it keeps winning. A trial costs under a millisecond.
//
// `look` is for whoever has `due` answered true, one thread at a time; `apart` is for any. Wait-free.
#pragma once

#include <cstdint>

#include "../support/atomic.hpp"

namespace weir::detail {

class spread_policy {
  public:
    static constexpr std::int64_t window_ns = 500'000;  // in which records are counted
    static constexpr std::int64_t settle_ns = 200'000;  // for threads to wake and rings to fill
    static constexpr std::int64_t first_hold_ns = 16'000'000;
    static constexpr std::int64_t longest_hold_ns = 1'000'000'000;

    /// Whether other workers may take its tasks for no better reason than that they are idle.
    [[nodiscard]] bool apart() const noexcept { return apart_.load(memory_order_relaxed); }

    /// Where its tasks are together: the worker they came to last, for tasks to go back to.
    [[nodiscard]] void* home() const noexcept { return home_.load(memory_order_relaxed); }
    void home(void* worker) noexcept { home_.store(worker, memory_order_relaxed); }

    /// True for one caller at a time, who calls `look`.
    [[nodiscard]] bool due(std::int64_t now_ns) noexcept {
        return now_ns >= next_.load(memory_order_relaxed)
               && next_.exchange(INT64_MAX, memory_order_acquire) != INT64_MAX;  // (2) pairs with (1)
    }

    /// `crowded`: where it is now it has no rest, and a further worker would find something to do.
    /// `records`: those of all its tasks, from its start.
    void look(std::int64_t now_ns, bool crowded, std::uint64_t records) noexcept {
        std::int64_t wait = window_ns;
        switch (state_) {
        case state::holding:
            if (!apart() && !crowded) break;
            begin(now_ns, records);
            state_ = state::before;
            break;
        case state::before:
            rate_ = rate(now_ns, records);
            if (!apart() && !crowded) {
                state_ = state::holding;
                break;
            }
            flip();
            state_ = state::settling;
            wait = settle_ns;
            break;
        case state::settling:
            begin(now_ns, records);
            state_ = state::glance;
            wait = window_ns / 5;
            break;
        case state::glance:
            if (rate(now_ns, records) < rate_ * 0.75) {
                wait = refuse();
            } else {
                state_ = state::after;
            }
            break;
        case state::after:
            // To be spread must pay, to be together must only cost nothing.
            wait = rate(now_ns, records) > rate_ * (apart() ? 1.05 : 0.98) ? accept() : refuse();
            break;
        }
        next_.store(now_ns + wait, memory_order_release);  // (1) pairs with (2)
    }

  private:
    enum class state : std::uint8_t { holding, before, settling, glance, after };

    void flip() noexcept { apart_.store(!apart(), memory_order_relaxed); }
    /// The way tried stays. For how long.
    [[nodiscard]] std::int64_t accept() noexcept {
        state_ = state::holding;
        return hold_ns_ = first_hold_ns;
    }
    /// Back to the other.
    [[nodiscard]] std::int64_t refuse() noexcept {
        flip();
        state_ = state::holding;
        return hold_ns_ = hold_ns_ < longest_hold_ns / 4 ? hold_ns_ * 4 : longest_hold_ns;
    }
    void begin(std::int64_t now_ns, std::uint64_t records) noexcept {
        begun_ns_ = now_ns;
        begun_records_ = records;
    }
    [[nodiscard]] double rate(std::int64_t now_ns, std::uint64_t records) const noexcept {
        return static_cast<double>(records - begun_records_) / static_cast<double>(now_ns - begun_ns_);
    }

    atomic<bool> apart_{false};
    atomic<void*> home_{nullptr};
    atomic<std::int64_t> next_{INT64_MIN};  // INT64_MAX: somebody looks
    // All below: whoever looks.
    state state_ = state::holding;
    std::int64_t begun_ns_ = 0;
    std::uint64_t begun_records_ = 0;
    double rate_ = 0;
    std::int64_t hold_ns_ = first_hold_ns / 4;
};

}  // namespace weir::detail
