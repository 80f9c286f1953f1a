// SPDX-License-Identifier: BSL-1.0
// What a retained log is made of: segments with pins, where free ones are kept, and which number is where.
//
//   pin_word       [ number of the segment : 39 | dropped : 1 | pins : 24 ]
//   log_segment    its pins, and the memory of its records; the object itself stays until the log goes
//   log_segments   spare_ (with memory) and bare_ (without), the writer's; returned_, a stack that any thread pushes
//   log_directory  number -> segment: a table indexed by number modulo its size, replaced by one of twice the size when
//                  more segments live; replaced tables stay until the log goes
//
// Order: (7)  unpin, release -> (8) drop or the last unpin, acquire: who destroys the records comes behind all readers;
//        (9)  drop, release -> (10) the last unpin or a refused pin, acquire: the unpinner, who destroys in the
//             dropper's stead, has seen all records; the refused one sees that the oldest segment is a later one;
//        (11) release store of a word that starts anew -> (10): the same for a segment that has another number;
//        (12) release push on `returned_` -> (13) acquire exchange by the writer: the records are destroyed;
//        (14) release store of a table or of its entry -> (15) acquire load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <vector>

#include "../../support/atomic.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "ring_storage.hpp"

namespace weir::detail {

/// Pins and drop in one word, so that a pin on a dropped segment, or on one that has become another, is not taken: the
/// look after the pin that a counter apart would need is this read-modify-write itself. Exactly one `drop` or `unpin`
/// answers true, and who got it has the segment for itself. At most 2^24 - 1 pins at a time.
class pin_word {
  public:
    /// Lock-free: another thread's pin may make it look again.
    [[nodiscard]] bool try_pin(std::uint64_t number) noexcept {
        std::uint64_t word = word_.load(memory_order_acquire);  // (10) pairs with (9) and (11)
        while (word / dropped == live(number)) {
            // (10) pairs with (9) and (11). Taken, acquire is more than is needed: whoever pins has acquired a position
            // in this segment or behind it. The compilers want it no weaker than that of the failure.
            if (word_.compare_exchange_weak(word, word + 1, memory_order_acquire, memory_order_acquire)) {
                return true;
            }
        }
        return false;
    }
    /// Wait-free. True: it was the last pin of a dropped segment.
    [[nodiscard]] bool unpin() noexcept {
        // (7) pairs with (8); and when last: (8) with (7), (10) with (9)
        return word_.fetch_sub(1, memory_order_acq_rel) % (2 * dropped) == dropped + 1;
    }
    /// Wait-free, once for each `begin`. True: nobody has it pinned.
    [[nodiscard]] bool drop() noexcept {
        return word_.fetch_or(dropped, memory_order_acq_rel) % dropped == 0;  // (8) with (7), (9) with (10)
    }
    /// Of a segment that nobody else has.
    void begin(std::uint64_t number) noexcept {
        word_.store(live(number) * dropped, memory_order_release);  // (11) pairs with (10)
    }

  private:
    static constexpr std::uint64_t dropped = std::uint64_t{1} << 24;

    [[nodiscard]] static constexpr std::uint64_t live(std::uint64_t number) noexcept { return (number << 25) >> 24; }

    atomic<std::uint64_t> word_{dropped};
};

template <class T, class Allocator>
struct alignas(line_pair) log_segment {
    using memory = touched_block<slot_alignment<T>, Allocator>;

    pin_word pins;
    T* slots = nullptr;           // changes only while the writer has the segment for itself
    log_segment* next = nullptr;  // in a list of free ones
    std::optional<memory> block;
};

/// Every segment there ever was, and the free ones. One thread, the writer, but for `give_back`.
template <class T, class Allocator>
class log_segments {
  public:
    using segment = log_segment<T, Allocator>;

    log_segments(std::size_t records, const Allocator& allocator)
        : records_(records), allocator_(allocator),
          all_(typename std::allocator_traits<Allocator>::template rebind_alloc<segment>(allocator)) {}

    /// A free one that has memory: what came back last, since its lines are near; else a new one. Throws what the
    /// allocator throws, and then nothing has happened.
    [[nodiscard]] segment& take() {
        collect();
        if (spare_ == nullptr) make_spare();
        --spares_;
        return pop(spare_);
    }
    /// From now on `n` free ones are kept, allocated and touched here.
    void reserve(std::size_t n) {
        collect();
        while (spares_ < n) make_spare();
        if (keep_ < n) keep_ = n;
    }
    /// Gives the memory of all free ones back to the allocator.
    void free_spares() noexcept {
        keep_ = 0;
        collect();
        keep_ = least_kept;
    }
    /// Any thread, lock-free: a segment whose records are destroyed, which nobody else has.
    void give_back(segment& free) noexcept {
        free.next = returned_.load(memory_order_relaxed);
        while (!returned_.compare_exchange_weak(free.next, &free, memory_order_release,
                                                memory_order_relaxed)) {  // (12) pairs with (13)
        }
    }

    [[nodiscard]] std::size_t spares() const noexcept { return spares_; }
    [[nodiscard]] Allocator get_allocator() const noexcept { return allocator_; }

  private:
    static constexpr std::size_t least_kept = 2;

    static void push(segment*& list, segment& s) noexcept {
        s.next = list;
        list = &s;
    }
    static segment& pop(segment*& list) noexcept {
        segment& s = *list;
        list = s.next;
        return s;
    }
    void make_spare() {
        if (bare_ == nullptr) {
            all_.emplace_front();
            push(bare_, all_.front());
        }
        bare_->block.emplace(records_ * sizeof(T), allocator_);
        bare_->slots = static_cast<T*>(bare_->block->data());
        push(spare_, pop(bare_));
        ++spares_;
    }
    /// Takes in what was given back, in the order that leaves the last one first, and frees what is too many.
    void collect() noexcept {
        segment* came = returned_.load(memory_order_relaxed) == nullptr
                            ? nullptr
                            : returned_.exchange(nullptr, memory_order_acquire);  // (13) pairs with (12)
        segment* turned = nullptr;
        while (came != nullptr) push(turned, pop(came));
        while (turned != nullptr) {
            push(spare_, pop(turned));
            ++spares_;
        }
        while (spares_ > keep_) {
            segment& surplus = pop(spare_);
            --spares_;
            surplus.block.reset();
            push(bare_, surplus);
        }
    }

    const std::size_t records_;
    [[no_unique_address]] Allocator allocator_;
    std::forward_list<segment, typename std::allocator_traits<Allocator>::template rebind_alloc<segment>> all_;
    segment* spare_ = nullptr;
    segment* bare_ = nullptr;
    std::size_t spares_ = 0;
    std::size_t keep_ = least_kept;
    alignas(line_pair) atomic<segment*> returned_{nullptr};
};

/// Where segment `number` is. An entry stays right until `number` is dropped; then it may be a later segment's, or the
/// segment another one's, or there is none in a larger table: pin it to know.
template <class Segment, class Allocator>
class log_directory {
    template <class U>
    using allocator_for = typename std::allocator_traits<Allocator>::template rebind_alloc<U>;

  public:
    explicit log_directory(const Allocator& allocator) : tables_(allocator_for<table>(allocator)) {
        newest_.store(&tables_.emplace_front(first_size, allocator), memory_order_relaxed);
    }

    /// Any thread that knows, by an acquire, of a record in that segment or behind it. Wait-free.
    [[nodiscard]] Segment* find(std::uint64_t number) const noexcept {
        const table& t = *newest_.load(memory_order_acquire);                          // (15) pairs with (14)
        return t.entries[number & (t.entries.size() - 1)].load(memory_order_acquire);  // (15) pairs with (14)
    }

    // The writer only. `oldest`, acquired: those before it are dropped.
    /// Makes room for `number` beside all from `oldest` on.
    void make_room(std::uint64_t number, std::uint64_t oldest) {
        table& old = tables_.front();
        std::size_t size = old.entries.size();
        if (number - oldest < size) return;
        table& larger = tables_.emplace_front(2 * size, tables_.get_allocator());
        for (std::uint64_t i = oldest; i != number; ++i) {
            larger.entries[i & (2 * size - 1)].store(old.entries[i & (size - 1)].load(memory_order_relaxed),
                                                     memory_order_relaxed);  // published by the next store
        }
        newest_.store(&larger, memory_order_release);  // (14) pairs with (15)
    }
    void put(std::uint64_t number, Segment& segment) noexcept {
        std::vector<atomic<Segment*>, allocator_for<atomic<Segment*>>>& entries = tables_.front().entries;
        entries[number & (entries.size() - 1)].store(&segment, memory_order_release);  // (14) pairs with (15)
    }

  private:
    static constexpr std::size_t first_size = 16;

    struct table {
        table(std::size_t size, const Allocator& allocator)
            : entries(size, allocator_for<atomic<Segment*>>(allocator)) {}
        std::vector<atomic<Segment*>, allocator_for<atomic<Segment*>>> entries;  // a power of two
    };

    std::forward_list<table, allocator_for<table>> tables_;
    atomic<table*> newest_{nullptr};
};

}  // namespace weir::detail
