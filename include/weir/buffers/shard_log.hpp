// SPDX-License-Identifier: BSL-1.0
// A retained log: one writes at its tail, any number of readers walk it by position, replay it, come and go.
//
//   segments     | dropped | 4: NNNNNNNN | 5: NNNNNNNN | 6: NNN..... |   N records each, record p is in segment p / N
//                            ^ oldest_     ^ reader        ^ head_
//   line pair 0  head_    positions before it are published; closed_    the writer stores, readers load
//   line pair 1  oldest_  the oldest segment retained                   changes once a segment; readers load then
//   line pair 2  writer   room in the tail segment, its position        the writer's alone
//   further      directory_, segments_ (detail/log_segments.hpp); right_ (append_right.hpp)
//   a reader     its position, what it knows of head_, its segment, pinned: lines of its own
//
// At a segment's end the writer drops what retention gives up and takes a free segment, whose pages are touched; it
// allocates only when there is none (`reserve`). A dropped segment is gone but for those who have it pinned: they read
// on to its end, then learn how many records they missed; the last of them destroys its records.
//
// Pinning, where a use-after-free would hide: a reader pins its segment by one read-modify-write of the word that says
// also which segment that is and whether it is dropped. A pin behind a drop is refused, a drop behind a pin sees it;
// the word is the look after the pin. It stays as long as the log, so an old pointer to it is only a pin refused.
//
// Order: (1) release store of `head_` -> (2) acquire load: records, and where their segment is;
//        (3) release exchange of `oldest_`, in front of the drop, -> (4) acquire load: `head_` is at least there;
//        (5) release store of `closed_`, behind the last (1), -> (6) acquire load, in front of the last (2);
//        (7) to (15) in detail/log_segments.hpp: who was refused a pin sees an `oldest_` behind that segment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "../support/prefetch.hpp"
#include "append_right.hpp"
#include "checks.hpp"
#include "concepts.hpp"
#include "detail/log_reader.hpp"
#include "detail/log_segments.hpp"
#include "detail/push_calls.hpp"
#include "detail/ring_storage.hpp"

namespace weir {

/// What a log keeps. Looked at when a segment is full; whole segments go.
struct log_retention {
    static constexpr std::uint64_t unlimited = ~std::uint64_t{0};
    std::uint64_t records = unlimited;   // at least the newest so many stay, and at most two segments more
    std::uint64_t segments = unlimited;  // at most so many stay, the one that is written counted
};

/// `SegmentRecords`: how many records a segment has; `dynamic_capacity`: given at run time. `Checks`: `checked` in
/// tests. `Allocator`: called by the writer and the constructor only.
template <class T, std::size_t SegmentRecords = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<T>>
class alignas(line_pair) shard_log : public detail::push_calls<shard_log<T, SegmentRecords, Checks, Allocator>, T> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::shard_log: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::shard_log: a record's destructor must not throw");
    using segment = detail::log_segment<T, Allocator>;
    using checks = Checks;

  public:
    using value_type = T;
    using reader = detail::log_reader<shard_log>;

    /// Allocates and touches the first segment. Throws std::invalid_argument for segments of 0 records or of more than
    /// memory holds, and for a retention of 0 segments.
    explicit shard_log(std::size_t segment_records, log_retention keep = {}, ring_start start = {},
                       const Allocator& allocator = {})
        requires(SegmentRecords == dynamic_capacity)
        : shard_log(private_tag{}, segment_records, keep, start, allocator) {}
    explicit shard_log(log_retention keep = {}, ring_start start = {}, const Allocator& allocator = {})
        requires(SegmentRecords != dynamic_capacity)
        : shard_log(private_tag{}, SegmentRecords, keep, start, allocator) {}

    shard_log(const shard_log&) = delete;
    shard_log& operator=(const shard_log&) = delete;

    /// No thread may use the log any more, and no reader may be left.
    ~shard_log() {
        // Relaxed: who destroys the log has waited for those who used it.
        Checks::require(readers_.load(memory_order_relaxed) == 0, "shard_log",
                        "destroyed with a reader on it; readers leave first");
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (std::uint64_t i = oldest_.load(memory_order_relaxed); i != writer_.started; ++i) {
                const std::uint64_t n = writer_.write - i * segment_records();
                std::destroy_n(directory_.find(i)->slots, n < segment_records() ? n : segment_records());
            }
        }
    }

    [[nodiscard]] std::size_t segment_records() const noexcept { return records_; }

    // ---- The writer: one thread at a time. Use either these or `append`. -----------------------------------------

    /// The next slots, at most `n` and at most up to the end of the segment; none: closed. There is always room, or
    /// the allocator throws, and then nothing has happened. Wait-free; at a segment's start lock-free, but for the
    /// allocator: another thread's drop or give-back may make it look again.
    [[nodiscard]] slot_span<T> claim(std::size_t n) {
        enter_writer();
        if (writer_.next == writer_.end && (n == 0 || !begin_segment())) {
            writer_.claimed(0);
            return {};
        }
        const auto room = static_cast<std::size_t>(writer_.end - writer_.next);
        if (n > room) n = room;
        writer_.claimed(n);
        return {writer_.next, n};
    }

    /// Publishes the first `n` records constructed in the claimed span.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        writer_.use("shard_log", n, detail::over_published);
        if (n == 0) return;
        writer_.next += n;
        writer_.write += n;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
    }

    /// Constructs one record and publishes at once; false: closed.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) {
        enter_writer();
        if (!construct(std::forward<Args>(args)...)) [[unlikely]]
            return false;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
        return true;
    }
    /// The position that the next record will have.
    [[nodiscard]] std::uint64_t write_position() const noexcept { return start_ + writer_.write; }

    /// Readers come and go, so there is always somebody to write for.
    [[nodiscard]] static constexpr bool reader_closed() noexcept { return false; }

    /// Keeps `n` free segments at hand, allocated and touched now, off the hot path.
    void reserve(std::size_t n) {
        enter_writer();
        segments_.reserve(n);
    }
    /// Gives the memory of free segments back to the allocator now; else it is kept for what is written next, or goes
    /// back at the start of a segment when more are free than were reserved (and than 2).
    void free_spares() noexcept {
        enter_writer();
        segments_.free_spares();
    }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- Any thread. ---------------------------------------------------------------------------------------------

    /// Appends one record behind all others and returns its position; nothing: closed. The threads that come while one
    /// is at it leave their records with that one (append_right.hpp says what waits for what); a constructor's
    /// exception reaches the thread whose record it was, and there is no hole. A record is constructed by the thread
    /// that has the right.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    std::optional<std::uint64_t> append(Args&&... args) {
        std::uint64_t position = 0;
        if (!append_at(position, std::forward<Args>(args)...)) return std::nullopt;
        return position;
    }
    /// The same for who counts nanoseconds: g++ passes an optional on as one load behind two stores, which waits until
    /// the record has left the store buffer. False: closed.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool append_at(std::uint64_t& position, Args&&... args) {
        return pass([&] {
            position = write_position();
            return construct(std::forward<Args>(args)...);
        });
    }
    /// Appends a range without another's record in between, for one taking of the right, and returns the position of
    /// its first record (of the next one if it is empty); nothing: closed. When a constructor throws, the records
    /// before that one stay in the log.
    template <std::ranges::input_range R>
        requires std::is_constructible_v<T, std::ranges::range_reference_t<R>>
    std::optional<std::uint64_t> append_range(R&& range) {
        std::uint64_t position = 0;
        const bool stored = pass([&] {
            position = write_position();
            if (writer_.ended) return false;
            for (auto&& value : range) static_cast<void>(construct(std::forward<decltype(value)>(value)));
            return true;
        });
        if (!stored) return std::nullopt;
        return position;
    }

    /// Nothing comes any more; readers get what is there, then the end. What waits to be appended is in or refused.
    void close() noexcept {
        static_cast<void>(pass([&]() noexcept {
            writer_.ended = true;
            writer_.end = writer_.next;
            head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
            closed_.store(true, memory_order_release);         // (5) pairs with (6)
            return false;
        }));
    }
    [[nodiscard]] bool closed() const noexcept { return closed_.load(memory_order_acquire); }  // (6) pairs with (5)

    /// Drops the segments that lie before `position` and are full, whole ones only; returns the oldest position that is
    /// retained then. A position beyond the end drops every full segment. Lock-free.
    std::uint64_t drop_before(std::uint64_t position) noexcept {
        const std::uint64_t offset = position - start_;
        if (static_cast<std::int64_t>(offset) > 0) drop_to(offset / records_);
        return oldest_position();
    }

    /// A reader at the oldest or behind the newest record, from where it misses nothing that its segment holds.
    [[nodiscard]] reader make_reader(log_start where) noexcept {
        reader r(*this);
        static_cast<void>(r.seek(where));
        return r;
    }
    /// A reader at `position`. Older than what is retained: at the oldest, and it says how many it missed. Beyond the
    /// end: it waits there until the log has come so far, and ends when the log is closed before that.
    [[nodiscard]] reader make_reader(std::uint64_t position) noexcept {
        reader r(*this);
        static_cast<void>(r.seek(position));
        return r;
    }

    [[nodiscard]] std::uint64_t oldest_position() const noexcept {
        return start_ + oldest_.load(memory_order_acquire) * records_;  // (4) pairs with (3)
    }
    /// The position behind the newest record.
    [[nodiscard]] std::uint64_t end_position() const noexcept {
        return start_ + head_.load(memory_order_acquire);  // (2) pairs with (1)
    }
    /// How many are retained, at a moment within the call. Lock-free: dropping may make it look again.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        std::uint64_t oldest = oldest_.load(memory_order_acquire);  // (4) pairs with (3)
        for (;;) {
            const std::uint64_t head = head_.load(memory_order_acquire);         // (2) pairs with (1)
            const std::uint64_t as_before = oldest_.load(memory_order_acquire);  // (4) pairs with (3)
            if (as_before == oldest) return static_cast<std::size_t>(head - oldest * records_);
            oldest = as_before;
        }
    }
    /// How many readers there are, as any third thread sees it.
    [[nodiscard]] std::size_t readers() const noexcept { return readers_.load(memory_order_relaxed); }

    /// The position of the first retained record whose `projection` is not less than `value`, in a log whose records
    /// ascend by it (by time of arrival, say); the end when there is none. O(log) records are looked at, pinned.
    template <class V, class Projection = std::identity>
    [[nodiscard]] std::uint64_t lower_bound(const V& value, Projection projection = {}) {
        const auto before = [&](const T& record) { return std::invoke(projection, record) < value; };
        for (;;) {  // again when retention took the segment that was being looked at
            // (4) pairs with (3). redundant: where the head is seen behind the oldest, that is the end as of then.
            const std::uint64_t oldest = oldest_.load(memory_order_acquire);
            const std::uint64_t head = head_.load(memory_order_acquire);  // (2) pairs with (1)
            std::uint64_t low = oldest;
            std::uint64_t high = (head + records_ - 1) / records_;
            bool kept = true;
            while (kept && low < high) {  // the first segment whose first record is not before
                const std::uint64_t middle = low + (high - low) / 2;
                const pinned s(*this, middle);
                kept = s.records() != nullptr;
                if (!kept) break;
                if (before(*s.records())) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            if (!kept) continue;
            if (low == oldest) return start_ + low * records_;
            const std::uint64_t first = --low * records_;
            const pinned s(*this, low);
            if (s.records() == nullptr) continue;
            const std::uint64_t n = head - first < records_ ? head - first : records_;
            const T* const end = s.records() + n;
            const T* const found = std::ranges::partition_point(s.records(), end, before);
            return start_ + first + static_cast<std::uint64_t>(found - s.records());
        }
    }

  private:
    friend reader;
    static constexpr std::size_t ahead = prefetch_distance<T>;

    struct private_tag {};
    struct writer_side : Checks::side {
        T* next = nullptr;          // the slot of the next record, if the tail segment has room
        T* end = nullptr;           // of the tail segment
        std::uint64_t write = 0;    // records so far, published or about to be
        std::uint64_t started = 0;  // segments so far
        bool ended = false;
    };
    struct request : right_request<request> {
        bool (*call)(void*);
        void* work;
        bool stored = false;
        std::exception_ptr error = nullptr;
    };
    /// A segment pinned for one look; null when it is dropped.
    class pinned {
      public:
        pinned(shard_log& log, std::uint64_t number) noexcept : log_(log), segment_(log.pin(number)) {}
        pinned(const pinned&) = delete;
        pinned& operator=(const pinned&) = delete;
        ~pinned() {
            if (segment_ != nullptr) log_.unpin(*segment_);
        }
        [[nodiscard]] const T* records() const noexcept { return segment_ != nullptr ? segment_->slots : nullptr; }

      private:
        shard_log& log_;
        segment* segment_;
    };

    shard_log(private_tag, std::size_t segment_records, log_retention keep, ring_start start,
              const Allocator& allocator)
        : records_((detail::check_capacity(segment_records, sizeof(T), "shard_log"), segment_records)),
          start_(start.index), keep_(keep), directory_(allocator), segments_(segment_records, allocator) {
        static_assert(std::is_same_v<Checks, checked> || sizeof(writer_side) <= cache_line);
        static_assert(sizeof(segment) == line_pair, "each segment's pins have a pair of lines of their own");
        static_assert(atomic<std::uint64_t>::is_always_lock_free);
        if (keep.segments == 0) {
            throw std::invalid_argument("weir::shard_log: a retention of 0 segments keeps nothing; ask for at least 1");
        }
        static_cast<void>(segments_.reserve(1));
    }

    WEIR_INLINE void enter_writer() noexcept {
        writer_.enter("shard_log", "a second thread writes; one thread writes, or hands over by hand_writer_over(), or "
                                   "all use append()");
    }

    /// One record behind the others, not yet published; false: closed.
    template <class... Args>
    [[nodiscard]] WEIR_INLINE bool construct(Args&&... args) {
        if (writer_.next == writer_.end && !begin_segment()) [[unlikely]]
            return false;
        if (static_cast<std::size_t>(writer_.end - writer_.next) > ahead) {
            prefetch_to_write(writer_.next + ahead);
        }
        std::construct_at(writer_.next, std::forward<Args>(args)...);
        ++writer_.next;
        ++writer_.write;
        return true;
    }

    /// Drops what retention gives up, then starts the next segment; false: closed.
    WEIR_NOINLINE bool begin_segment() {
        if (writer_.ended) return false;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2): what is full may be dropped
        std::uint64_t keep_from = 0;
        if (writer_.started >= keep_.segments) keep_from = writer_.started - keep_.segments + 1;
        if (writer_.write > keep_.records) {
            const std::uint64_t by_records = (writer_.write - keep_.records) / records_;
            if (by_records > keep_from) keep_from = by_records;
        }
        drop_to(keep_from);
        // Relaxed: who finds an entry overwritten has (15) behind this load, so no older value of `oldest_`.
        directory_.make_room(writer_.started, oldest_.load(memory_order_relaxed));
        segment& tail = segments_.take();
        tail.pins.begin(writer_.started);
        directory_.put(writer_.started, tail);
        ++writer_.started;
        writer_.next = tail.slots;
        writer_.end = tail.slots + records_;
        return true;
    }

    /// Drops the full segments before number `keep_from`. Whoever advances `oldest_` drops that segment, nobody else.
    void drop_to(std::uint64_t keep_from) noexcept {
        // Relaxed: that the segment is there is known by (2), and whose it is by the exchange.
        std::uint64_t oldest = oldest_.load(memory_order_relaxed);
        if (oldest >= keep_from) return;
        const std::uint64_t full = head_.load(memory_order_acquire) / records_;  // (2) pairs with (1)
        if (keep_from > full) keep_from = full;
        while (oldest < keep_from) {
            segment* const s = directory_.find(oldest);
            if (oldest_.compare_exchange_weak(oldest, oldest + 1, memory_order_release,
                                              memory_order_relaxed)) {  // (3) pairs with (4)
                ++oldest;
                if (s->pins.drop()) reclaim(*s);
            }
        }
    }

    /// Null: dropped.
    [[nodiscard]] segment* pin(std::uint64_t number) noexcept {
        segment* const s = directory_.find(number);
        return s != nullptr && s->pins.try_pin(number) ? s : nullptr;
    }
    void unpin(segment& s) noexcept {
        if (s.pins.unpin()) reclaim(s);
    }
    /// Of a dropped segment that nobody pins.
    void reclaim(segment& s) noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) std::destroy_n(s.slots, records_);
        segments_.give_back(s);
    }

    /// The writer's part, until its end: then what was constructed is published, whatever else became of it.
    class writing {
      public:
        WEIR_INLINE explicit writing(shard_log& log) noexcept : log_(log) { log_.enter_writer(); }
        writing(const writing&) = delete;
        writing& operator=(const writing&) = delete;
        WEIR_INLINE ~writing() {
            log_.head_.store(log_.writer_.write, memory_order_release);  // (1) pairs with (2)
            log_.writer_.hand_over();
        }

      private:
        shard_log& log_;
    };

    /// `work` under the append right, by whoever has it; what `work` answers. A bool: the load of an optional's two
    /// words would wait behind the stores of the record and of the head.
    template <class Work>
    WEIR_INLINE bool pass(Work&& work) {
        bool stored = false;
        const auto at_once = [&]() WEIR_INLINE_LAMBDA {
            const writing until_end(*this);
            stored = work();
        };
        if (right_.pass_kept(at_once)) [[likely]]
            return stored;
        return pass_with_others(work);
    }
    template <class Work>
    WEIR_NOINLINE bool pass_with_others(Work& work) {
        request mine;
        mine.call = [](void* w) { return (*static_cast<Work*>(w))(); };
        mine.work = std::addressof(work);
        right_.pass(mine, [this](request* first) noexcept {
            const writing until_end(*this);
            for (request* r = first; r != nullptr; r = r->following()) {
                try {
                    r->stored = r->call(r->work);
                } catch (...) {
                    r->error = std::current_exception();
                }
            }
        });
        if (mine.error != nullptr) std::rethrow_exception(std::move(mine.error));
        return mine.stored;
    }

    alignas(line_pair) atomic<std::uint64_t> head_{0};
    atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> oldest_{0};
    const std::uint64_t records_;
    const std::uint64_t start_;
    const log_retention keep_;
    atomic<std::size_t> readers_{0};
    detail::log_directory<segment, Allocator> directory_;
    alignas(line_pair) writer_side writer_;
    detail::log_segments<T, Allocator> segments_;
    append_right<request> right_;
};

}  // namespace weir
