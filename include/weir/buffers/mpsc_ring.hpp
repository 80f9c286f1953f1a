// SPDX-License-Identifier: BSL-1.0
// Many threads write, one reads. A writer has a lane of its own, so none ever meets a contended counter.
//
//   line pair 0   lanes: the newest of them, who is there, closed          written seldom; detail/producer_lanes.hpp
//   line pair 1   reader: current lane, what is left of its turn, seats    the reader's alone
//   seats         [ lanes that had records lately | lanes that had none ]  the reader's alone
//   lane          an spsc_ring                                             one for each producer that is there
//   shared lane   for threads without a producer                           detail/shared_lane.hpp
//
// The reader goes from lane to lane and takes at most 64 records at a turn. Once a turn it also looks at one lane that
// had none lately, and it looks at all of those before it answers that there is nothing. So a lane waits for no more
// than about two turns for each lane, and a thousand idle ones cost one look a turn. A producer pays for none of it.
//
// Records of one producer come in order, and so do those that one thread pushes on the ring itself; between two
// producers, one after the other on the same thread too, there is no order. Lanes are never given back: there are as
// many as there were producers at one time.
//
// Every acquire/release pair is numbered in the headers of the lanes (spsc_ring.hpp, detail/producer_lanes.hpp,
// detail/shared_lane.hpp); here is no atomic variable. A record whose constructor throws leaves no hole. Records not
// read are destroyed with the ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "checks.hpp"
#include "concepts.hpp"
#include "detail/producer_lanes.hpp"
#include "detail/push_calls.hpp"
#include "detail/ring_storage.hpp"
#include "detail/shared_lane.hpp"

namespace weir {

struct mpsc_lanes {
    std::size_t most = 1'024;  // producers at one time
    std::size_t ready = 0;     // lanes made at once; the others are made when they are needed
    ring_start start = {};     // where each lane starts to count
};

/// `Capacity`, of each lane and of the shared one: a constant puts the slots into the lane. `Checks`: `checked` in
/// tests. `Allocator`: for lanes, by whichever thread makes a producer, so it must bear threads unless `most` lanes are
/// `ready`.
template <class T, std::size_t Capacity = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<T>>
class mpsc_ring : public detail::push_calls<mpsc_ring<T, Capacity, Checks, Allocator>, T> {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>,
                  "weir::mpsc_ring: a record is an object that is not const");
    static_assert(std::is_nothrow_destructible_v<T>, "weir::mpsc_ring: a record's destructor must not throw");
    using lanes_type = detail::producer_lanes<T, Capacity, Checks, Allocator>;
    using lane = typename lanes_type::lane;

  public:
    using value_type = T;

    class producer;

    /// Throws std::invalid_argument for a capacity of 0 or one that no memory holds, and for `most` of 0 or from 2^31.
    explicit mpsc_ring(std::size_t capacity, mpsc_lanes lanes = {}, const Allocator& allocator = {})
        requires(Capacity == dynamic_capacity)
        : mpsc_ring(check(lanes, capacity), capacity, allocator) {
        lanes_.make_ready(lanes.ready);
    }
    mpsc_ring(std::size_t capacity, const Allocator& allocator)
        requires(Capacity == dynamic_capacity)
        : mpsc_ring(capacity, mpsc_lanes{}, allocator) {}
    explicit mpsc_ring(mpsc_lanes lanes = {}, const Allocator& allocator = {})
        requires(Capacity != dynamic_capacity)
        : mpsc_ring(check(lanes, Capacity), Capacity, allocator) {
        lanes_.make_ready(lanes.ready);
    }
    mpsc_ring(const mpsc_ring&) = delete;
    mpsc_ring& operator=(const mpsc_ring&) = delete;

    /// No thread may use the ring any more, and every producer has left.
    ~mpsc_ring() = default;

    // ---- Any thread. -------------------------------------------------------------------------------------------

    /// A writer with a lane of its own. After `close()`: one that has left already. Throws std::length_error when
    /// `most` are there, and what the allocator throws. Lock-free, apart from the allocator.
    [[nodiscard]] producer make_producer() { return producer(lanes_.join()); }

    /// Constructs one record in the shared lane; false (and nothing happens) when that is full or the ring is closed.
    /// Lock-free. A constructor that throws leaves no hole.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        return shared_.try_emplace(std::forward<Args>(args)...);
    }
    /// Constructs as many of `[first, last)` as the shared lane has room for, claimed at once where the length is
    /// known, and moves `first` on; returns how many. When a constructor throws, what came before it is published.
    /// Meanwhile the reader waits for what is claimed behind them in this lane.
    template <std::input_iterator It, std::sentinel_for<It> End>
        requires std::is_constructible_v<T, std::iter_reference_t<It>>
    std::size_t try_push_some(It& first, const End& last) {
        return shared_.try_push_some(first, last);
    }

    /// No new producers, and nothing more through the shared lane. Producers that are there go on until they leave; the
    /// reader gets everything. Wait-free.
    void close() noexcept {
        lanes_.close();
        shared_.close();
    }
    [[nodiscard]] bool closed() const noexcept { return lanes_.closed(); }

    /// Whether the reader has left: what is pushed from now on nobody reads.
    [[nodiscard]] bool reader_closed() const noexcept { return lanes_.reader_closed(); }

    /// How many are published and not given back, as any third thread sees it: never more than the lanes hold.
    [[nodiscard]] std::size_t size_approx() const noexcept {
        std::size_t n = shared_.size_approx();
        for (const lane* l = lanes_.newest(); l != nullptr; l = l->next) n += l->ring.size_approx();
        return n;
    }

    /// Of each lane.
    [[nodiscard]] std::size_t capacity() const noexcept { return lanes_.capacity(); }
    /// Lanes made so far without the shared one, and producers that are there.
    [[nodiscard]] std::size_t lane_count() const noexcept { return lanes_.lane_count(); }
    [[nodiscard]] std::size_t producer_count() const noexcept { return lanes_.producer_count(); }

    // ---- The reader's thread only; wait-free. ------------------------------------------------------------------

    /// Records of the lane whose turn it is, in order, up to its wrap and the end of its turn. Empty: every lane has
    /// been looked at afresh and has none, and all slots are given back.
    [[nodiscard]] std::span<T> peek() noexcept {
        enter_reader();
        if (!here() && !next_turn()) {
            reader_.claimed(0);
            return {};
        }
        const std::span<T> records = current(reader_.left);
        reader_.claimed(records.size());
        return records;
    }

    /// Destroys the first `n` records of the span and returns their slots (lazily).
    WEIR_INLINE void release(std::size_t n) noexcept {
        reader_.use("mpsc_ring", n, detail::over_released);
        drop(n);
    }

    /// Moves the next record to `out`; false when there is none.
    [[nodiscard]] WEIR_INLINE bool try_pop(T& out) noexcept(std::is_nothrow_move_assignable_v<T>)
        requires std::is_move_assignable_v<T>
    {
        enter_reader();
        if (!here() && !next_turn()) return false;
        out = std::move(current(1).front());
        reader_.claimed(0);
        drop(1);
        return true;
    }

    /// Whether there is a record, every lane looked at afresh where the current one has none: the look before a sleep.
    [[nodiscard]] bool has_records() noexcept {
        enter_reader();
        return here() || next_turn();
    }

    /// Closed, every producer has left, and everything is read. Nothing will come.
    [[nodiscard]] bool drained() noexcept {
        enter_reader();
        if (!lanes_.ended() || !shared_.drained()) return false;
        seat_new_lanes();
        for (std::size_t i = 0; i < reader_.seated; ++i) {
            if (seat_at(i).of->ring.fresh_readable() != 0) return false;
        }
        return true;
    }

    /// The reader leaves: every producer, those that come later too, learns of it by `reader_closed()`. What is in the
    /// ring stays there.
    void close_reader() noexcept {
        enter_reader();
        lanes_.close_reader();
    }

    /// Gives back what was released of the lane whose turn it is and of the shared one.
    void flush_releases() noexcept {
        if (reader_.current != nullptr) reader_.current->ring.flush_releases();
        shared_.flush_releases();
    }

    /// `checked`: another thread is the reader from its next call on.
    void hand_reader_over() noexcept { reader_.hand_over(); }

  private:
    static constexpr std::size_t turn = 64;        // records
    static constexpr std::uint32_t patience = 16;  // empty looks before a lane is idle

    struct seat {
        lane* of = nullptr;
        std::uint32_t empty_looks = 0;
    };

    struct reader_side : Checks::side {
        lane* current = nullptr;    // null: the shared lane
        std::size_t left = 0;       // of the current lane's turn
        std::size_t next = 0;       // the seat whose turn is next; `busy`: the shared lane's
        std::size_t busy = 0;       // seats [0, busy) had records lately
        std::size_t idle_next = 0;  // of [busy, seated), the next to look at
        std::size_t seated = 0;
        lane* newest = nullptr;  // this and all lanes behind it have a seat
    };

    static mpsc_lanes check(mpsc_lanes lanes, std::size_t capacity) {
        detail::check_capacity(capacity, sizeof(T) > sizeof(std::uint64_t) ? sizeof(T) : sizeof(std::uint64_t),
                               "mpsc_ring");
        if (lanes.most == 0 || lanes.most >= std::size_t{1} << 31) {
            throw std::invalid_argument("weir::mpsc_ring: mpsc_lanes::most must be at least 1 and less than 2^31");
        }
        return lanes;
    }

    mpsc_ring(mpsc_lanes lanes, std::size_t capacity, const Allocator& allocator)
        : lanes_(capacity, lanes.most, lanes.start, allocator), seats_(lanes.most * sizeof(seat), allocator),
          shared_(capacity, lanes.start, allocator) {
        static_assert(alignof(mpsc_ring) == line_pair || alignof(T) > line_pair);
        static_assert(std::is_same_v<Checks, checked> || sizeof(reader_side) <= cache_line);
        static_assert(std::is_trivially_destructible_v<seat>);
        for (std::size_t i = 0; i < lanes.most; ++i) std::construct_at(&seat_at(i));
    }

    WEIR_INLINE void enter_reader() noexcept { reader_.enter("mpsc_ring", detail::second_reader); }
    [[nodiscard]] seat& seat_at(std::size_t i) noexcept { return static_cast<seat*>(seats_.data())[i]; }

    /// A lane alone may be waited for a little (patience.hpp); of several, the next one has something meanwhile.
    [[nodiscard]] WEIR_INLINE std::size_t readable(typename lane::ring_type& ring) noexcept {
        if (reader_.busy <= 1) return ring.readable();
        return ring.known_readable() != 0 ? ring.known_readable() : ring.fresh_readable();
    }
    /// Whether the current lane has records that its turn still covers.
    [[nodiscard]] WEIR_INLINE bool here() noexcept {
        if (reader_.left == 0) [[unlikely]]
            return false;
        return (reader_.current != nullptr ? readable(reader_.current->ring) : shared_.readable(turn)) != 0;
    }
    [[nodiscard]] WEIR_INLINE std::span<T> current(std::size_t most) noexcept {
        if (reader_.current == nullptr) [[unlikely]] {
            return shared_.known_span(most < shared_.known_readable() ? most : shared_.known_readable());
        }
        auto& ring = reader_.current->ring;
        return ring.known_span(most < ring.known_readable() ? most : ring.known_readable());
    }
    WEIR_INLINE void drop(std::size_t n) noexcept {
        reader_.left -= n;
        if (reader_.current == nullptr) [[unlikely]] {
            shared_.release(n);
        } else {
            reader_.current->ring.release(n);
        }
    }
    bool begin_turn(lane* of) noexcept {
        reader_.current = of;
        reader_.left = turn;
        return true;
    }

    /// Begins the turn of the next lane that has records; false when none has.
    WEIR_NOINLINE bool next_turn() noexcept {
        static_cast<void>(look_at_idle());
        for (std::size_t looks = reader_.busy + 1; looks != 0; --looks) {
            if (reader_.next >= reader_.busy) {
                reader_.next = 0;
                seat_new_lanes();
                if (shared_.readable(turn) != 0) return begin_turn(nullptr);
                shared_.flush_releases();
                continue;
            }
            seat& s = seat_at(reader_.next);
            if (readable(s.of->ring) != 0) {
                s.empty_looks = 0;
                ++reader_.next;
                return begin_turn(s.of);
            }
            s.of->ring.flush_releases();
            if (++s.empty_looks < patience) {
                ++reader_.next;
            } else {
                std::swap(s, seat_at(--reader_.busy));
            }
        }
        for (std::size_t looks = reader_.seated - reader_.busy; looks != 0; --looks) {
            if (!look_at_idle()) continue;
            reader_.next = reader_.busy;
            return begin_turn(seat_at(reader_.busy - 1).of);
        }
        reader_.left = 0;
        return false;
    }

    /// Looks at the next of the lanes that had nothing lately; if it has records, it is the last of the busy ones now.
    /// Seats [busy, idle_next) have been looked at in this round, also after a swap, so no lane is ever passed over.
    bool look_at_idle() noexcept {
        if (reader_.idle_next >= reader_.seated) reader_.idle_next = reader_.busy;
        if (reader_.idle_next >= reader_.seated) return false;
        seat& s = seat_at(reader_.idle_next++);
        if (s.of->ring.fresh_readable() == 0) return false;
        s.empty_looks = 0;
        std::swap(s, seat_at(reader_.busy++));
        return true;
    }

    void seat_new_lanes() noexcept {
        lane* const newest = lanes_.newest();
        for (lane* l = newest; l != reader_.newest; l = l->next) seat_at(reader_.seated++).of = l;
        reader_.newest = newest;
    }

    lanes_type lanes_;
    detail::touched_block<line_pair, Allocator> seats_;
    alignas(line_pair) reader_side reader_;
    detail::shared_lane<T, Capacity, Allocator> shared_;
};

/// A writer's handle: of one thread at a time, and it may be moved. It leaves when it is destroyed or closed; what it
/// wrote is delivered. One that has left, was moved from or was never given a lane has no room, and nobody reads it.
template <class T, std::size_t Capacity, class Checks, class Allocator>
class mpsc_ring<T, Capacity, Checks, Allocator>::producer : public detail::push_calls<producer, T> {
  public:
    using value_type = T;

    producer() noexcept = default;
    producer(producer&& other) noexcept : lane_(std::exchange(other.lane_, nullptr)) {}
    producer& operator=(producer&& other) noexcept {
        if (this != &other) {
            close();
            lane_ = std::exchange(other.lane_, nullptr);
        }
        return *this;
    }
    ~producer() { close(); }

    /// Whether it has a lane.
    [[nodiscard]] explicit operator bool() const noexcept { return lane_ != nullptr; }

    /// The next free slots of the lane, at most `n` and at most up to the wrap. Wait-free, as all here.
    [[nodiscard]] slot_span<T> claim(std::size_t n) noexcept {
        if (lane_ == nullptr) return {};
        enter();
        const slot_span<T> slots = lane_->ring.claim(n);
        lane_->writer.claimed(slots.size());
        return slots;
    }

    /// Publishes the first `n` records constructed in the claimed span, and all written before them.
    WEIR_INLINE void publish(std::size_t n) noexcept {
        Checks::require(lane_ != nullptr || n == 0, "mpsc_ring",
                        "publish: the producer has left; claim() gave nothing");
        if (lane_ == nullptr) return;
        lane_->writer.use("mpsc_ring", n, detail::over_published);
        lane_->ring.publish(n);
    }
    /// Publishes everything written so far.
    WEIR_INLINE void publish() noexcept {
        if (lane_ != nullptr) lane_->ring.publish();
    }

    /// Constructs one record and publishes at once; false when the lane is full.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool try_emplace(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (lane_ == nullptr) [[unlikely]]
            return false;
        enter();
        lane_->writer.claimed(0);
        return lane_->ring.try_emplace(std::forward<Args>(args)...);
    }
    /// Constructs one record, to be published with the next ones.
    template <class... Args>
        requires std::is_constructible_v<T, Args...>
    [[nodiscard]] WEIR_INLINE bool
    try_emplace_unpublished(Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args...>) {
        if (lane_ == nullptr) [[unlikely]]
            return false;
        enter();
        lane_->writer.claimed(0);
        return lane_->ring.try_emplace_unpublished(std::forward<Args>(args)...);
    }
    /// Publishes what is left and leaves. Any thread that has the handle.
    void close() noexcept {
        if (lane_ == nullptr) return;
        lane& l = *std::exchange(lane_, nullptr);
        l.home->leave(l);
    }

    /// Whether what it publishes is read by nobody: the reader has left, or this producer has.
    [[nodiscard]] bool reader_closed() const noexcept { return lane_ == nullptr || lane_->home->reader_closed(); }

    /// `checked`: another thread is the writer from its next call on.
    void hand_over() noexcept {
        if (lane_ != nullptr) lane_->writer.hand_over();
    }

  private:
    friend mpsc_ring;
    explicit producer(lane* l) noexcept : lane_(l) {}

    WEIR_INLINE void enter() noexcept {
        lane_->writer.enter("mpsc_ring", "a second thread writes through one producer; each makes its own, or it is "
                                         "handed over by hand_over()");
    }

    lane* lane_ = nullptr;
};

}  // namespace weir
