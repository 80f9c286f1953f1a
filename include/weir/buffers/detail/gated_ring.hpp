// SPDX-License-Identifier: BSL-1.0
// The broadcast ring whose writer waits for the slowest reader.
//
//   line pair 0   head_    published up to here, closed_         the writer stores, readers load
//   line pair 1   oldest_  joiners start here or later, more_    writer and joiners, once a chunk and once a join
//   line pair 2   writer   next, granted, announced              the writer's alone
//   line pair 3.. cursors  position, state                       one reader stores, the writer loads when short of room
//   slots         [ retained | published, not released by all | free until `granted + capacity` ]
//   handle        next, released, head as last seen              the reader's alone
//
// The writer may write below `granted + capacity`. When that is short it announces the next chunk (a quarter of the
// ring): nobody may join below `announced`. Then it takes the minimum of `announced` and all cursors. Without readers
// it runs freely: one read-modify-write a chunk. Progress: all calls of the writer and of a reader are wait-free;
// `make_reader` is lock-free (it retries when another reader takes the cursor it wanted); leaving is wait-free.
//
// Order: (1) release store of `head_` publishes records -> acquire load (2);
//        (3) release store of a cursor's position, or of its state, as a reader leaves -> acquire loads (4);
//        (5) the writer's and (6) a joiner's read-modify-write of `oldest_`, acq_rel: the second sees what the first
//            did before. The writer second: it finds the joiner's cursor. The joiner second: it starts at what was
//            announced or later, and sees all that was published before;
//        (7) release store of `closed_`, behind the last (1), -> acquire load (8), in front of the last (2);
//        (9) who takes a free cursor acquires what (3) of its last reader released, so that its own (3) tells of both;
//        (10) release compare-exchange of `more_` -> acquire load (11).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
#include "patience.hpp"
#include "push_calls.hpp"
#include "ring_storage.hpp"

namespace weir {
namespace detail {

template <>
inline constexpr bool is_broadcast_policy<gated> = true;

enum class cursor_state : std::uint8_t {
    free,    // nobody's
    taken,   // whose reader has not joined yet
    reading  // the writer heeds it
};

/// How far one reader of a gated ring has released. Never freed while the ring lives: the next reader takes it.
struct alignas(line_pair) gated_cursor {
    atomic<std::uint64_t> position{0};
    atomic<cursor_state> state{cursor_state::free};
    gated_cursor* next = nullptr;
};

}  // namespace detail

/// Up to `inline_cursors` readers at once need no memory but the ring's; each further one at once takes a cursor from
/// the allocator, on the joining thread: an allocator that threads share must stand that.
template <class T, std::size_t Capacity, class Checks, class Allocator>
class broadcast_ring<T, gated, Capacity, Checks, Allocator>
    : public detail::push_calls<broadcast_ring<T, gated, Capacity, Checks, Allocator>, T> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::broadcast_ring: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::broadcast_ring: a record's destructor must not throw");
    using storage = detail::ring_storage<T, Capacity, Allocator>;
    using view = detail::ring_view<T, Capacity>;
    using cursor = detail::gated_cursor;
    using state = detail::cursor_state;

  public:
    using value_type = T;
    class reader;
    static constexpr std::size_t inline_cursors = 4;

    /// Allocates and touches all storage. Throws std::invalid_argument for a capacity of 0 or one that no memory holds.
    explicit broadcast_ring(std::size_t capacity, ring_start start = {}, const Allocator& allocator = {})
        requires(Capacity == dynamic_capacity)
        : broadcast_ring(start, (detail::check_capacity(capacity, sizeof(T), "broadcast_ring"), capacity), allocator) {}
    broadcast_ring(std::size_t capacity, const Allocator& allocator)
        requires(Capacity == dynamic_capacity)
        : broadcast_ring(capacity, ring_start{}, allocator) {}

    constexpr broadcast_ring() noexcept
        requires(Capacity != dynamic_capacity)
        : broadcast_ring(ring_start{}) {}
    constexpr explicit broadcast_ring(ring_start start) noexcept
        requires(Capacity != dynamic_capacity)
        : head_(start.index), oldest_(start.index), writer_(storage_, start.index) {}

    broadcast_ring(const broadcast_ring&) = delete;
    broadcast_ring& operator=(const broadcast_ring&) = delete;

    /// No thread may use the ring any more, and no reader may be left (`checked` ends the process).
    ~broadcast_ring() {
        Checks::require(reader_count() == 0, "broadcast_ring", "destroyed while it has readers; they must go first");
        destroy_before(writer_.write);
        // Relaxed: who destroys the ring comes after every use of it.
        for (cursor* c = more_.load(memory_order_relaxed); c != nullptr;) {
            cursor* const next = c->next;
            std::destroy_at(c);
            cursor_allocator memory(allocator_);
            std::allocator_traits<cursor_allocator>::deallocate(memory, pointer_to(*c), 1);
            c = next;
        }
    }

    [[nodiscard]] std::size_t capacity() const noexcept { return static_cast<std::size_t>(writer_.capacity); }
    /// A reader that joins at the oldest gets at least so many records, if there were so many.
    [[nodiscard]] std::size_t retention() const noexcept {
        return static_cast<std::size_t>(writer_.capacity - writer_.chunk);
    }

    // ---- The writer's thread only. -----------------------------------------------------------------------------

    /// Free slots as last known; looks at the cursors only when it knows of none. At most a quarter of the ring at
    /// once.
    [[nodiscard]] WEIR_INLINE std::size_t room() noexcept {
        const std::size_t known = known_room();
        return known != 0 ? known : fresh_room();
    }

    /// Looks at the cursors: 0 only when a reader holds the whole ring, or after close().
    [[nodiscard]] WEIR_NOINLINE std::size_t fresh_room() noexcept {
        if (writer_.ended) return 0;
        const std::uint64_t next = writer_.write + writer_.chunk - writer_.capacity;
        if (writer_.granted == writer_.announced && writer_.announced != next) {
            writer_.announced = next;
            const std::uint64_t oldest = detail::index_before(next, writer_.start) ? writer_.start : next;
            static_cast<void>(oldest_.exchange(oldest, memory_order_acq_rel));  // (5) pairs with (6)
        }
        std::uint64_t slowest = writer_.announced;
        for_each_cursor([&](const cursor& c) {
            if (c.state.load(memory_order_acquire) != state::reading) return;      // (4) pairs with (3)
            const std::uint64_t position = c.position.load(memory_order_acquire);  // (4) pairs with (3)
            if (detail::index_before(position, slowest)) slowest = position;
        });
        // A joiner's first position may lie below: it moves on before it reads.
        if (detail::index_before(writer_.granted, slowest)) writer_.granted = slowest;
        return known_room();
    }

    /// The next free slots, at most `n`, a quarter of the ring, or up to the wrap. What they held is destroyed; they
    /// are still free when nothing is published.
    [[nodiscard]] slot_span<T> claim(std::size_t n) noexcept {
        enter_writer();
        std::size_t free = known_room();
        if (free < n) free = fresh_room();
        n = writer_.up_to_wrap(writer_.write, n < free ? n : free);
        destroy_before(writer_.write + n - writer_.capacity);
        writer_.claimed(n);
        return {slot(writer_.write), n};
    }

    /// Publishes the first `n` records constructed in the claimed span.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        writer_.use("broadcast_ring", n, detail::over_published);
        if (n == 0) return;
        writer_.write += n;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
    }

    /// Constructs one record and publishes it; false when full or closed.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        enter_writer();
        if (room() == 0) [[unlikely]]
            return false;
        // Only inside what is known to be free: a line further on may hold records that a reader reads.
        if (known_room() > ahead) prefetch_to_write(slot(writer_.write + ahead));
        destroy_before(writer_.write + 1 - writer_.capacity);
        std::construct_at(slot(writer_.write), std::forward<Args>(args)...);
        ++writer_.write;
        head_.store(writer_.write, memory_order_release);  // (1) pairs with (2)
        return true;
    }

    /// The index the next record will have.
    [[nodiscard]] std::uint64_t write_index() const noexcept { return writer_.write; }

    /// Ends the stream: from now on there is no room. Readers still get everything.
    void close() noexcept {
        enter_writer();
        writer_.ended = true;
        writer_.granted = writer_.write - writer_.capacity;  // no room known
        writer_.claimed(0);
        closed_.store(true, memory_order_release);  // (7) pairs with (8)
    }

    /// Never: without readers the writer runs freely, and a reader may join at any time.
    [[nodiscard]] bool reader_closed() const noexcept { return false; }

    /// `checked`: another thread is the writer from its next call on.
    void hand_writer_over() noexcept { writer_.hand_over(); }

    // ---- Any thread. -------------------------------------------------------------------------------------------

    /// A reader joins; it may be used by another thread. Throws what the allocator throws, see above.
    [[nodiscard]] reader make_reader(join_at at = join_at::newest) {
        cursor& c = take_cursor();
        // A first position, in front of (6), holds the writer; it may be too early by then, hence the second.
        std::uint64_t start =
            at == join_at::newest ? head_.load(memory_order_relaxed) : oldest_.load(memory_order_relaxed);
        c.position.store(start, memory_order_release);                              // (3) pairs with (4), by (9)
        c.state.store(state::reading, memory_order_relaxed);                        // (6) publishes it
        const std::uint64_t oldest = oldest_.fetch_add(0, memory_order_acq_rel);    // (6) pairs with (5)
        start = at == join_at::newest ? head_.load(memory_order_relaxed) : oldest;  // by (6) not before `oldest`
        c.position.store(start, memory_order_release);                              // (3) pairs with (4), by (9)
        return reader(*this, c, start);
    }

    [[nodiscard]] bool closed() const noexcept { return closed_.load(memory_order_acquire); }  // (8) pairs with (7)

    /// How many readers there are, as any third thread sees it.
    [[nodiscard]] std::size_t reader_count() const noexcept {
        std::size_t n = 0;
        for_each_cursor([&](const cursor& c) { n += c.state.load(memory_order_relaxed) == state::reading ? 1U : 0U; });
        return n;
    }

    /// How many published records the slowest reader has not released, as any third thread sees it: never more than the
    /// capacity, 0 without readers.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        std::uint64_t most = 0;
        for_each_cursor([&](const cursor& c) {
            if (c.state.load(memory_order_relaxed) != state::reading) return;
            // (4) pairs with (3). redundant: a head before the position counts as nothing; this makes it rare.
            const std::uint64_t position = c.position.load(memory_order_acquire);
            const std::uint64_t head = head_.load(memory_order_relaxed);
            if (!detail::index_before(head, position)) most = std::max(most, head - position);
        });
        return static_cast<std::size_t>(std::min<std::uint64_t>(most, writer_.capacity));
    }

  private:
    static constexpr std::size_t ahead = prefetch_distance<T>;
    static constexpr bool heap = Capacity == dynamic_capacity;
    using cursor_allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<cursor>;
    using cursor_pointer = typename std::allocator_traits<cursor_allocator>::pointer;

    struct writer_side : view, Checks::side {
        constexpr writer_side(storage& s, std::uint64_t first) noexcept
            : view(s), write(first), granted(first - this->capacity), announced(granted), alive(first), start(first),
              chunk(detail::broadcast_chunk(this->capacity)) {}
        std::uint64_t write;      // next to construct, == head_
        std::uint64_t granted;    // no reader needs a record below
        std::uint64_t announced;  // no reader joins below
        std::uint64_t alive;      // the oldest record not destroyed
        std::uint64_t start;
        std::uint64_t chunk;
        bool ended = false;
    };

    broadcast_ring(ring_start start, std::size_t capacity, const Allocator& allocator)
        : storage_(capacity, allocator), allocator_(allocator), head_(start.index), oldest_(start.index),
          writer_(storage_, start.index) {
        static_assert(alignof(broadcast_ring) == line_pair);
        static_assert(sizeof(broadcast_ring) == (3 + inline_cursors) * line_pair,
                      "each index, the writer and each cursor have a pair of lines of their own");
        static_assert(sizeof(cursor) == line_pair);
        static_assert(atomic<std::uint64_t>::is_always_lock_free);
    }

    WEIR_INLINE void enter_writer() noexcept { writer_.enter("broadcast_ring", detail::second_writer); }
    [[nodiscard]] WEIR_INLINE T* slot(std::uint64_t index) noexcept { return writer_.slot(storage_, index); }
    [[nodiscard]] WEIR_INLINE std::size_t known_room() const noexcept {
        return static_cast<std::size_t>(writer_.granted + writer_.capacity - writer_.write);
    }

    /// Records that nobody can read any more, since every position is at `end` or later.
    WEIR_INLINE void destroy_before(std::uint64_t end) noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>) {
            for (; detail::index_before(writer_.alive, end); ++writer_.alive) std::destroy_at(slot(writer_.alive));
        }
    }

    template <class F>
    void for_each_cursor(F f) const noexcept {
        for (const cursor& c : cursors_) f(c);
        for (const cursor* c = more_.load(memory_order_acquire); c != nullptr; c = c->next)
            f(*c);  // (11) pairs w. (10)
    }

    [[nodiscard]] static bool take(cursor& c) noexcept {
        state expected = state::free;
        return c.state.load(memory_order_relaxed) == state::free
               && c.state.compare_exchange_strong(expected, state::taken, memory_order_acquire,  // (9) pairs with (3)
                                                  memory_order_relaxed);
    }
    [[nodiscard]] cursor& take_cursor() {
        for (cursor& c : cursors_) {
            if (take(c)) return c;
        }
        for (cursor* c = more_.load(memory_order_acquire); c != nullptr; c = c->next) {  // (11) pairs with (10)
            if (take(*c)) return *c;
        }
        cursor_allocator memory(allocator_);
        cursor* const c = std::to_address(std::allocator_traits<cursor_allocator>::allocate(memory, 1));
        std::construct_at(c);
        c->state.store(state::taken, memory_order_relaxed);
        c->next = more_.load(memory_order_relaxed);
        // (10) pairs with (11). Release is enough: it goes on with the release sequence of the cursors behind it.
        while (!more_.compare_exchange_weak(c->next, c, memory_order_release, memory_order_relaxed)) {}
        return *c;
    }
    [[nodiscard]] static cursor_pointer pointer_to(cursor& c) noexcept {
        if constexpr (std::is_pointer_v<cursor_pointer>) {
            return &c;
        } else {
            return std::pointer_traits<cursor_pointer>::pointer_to(c);
        }
    }

    alignas(line_pair) storage storage_;
    [[no_unique_address]] Allocator allocator_;
    alignas(heap ? alignof(atomic<std::uint64_t>) : line_pair) atomic<std::uint64_t> head_;
    atomic<bool> closed_{false};
    alignas(line_pair) atomic<std::uint64_t> oldest_;
    atomic<cursor*> more_{nullptr};
    alignas(line_pair) writer_side writer_;
    cursor cursors_[inline_cursors]{};
};

/// One thread at a time uses a reader. Moving it hands it over; the one moved from has left, as after close_reader():
/// nothing to read, `drained()`.
template <class T, std::size_t Capacity, class Checks, class Allocator>
class broadcast_ring<T, gated, Capacity, Checks, Allocator>::reader : private view, private Checks::side {
  public:
    using value_type = T;

    reader(reader&& other) noexcept
        : view(static_cast<const view&>(other)), Checks::side(), ring_(other.ring_),
          cursor_(std::exchange(other.cursor_, nullptr)), read_(other.read_), released_(other.released_),
          head_seen_(std::exchange(other.head_seen_, other.read_)), lazy_(other.lazy_) {
        other.released_ = other.read_;
        this->claimed(known_readable());
    }
    reader& operator=(reader&& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~reader() { leave(); }

    /// Published records as last known; asks the writer's index again only when it knows of none. Wait-free.
    [[nodiscard]] WEIR_INLINE std::size_t readable() noexcept {
        const std::size_t known = known_readable();
        return known != 0 ? known : patience_.look([this] { return fresh_readable(); });
    }
    /// Published records now: always reads the writer's index.
    [[nodiscard]] std::size_t fresh_readable() noexcept {
        if (cursor_ == nullptr) return 0;
        head_seen_ = ring_->head_.load(memory_order_acquire);  // (2) pairs with (1)
        return known_readable();
    }

    /// The next records, up to the wrap (then call again after `release`); empty: none, and all slots are given back.
    [[nodiscard]] std::span<const T> peek() noexcept {
        enter();
        if (readable() == 0) {
            flush_releases();
            return {};
        }
        const std::size_t n = this->up_to_wrap(read_, known_readable());
        this->claimed(n);
        return {this->slot(ring_->storage_, read_), n};
    }

    /// This reader is through with the first `n` records of the span; the writer learns of it lazily.
    WEIR_INLINE void release(std::size_t n) noexcept {
        this->use("broadcast_ring", n, detail::over_released);
        read_ += n;
        if (read_ - released_ >= lazy_) flush_releases();
    }

    /// Tells the writer now: before the reader goes idle.
    void flush_releases() noexcept {
        if (released_ == read_) return;
        released_ = read_;
        cursor_->position.store(read_, memory_order_release);  // (3) pairs with (4)
    }

    /// Copies the next record to `out`; false when there is none.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_copy_assignable_v<T>)
        requires std::is_copy_assignable_v<T>
    {
        enter();
        if (readable() == 0) [[unlikely]] {
            flush_releases();
            return false;
        }
        out = *static_cast<const T*>(this->slot(ring_->storage_, read_));
        this->claimed(1);
        release(1);
        return true;
    }

    /// The index of the next record.
    [[nodiscard]] std::uint64_t read_index() const noexcept { return read_; }

    /// Closed by the writer, and everything read. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        if (cursor_ == nullptr) return true;
        if (known_readable() != 0 || !ring_->closed()) return false;
        return fresh_readable() == 0;
    }

    /// Leaves the ring: the writer heeds this reader no more, and there is nothing to read.
    void close_reader() noexcept {
        enter();
        leave();
    }

    /// `checked`: another thread uses this reader from its next call on.
    void hand_reader_over() noexcept { this->hand_over(); }

  private:
    friend broadcast_ring;

    reader(broadcast_ring& ring, cursor& c, std::uint64_t start) noexcept
        : view(ring.storage_), ring_(&ring), cursor_(&c), read_(start), released_(start), head_seen_(start),
          lazy_(detail::release_portion(this->capacity)) {}

    void leave() noexcept {
        if (cursor_ == nullptr) return;
        std::exchange(cursor_, nullptr)->state.store(state::free, memory_order_release);  // (3) pairs with (4) and (9)
        released_ = head_seen_ = read_;
        this->claimed(0);
    }
    WEIR_INLINE void enter() noexcept {
        Checks::side::enter("broadcast_ring",
                            "a second thread uses a reader; one thread does, or it is moved or handed over");
    }
    [[nodiscard]] WEIR_INLINE std::size_t known_readable() const noexcept {
        return static_cast<std::size_t>(head_seen_ - read_);
    }

    broadcast_ring* ring_;
    cursor* cursor_;  // none: it has left
    std::uint64_t read_;
    std::uint64_t released_;   // == cursor_->position
    std::uint64_t head_seen_;  // head_ as last read
    std::uint64_t lazy_;       // the writer is told in portions of so many
    detail::patience<64> patience_;
};

}  // namespace weir
