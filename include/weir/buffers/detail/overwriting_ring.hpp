// SPDX-License-Identifier: BSL-1.0
// The broadcast ring whose writer waits for nobody: readers copy records out and then look whether they were
// overwritten meanwhile.
//
//   line pair 0   head_   published up to here, closed_             the writer stores, readers load
//   line pair 1   gone_   records below may be overwritten by now   the writer stores once a chunk, readers load
//   line pair 2   writer  next, end of the announced chunk          the writer's alone
//   cells         [ gone | retained, published | ]                  each record in words of its own
//   handle        next, head as last seen, missed                   the reader's alone; the writer knows no reader
//
// Before it writes the first record of a chunk (a quarter of the ring) the writer announces all that the chunk
// overwrites. A reader whose position lies below `gone_` after it has copied was lapped: it is told how many records it
// missed and goes on half a ring behind the writer. Progress: every call of either side is wait-free, joining too.
//
// Order: (1) release store of `head_` publishes records -> acquire load (2);
//        (3) release store of each word of a record, behind the announcement (5) of what it overwrites, -> acquire load
//            (4) of a word, in front of the load (6): who copied a word that is too new sees the announcement. No lock
//            and no fence; on x86 all are plain moves, and ThreadSanitizer sees them;
//        (5) release store of `gone_`, behind the `head_` it goes with, -> acquire load (6): who finds itself lapped
//        sees
//            that `head_` or a later one, so that half a ring behind it is not gone;
//        (7) release store of `closed_`, behind the last (1), -> acquire load (8), in front of the last (2).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "../../support/atomic.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../../support/prefetch.hpp"
#include "../checks.hpp"
#include "../concepts.hpp"
#include "broadcast.hpp"
#include "ring_storage.hpp"

namespace weir {

/// What one `read` of an overwriting ring got: `n` records, or the news that `missed` were overwritten unread.
struct broadcast_read {
    std::size_t n = 0;
    std::uint64_t missed = 0;
};

namespace detail {

template <>
inline constexpr bool is_broadcast_policy<overwriting> = true;

/// A record in words, each stored and loaded by itself.
template <class T>
class word_cell {
    using word =
        std::conditional_t<(sizeof(T) > 4), std::uint64_t,
                           std::conditional_t<(sizeof(T) > 2), std::uint32_t,
                                              std::conditional_t<(sizeof(T) == 2), std::uint16_t, std::uint8_t>>>;
    static constexpr std::size_t whole = sizeof(T) / sizeof(word);
    static constexpr std::size_t rest = sizeof(T) % sizeof(word);

  public:
    WEIR_INLINE void store(const T& value) noexcept {
        const auto* const bytes = reinterpret_cast<const std::byte*>(std::addressof(value));
        for (std::size_t i = 0; i < whole; ++i) {
            word w;
            std::memcpy(&w, bytes + i * sizeof(word), sizeof(word));
            words_[i].store(w, memory_order_release);  // (3) pairs with (4)
        }
        if constexpr (rest != 0) {
            word w = 0;
            std::memcpy(&w, bytes + whole * sizeof(word), rest);
            words_[whole].store(w, memory_order_release);  // (3) pairs with (4)
        }
    }
    /// Into the bytes of a T; torn when the writer overwrites meanwhile.
    WEIR_INLINE void load(std::byte* to) const noexcept {
        for (std::size_t i = 0; i < whole; ++i) {
            const word w = words_[i].load(memory_order_acquire);  // (4) pairs with (3)
            std::memcpy(to + i * sizeof(word), &w, sizeof(word));
        }
        if constexpr (rest != 0) {
            const word w = words_[whole].load(memory_order_acquire);  // (4) pairs with (3)
            std::memcpy(to + whole * sizeof(word), &w, rest);
        }
    }

  private:
    static_assert(atomic<word>::is_always_lock_free);
    atomic<word> words_[whole + (rest != 0 ? 1 : 0)]{};
};

/// Cells that live as long as the ring.
template <class Cell, std::size_t Capacity, class Allocator>
class cell_storage {
  public:
    static constexpr std::size_t capacity = Capacity;
    static constexpr std::uint64_t mask = std::bit_ceil(Capacity) - 1;

    [[nodiscard]] WEIR_INLINE Cell* slots() noexcept { return cells_; }

  private:
    alignas(slot_alignment<Cell>) Cell cells_[std::bit_ceil(Capacity)]{};
};

template <class Cell, class Allocator>
class cell_storage<Cell, dynamic_capacity, Allocator> : public ring_storage<Cell, dynamic_capacity, Allocator> {
  public:
    cell_storage(std::size_t asked, const Allocator& allocator)
        : ring_storage<Cell, dynamic_capacity, Allocator>(asked, allocator) {
        static_assert(std::is_trivially_destructible_v<Cell>);
        std::uninitialized_value_construct_n(this->slots(), static_cast<std::size_t>(this->mask + 1));
    }
};

}  // namespace detail

template <class T, std::size_t Capacity, class Checks, class Allocator>
class broadcast_ring<T, overwriting, Capacity, Checks, Allocator> {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_const_v<T>,
                  "weir::broadcast_ring<T, overwriting>: readers copy records that the writer may be overwriting, so T "
                  "must be trivially copyable; other types go through a gated ring");
    using cell = detail::word_cell<T>;
    using storage = detail::cell_storage<cell, Capacity, Allocator>;
    using view = detail::ring_view<cell, Capacity>;

  public:
    using value_type = T;
    class reader;

    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity of 0 or one that no memory holds.
    explicit broadcast_ring(std::size_t capacity, ring_start start = {}, const Allocator& allocator = {})
        requires(Capacity == dynamic_capacity)
        : broadcast_ring(start, (detail::check_capacity(capacity, sizeof(cell), "broadcast_ring"), capacity),
                         allocator) {}
    broadcast_ring(std::size_t capacity, const Allocator& allocator)
        requires(Capacity == dynamic_capacity)
        : broadcast_ring(capacity, ring_start{}, allocator) {}

    constexpr broadcast_ring() noexcept
        requires(Capacity != dynamic_capacity)
        : broadcast_ring(ring_start{}) {}
    constexpr explicit broadcast_ring(ring_start start) noexcept
        requires(Capacity != dynamic_capacity)
        : head_(start.index), gone_(start.index), writer_(storage_, start.index) {}

    broadcast_ring(const broadcast_ring&) = delete;
    broadcast_ring& operator=(const broadcast_ring&) = delete;
    /// No thread may use the ring or a reader any more.
    ~broadcast_ring() = default;

    [[nodiscard]] std::size_t capacity() const noexcept { return static_cast<std::size_t>(writer_.capacity); }
    /// A reader that is at most so many records behind the writer misses none.
    [[nodiscard]] std::size_t retention() const noexcept {
        return static_cast<std::size_t>(writer_.capacity - writer_.chunk);
    }

    // ---- The writer's thread only. -----------------------------------------------------------------------------

    /// Writes one record and publishes it. False only after close().
    WEIR_INLINE bool try_push(const T& value) noexcept {
        enter_writer();
        if (writer_.write == writer_.announced && !announce()) [[unlikely]]
            return false;
        if (writer_.announced - writer_.write > ahead) prefetch_to_write(at(writer_.write + ahead));
        at(writer_.write)->store(value);
        ++writer_.write;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
        return true;
    }
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        return try_push(T(std::forward<Args>(args)...));
    }

    /// Writes all `records`, published once a chunk; returns how many: none after close().
    std::size_t write(std::span<const T> records) noexcept {
        enter_writer();
        std::size_t done = 0;
        while (done != records.size()) {
            if (writer_.write == writer_.announced && !announce()) break;
            const std::uint64_t left = writer_.announced - writer_.write;
            const std::size_t end =
                records.size() - done < left ? records.size() : done + static_cast<std::size_t>(left);
            for (; done != end; ++done, ++writer_.write) {
                if (end - done > ahead) prefetch_to_write(at(writer_.write + ahead));
                at(writer_.write)->store(records[done]);
            }
            head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
        }
        return done;
    }

    /// The index the next record will have.
    [[nodiscard]] std::uint64_t write_index() const noexcept { return writer_.write; }

    /// Ends the stream: nothing is written from now on. Readers still get what they are not too late for.
    void close() noexcept {
        enter_writer();
        writer_.ended = true;
        writer_.announced = writer_.write;
        closed_.store(true, memory_order_release);  // (7) pairs with (8)
    }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- Any thread. -------------------------------------------------------------------------------------------

    /// A reader joins; it may be used by another thread. One that joins at the oldest may be lapped at once.
    [[nodiscard]] reader make_reader(join_at where = join_at::newest) noexcept {
        const std::uint64_t gone = gone_.load(memory_order_acquire);                               // (6) pairs with (5)
        return reader(*this, where == join_at::newest ? head_.load(memory_order_relaxed) : gone);  // (2) comes later
    }

    [[nodiscard]] bool closed() const noexcept { return closed_.load(memory_order_acquire); }  // (8) pairs with (7)

    /// How many records are retained, as any third thread sees it: never more than the capacity.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t gone = gone_.load(memory_order_acquire);      // (6) pairs with (5)
        const std::uint64_t n = head_.load(memory_order_relaxed) - gone;  // by (6) not an older one
        return static_cast<std::size_t>(n < writer_.capacity ? n : writer_.capacity);
    }

  private:
    static constexpr std::size_t ahead = prefetch_distance<cell>;
    static constexpr bool heap = Capacity == dynamic_capacity;

    struct writer_side : view, Checks::side {
        constexpr writer_side(storage& s, std::uint64_t first) noexcept
            : view(s), write(first), announced(first), start(first), chunk(detail::broadcast_chunk(this->capacity)) {}
        std::uint64_t write;      // next, == head_ whenever something is announced
        std::uint64_t announced;  // what writing up to here overwrites is in gone_
        std::uint64_t start;
        std::uint64_t chunk;
        bool ended = false;
    };

    broadcast_ring(ring_start start, std::size_t capacity, const Allocator& allocator)
        : storage_(capacity, allocator), head_(start.index), gone_(start.index), writer_(storage_, start.index) {
        static_assert(alignof(broadcast_ring) == line_pair);
        static_assert(sizeof(broadcast_ring) == 3 * line_pair, "each index and the writer have a pair of lines");
    }

    WEIR_INLINE void enter_writer() noexcept { writer_.enter("broadcast_ring", detail::second_writer); }
    [[nodiscard]] WEIR_INLINE cell* at(std::uint64_t index) noexcept { return writer_.slot(storage_, index); }

    WEIR_NOINLINE bool announce() noexcept {
        if (writer_.ended) return false;
        writer_.announced = writer_.write + writer_.chunk;
        const std::uint64_t gone = writer_.announced - writer_.capacity;
        if (detail::index_before(writer_.start, gone)) gone_.store(gone, memory_order_release);  // (5) pairs with (6)
        return true;
    }

    alignas(line_pair) storage storage_;
    alignas(heap ? alignof(atomic<std::uint64_t>) : line_pair) atomic<std::uint64_t> head_;
    atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> gone_;
    alignas(line_pair) writer_side writer_;
};

/// One thread at a time uses a reader; moving it hands it over. The writer does not know of it: any number costs
/// nothing.
template <class T, std::size_t Capacity, class Checks, class Allocator>
class broadcast_ring<T, overwriting, Capacity, Checks, Allocator>::reader : private view, private Checks::side {
  public:
    using value_type = T;

    reader(reader&& other) noexcept
        : view(static_cast<const view&>(other)), Checks::side(), ring_(std::exchange(other.ring_, nullptr)),
          read_(other.read_), head_seen_(std::exchange(other.head_seen_, other.read_)), missed_(other.missed_) {}
    reader& operator=(reader&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~reader() = default;

    /// Copies the next records to the front of `out`, as many as there are and fit; what follows them in `out` is
    /// unspecified. A reader that was lapped gets none and learns how many it missed. Nothing and no miss: none for
    /// now.
    broadcast_read read(std::span<T> out) noexcept {
        enter();
        broadcast_read got;
        while (got.n != out.size()) {
            std::size_t n = readable();
            if (n == 0) break;
            // In portions, so that a long copy is not lost as a whole.
            n = std::min({n, out.size() - got.n, portion});
            for (std::size_t i = 0; i != n; ++i) {
                at(read_ + i)->load(reinterpret_cast<std::byte*>(out.data() + got.n + i));
            }
            if (lapped()) [[unlikely]] {
                if (got.n == 0) got.missed = skip();
                break;
            }
            read_ += n;
            got.n += n;
        }
        return got;
    }

    /// Copies the next record to `out`; false when there is none for now, and `out` is untouched. `missed()` tells of
    /// those that were overwritten in front of it.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept {
        enter();
        for (int tries = 0; tries != 2 && readable() != 0; ++tries) {
            alignas(T) std::byte copy[sizeof(T)];
            at(read_)->load(copy);
            if (!lapped()) [[likely]] {
                std::memcpy(std::addressof(out), copy, sizeof(T));
                ++read_;
                return true;
            }
            static_cast<void>(skip());
        }
        return false;
    }

    /// Published records in front of this reader as last known, those that it will miss included; asks the writer's
    /// index again only when it knows of none.
    [[nodiscard]] WEIR_INLINE std::size_t readable() noexcept {
        const std::size_t known = static_cast<std::size_t>(head_seen_ - read_);
        return known != 0 ? known : fresh_readable();
    }
    [[nodiscard]] std::size_t fresh_readable() noexcept {
        if (ring_ == nullptr) return 0;
        head_seen_ = ring_->head_.load(memory_order_acquire);  // (2) pairs with (1)
        return static_cast<std::size_t>(head_seen_ - read_);
    }

    /// How many records it has missed in all.
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }
    /// The index of the next record.
    [[nodiscard]] std::uint64_t read_index() const noexcept { return read_; }

    /// Closed by the writer, and everything read or missed. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (ring_ == nullptr) return true;
        return head_seen_ == read_ && ring_->closed() && fresh_readable() == 0;
    }

    /// Leaves: there is nothing to read any more.
    void close_reader() noexcept {
        enter();
        ring_ = nullptr;
        head_seen_ = read_;
    }

    /// `checked`: another thread uses this reader from its next call on.
    void hand_reader_over() noexcept { this->hand_over(); }

  private:
    friend broadcast_ring;
    static constexpr std::size_t portion = 4'096 > sizeof(T) ? 4'096 / sizeof(T) : 1;

    reader(broadcast_ring& ring, std::uint64_t start) noexcept
        : view(ring.storage_), ring_(&ring), read_(start), head_seen_(start) {}

    WEIR_INLINE void enter() noexcept {
        Checks::side::enter("broadcast_ring",
                            "a second thread uses a reader; one thread does, or it is moved or handed over");
    }
    [[nodiscard]] WEIR_INLINE const cell* at(std::uint64_t index) const noexcept {
        return this->slot(ring_->storage_, index);
    }
    /// Whether what was copied from `read_` on may have been overwritten before.
    [[nodiscard]] WEIR_INLINE bool lapped() const noexcept {
        return detail::index_before(read_, ring_->gone_.load(memory_order_acquire));  // (6) pairs with (5)
    }
    /// Half a ring behind the writer; returns how many records that skips.
    WEIR_NOINLINE std::uint64_t skip() noexcept {
        head_seen_ = ring_->head_.load(memory_order_acquire);  // (2) pairs with (1)
        const std::uint64_t next = head_seen_ - this->capacity / 2;
        const std::uint64_t skipped = next - read_;
        read_ = next;
        missed_ += skipped;
        return skipped;
    }

    broadcast_ring* ring_;  // none: it has left
    std::uint64_t read_;
    std::uint64_t head_seen_;  // head_ as last read
    std::uint64_t missed_ = 0;
};

}  // namespace weir
