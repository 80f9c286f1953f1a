// SPDX-License-Identifier: BSL-1.0
// The lanes of an `mpsc_ring`: who has which, while producers come and go.
//
//   newest_     lane -> lane -> ... in the order they were made, newest first; only grows, ends with the ring
//   registry_   lanes made (bits 32 to 63), producers that are there (1 to 31), closed (0): one word, so that nobody
//               joins behind a close and the end is seen as a whole
//   lane        an spsc_ring, taken, next
//
// A producer takes a lane that nobody has, rather one whose records are read, else goes on behind them; only when there
// is none a lane is made. So there are never more lanes than there were producers at one time.
//
// Order: (1) release CAS of `newest_` -> acquire load (2): a lane is made;
//        (3) release store of `taken` by who leaves -> acquire exchange (4) by who comes: the writer's side of the
//        lane; (5) release decrement of the producers, behind the last publish -> acquire load (6), before the last
//        look; (7) release close -> acquire load (6): what came before the close is seen by who sees the end; (8)
//        release store of `reader_closed_` -> acquire load (9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "../../support/atomic.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../checks.hpp"
#include "../concepts.hpp"
#include "../spsc_ring.hpp"
#include "ring_storage.hpp"

namespace weir::detail {

template <class T, std::size_t Capacity, class Checks, class Allocator>
class producer_lanes {
  public:
    struct lane {
        using ring_type = spsc_ring<T, Capacity, unchecked, Allocator>;

        explicit lane(producer_lanes& h) : ring(make(h)), home(&h) {}

        ring_type ring;
        atomic<bool> taken{true};
        producer_lanes* const home;
        lane* next = nullptr;  // does not change once it is linked
        [[no_unique_address]] typename Checks::side writer;

      private:
        static ring_type make(producer_lanes& h) {
            if constexpr (Capacity == dynamic_capacity) {
                return ring_type(h.capacity_, h.start_, h.allocator_);
            } else {
                return ring_type(h.start_);
            }
        }
    };

    producer_lanes(std::size_t capacity, std::size_t most, ring_start start, const Allocator& allocator)
        : most_(most), capacity_(capacity), start_(start), allocator_(allocator) {
        static_assert(atomic<std::uint64_t>::is_always_lock_free && atomic<lane*>::is_always_lock_free);
    }
    producer_lanes(const producer_lanes&) = delete;
    producer_lanes& operator=(const producer_lanes&) = delete;
    /// Every producer has left. Relaxed: who destroys comes after every use of the object.
    ~producer_lanes() {
        Checks::require(producers(registry_.load(memory_order_relaxed)) == 0, "mpsc_ring",
                        "destroyed while producers are there; each must leave first");
        for (lane* l = newest_.load(memory_order_relaxed); l != nullptr;) {
            lane* const next = l->next;
            destroy(l);
            l = next;
        }
    }

    // ---- Any thread. -------------------------------------------------------------------------------------------

    /// The lane of a new producer; null after a close. Lock-free, apart from the allocator.
    lane* join() {
        std::uint64_t seen = registry_.load(memory_order_relaxed);
        do {
            if ((seen & closed_bit) != 0) return nullptr;
            if (producers(seen) == most_) refuse();
        } while (!change(seen, seen + one_producer));
        try {
            return take();
        } catch (...) {
            registry_.fetch_sub(one_producer, memory_order_relaxed);
            throw;
        }
    }

    /// Publishes what is left. The last use of this object by the producer.
    void leave(lane& l) noexcept {
        l.ring.publish();
        l.writer.claimed(0);
        l.writer.hand_over();
        l.taken.store(false, memory_order_release);               // (3) pairs with (4)
        registry_.fetch_sub(one_producer, memory_order_release);  // (5) pairs with (6)
    }

    /// Lanes for producers to come, up to `n` of them.
    void make_ready(std::size_t n) {
        while (lane_count() < n && lane_count() < most_) {
            make()->taken.store(false, memory_order_relaxed);  // who reaches the lane, by (2), has (1) before it
            registry_.fetch_add(one_lane, memory_order_relaxed);
        }
    }

    void close() noexcept { registry_.fetch_or(closed_bit, memory_order_release); }  // (7) pairs with (6)
    [[nodiscard]] bool closed() const noexcept {
        return (registry_.load(memory_order_acquire) & closed_bit) != 0;  // (6) pairs with (7)
    }
    /// Closed, and every producer has left: what the lanes hold now is all.
    [[nodiscard]] bool ended() const noexcept {
        const std::uint64_t seen = registry_.load(memory_order_acquire);  // (6) pairs with (5), (7)
        return (seen & closed_bit) != 0 && producers(seen) == 0;
    }

    void close_reader() noexcept { reader_closed_.store(true, memory_order_release); }  // (8) pairs with (9)
    [[nodiscard]] bool reader_closed() const noexcept {
        return reader_closed_.load(memory_order_acquire);  // (9) pairs with (8)
    }

    [[nodiscard]] lane* newest() const noexcept { return newest_.load(memory_order_acquire); }  // (2) pairs with (1)
    [[nodiscard]] std::size_t lane_count() const noexcept {
        return static_cast<std::size_t>(registry_.load(memory_order_relaxed) >> 32);
    }
    [[nodiscard]] std::size_t producer_count() const noexcept {
        return producers(registry_.load(memory_order_relaxed));
    }
    [[nodiscard]] std::size_t most() const noexcept { return most_; }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  private:
    using traits = typename std::allocator_traits<Allocator>::template rebind_traits<lane>;
    static constexpr std::uint64_t closed_bit = 1;
    static constexpr std::uint64_t one_producer = 2;
    static constexpr std::uint64_t one_lane = std::uint64_t{1} << 32;
    static constexpr std::size_t producers(std::uint64_t registry) noexcept {
        return static_cast<std::size_t>((registry & (one_lane - 1)) / one_producer);
    }

    /// Relaxed: who joins or makes a lane tells nobody anything; a later decrement or close of another thread is still
    /// seen through this change (it goes on with their release sequence).
    bool change(std::uint64_t& seen, std::uint64_t to) noexcept {
        return registry_.compare_exchange_weak(seen, to, memory_order_relaxed, memory_order_relaxed);
    }
    [[noreturn]] WEIR_COLD void refuse() const {
        throw std::length_error("weir::mpsc_ring: " + std::to_string(most_)
                                + " producers are there already; ask for more by mpsc_lanes::most");
    }

    /// Producers have at most a lane each and the caller is one without: where `most` lanes are made there is a free
    /// one, and who finds none was overtaken by others.
    lane* take() {
        for (;;) {
            for (const bool only_read : {true, false}) {
                for (lane* l = newest(); l != nullptr; l = l->next) {
                    if (l->taken.load(memory_order_relaxed) || (only_read && l->ring.size_approx() != 0)) continue;
                    if (!l->taken.exchange(true, memory_order_acquire)) return l;  // (4) pairs with (3)
                }
            }
            std::uint64_t seen = registry_.load(memory_order_relaxed);
            while (seen / one_lane < most_) {
                if (!change(seen, seen + one_lane)) continue;
                try {
                    return make();
                } catch (...) {
                    registry_.fetch_sub(one_lane, memory_order_relaxed);
                    throw;
                }
            }
        }
    }

    /// A new lane, linked and taken; its pages are touched.
    lane* make() {
        typename traits::allocator_type allocator(allocator_);
        const auto at = traits::allocate(allocator, 1);
        lane* const l = std::to_address(at);
        touch_pages(l, sizeof(lane));
        try {
            std::construct_at(l, *this);
        } catch (...) {
            traits::deallocate(allocator, at, 1);
            throw;
        }
        l->next = newest_.load(memory_order_relaxed);
        while (!newest_.compare_exchange_weak(l->next, l, memory_order_release,  // (1) pairs with (2)
                                              memory_order_relaxed)) {}
        return l;
    }
    void destroy(lane* l) noexcept {
        typename traits::allocator_type allocator(allocator_);
        std::destroy_at(l);
        traits::deallocate(allocator, std::pointer_traits<typename traits::pointer>::pointer_to(*l), 1);
    }

    alignas(line_pair) atomic<lane*> newest_{nullptr};
    atomic<std::uint64_t> registry_{0};
    atomic<bool> reader_closed_{false};
    const std::size_t most_;
    const std::size_t capacity_;
    const ring_start start_;
    [[no_unique_address]] const Allocator allocator_;
};

}  // namespace weir::detail
