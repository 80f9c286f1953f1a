// SPDX-License-Identifier: BSL-1.0
// An edge between two tasks: records in an spsc_ring, signals in a signal_ring beside it, in one order.
//
// One task writes, one reads; no call blocks. Nothing a writer emplaced is visible before `publish()`; a step ends
// with `publish()` on every channel and then one look at each reader's waker. The reader's step ends with
// `end_of_step()` and, when that says so, one look at the writer's waker.
//
// Order: (1) release store of `closed_` by the reader -> acquire load (2) by the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "signal_ring.hpp"
#include "spsc_ring.hpp"

namespace weir {

/// What a channel's reader finds next.
template <class T>
struct channel_item {
    enum class kind : std::uint8_t {
        nothing,  // for now
        records,  // at least one; ends before the next signal, before the wrap, or at what is published
        signal    // all records before it have been released
    };
    kind what = kind::nothing;
    std::span<T> records{};
    signal_entry signal{};
};

template <class T>
class channel {
  public:
    using value_type = T;
    using item = channel_item<T>;

    /// Throws std::invalid_argument when either capacity is 0.
    explicit channel(std::size_t capacity, std::size_t signals = 16, ring_start start = {})
        : ring_(capacity, start), signals_(signals) {}

    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

    // ---- The writer. -------------------------------------------------------------------------------------------

    /// Free record slots as last known; looks again when it knows of none. After 0, wait for `has_room_again()`.
    [[nodiscard]] WEIR_INLINE std::size_t room() noexcept {
        const std::size_t free = ring_.room();
        if (free == 0) [[unlikely]]
            met_full_ = true;
        return free;
    }

    /// One record, unpublished. Only when `room() > 0`. If the constructor throws, nothing has happened.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    WEIR_INLINE void emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        static_cast<void>(ring_.try_emplace_unpublished(std::forward<Args>(args)...));
    }

    /// The same; false when full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (ring_.try_emplace_unpublished(std::forward<Args>(args)...)) [[likely]]
            return true;
        met_full_ = true;
        return false;
    }

    /// All free slots up to the wrap, raw: construct from the front, then say `wrote(n)`. Empty: wait for
    /// `has_room_again()`.
    [[nodiscard]] slot_span<T> claim() noexcept {
        const slot_span<T> span = ring_.claim_known();
        if (span.empty()) met_full_ = true;
        return span;
    }
    /// The next `n` slots claimed hold records, unpublished. Before any signal behind them, and `publish`.
    WEIR_INLINE void wrote(std::size_t n) noexcept { ring_.wrote(n); }

    /// A signal behind all records emplaced so far. False: no slot; keep it, answer `full`, let nothing pass it.
    [[nodiscard]] bool signal(signal_kind kind, std::int64_t value = 0) noexcept {
        const bool taken = signals_.try_signal(ring_.write_index(), kind, value);
        if (!taken) met_full_signals_ = true;
        return taken;
    }

    /// Makes everything emplaced so far visible. Where it answers true there is something since the last time, signals
    /// included: then look at the reader's waker.
    WEIR_INLINE bool publish() noexcept {
        ring_.publish();
        const std::uint64_t now = ring_.write_index() + signals_.written();
        return std::exchange(told_, now) != now;
    }

    /// Whether a writer may go on: one that met a full ring only when half of it is free (on fresh indices), one
    /// that found no signal slot only when there is one.
    [[nodiscard]] bool has_room_again() noexcept {
        if (met_full_ && 2 * ring_.fresh_room() >= ring_.capacity()) met_full_ = false;
        if (met_full_signals_ && signals_.has_slot()) met_full_signals_ = false;
        return !met_full_ && !met_full_signals_ && ring_.room() != 0;
    }

    /// Whether the reader wants nothing more: the writer may drop what it would put here.
    [[nodiscard]] bool reader_closed() const noexcept { return closed_.load(memory_order_acquire); }  // (2) with (1)

    /// Records put into the channel so far: for the accounting of the edge.
    [[nodiscard]] std::uint64_t written() const noexcept { return ring_.write_index() - start_; }

    // ---- The reader. -------------------------------------------------------------------------------------------

    /// What comes next; nothing is taken. Records: use them, then `release(n)`; a signal: `pop_signal()`.
    [[nodiscard]] item next() noexcept {
        if (ring_.known_readable() == 0) {
            // The record head first, then the signal head: see signal_ring.hpp.
            static_cast<void>(ring_.fresh_readable());
            signals_.refresh();
        }
        std::size_t n = ring_.known_readable();
        if (const signal_entry* s = signals_.next()) {
            const std::uint64_t before = s->position - ring_.read_index();
            if (before == 0) return {item::kind::signal, {}, *s};
            if (before < n) n = static_cast<std::size_t>(before);
        }
        if (n == 0) return {};
        return {item::kind::records, ring_.known_span(n), {}};
    }

    /// Destroys the first `n` records of the span and returns their slots, lazily.
    WEIR_INLINE void release(std::size_t n) noexcept { ring_.release(n); }

    /// Takes the signal that `next()` showed.
    void pop_signal() noexcept { signals_.pop(); }

    /// Returns all released slots; answers whether a writer that waits is worth waking: not by a step that took
    /// nothing, or two idle tasks would wake each other for ever.
    [[nodiscard]] bool end_of_step() noexcept {
        const std::uint64_t now = ring_.read_index() + signals_.taken();
        const bool moved = std::exchange(given_, now) != now;
        const bool worth = ring_.half_free() && moved;
        signals_.refresh();  // the record head was loaded again, so this one must be, after it
        return worth;
    }

    /// The reader wants nothing more. Wake the writer after it.
    void close_reader() noexcept { closed_.store(true, memory_order_release); }  // (1) pairs with (2)

    /// Records released so far. What was written and not released is held by the edge.
    [[nodiscard]] std::uint64_t consumed() const noexcept { return ring_.read_index() - start_; }

    /// Records published and not given back, for metrics. Any thread; exact once both sides have ended a step.
    [[nodiscard]] std::size_t size_approx() const noexcept { return ring_.size_approx(); }

  private:
    spsc_ring<T> ring_;
    signal_ring signals_;
    alignas(line_pair) bool met_full_ = false;  // the writer's, with the next two
    bool met_full_signals_ = false;
    const std::uint64_t start_ = ring_.write_index();
    std::uint64_t told_ = start_;  // the writer's: records and signals at its last `publish`
    alignas(line_pair) atomic<bool> closed_{false};
    std::uint64_t given_ = start_;  // the reader's: records and signals taken at the end of its last step
};

}  // namespace weir
