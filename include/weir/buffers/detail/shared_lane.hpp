// SPDX-License-Identifier: BSL-1.0
// The lane of an `mpsc_ring` for threads that have none of their own: many write, one reads.
//
//   line pair 0   constants: slots, marks, capacity       nobody writes
//   line pair 1   claimed_   next ticket, bit 0: closed   every writer's compare-and-swap
//   line pair 2   tail_      given back up to here        the reader stores, writers load
//   line pair 3   reader     next, released, known        the reader's alone
//   slots         records, a power of two of them
//   marks         for each slot the last ticket that was finished there, and whether a record came of it
//
// A ticket is an index times two, so that the closed bit is in the word that is claimed from: what is claimed was
// claimed before the close. A writer claims n tickets at once, constructs, then marks each; a record whose constructor
// threw is marked as skipped, and the reader passes it.
//
// Order: (1) a writer's release store of a mark publishes its record to the reader's acquire load (2);
//        (3) the reader's release store of `tail_` gives slots back to a writer's acquire load (4), which also orders
//            that writer's load of `claimed_` behind the claims of what was given back.
// The close needs none: the word that has the closed bit has the last claim too, and whoever closes the ring closes its
// lanes first (producer_lanes.hpp, 7), which is what the end is seen by.
// Lock-free to claim, wait-free to finish and to read. A writer that is stopped between the two holds up what was
// claimed behind it in this lane, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "../../support/atomic.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../../support/prefetch.hpp"
#include "../concepts.hpp"
#include "ring_storage.hpp"

namespace weir::detail {

template <class T, std::size_t Capacity, class Allocator>
[[nodiscard]] ring_storage<T, Capacity, Allocator> make_ring_storage(std::size_t capacity, const Allocator& allocator) {
    if constexpr (Capacity == dynamic_capacity) {
        return ring_storage<T, Capacity, Allocator>(capacity, allocator);
    } else {
        return ring_storage<T, Capacity, Allocator>();
    }
}

template <class T, std::size_t Capacity, class Allocator>
class shared_lane {
  public:
    shared_lane(std::size_t capacity, ring_start start, const Allocator& allocator)
        : slots_(make_ring_storage<T, Capacity, Allocator>(capacity, allocator)),
          marks_(make_ring_storage<mark, Capacity, Allocator>(capacity, allocator)), slot_view_(slots_),
          mark_view_(marks_), claimed_(2 * start.index), tail_(2 * start.index), reader_(slots_, marks_, start) {
        static_assert(sizeof(reader_side) <= line_pair && atomic<std::uint64_t>::is_always_lock_free);
        for (std::uint64_t i = 0; i <= slot_view_.mask; ++i) std::construct_at(mark_view_.slot(marks_, i), 0U);
    }
    shared_lane(const shared_lane&) = delete;
    shared_lane& operator=(const shared_lane&) = delete;

    /// No thread may use the lane any more.
    ~shared_lane() {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            const std::uint64_t end = claimed_.load(memory_order_relaxed) & ~closed_bit;
            for (std::uint64_t t = reader_.read; t != end; t += 2) {
                if (read_mark(t).load(memory_order_relaxed) == published(t)) std::destroy_at(read_slot(t));
            }
        }
    }

    // ---- Any thread. -------------------------------------------------------------------------------------------

    template <class... Args>
    [[nodiscard]] bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        claim_of_some c{*this, 1};
        if (c.n == 0) return false;
        std::construct_at(c.slot(0), std::forward<Args>(args)...);
        c.done = 1;
        return true;
    }

    /// A claim for all of what is left of `[first, last)` that there is room for, and so on. Where its length is not
    /// known beforehand, a claim for each record.
    template <class It, class End>
    std::size_t try_push_some(It& first, const End& last) {
        std::size_t left = 1;
        if constexpr (std::sized_sentinel_for<End, It> || std::forward_iterator<It>) {
            left = static_cast<std::size_t>(std::ranges::distance(first, last));
        }
        std::size_t pushed = 0;
        while (first != last) {
            claim_of_some c{*this, left};
            if (c.n == 0) break;
            for (; c.done < c.n && first != last; ++c.done, ++first, ++pushed) {
                const std::size_t after = c.done + ahead;
                if (after < c.n) prefetch_to_write(c.slot(after));
                std::construct_at(c.slot(c.done), *first);
            }
            if constexpr (std::sized_sentinel_for<End, It> || std::forward_iterator<It>) left -= c.done;
        }
        return pushed;
    }

    /// No more claims. What was claimed before is finished, and read.
    void close() noexcept { claimed_.fetch_or(closed_bit, memory_order_relaxed); }

    /// How many are claimed and not given back, as any third thread sees it: never more than the capacity.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t tail = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        const std::uint64_t n = ((claimed_.load(memory_order_relaxed) & ~closed_bit) - tail) / 2;
        return static_cast<std::size_t>(n < slot_view_.capacity ? n : slot_view_.capacity);
    }

    // ---- The reader's thread only. -----------------------------------------------------------------------------

    /// Records that are there from the next on, as last known; looks again, at no more than `some`, when none is.
    [[nodiscard]] WEIR_INLINE std::size_t readable(std::size_t some) noexcept {
        return reader_.known != 0 ? reader_.known : fresh_readable(some);
    }
    [[nodiscard]] std::size_t known_readable() const noexcept { return reader_.known; }

    [[nodiscard]] std::span<T> known_span(std::size_t n) noexcept {
        return {read_slot(reader_.read), reader_.slots.up_to_wrap(reader_.read / 2, n)};
    }

    void release(std::size_t n) noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(read_slot(reader_.read), n);
        reader_.read += 2 * n;
        reader_.known -= n;
        if (reader_.read - reader_.released >= reader_.lazy) flush_releases();
    }

    void flush_releases() noexcept {
        if (reader_.released == reader_.read) return;
        reader_.released = reader_.read;
        tail_.store(reader_.read, memory_order_release);  // (3) pairs with (4)
    }

    /// Closed, and all of it read or passed.
    [[nodiscard]] bool drained() noexcept {
        const std::uint64_t claimed = claimed_.load(memory_order_relaxed);
        return (claimed & closed_bit) != 0 && readable(1) == 0 && reader_.read == (claimed & ~closed_bit);
    }

  private:
    using mark = atomic<std::uint64_t>;
    static constexpr std::uint64_t closed_bit = 1;
    static constexpr std::size_t ahead = prefetch_distance<T>;

    // A ticket has bit 0 clear, so twice a ticket has room for what became of it. 0 is no mark of any ticket.
    static constexpr std::uint64_t published(std::uint64_t ticket) noexcept { return 2 * ticket + 1; }
    static constexpr std::uint64_t skipped(std::uint64_t ticket) noexcept { return 2 * ticket + 2; }

    /// At most `wanted` tickets; its end marks the first `done` of them as published, the others as skipped.
    struct claim_of_some {
        claim_of_some(shared_lane& l, std::size_t wanted) noexcept : lane(l), n(l.claim(wanted, first)) {}
        claim_of_some(const claim_of_some&) = delete;
        claim_of_some& operator=(const claim_of_some&) = delete;
        ~claim_of_some() {
            for (std::size_t i = 0; i < n; ++i) {
                const std::uint64_t t = first + 2 * i;
                lane.mark_view_.slot(lane.marks_, t / 2)
                    ->store(i < done ? published(t) : skipped(t), memory_order_release);  // (1) pairs with (2)
            }
        }
        [[nodiscard]] T* slot(std::size_t i) const noexcept { return lane.slot_view_.slot(lane.slots_, first / 2 + i); }

        shared_lane& lane;
        std::uint64_t first = 0;
        std::size_t n;
        std::size_t done = 0;
    };

    std::size_t claim(std::size_t wanted, std::uint64_t& first) noexcept {
        for (;;) {
            const std::uint64_t tail = tail_.load(memory_order_acquire);  // (4) pairs with (3)
            std::uint64_t claimed = claimed_.load(memory_order_relaxed);
            if ((claimed & closed_bit) != 0) return 0;
            const std::uint64_t used = (claimed - tail) / 2;
            if (used >= slot_view_.capacity) {  // more than that: both went on between the two loads
                if (tail_.load(memory_order_relaxed) == tail) return 0;
                continue;
            }
            const std::uint64_t room = slot_view_.capacity - used;
            const std::size_t n = wanted < room ? wanted : static_cast<std::size_t>(room);
            // Relaxed: a claim says whose the slots are, (4) has made them free, (1) publishes them.
            if (claimed_.compare_exchange_weak(claimed, claimed + 2 * n, memory_order_relaxed, memory_order_relaxed)) {
                first = claimed;
                return n;
            }
        }
    }

    [[nodiscard]] T* read_slot(std::uint64_t ticket) noexcept { return reader_.slots.slot(slots_, ticket / 2); }
    [[nodiscard]] mark& read_mark(std::uint64_t ticket) noexcept { return *reader_.marks.slot(marks_, ticket / 2); }

    std::size_t fresh_readable(std::size_t some) noexcept {
        std::uint64_t seen = read_mark(reader_.read).load(memory_order_acquire);  // (2) pairs with (1)
        // Slots of skipped tickets are not given back in between, so this ends after a lap.
        while (seen == skipped(reader_.read)) {
            reader_.read += 2;
            seen = read_mark(reader_.read).load(memory_order_acquire);  // (2) pairs with (1)
        }
        std::uint64_t t = reader_.read;
        while (reader_.known < some && seen == published(t)) {
            ++reader_.known;
            t += 2;
            seen = read_mark(t).load(memory_order_acquire);  // (2) pairs with (1)
        }
        return reader_.known;
    }

    struct reader_side {
        reader_side(ring_storage<T, Capacity, Allocator>& s, ring_storage<mark, Capacity, Allocator>& m,
                    ring_start start) noexcept
            : slots(s), marks(m), read(2 * start.index), released(2 * start.index),
              lazy(2 * release_portion(slots.capacity)) {}
        [[no_unique_address]] ring_view<T, Capacity> slots;
        [[no_unique_address]] ring_view<mark, Capacity> marks;
        std::uint64_t read;      // next ticket to read
        std::uint64_t released;  // == tail_
        std::uint64_t lazy;      // tickets go back in portions of so many
        std::size_t known = 0;   // records from `read` on that are there
    };

    alignas(line_pair) alignas(ring_storage<T, Capacity, Allocator>) ring_storage<T, Capacity, Allocator> slots_;
    ring_storage<mark, Capacity, Allocator> marks_;
    [[no_unique_address]] ring_view<T, Capacity> slot_view_;
    [[no_unique_address]] ring_view<mark, Capacity> mark_view_;
    alignas(line_pair) atomic<std::uint64_t> claimed_;
    alignas(line_pair) atomic<std::uint64_t> tail_;
    alignas(line_pair) reader_side reader_;
};

}  // namespace weir::detail
