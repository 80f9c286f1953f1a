// SPDX-License-Identifier: BSL-1.0
// A ring between two threads: one writes, one reads; both wait-free, neither ever blocks.
//
//   line pair 0   head_   published up to here, closed_          the writer stores, the reader loads
//   line pair 1   tail_   given back up to here, reader_closed_  the reader stores, the writer loads
//   line pair 2   writer  next, limit as last seen, stop         the writer's alone
//   line pair 3   reader  next, head as last seen, next release, stop    the reader's alone
//   slots         [ free | records published | records not yet published | free ]   a power of two of them
//
// Capacity is exactly what was asked; storage is the next power of two. Indices are 64 bits and only grow. How it is
// fast (buffers.md, section 2): the other side's index is cached and read again only when the ring seems full or
// empty (1); slots go back lazily, every capacity / 8 records or when the reader runs dry (2); the writer owns lines
// ahead (3); each index has a pair of lines of its own (5). Of all that a call may have to do beside its record the
// fast way asks one question, whether the side's next index has come to its `stop`.
//
// Order: (1) the writer's release store of `head_` publishes records to the reader's acquire load (2);
//        (3) the reader's release store of `tail_` gives slots back to the writer's acquire load (4);
//        (5) release store of `closed_`, behind the last (1), -> acquire load (6), in front of the last (2);
//        (7) release store of `reader_closed_` -> acquire load (8).
// A record whose constructor throws is not in the ring and leaves no hole. Undrained records, published or not, are
// destroyed with the ring.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "../support/prefetch.hpp"
#include "checks.hpp"
#include "concepts.hpp"
#include "detail/patience.hpp"
#include "detail/push_calls.hpp"
#include "detail/ring_storage.hpp"

namespace weir {

/// `Capacity` a constant: the slots are in the ring, no heap, and a ring of static storage is constant-initialised.
/// `Checks`: `checked` in tests. `Allocator`: for the slots of a run-time capacity.
template <class T, std::size_t Capacity = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<T>>
class spsc_ring : public detail::push_calls<spsc_ring<T, Capacity, Checks, Allocator>, T> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::spsc_ring: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::spsc_ring: a record's destructor must not throw");

  public:
    using value_type = T;

    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity of 0 or one that no memory holds.
    explicit spsc_ring(std::size_t capacity, ring_start start = {}, const Allocator& allocator = {})
        requires(Capacity == dynamic_capacity)
        : spsc_ring(start, (detail::check_capacity(capacity, sizeof(T), "spsc_ring"), capacity), allocator) {}
    spsc_ring(std::size_t capacity, const Allocator& allocator)
        requires(Capacity == dynamic_capacity)
        : spsc_ring(capacity, ring_start{}, allocator) {}

    constexpr spsc_ring() noexcept
        requires(Capacity != dynamic_capacity)
        : spsc_ring(ring_start{}) {}
    constexpr explicit spsc_ring(ring_start start) noexcept
        requires(Capacity != dynamic_capacity)
        : head_(start.index), tail_(start.index), writer_(storage_, start.index), reader_(storage_, start.index) {}

    spsc_ring(const spsc_ring&) = delete;
    spsc_ring& operator=(const spsc_ring&) = delete;

    /// No thread may use the ring any more.
    ~spsc_ring() {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint64_t i = reader_.read; i != writer_.write; ++i) std::destroy_at(read_slot(i));
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return static_cast<std::size_t>(writer_.capacity); }

    // ---- The writer's thread only. -----------------------------------------------------------------------------

    /// Free slots as last known; asks the reader's index again only when it knows of none. Wait-free.
    [[nodiscard]] WEIR_INLINE std::size_t room() noexcept {
        const std::size_t known = known_room();
        return known != 0 ? known : fresh_room();
    }

    /// Free slots now: always reads the reader's index.
    [[nodiscard]] std::size_t fresh_room() noexcept {
        if (writer_.ended) return 0;
        writer_.limit = tail_.load(memory_order_acquire) + writer_.capacity;  // (4) pairs with (3)
        return known_room();
    }

    /// The next free slots, at most `n` and at most up to the wrap. They are still free when nothing is published.
    [[nodiscard]] slot_span<T> claim(std::size_t n) noexcept {
        enter_writer();
        std::size_t free = known_room();
        if (free < n) free = fresh_room();
        return next_slots(n < free ? n : free);
    }

    /// All slots up to the wrap that are known to be free; looks again when it knows of none.
    [[nodiscard]] slot_span<T> claim_known() noexcept {
        enter_writer();
        return next_slots(room());
    }

    /// The first `n` slots of the claimed span hold records now, unpublished.
    WEIR_INLINE void wrote(std::size_t n) noexcept {
        writer_.use("spsc_ring", n, detail::over_published);
        writer_.write += n;
        set_writer_stop(0);
    }

    /// Publishes the first `n` records constructed in the claimed span, and all written before them.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        wrote(n);
        publish();
    }

    /// Publishes everything written so far.
    WEIR_INLINE void publish() noexcept {
        if (unpublished() == 0) return;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
    }

    /// Constructs one record behind the others, without publishing it; false (and nothing happens) when full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool
    try_emplace_unpublished(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        return try_write<false>(std::forward<Args>(args)...);
    }

    /// Constructs one record and publishes at once; false when full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        return try_write<true>(std::forward<Args>(args)...);
    }

    /// The index the next record will have: the position of a signal that comes before it.
    [[nodiscard]] std::uint64_t write_index() const noexcept { return writer_.write; }
    [[nodiscard]] std::size_t unpublished() const noexcept {
        return static_cast<std::size_t>(writer_.write - head_.load(memory_order_relaxed));  // its own
    }

    /// Publishes what is left and ends the stream: from now on there is no room. The reader still gets everything.
    void close() noexcept {
        enter_writer();
        publish();
        writer_.claimed(0);
        writer_.ended = true;
        writer_.limit = writer_.stop = writer_.write;  // no room known
        closed_.store(true, memory_order_release);     // (5) pairs with (6)
    }

    /// Whether the reader has left: what is published from now on nobody reads.
    [[nodiscard]] bool reader_closed() const noexcept {
        return reader_closed_.load(memory_order_acquire);  // (8) pairs with (7)
    }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- The reader's thread only. -----------------------------------------------------------------------------

    /// Published records as last known; asks the writer's index again only when it knows of none. Wait-free.
    [[nodiscard]] WEIR_INLINE std::size_t readable() noexcept {
        const std::size_t known = known_readable();
        return known != 0 ? known : reader_.patience.look([this] { return fresh_readable(); });
    }

    /// Published records now: always reads the writer's index.
    [[nodiscard]] std::size_t fresh_readable() noexcept {
        reader_.head_seen = head_.load(memory_order_acquire);  // (2) pairs with (1)
        set_reader_stop();
        return known_readable();
    }

    /// Published records as last known, without looking.
    [[nodiscard]] WEIR_INLINE std::size_t known_readable() const noexcept {
        return static_cast<std::size_t>(reader_.head_seen - reader_.read);
    }

    /// The next records, up to the wrap (then call again after `release`); empty: none, and all slots are given back.
    [[nodiscard]] std::span<T> peek() noexcept {
        enter_reader();
        if (readable() == 0) {
            flush_releases();
            return {};
        }
        return known_span(known_readable());
    }

    /// The first `n` of the records known, cut at the wrap.
    [[nodiscard]] std::span<T> known_span(std::size_t n) noexcept {
        n = reader_.up_to_wrap(reader_.read, n);
        reader_.claimed(n);
        return {read_slot(reader_.read), n};
    }

    /// Destroys the first `n` records of the span and returns their slots (lazily).
    WEIR_INLINE void release(std::size_t n) noexcept {
        reader_.use("spsc_ring", n, detail::over_released);
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(read_slot(reader_.read), n);
        reader_.read += n;
        release_portion();
    }

    /// Returns all released slots now: before the reader goes idle.
    void flush_releases() noexcept {
        const std::uint64_t portion = detail::release_portion(reader_.capacity);
        if (reader_.release_at - portion == reader_.read) return;
        reader_.release_at = reader_.read + portion;
        set_reader_stop();
        tail_.store(reader_.read, memory_order_release);  // (3) pairs with (4)
    }

    /// Moves the next record to `out`; false when there is none.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_move_assignable_v<T>)
        requires std::is_move_assignable_v<T>
    {
        enter_reader();
        if (reader_.read == reader_.stop) [[unlikely]]
            return pop_at_stop(out);
        pop_known(out);
        return true;
    }

    [[nodiscard]] std::uint64_t read_index() const noexcept { return reader_.read; }

    /// Whether at least half of the ring is free, seen by the reader on fresh indices: then a waiting writer is worth
    /// its wake-up (runtime.md, A). Gives back what was released.
    [[nodiscard]] bool half_free() noexcept {
        flush_releases();
        return 2 * fresh_readable() <= reader_.capacity;
    }

    /// Closed by the writer, and everything read. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (known_readable() != 0 || !closed_.load(memory_order_acquire)) return false;  // (6) pairs with (5)
        return fresh_readable() == 0;
    }

    /// The reader leaves: the writer learns of it by `reader_closed()`. What is in the ring stays there.
    void close_reader() noexcept {
        enter_reader();
        flush_releases();
        reader_closed_.store(true, memory_order_release);  // (7) pairs with (8)
    }

    /// `checked`: another thread is the reader from its next call on.
    void hand_reader_over() noexcept { reader_.hand_over(); }

    // ---- Any thread. -------------------------------------------------------------------------------------------

    [[nodiscard]] bool closed() const noexcept { return closed_.load(memory_order_acquire); }  // (6) pairs with (5)

    /// How many are published and not given back, as any third thread sees it: never more than the capacity.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t tail = tail_.load(memory_order_acquire);
        const std::uint64_t head = head_.load(memory_order_relaxed);
        const std::uint64_t n = head - tail;
        return static_cast<std::size_t>(n < writer_.capacity ? n : writer_.capacity);
    }

  private:
    static constexpr std::size_t ahead = prefetch_distance<T>;
    static constexpr bool heap = Capacity == dynamic_capacity;
    using storage = detail::ring_storage<T, Capacity, Allocator>;
    using view = detail::ring_view<T, Capacity>;

    struct writer_side : view, Checks::side {
        constexpr writer_side(storage& s, std::uint64_t start) noexcept
            : view(s), write(start), limit(start + this->capacity),
              stop(this->capacity > ahead ? limit - ahead : start) {}
        std::uint64_t write;  // next to construct
        std::uint64_t limit;  // tail_ as last read, and the capacity: `write` does not reach beyond
        std::uint64_t stop;   // up to here there is room, and `ahead` slots more, unless it is the next record's alone
        bool ended = false;
    };
    struct reader_side : view, Checks::side {
        constexpr reader_side(storage& s, std::uint64_t start) noexcept
            : view(s), read(start), head_seen(start), release_at(start + detail::release_portion(this->capacity)),
              stop(start) {}
        std::uint64_t read;        // next to read
        std::uint64_t head_seen;   // head_ as last read
        std::uint64_t release_at;  // slots go back when `read` comes here: == tail_ and a portion
        std::uint64_t stop;        // up to here there are records, and none of them is the last of a portion
        detail::patience<> patience;
    };

    spsc_ring(ring_start start, std::size_t capacity, const Allocator& allocator)
        : storage_(capacity, allocator), head_(start.index), tail_(start.index), writer_(storage_, start.index),
          reader_(storage_, start.index) {
        static_assert(alignof(spsc_ring) == line_pair);
        static_assert(sizeof(spsc_ring) == 4 * line_pair, "each index and each side has a pair of lines of its own");
        static_assert(std::is_same_v<Checks, checked> || sizeof(writer_side) <= cache_line);
        static_assert(std::is_same_v<Checks, checked> || sizeof(reader_side) <= cache_line);
        static_assert(atomic<std::uint64_t>::is_always_lock_free);
    }

    WEIR_INLINE void enter_writer() noexcept { writer_.enter("spsc_ring", detail::second_writer); }
    WEIR_INLINE void enter_reader() noexcept { reader_.enter("spsc_ring", detail::second_reader); }
    [[nodiscard]] WEIR_INLINE T* write_slot(std::uint64_t index) noexcept { return writer_.slot(storage_, index); }
    [[nodiscard]] WEIR_INLINE T* read_slot(std::uint64_t index) noexcept { return reader_.slot(storage_, index); }

    [[nodiscard]] WEIR_INLINE slot_span<T> next_slots(std::size_t n) noexcept {
        n = writer_.up_to_wrap(writer_.write, n);
        writer_.claimed(n);
        return {write_slot(writer_.write), n};
    }
    [[nodiscard]] WEIR_INLINE std::size_t known_room() const noexcept {
        return static_cast<std::size_t>(writer_.limit - writer_.write);
    }
    /// The next `soon` records may be written whatever is known. Lines are owned ahead only inside what is known to be
    /// free: one further on may hold records that are read.
    WEIR_INLINE void set_writer_stop(std::size_t soon) noexcept {
        const std::size_t known = known_room();
        writer_.stop = writer_.write + (known > ahead ? known - ahead : soon);
    }
    template <bool Publish, class... Args>
    WEIR_INLINE bool try_write(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        enter_writer();
        const std::uint64_t at = writer_.write;  // in a register: the compiler cannot know that no record is in its way
        if (at != writer_.stop) [[likely]] {
            prefetch_to_write(write_slot(at + ahead));
        } else if (!may_write_one()) {
            return false;
        }
        writer_.claimed(0);
        std::construct_at(write_slot(at), std::forward<Args>(args)...);
        writer_.write = at + 1;
        if constexpr (Publish) head_.store(at + 1, memory_order_release);  // (1) pairs with (2)
        return true;
    }
    /// At the stop.
    [[nodiscard]] WEIR_INLINE bool may_write_one() noexcept {
        if (known_room() == 0 && fresh_room() == 0) return false;
        set_writer_stop(1);
        return true;
    }
    WEIR_INLINE void set_reader_stop() noexcept {
        const std::uint64_t known = reader_.head_seen - reader_.read;
        const std::uint64_t before_last = reader_.release_at - reader_.read - 1;
        reader_.stop = reader_.read + (known < before_last ? known : before_last);
    }
    /// Behind a read: gives slots back where a portion is whole.
    WEIR_INLINE void release_portion() noexcept {
        if (static_cast<std::int64_t>(reader_.read - reader_.release_at) >= 0) {
            flush_releases();
        } else {
            set_reader_stop();
        }
    }
    WEIR_INLINE void pop_known(T& out) noexcept(std::is_nothrow_move_assignable_v<T>) {
        const std::uint64_t at = reader_.read;
        T* const slot = read_slot(at);
        out = std::move(*slot);
        reader_.claimed(1);
        reader_.use("spsc_ring", 1, detail::over_released);
        std::destroy_at(slot);
        reader_.read = at + 1;
    }
    /// Apart, so that the way of a record that is known of saves no registers.
    [[nodiscard]] WEIR_NOINLINE bool pop_at_stop(T& out) noexcept(std::is_nothrow_move_assignable_v<T>) {
        if (readable() == 0) {
            flush_releases();
            return false;
        }
        pop_known(out);
        release_portion();
        return true;
    }

    alignas(line_pair) alignas(storage) storage storage_;
    alignas(heap ? alignof(atomic<std::uint64_t>) : line_pair) atomic<std::uint64_t> head_;
    atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> tail_;
    atomic<bool> reader_closed_{false};
    alignas(line_pair) writer_side writer_;
    alignas(line_pair) reader_side reader_;
};

/// Asks for the lines 8 to 16 ahead of record `i` of a span that the reader holds, never beyond it.
template <class T>
WEIR_INLINE void prefetch_within(std::span<T> held, std::size_t i) noexcept {
    constexpr std::size_t ahead = prefetch_distance<T, 16>;
    if (i + ahead < held.size()) prefetch_to_read(held.data() + i + ahead);
}

}  // namespace weir
