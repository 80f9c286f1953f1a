// SPDX-License-Identifier: BSL-1.0
// Records of any length, in bytes, between two threads: one writes, one reads; both wait-free, neither ever blocks.
//
//   line pair 0   head_   published up to here, closed_          the writer stores, the reader loads
//   line pair 1   tail_   given back up to here, reader_closed_  the reader stores, the writer loads
//   line pair 2   writer  next, published, tail as last seen     the writer's alone
//   line pair 3   reader  next, walked to, released, head seen   the reader's alone
//   bytes         [ length | payload ][ length | payload ] ...   a power of two of them  | overrun: one largest record
//
// A record is 8 bytes of length and its payload, aligned to 8. One that starts before the end of the ring runs over it
// into the overrun, so that each is contiguous, with no padding record; the same number of bytes at the front then
// stays unused for this lap. Bytes in use never exceed the capacity, which is exactly what was asked; storage is the
// next power of two and one largest record. Positions are 64 bits and only grow. Fast as `spsc_ring` is: cached
// indices, space given back lazily (every capacity / 8 bytes, or when the reader runs dry), lines owned ahead; and
// lines fetched ahead by the reader.
//
// Order: (1) the writer's release store of `head_` publishes records to the reader's acquire load (2);
//        (3) the reader's release store of `tail_` gives space back to the writer's acquire load (4);
//        (5) release store of `closed_`, behind the last (1), -> acquire load (6), in front of the last (2);
//        (7) release store of `reader_closed_` -> acquire load (8).
// A record longer than `max_record()` would never find room: `claim` and `try_write` throw std::length_error for it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "../support/prefetch.hpp"
#include "checks.hpp"
#include "concepts.hpp"
#include "detail/patience.hpp"
#include "detail/ring_storage.hpp"

namespace weir {
namespace detail {

inline constexpr std::size_t record_header = sizeof(std::uint64_t);

/// The payload's bytes and what fills them up to the next header.
[[nodiscard]] constexpr std::size_t payload_room(std::size_t bytes) noexcept {
    return (bytes + (record_header - 1)) & ~(record_header - 1);
}
/// The longest payload that fits a ring of `capacity` bytes.
[[nodiscard]] constexpr std::size_t longest_record(std::size_t capacity) noexcept {
    return capacity < record_header ? 0 : (capacity - record_header) & ~(record_header - 1);
}
/// At least a line, so that a line of the ring is a line of memory.
[[nodiscard]] constexpr std::size_t ring_bytes(std::size_t capacity) noexcept {
    return std::bit_ceil(capacity < cache_line ? cache_line : capacity);
}

[[noreturn]] WEIR_COLD inline void refuse_record(std::size_t bytes, std::size_t longest) {
    throw std::length_error("weir::byte_ring: a record of " + std::to_string(bytes) + " bytes; max_record() is "
                            + std::to_string(longest));
}

/// Throws std::invalid_argument where the ring could hold no record, or not its largest.
inline void check_bytes(std::size_t capacity, std::size_t longest) {
    check_capacity(capacity, 1, "byte_ring");
    if (capacity < record_header) {
        throw std::invalid_argument("weir::byte_ring: a record needs 8 bytes besides its own; ask for at least 8");
    }
    if (longest > longest_record(capacity)) {
        throw std::invalid_argument("weir::byte_ring: its largest record does not fit; ask for at least "
                                    + std::to_string(longest) + " bytes rounded up to 8, and 8 more");
    }
}

/// The bytes of a ring and its overrun.
template <std::size_t Capacity, std::size_t MaxRecord, class Allocator>
class byte_storage {
  public:
    static constexpr std::size_t capacity = Capacity;
    static constexpr std::uint64_t mask = ring_bytes(Capacity) - 1;
    static constexpr std::size_t longest = MaxRecord;

    /// Touched where it is made at run time.
    constexpr byte_storage() noexcept : none() {
        if (!std::is_constant_evaluated()) touch_pages(bytes, sizeof(bytes));
    }
    byte_storage(const byte_storage&) = delete;
    byte_storage& operator=(const byte_storage&) = delete;
    ~byte_storage() = default;

    [[nodiscard]] WEIR_INLINE std::byte* slots() noexcept { return bytes; }

  private:
    union {
        char none;  // active in a constant-initialised ring
        alignas(line_pair) std::byte bytes[ring_bytes(Capacity) + payload_room(MaxRecord)];
    };
};

template <std::size_t MaxRecord, class Allocator>
class byte_storage<dynamic_capacity, MaxRecord, Allocator> {
  public:
    byte_storage(std::size_t asked, std::size_t longest_asked, const Allocator& allocator)
        : capacity(asked), mask(ring_bytes(asked) - 1), longest(longest_asked),
          block_(ring_bytes(asked) + payload_room(longest_asked), allocator) {}

    const std::size_t capacity;
    const std::uint64_t mask;
    const std::size_t longest;

    [[nodiscard]] std::byte* slots() const noexcept { return static_cast<std::byte*>(block_.data()); }

  private:
    touched_block<line_pair, Allocator> block_;
};

/// One side's own copy of what does not change, in the line that only it uses; nothing where it is a constant.
template <std::size_t Capacity, std::size_t MaxRecord>
struct byte_view {
    template <class Storage>
    constexpr explicit byte_view(Storage&) noexcept {}
    template <class Storage>
    [[nodiscard]] WEIR_INLINE std::byte* at(Storage& s, std::uint64_t position) const noexcept {
        return s.slots() + (position & Storage::mask);
    }
    static constexpr std::uint64_t capacity = Capacity & ~(record_header - 1);
    static constexpr std::size_t longest = MaxRecord;
};

template <std::size_t MaxRecord>
struct byte_view<dynamic_capacity, MaxRecord> {
    template <class Storage>
    explicit byte_view(Storage& s) noexcept
        : first(s.slots()), mask(s.mask), capacity(s.capacity & ~(record_header - 1)), longest(s.longest) {}
    template <class Storage>
    [[nodiscard]] WEIR_INLINE std::byte* at(const Storage&, std::uint64_t position) const noexcept {
        return first + (position & mask);
    }
    std::byte* first;
    std::uint64_t mask;
    std::uint64_t capacity;
    std::size_t longest;
};

}  // namespace detail

/// `Capacity` a constant: the bytes are in the ring, no heap, and a ring of static storage is constant-initialised; its
/// longest record is then `MaxRecord`. `Checks`: `checked` in tests. `Allocator`: for a run-time capacity.
template <std::size_t Capacity = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<std::byte>, std::size_t MaxRecord = detail::longest_record(Capacity)>
class byte_ring {
    static constexpr bool heap = Capacity == dynamic_capacity;
    static_assert(heap || Capacity >= detail::record_header,
                  "weir::byte_ring: a record needs 8 bytes besides its own; ask for at least 8");
    static_assert(MaxRecord <= detail::longest_record(Capacity),
                  "weir::byte_ring: its largest record does not fit; a record takes 8 bytes besides its own");

  public:
    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity that holds no record, or that no
    /// memory holds. The longest record is as long as the ring takes.
    explicit byte_ring(std::size_t capacity, const Allocator& allocator = {})
        requires(heap)
        : byte_ring(capacity, detail::longest_record(capacity), ring_start{}, allocator) {}
    /// The longest record is `max_record` bytes: so many more are allocated for the overrun. Throws
    /// std::invalid_argument also where it does not fit.
    byte_ring(std::size_t capacity, std::size_t max_record, ring_start start = {}, const Allocator& allocator = {})
        requires(heap)
        : byte_ring(start, (detail::check_bytes(capacity, max_record), capacity), max_record, allocator) {}

    constexpr byte_ring() noexcept
        requires(!heap)
        : byte_ring(ring_start{}) {}
    constexpr explicit byte_ring(ring_start start) noexcept
        requires(!heap)
        : head_(aligned(start)), tail_(aligned(start)), writer_(storage_, aligned(start)),
          reader_(storage_, aligned(start)) {}

    byte_ring(const byte_ring&) = delete;
    byte_ring& operator=(const byte_ring&) = delete;
    /// No thread may use the ring any more.
    ~byte_ring() = default;

    /// In bytes; a record takes 8 more than its length, rounded up to 8.
    [[nodiscard]] std::size_t capacity() const noexcept { return storage_.capacity; }
    [[nodiscard]] std::size_t max_record() const noexcept { return storage_.longest; }

    // ---- The writer's thread only. -----------------------------------------------------------------------------

    /// Contiguous room for a record of `size` bytes, aligned to 8; nothing when there is none now, or after `close`. It
    /// is free still when nothing is published. Wait-free. Throws std::length_error for more than `max_record()`.
    [[nodiscard]] WEIR_INLINE std::optional<std::span<std::byte>> claim(std::size_t size) {
        enter_writer();
        if (size > writer_.longest) [[unlikely]]
            detail::refuse_record(size, writer_.longest);
        const std::size_t needed = detail::record_header + detail::payload_room(size);
        if (known_room() < needed) [[unlikely]] {
            if (fresh_room() < needed) {
                writer_.claimed(0);
                return std::nullopt;
            }
        }
        writer_.claimed(size + 1);
        return std::span<std::byte>(write_at() + detail::record_header, size);
    }

    /// The first `size` bytes of the claimed room are a record now, unpublished: at most what was claimed. Wait-free.
    WEIR_INLINE void wrote(std::size_t size) noexcept {
        // One more, so that a record of no bytes needs its claim too.
        writer_.use("byte_ring", size + 1, detail::over_published);
        writer_.claimed(0);
        const std::uint64_t length = size;
        std::memcpy(write_at(), &length, detail::record_header);
        writer_.write += detail::record_header + detail::payload_room(size);
        own_ahead();
    }

    /// Publishes the first `size` bytes of the claimed room as a record, and all written before it. Wait-free.
    WEIR_INLINE void publish(std::size_t size) noexcept {
        wrote(size);
        publish();
    }

    /// Publishes every record written so far. Wait-free.
    WEIR_INLINE void publish() noexcept {
        if (writer_.published == writer_.write) return;
        writer_.published = writer_.write;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
    }

    /// Copies one record and publishes at once; false when there is no room now, or after `close`. Wait-free. Throws
    /// std::length_error for more than `max_record()`.
    [[nodiscard]] WEIR_INLINE bool try_write(std::span<const std::byte> record) {
        const auto room = claim(record.size());
        if (!room) return false;
        if (!record.empty()) std::memcpy(room->data(), record.data(), record.size());
        publish(record.size());
        return true;
    }

    /// Publishes what is left and ends the stream: from now on there is no room. The reader still gets everything.
    void close() noexcept {
        enter_writer();
        publish();
        writer_.claimed(0);
        writer_.ended = true;
        writer_.tail_seen = writer_.write - writer_.capacity;  // no room known
        closed_.store(true, memory_order_release);             // (5) pairs with (6)
    }

    /// Whether the reader has left: what is published from now on nobody reads.
    [[nodiscard]] bool reader_closed() const noexcept {
        return reader_closed_.load(memory_order_acquire);  // (8) pairs with (7)
    }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- The reader's thread only. -----------------------------------------------------------------------------
    //
    //   while (auto record = ring.peek()) { use(*record); ring.release(); }      one by one
    //   while (auto record = ring.next()) use(*record);                          all that are there,
    //   ring.release();                                                          given back at once

    /// The first record that is not released, in place until it is; nothing: none now, and all space is given back.
    /// A walk starts anew behind it. Wait-free.
    [[nodiscard]] WEIR_INLINE std::optional<std::span<const std::byte>> peek() noexcept {
        enter_reader();
        reader_.walked = reader_.read;
        return step();
    }

    /// The record behind the one that `next` or `peek` gave last, in place until it is released; nothing: none now.
    /// Wait-free.
    [[nodiscard]] WEIR_INLINE std::optional<std::span<const std::byte>> next() noexcept {
        enter_reader();
        return step();
    }

    /// All records up to the one that `peek` or `next` gave last go back (lazily). Wait-free.
    WEIR_INLINE void release() noexcept {
        reader_.read = reader_.walked;
        if (reader_.read - reader_.released >= reader_.lazy) flush_releases();
    }

    /// Returns all released space now: before the reader goes idle. Wait-free.
    void flush_releases() noexcept {
        if (reader_.released == reader_.read) return;
        reader_.released = reader_.read;
        tail_.store(reader_.read, memory_order_release);  // (3) pairs with (4)
    }

    /// Closed by the writer, and everything read and released. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (reader_.head_seen != reader_.read || !closed()) return false;
        look();
        return reader_.head_seen == reader_.read;
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

    /// Bytes published and not given back, headers among them, as any third thread sees it: never more than the
    /// capacity. Whoever sees a tail sees a head that is not behind it, by (3) and (2).
    [[nodiscard]] std::size_t size_approx() const noexcept {
        const std::uint64_t tail = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        const std::uint64_t n = head_.load(memory_order_relaxed) - tail;
        return static_cast<std::size_t>(n < writer_.capacity ? n : writer_.capacity);
    }

  private:
    static constexpr std::size_t ahead = 24 * cache_line;
    using storage = detail::byte_storage<Capacity, MaxRecord, Allocator>;
    using view = detail::byte_view<Capacity, MaxRecord>;

    struct writer_side : view, Checks::side {
        constexpr writer_side(storage& s, std::uint64_t start) noexcept
            : view(s), write(start), tail_seen(start), owned(start), published(start) {}
        std::uint64_t write;      // next to write
        std::uint64_t tail_seen;  // tail_ as last read
        std::uint64_t owned;      // lines up to here were asked for
        std::uint64_t published;  // == head_
        bool ended = false;
    };
    struct reader_side : view, Checks::side {
        constexpr reader_side(storage& s, std::uint64_t start) noexcept
            : view(s), read(start), walked(start), head_seen(start), fetched(start), released(start),
              lazy(detail::release_portion(this->capacity)) {}
        std::uint64_t read;       // released up to here
        std::uint64_t walked;     // next to read
        std::uint64_t head_seen;  // head_ as last read
        std::uint64_t fetched;    // lines up to here were asked for
        std::uint64_t released;   // == tail_
        std::uint64_t lazy;       // space goes back in portions of so much
        detail::patience<> patience;
    };

    byte_ring(ring_start start, std::size_t capacity, std::size_t max_record, const Allocator& allocator)
        : storage_(capacity, max_record, allocator), head_(aligned(start)), tail_(aligned(start)),
          writer_(storage_, aligned(start)), reader_(storage_, aligned(start)) {
        static_assert(alignof(byte_ring) == line_pair);
        static_assert(sizeof(byte_ring) == 4 * line_pair, "each index and each side has a pair of lines of its own");
        static_assert(sizeof(writer_side) <= line_pair && sizeof(reader_side) <= line_pair);
        static_assert(atomic<std::uint64_t>::is_always_lock_free);
    }

    /// Records start at multiples of 8.
    [[nodiscard]] static constexpr std::uint64_t aligned(ring_start start) noexcept {
        return start.index & ~std::uint64_t{detail::record_header - 1};
    }
    WEIR_INLINE void enter_writer() noexcept { writer_.enter("byte_ring", detail::second_writer); }
    WEIR_INLINE void enter_reader() noexcept { reader_.enter("byte_ring", detail::second_reader); }
    [[nodiscard]] WEIR_INLINE std::byte* write_at() noexcept { return writer_.at(storage_, writer_.write); }

    [[nodiscard]] WEIR_INLINE std::uint64_t known_room() const noexcept {
        return writer_.capacity - (writer_.write - writer_.tail_seen);
    }
    [[nodiscard]] WEIR_NOINLINE std::uint64_t fresh_room() noexcept {
        if (writer_.ended) return 0;
        writer_.tail_seen = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        return known_room();
    }

    /// Asks for lines up to `ahead` in front of what is written; only whole lines inside what is known to be free, for
    /// others may hold records that the reader reads.
    WEIR_INLINE void own_ahead() noexcept {
        std::uint64_t wanted = known_room();
        if (wanted > ahead) wanted = ahead;
        // A long record has written its own lines.
        if (writer_.write - writer_.owned <= writer_.capacity)
            writer_.owned = (writer_.write + cache_line - 1) & ~std::uint64_t{cache_line - 1};
        while (writer_.owned + cache_line - writer_.write <= wanted) {
            prefetch_to_write(writer_.at(storage_, writer_.owned));
            writer_.owned += cache_line;
        }
    }

    /// Asks for published lines up to `ahead` in front of what is read. Where a record starts, only the one before it
    /// tells: without this, each line would be waited for before the next is asked for.
    WEIR_INLINE void fetch_ahead() noexcept {
        std::uint64_t wanted = reader_.head_seen - reader_.walked;
        if (wanted > ahead) wanted = ahead;
        if (reader_.walked - reader_.fetched <= reader_.capacity) reader_.fetched = reader_.walked;
        while (reader_.fetched - reader_.walked < wanted) {
            prefetch_to_read(reader_.at(storage_, reader_.fetched));
            reader_.fetched += cache_line;
        }
    }

    WEIR_INLINE void look() noexcept { reader_.head_seen = head_.load(memory_order_acquire); }  // (2) pairs with (1)

    [[nodiscard]] bool patient_look() noexcept {
        const auto looks = [this] {
            look();
            return reader_.head_seen - reader_.walked;
        };
        const std::uint64_t found = reader_.patience.look(looks, 32 * cache_line);
        if (found == 0 && reader_.walked == reader_.read) flush_releases();
        return found != 0;
    }

    /// The record at `walked`.
    [[nodiscard]] WEIR_INLINE std::optional<std::span<const std::byte>> step() noexcept {
        if (reader_.walked == reader_.head_seen) [[unlikely]] {
            if (!patient_look()) return std::nullopt;
        }
        const std::byte* const record = reader_.at(storage_, reader_.walked);
        std::uint64_t length = 0;
        std::memcpy(&length, record, detail::record_header);
        reader_.walked += detail::record_header + detail::payload_room(static_cast<std::size_t>(length));
        fetch_ahead();
        return std::span<const std::byte>(record + detail::record_header, static_cast<std::size_t>(length));
    }

    alignas(line_pair) storage storage_;
    alignas(heap ? alignof(atomic<std::uint64_t>) : line_pair) atomic<std::uint64_t> head_;
    atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> tail_;
    atomic<bool> reader_closed_{false};
    alignas(line_pair) writer_side writer_;
    alignas(line_pair) reader_side reader_;
};

}  // namespace weir
