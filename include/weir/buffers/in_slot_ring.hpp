// SPDX-License-Identifier: BSL-1.0
// A ring between two threads whose state sits in the slots (buffers.md, 2.6): one cache line moves per hand-over
// instead of two. For ping-pong latency; `spsc_ring` has more throughput. One writes, one reads; both wait-free.
//
//   line pair 0   where the slots are, closed_                   set once
//   line pair 1   tail_   given back up to here, reader_closed_  the reader stores, the writer loads when it seems full
//   line pair 2   writer  write_, tail as last seen              the writer's; `size_approx` loads write_
//   line pair 3   reader  next, released                         the reader's alone
//   slots         [ record | turn ] [ record | turn ] ...        a power of two of them
//
// `turn` flips each lap: a slot whose turn is that of the reader's lap holds the reader's next record, so the reader
// looks at no index. It never writes to a slot: slots go back lazily by `tail_`, every capacity / 8 records or when the
// reader runs dry, which is while it waits anyhow. The writer owns no lines ahead: that would make a round trip half as
// long again. Capacity is exactly what was asked. Indices are 64 bits.
//
// Order: (1) the writer's release store of a turn publishes its record to the reader's acquire load (2);
//        (3) the reader's release store of `tail_` gives slots back to the writer's acquire load (4);
//        (5) release store of `closed_`, behind the last (1), -> acquire load (6), in front of the last (2);
//        (7) release store of `reader_closed_` -> acquire load (8).
// A slot is one record: `claim` and `peek` give at most one. A record whose constructor throws is not in the ring and
// leaves no hole. Undrained records are destroyed with the ring.
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
#include "checks.hpp"
#include "concepts.hpp"
#include "detail/push_calls.hpp"
#include "detail/ring_storage.hpp"

namespace weir {
namespace detail {

/// A record, and the lap that wrote it. A slot starts with a turn that no writer's first lap has.
template <class T>
struct turn_slot {
    constexpr turn_slot() noexcept : none() {}
    turn_slot(const turn_slot&) = delete;
    turn_slot& operator=(const turn_slot&) = delete;
    constexpr ~turn_slot()
        requires std::is_trivially_destructible_v<T>
    = default;
    constexpr ~turn_slot() {}  // the ring destroys `value`

    union {
        char none;
        T value;
    };
    atomic<bool> turn{false};
};

/// A power of two of constructed slots, at least `Capacity`.
template <class T, std::size_t Capacity, class Allocator>
class turn_storage {
  public:
    static constexpr std::size_t capacity = Capacity;
    static constexpr std::uint64_t mask = std::bit_ceil(Capacity) - 1;

    constexpr turn_storage() noexcept = default;

    [[nodiscard]] WEIR_INLINE turn_slot<T>* slots() noexcept { return slots_; }

  private:
    alignas(slot_alignment<T>) turn_slot<T> slots_[std::bit_ceil(Capacity)];
};

template <class T, class Allocator>
class turn_storage<T, dynamic_capacity, Allocator> : public ring_storage<turn_slot<T>, dynamic_capacity, Allocator> {
    using base = ring_storage<turn_slot<T>, dynamic_capacity, Allocator>;

  public:
    turn_storage(std::size_t asked, const Allocator& allocator) : base(asked, allocator) {
        std::uninitialized_default_construct_n(this->slots(), this->mask + 1);
    }
    turn_storage(const turn_storage&) = delete;
    turn_storage& operator=(const turn_storage&) = delete;
    ~turn_storage() { std::destroy_n(this->slots(), this->mask + 1); }
};

}  // namespace detail

/// `Capacity` a constant: the slots are in the ring, no heap, and a ring of static storage is constant-initialised.
/// `Checks`: `checked` in tests. `Allocator`: for the slots of a run-time capacity.
template <class T, std::size_t Capacity = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<T>>
class in_slot_ring : public detail::push_calls<in_slot_ring<T, Capacity, Checks, Allocator>, T> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::in_slot_ring: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::in_slot_ring: a record's destructor must not throw");

  public:
    using value_type = T;

    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity of 0 or one that no memory holds.
    explicit in_slot_ring(std::size_t capacity, ring_start start = {}, const Allocator& allocator = {})
        requires(Capacity == dynamic_capacity)
        : in_slot_ring(start, (detail::check_capacity(capacity, sizeof(slot), "in_slot_ring"), capacity), allocator) {}
    in_slot_ring(std::size_t capacity, const Allocator& allocator)
        requires(Capacity == dynamic_capacity)
        : in_slot_ring(capacity, ring_start{}, allocator) {}

    constexpr in_slot_ring() noexcept
        requires(Capacity != dynamic_capacity)
        : in_slot_ring(ring_start{}) {}
    constexpr explicit in_slot_ring(ring_start start) noexcept
        requires(Capacity != dynamic_capacity)
        : tail_(start.index), writer_(storage_, start.index), reader_(storage_, start.index) {}

    in_slot_ring(const in_slot_ring&) = delete;
    in_slot_ring& operator=(const in_slot_ring&) = delete;

    /// No thread may use the ring any more.
    constexpr ~in_slot_ring() {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            const std::uint64_t end = writer_.index();
            for (std::uint64_t i = reader_.read; i != end; ++i) std::destroy_at(&reader_.slot(storage_, i)->value);
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
        writer_.tail_seen = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        return known_room();
    }

    /// The next free slot, when there is one and `n` is not 0. It is still free when nothing is published. Wait-free.
    [[nodiscard]] slot_span<T> claim(std::size_t n) noexcept {
        enter_writer();
        const std::size_t given = n != 0 && room() != 0 ? 1 : 0;
        writer_.claimed(given);
        return {&write_slot()->value, given};
    }

    /// Publishes the record constructed in the claimed slot; `n` is 0 or 1. Wait-free.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        writer_.use("in_slot_ring", n, detail::over_published);
        if (n != 0) publish_next();
    }

    /// Constructs one record and publishes it; false (and nothing happens) when full or closed. Wait-free.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        enter_writer();
        if (room() == 0) [[unlikely]]
            return false;
        std::construct_at(&write_slot()->value, std::forward<Args>(args)...);
        publish_next();
        return true;
    }
    /// Ends the stream: from now on there is no room. The reader still gets everything.
    void close() noexcept {
        enter_writer();
        writer_.ended = true;
        writer_.tail_seen = writer_.index() - writer_.capacity;  // no room known
        writer_.claimed(0);
        closed_.store(true, memory_order_release);  // (5) pairs with (6)
    }

    /// Whether the reader has left: what is published from now on nobody reads.
    [[nodiscard]] bool reader_closed() const noexcept {
        return reader_closed_.load(memory_order_acquire);  // (8) pairs with (7)
    }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- The reader's thread only. -----------------------------------------------------------------------------

    /// The next record, or none; then all slots are given back. Wait-free.
    [[nodiscard]] WEIR_INLINE std::span<T> peek() noexcept {
        enter_reader();
        slot* const next = read_slot();
        const bool there = holds_next(*next);
        reader_.claimed(there ? 1 : 0);
        if (!there) {
            flush_releases();
            return {};
        }
        return {&next->value, 1};
    }

    /// Destroys the record that `peek` gave and returns its slot (lazily); `n` is 0 or 1. Wait-free.
    WEIR_INLINE void release(std::size_t n) noexcept {
        reader_.use("in_slot_ring", n, detail::over_released);
        if (n != 0) release_next();
    }

    /// Moves the next record to `out`; false when there is none. Wait-free.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_move_assignable_v<T>)
        requires std::is_move_assignable_v<T>
    {
        enter_reader();
        slot* const next = read_slot();
        if (!holds_next(*next)) [[unlikely]] {
            flush_releases();
            return false;
        }
        out = std::move(next->value);
        release_next();
        return true;
    }

    /// Returns all released slots now: before the reader goes idle.
    WEIR_INLINE void flush_releases() noexcept {
        if (reader_.released == reader_.read) return;
        reader_.released = reader_.read;
        tail_.store(reader_.read, memory_order_release);  // (3) pairs with (4)
    }

    /// Closed by the writer, and everything read. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (!closed_.load(memory_order_acquire)) return false;  // (6) pairs with (5)
        return !holds_next(*read_slot());
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

    /// How many are written and not given back, as any third thread sees it: never more than the capacity. Whoever sees
    /// a tail sees a head that is not behind it, by (3) and (1).
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t tail = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        const std::uint64_t n = writer_.write.load(memory_order_relaxed) - tail;
        return static_cast<std::size_t>(n < writer_.capacity ? n : writer_.capacity);
    }

  private:
    using slot = detail::turn_slot<T>;
    using storage = detail::turn_storage<T, Capacity, Allocator>;
    using view = detail::ring_view<slot, Capacity>;

    struct writer_side : view, Checks::side {
        constexpr writer_side(storage& s, std::uint64_t start) noexcept
            : view(s), origin(start), tail_seen(start), write(start) {}
        /// The writer's own view of what it alone stores.
        [[nodiscard]] WEIR_INLINE std::uint64_t index() const noexcept { return write.load(memory_order_relaxed); }
        std::uint64_t origin;         // laps count from here
        std::uint64_t tail_seen;      // tail_ as last read
        atomic<std::uint64_t> write;  // next to construct
        bool ended = false;
    };
    struct reader_side : view, Checks::side {
        constexpr reader_side(storage& s, std::uint64_t start) noexcept
            : view(s), origin(start), read(start), released(start), lazy(detail::release_portion(this->capacity)) {}
        std::uint64_t origin;
        std::uint64_t read;      // next to read
        std::uint64_t released;  // == tail_
        std::uint64_t lazy;      // slots go back in portions of so many
    };

    in_slot_ring(ring_start start, std::size_t capacity, const Allocator& allocator)
        : storage_(capacity, allocator), tail_(start.index), writer_(storage_, start.index),
          reader_(storage_, start.index) {
        static_assert(alignof(in_slot_ring) == line_pair);
        static_assert(sizeof(in_slot_ring) == 4 * line_pair, "each side, and what it shows, has a pair of lines");
        static_assert(std::is_same_v<Checks, checked> || sizeof(writer_side) <= cache_line);
        static_assert(std::is_same_v<Checks, checked> || sizeof(reader_side) <= cache_line);
        static_assert(atomic<std::uint64_t>::is_always_lock_free && atomic<bool>::is_always_lock_free);
    }

    WEIR_INLINE void enter_writer() noexcept { writer_.enter("in_slot_ring", detail::second_writer); }
    WEIR_INLINE void enter_reader() noexcept { reader_.enter("in_slot_ring", detail::second_reader); }
    [[nodiscard]] WEIR_INLINE slot* write_slot() noexcept { return writer_.slot(storage_, writer_.index()); }
    [[nodiscard]] WEIR_INLINE slot* read_slot() noexcept { return reader_.slot(storage_, reader_.read); }

    /// True in the laps 0, 2, 4 and so on, counted from the ring's start.
    [[nodiscard]] WEIR_INLINE static bool turn_of(std::uint64_t laps_from_start, std::uint64_t mask) noexcept {
        return (laps_from_start & (mask + 1)) == 0;
    }
    [[nodiscard]] WEIR_INLINE bool holds_next(const slot& s) const noexcept {
        return s.turn.load(memory_order_acquire) == turn_of(reader_.read - reader_.origin, reader_.mask);  // (2), (1)
    }
    [[nodiscard]] WEIR_INLINE std::size_t known_room() const noexcept {
        return static_cast<std::size_t>(writer_.capacity - (writer_.index() - writer_.tail_seen));
    }
    WEIR_INLINE void publish_next() noexcept {
        writer_.claimed(0);
        const std::uint64_t index = writer_.index();
        slot* const written = writer_.slot(storage_, index);
        writer_.write.store(index + 1, memory_order_relaxed);  // in front of (1), for size_approx
        written->turn.store(turn_of(index - writer_.origin, writer_.mask), memory_order_release);  // (1) pairs with (2)
    }
    WEIR_INLINE void release_next() noexcept {
        reader_.claimed(0);
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_at(&read_slot()->value);
        ++reader_.read;
        if (reader_.read - reader_.released >= reader_.lazy) flush_releases();
    }

    alignas(line_pair) storage storage_;
    alignas(Capacity == dynamic_capacity ? alignof(atomic<bool>) : line_pair) atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> tail_;
    atomic<bool> reader_closed_{false};
    alignas(line_pair) writer_side writer_;
    alignas(line_pair) reader_side reader_;
};

}  // namespace weir
