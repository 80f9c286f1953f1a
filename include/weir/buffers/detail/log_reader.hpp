// SPDX-License-Identifier: BSL-1.0
// What reads a `shard_log`; the numbers of acquire and release are those of shard_log.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "../../support/atomic.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../checks.hpp"
#include "patience.hpp"

namespace weir {

/// Where a reader starts that names no position.
enum class log_start { oldest, newest };

namespace detail {

/// Reads one log: used by one thread at a time, moved to where it is used. It holds at most one segment. It must leave
/// before the log goes.
template <class Log>
class alignas(line_pair) log_reader : Log::checks::side {
    using side = typename Log::checks::side;
    using segment = typename Log::segment;
    using T = typename Log::value_type;

  public:
    using value_type = T;

    log_reader(log_reader&& other) noexcept
        : log_(std::exchange(other.log_, nullptr)), segment_(std::exchange(other.segment_, nullptr)),
          slots_(other.slots_), first_(other.first_), read_(other.read_), head_seen_(other.head_seen_),
          known_(std::exchange(other.known_, other.read_)), end_(other.end_), missed_(other.missed_),
          taken_(other.taken_), base_(other.base_) {}
    log_reader& operator=(log_reader&&) = delete;
    ~log_reader() { close_reader(); }

    /// The records from `position()` on that are known, up to the end of the segment; looks again when it knows none.
    /// Empty: nothing for now. A reader that was overtaken goes on at the oldest record retained, and what it missed
    /// counts from this call on; who would go on elsewhere looks at `take_missed()` and seeks. Lock-free: only a drop
    /// of the segment that it wants makes it look again.
    [[nodiscard]] WEIR_INLINE std::span<const T> peek() noexcept {
        enter();
        if (read_ == known_ && !look()) {
            side::claimed(0);
            return {};
        }
        const auto n = static_cast<std::size_t>(known_ - read_);
        side::claimed(n);
        return {slots_ + (read_ - first_), n};
    }
    /// Goes on behind the first `n` records of the span. At the end of a segment the pin goes, and if it was dropped
    /// and this was its last reader, its records are destroyed here.
    WEIR_INLINE void release(std::size_t n) noexcept {
        side::use("shard_log", n, over_released);
        read_ += n;
        if (read_ == end_) [[unlikely]]
            leave_segment();
    }
    /// Copies the next record to `out`; false when there is none.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_copy_assignable_v<T>)
        requires std::is_copy_assignable_v<T>
    {
        enter();
        if (read_ == known_ && !look()) return false;
        out = slots_[read_ - first_];
        side::claimed(1);
        release(1);
        return true;
    }

    /// The log is closed and this reader at its end or beyond, or the reader has left. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (log_ == nullptr) return true;
        if (read_ != known_ || !log_->closed()) return false;
        return !look();
    }

    /// How many are published behind `position()`, as last known, without looking. Retention may take some of them.
    [[nodiscard]] std::size_t known_readable() const noexcept {
        const std::uint64_t n = head_seen_ - read_;
        return static_cast<std::int64_t>(n) > 0 ? static_cast<std::size_t>(n) : 0;
    }
    /// The position of the next record to read.
    [[nodiscard]] std::uint64_t position() const noexcept { return base_ + read_; }
    /// How many records retention took from this reader, all in all.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }
    /// How many since this was last asked.
    [[nodiscard]] std::uint64_t take_missed() noexcept { return missed_ - std::exchange(taken_, missed_); }

    /// Goes on at `position`, forward or back, as `make_reader` would start there; false if it is not retained any
    /// more: then `missed()` has grown by as many as it is older than the oldest. What a seek skips is not missed.
    bool seek(std::uint64_t position) noexcept {
        if (!move_to(position - base_)) return false;
        const std::uint64_t before = missed_;
        // (4) pairs with (3). redundant: a head that is seen behind the oldest means nothing to read yet.
        const std::uint64_t oldest = log_->oldest_.load(memory_order_acquire) * log_->records_;
        if (static_cast<std::int64_t>(read_ - oldest) < 0) miss_up_to(oldest);
        static_cast<void>(look());
        return missed_ == before;
    }
    bool seek(log_start where) noexcept {
        const std::uint64_t before = missed_;
        const std::uint64_t offset = log_ == nullptr ? 0
                                     : where == log_start::newest
                                         ? log_->head_.load(memory_order_acquire)    // (2), (1)
                                         : log_->oldest_.load(memory_order_acquire)  // (4), (3)
                                               * log_->records_;  // redundant: as above; look() acquires (2) anew
        if (!move_to(offset)) return false;
        static_cast<void>(look());
        if (where == log_start::oldest) missed_ = before;  // the oldest has moved on meanwhile
        return missed_ == before;
    }

    /// Leaves: nothing is pinned any more, `peek` is empty, `drained` true.
    void close_reader() noexcept {
        if (log_ == nullptr) return;
        leave_segment();
        log_->readers_.fetch_sub(1, memory_order_relaxed);  // a count; nothing is read by it
        log_ = nullptr;
    }
    /// `checked`: another thread is the reader from its next call on.
    void hand_over() noexcept { side::hand_over(); }

  private:
    friend Log;
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

    explicit log_reader(Log& log) noexcept : log_(&log), base_(log.start_) {
        log.readers_.fetch_add(1, memory_order_relaxed);  // a count; nothing is read by it
    }

    WEIR_INLINE void enter() noexcept {
        side::enter("shard_log", "a second thread reads with one reader; make one for each, or hand_over()");
    }
    bool move_to(std::uint64_t offset) noexcept {
        if (log_ == nullptr) return false;
        leave_segment();
        read_ = known_ = offset;
        return true;
    }
    void miss_up_to(std::uint64_t offset) noexcept {
        missed_ += offset - read_;
        read_ = known_ = offset;
    }
    WEIR_NOINLINE void leave_segment() noexcept {
        known_ = read_;
        end_ = nowhere;
        segment* const left = std::exchange(segment_, nullptr);
        if (left != nullptr) log_->unpin(*left);
    }
    bool fresh_head() noexcept {
        const auto looks = [this] {
            head_seen_ = log_->head_.load(memory_order_acquire);  // (2) pairs with (1)
            return known_readable();
        };
        return patience_.look(looks) != 0;
    }
    /// Whether there is something to read, by the head as last known, else by a new look; then its segment is pinned.
    WEIR_NOINLINE bool look() noexcept {
        if (log_ == nullptr) return false;
        for (;;) {
            if (known_readable() == 0 && !fresh_head()) return false;
            if (segment_ != nullptr) break;
            const std::uint64_t number = read_ / log_->records_;
            segment_ = log_->pin(number);
            if (segment_ != nullptr) {
                slots_ = segment_->slots;
                first_ = number * log_->records_;
                end_ = first_ + log_->records_;
                break;
            }
            // Refused, so this segment is dropped, and the oldest is a later one, by (10) or (15). (4) pairs with (3);
            // redundant: a head that is seen behind it means nothing to read yet.
            miss_up_to(log_->oldest_.load(memory_order_acquire) * log_->records_);
        }
        known_ = head_seen_ < end_ ? head_seen_ : end_;
        return true;
    }

    Log* log_;
    segment* segment_ = nullptr;   // pinned
    const T* slots_ = nullptr;     // of the segment
    std::uint64_t first_ = 0;      // the segment's first record
    std::uint64_t read_ = 0;       // next to read, counted from the log's start
    std::uint64_t head_seen_ = 0;  // published up to here, as last read
    std::uint64_t known_ = 0;      // the same, in this segment
    std::uint64_t end_ = nowhere;  // of the segment
    std::uint64_t missed_ = 0;
    std::uint64_t taken_ = 0;  // of `missed_`
    patience<128> patience_;
    std::uint64_t base_ = 0;  // the log's start
};

}  // namespace detail
}  // namespace weir
