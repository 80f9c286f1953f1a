// SPDX-License-Identifier: BSL-1.0
// A ring between two threads: one writes, one reads; both wait-free, neither ever blocks.
//
//   writer:  claim a span of raw slots, construct in place, publish     (or emplace one by one, then publish)
//   reader:  peek a span of published records, use them, release
//
// Capacity is exactly what was asked; storage is the next power of two. Indices are 64 bits and only grow. How it is
// fast (buffers.md, section 2): the other side's index is cached and read again only when the ring seems full or
// empty (1); slots go back lazily, every capacity / 8 records or when the reader runs dry (2); the writer owns lines
// ahead, only inside the span it is about to fill (3); each index has a pair of lines of its own (5).
//
// Order: (1) the writer's release store of `head_` publishes records to the reader's acquire load (2);
//        (3) the reader's release store of `tail_` gives slots back to the writer's acquire load (4).
// A record whose constructor throws is not in the ring and leaves no hole. Undrained records, published or not, are
// destroyed with the ring.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"

namespace weir {

/// Where a ring starts to count: for tests of indices that wrap.
struct ring_start {
    std::uint64_t index = 0;
};

/// Raw slots that a writer has claimed: construct records in `[0, size())` from the front, then `publish(n)`.
template <class T>
class slot_span {
  public:
    slot_span(T* first, std::size_t size) noexcept : first_(first), size_(size) {}

    [[nodiscard]] T* data() const noexcept { return first_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Constructs record `i`; until it is published, nobody destroys it but `discard`.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    WEIR_INLINE T& construct(std::size_t i, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (i + ahead < size_) __builtin_prefetch(first_ + i + ahead, 1, 3);
        return *std::construct_at(first_ + i, std::forward<Args>(args)...);
    }

    /// Takes back the first `n` records that were constructed and shall not be published.
    void discard(std::size_t n) noexcept { std::destroy_n(first_, n); }

  private:
    static constexpr std::size_t ahead = 8 * cache_line > sizeof(T) ? 8 * cache_line / sizeof(T) : 1;

    T* first_;
    std::size_t size_;
};

template <class T>
class spsc_ring {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::spsc_ring: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::spsc_ring: a record's destructor must not throw");

  public:
    using value_type = T;

    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity of 0 or one that no memory holds.
    explicit spsc_ring(std::size_t capacity, ring_start start = {}) : spsc_ring(allocated(capacity), capacity, start) {}

    spsc_ring(const spsc_ring&) = delete;
    spsc_ring& operator=(const spsc_ring&) = delete;

    /// No thread may use the ring any more.
    ~spsc_ring() {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint64_t i = reader_.read; i != writer_.write; ++i) std::destroy_at(reader_.slot(i));
        }
        ::operator delete(static_cast<void*>(writer_.slots), std::align_val_t{alignment});
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
        writer_.tail_seen = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        return known_room();
    }

    /// The next free slots, at most `n` and at most up to the wrap. They are still free when nothing is published.
    [[nodiscard]] slot_span<T> claim(std::size_t n) noexcept {
        std::size_t free = known_room();
        if (free < n) free = fresh_room();
        const std::uint64_t to_wrap = writer_.mask + 1 - (writer_.write & writer_.mask);
        if (n > free) n = free;
        if (n > to_wrap) n = static_cast<std::size_t>(to_wrap);
        return {writer_.slot(writer_.write), n};
    }

    /// All slots up to the wrap that are known to be free; looks again when it knows of none.
    [[nodiscard]] slot_span<T> claim_known() noexcept {
        const std::size_t free = room();
        const std::uint64_t to_wrap = writer_.mask + 1 - (writer_.write & writer_.mask);
        return {writer_.slot(writer_.write), free < to_wrap ? free : static_cast<std::size_t>(to_wrap)};
    }

    /// The first `n` slots of the claimed span hold records now, unpublished.
    WEIR_INLINE void wrote(std::size_t n) noexcept { writer_.write += n; }

    /// Publishes the first `n` records constructed in the claimed span, and all written before them.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        writer_.write += n;
        publish();
    }

    /// Publishes everything written so far.
    WEIR_INLINE void publish() noexcept {
        if (writer_.published == writer_.write) return;
        writer_.published = writer_.write;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
    }

    /// Says that about `n` records follow now: lines are owned ahead inside these, never beyond.
    void expect(std::size_t n) noexcept {
        const std::size_t known = known_room();
        writer_.own_until = writer_.write + (n < known ? n : known);
    }

    /// Constructs one record behind the others, without publishing it; false (and nothing happens) when full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool
    try_emplace_unpublished(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (room() == 0) [[unlikely]]
            return false;
        own_ahead(writer_.own_until);
        std::construct_at(writer_.slot(writer_.write), std::forward<Args>(args)...);
        ++writer_.write;
        return true;
    }

    /// Constructs one record and publishes at once; false when full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (room() == 0) [[unlikely]]
            return false;
        own_ahead(writer_.tail_seen + writer_.capacity);
        std::construct_at(writer_.slot(writer_.write), std::forward<Args>(args)...);
        ++writer_.write;
        publish();
        return true;
    }

    [[nodiscard]] bool try_push(T&& value) noexcept(std::is_nothrow_move_constructible_v<T>)
        requires std::is_move_constructible_v<T>
    {
        return try_emplace(std::move(value));
    }
    [[nodiscard]] bool try_push(const T& value) noexcept(std::is_nothrow_copy_constructible_v<T>)
        requires std::is_copy_constructible_v<T>
    {
        return try_emplace(value);
    }

    /// The index the next record will have: the position of a signal that comes before it.
    [[nodiscard]] std::uint64_t write_index() const noexcept { return writer_.write; }
    [[nodiscard]] std::size_t unpublished() const noexcept {
        return static_cast<std::size_t>(writer_.write - writer_.published);
    }

    // ---- The reader's thread only. -----------------------------------------------------------------------------

    /// Published records as last known; asks the writer's index again only when it knows of none.
    [[nodiscard]] WEIR_INLINE std::size_t readable() noexcept {
        const std::size_t known = known_readable();
        return known != 0 ? known : fresh_readable();
    }

    /// Published records now: always reads the writer's index.
    [[nodiscard]] std::size_t fresh_readable() noexcept {
        reader_.head_seen = head_.load(memory_order_acquire);  // (2) pairs with (1)
        return known_readable();
    }

    /// Published records as last known, without looking.
    [[nodiscard]] WEIR_INLINE std::size_t known_readable() const noexcept {
        return static_cast<std::size_t>(reader_.head_seen - reader_.read);
    }

    /// The next records, up to the wrap (then call again after `release`); empty: none, and all slots are given back.
    [[nodiscard]] std::span<T> peek() noexcept {
        if (readable() == 0) {
            flush_releases();
            return {};
        }
        return known_span(known_readable());
    }

    /// The first `n` of the records known, cut at the wrap.
    [[nodiscard]] std::span<T> known_span(std::size_t n) noexcept {
        const std::uint64_t to_wrap = reader_.mask + 1 - (reader_.read & reader_.mask);
        return {reader_.slot(reader_.read), n < to_wrap ? n : static_cast<std::size_t>(to_wrap)};
    }

    /// Destroys the first `n` records of the span and returns their slots (lazily).
    WEIR_INLINE void release(std::size_t n) noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(reader_.slot(reader_.read), n);
        reader_.read += n;
        if (reader_.read - reader_.released >= reader_.lazy) flush_releases();
    }

    /// Returns all released slots now: before the reader goes idle.
    void flush_releases() noexcept {
        if (reader_.released == reader_.read) return;
        reader_.released = reader_.read;
        tail_.store(reader_.read, memory_order_release);  // (3) pairs with (4)
    }

    /// Moves the next record to `out`; false when there is none.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_move_assignable_v<T>)
        requires std::is_move_assignable_v<T>
    {
        if (readable() == 0) [[unlikely]] {
            flush_releases();
            return false;
        }
        out = std::move(*reader_.slot(reader_.read));
        release(1);
        return true;
    }

    [[nodiscard]] std::uint64_t read_index() const noexcept { return reader_.read; }

    /// Whether at least half of the ring is free, seen by the reader on fresh indices: then a waiting writer is worth
    /// its wake-up (runtime.md, A). Gives back what was released.
    [[nodiscard]] bool half_free() noexcept {
        flush_releases();
        return 2 * fresh_readable() <= reader_.capacity;
    }

    /// How many are published and not given back, as any third thread sees it: never more than the capacity.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t tail = tail_.load(memory_order_acquire);
        const std::uint64_t head = head_.load(memory_order_acquire);
        const std::uint64_t n = head - tail;
        return static_cast<std::size_t>(n < writer_.capacity ? n : writer_.capacity);
    }

  private:
    static constexpr std::size_t alignment = alignof(T) > line_pair ? alignof(T) : line_pair;
    static constexpr std::size_t ahead = 8 * cache_line > sizeof(T) ? 8 * cache_line / sizeof(T) : 1;

    struct side {
        [[nodiscard]] WEIR_INLINE T* slot(std::uint64_t index) const noexcept { return slots + (index & mask); }
        T* slots;
        std::uint64_t mask;
        std::uint64_t capacity;
    };
    struct writer_side : side {
        std::uint64_t write;      // next to construct
        std::uint64_t published;  // == head_
        std::uint64_t tail_seen;  // tail_ as last read
        std::uint64_t own_until;  // lines before this one may be owned ahead
    };
    struct reader_side : side {
        std::uint64_t read;       // next to read
        std::uint64_t released;   // == tail_
        std::uint64_t head_seen;  // head_ as last read
        std::uint64_t lazy;       // slots go back in portions of this many
    };

    spsc_ring(T* slots, std::size_t capacity, ring_start start) noexcept
        : head_(start.index), tail_(start.index),
          writer_{{slots, std::bit_ceil(capacity) - 1, capacity}, start.index, start.index, start.index, start.index},
          reader_{{slots, std::bit_ceil(capacity) - 1, capacity},
                  start.index,
                  start.index,
                  start.index,
                  capacity < 16 ? 1 : capacity / 8} {
        static_assert(alignof(spsc_ring) == line_pair);
        static_assert(sizeof(spsc_ring) == 4 * line_pair, "each index and each side has a pair of lines of its own");
        static_assert(sizeof(writer_side) <= cache_line + sizeof(std::uint64_t) * 2);
        static_assert(atomic<std::uint64_t>::is_always_lock_free);
    }

    static T* allocated(std::size_t capacity) {
        if (capacity == 0) {
            throw std::invalid_argument("weir::spsc_ring: a capacity of 0 holds no record; ask for at least 1");
        }
        if (capacity > (SIZE_MAX / 2 + 1) / sizeof(T) / 2) {
            throw std::invalid_argument("weir::spsc_ring: no memory holds a ring of that capacity; ask for less");
        }
        const std::size_t bytes = std::bit_ceil(capacity) * sizeof(T);
        void* raw = ::operator new(bytes, std::align_val_t{alignment});
        // The first lap shall not pay for page faults (buffers.md, 2.11).
        auto* touched = static_cast<volatile unsigned char*>(raw);
        for (std::size_t i = 0; i < bytes; i += 4096) touched[i] = 0;
        return static_cast<T*>(raw);
    }

    [[nodiscard]] WEIR_INLINE std::size_t known_room() const noexcept {
        return static_cast<std::size_t>(writer_.capacity - (writer_.write - writer_.tail_seen));
    }

    WEIR_INLINE void own_ahead(std::uint64_t until) noexcept {
        if (static_cast<std::int64_t>(until - writer_.write) > static_cast<std::int64_t>(ahead)) {
            __builtin_prefetch(writer_.slot(writer_.write + ahead), 1, 3);
        }
    }

    alignas(line_pair) atomic<std::uint64_t> head_;
    alignas(line_pair) atomic<std::uint64_t> tail_;
    alignas(line_pair) writer_side writer_;
    alignas(line_pair) reader_side reader_;
};

/// Asks for the lines 8 to 16 ahead of record `i` of a span that the reader holds, never beyond it.
template <class T>
WEIR_INLINE void prefetch_within(std::span<T> held, std::size_t i) noexcept {
    constexpr std::size_t ahead = 16 * cache_line > sizeof(T) ? 16 * cache_line / sizeof(T) : 1;
    if (i + ahead < held.size()) __builtin_prefetch(held.data() + i + ahead, 0, 3);
}

}  // namespace weir
