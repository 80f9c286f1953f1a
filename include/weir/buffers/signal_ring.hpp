// SPDX-License-Identifier: BSL-1.0
// The bounded side ring of control signals: they keep their exact position between records, and the record path pays
// nothing for them (core_protocol.md, C.6 and C.7).
//
// One writer, one reader, both wait-free. A signal is visible at once, but stands before the record of index
// `position`, so the reader delivers it when it has read that far. The writer publishes records after a signal only
// after the signal; the reader loads the record head FIRST and this ring's head after it, so it can not see a record
// without the signals before it. (The other order hung at once.)
//
// Order: (1) release store of `head_` -> acquire load (2); (3) release store of `tail_` -> acquire load (4).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"

namespace weir {

enum class signal_kind : std::uint8_t {
    watermark,  // value: the watermark, in us since the epoch
    idle,       // this input expects nothing for now; the next record or watermark ends it
    barrier,    // value: the checkpoint's number
    end         // nothing follows
};

struct signal_entry {
    std::uint64_t position = 0;  // the index of the record it stands before
    std::int64_t value = 0;
    signal_kind kind = signal_kind::watermark;

    friend constexpr bool operator==(const signal_entry&, const signal_entry&) noexcept = default;
};

class signal_ring {
  public:
    /// Throws std::invalid_argument for a capacity of 0.
    explicit signal_ring(std::size_t capacity = 16)
        : slots_(make(capacity)), mask_(std::bit_ceil(capacity) - 1), capacity_(capacity) {}

    signal_ring(const signal_ring&) = delete;
    signal_ring& operator=(const signal_ring&) = delete;

    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

    /// Writer: false when there is no slot; then the caller keeps the signal and lets no record pass it.
    [[nodiscard]] bool try_signal(std::uint64_t position, signal_kind kind, std::int64_t value = 0) noexcept {
        if (!has_slot()) return false;
        slots_[write_ & mask_] = {position, value, kind};
        ++write_;
        head_.store(write_, memory_order_release);  // (1) pairs with (2)
        return true;
    }

    /// Writer: whether `try_signal` would succeed.
    [[nodiscard]] bool has_slot() noexcept {
        if (write_ - tail_seen_ < capacity_) return true;
        tail_seen_ = tail_.load(memory_order_acquire);  // (4) pairs with (3)
        return write_ - tail_seen_ < capacity_;
    }

    /// Reader: looks at the writer's index. Only after the record head was loaded.
    WEIR_INLINE void refresh() noexcept { head_seen_ = head_.load(memory_order_acquire); }  // (2) pairs with (1)

    /// Reader: the next signal known since the last `refresh`, or nullptr.
    [[nodiscard]] WEIR_INLINE const signal_entry* next() const noexcept {
        return read_ == head_seen_ ? nullptr : &slots_[read_ & mask_];
    }

    /// Reader: takes the signal that `next` shows; its slot is free at once.
    void pop() noexcept {
        ++read_;
        tail_.store(read_, memory_order_release);  // (3) pairs with (4)
    }

    /// Writer: signals so far.
    [[nodiscard]] std::uint64_t written() const noexcept { return write_; }
    /// Reader: signals taken so far.
    [[nodiscard]] std::uint64_t taken() const noexcept { return read_; }

  private:
    static std::unique_ptr<signal_entry[]> make(std::size_t capacity) {
        if (capacity == 0) {
            throw std::invalid_argument("weir::signal_ring: a capacity of 0 holds no signal; ask for at least 1");
        }
        if (capacity > SIZE_MAX / 4 / sizeof(signal_entry)) {
            throw std::invalid_argument("weir::signal_ring: no memory holds a ring of that capacity; ask for less");
        }
        return std::make_unique<signal_entry[]>(std::bit_ceil(capacity));
    }

    const std::unique_ptr<signal_entry[]> slots_;
    const std::uint64_t mask_;
    const std::uint64_t capacity_;
    alignas(line_pair) atomic<std::uint64_t> head_{0};
    std::uint64_t write_ = 0;      // the writer's
    std::uint64_t tail_seen_ = 0;  // the writer's
    alignas(line_pair) atomic<std::uint64_t> tail_{0};
    std::uint64_t read_ = 0;       // the reader's
    std::uint64_t head_seen_ = 0;  // the reader's
};

static_assert(sizeof(signal_entry) == 24);
static_assert(alignof(signal_ring) == line_pair);

}  // namespace weir
