// SPDX-License-Identifier: BSL-1.0
// The slots of a ring: inside the ring when the capacity is a constant, else from an allocator, touched once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../concepts.hpp"

namespace weir {

namespace detail {

template <class T>
inline constexpr std::size_t slot_alignment = alignof(T) > line_pair ? alignof(T) : line_pair;

/// Slots go back in portions of so many, so that the writer's line is not taken for each.
[[nodiscard]] constexpr std::uint64_t release_portion(std::uint64_t capacity) noexcept {
    return capacity < 16 ? 1 : capacity / 8;
}

/// A page each, so that the first lap does not pay for page faults (buffers.md, 2.11).
inline void touch_pages(void* first, std::size_t bytes) noexcept {
    auto* const touched = static_cast<volatile unsigned char*>(first);
    for (std::size_t i = 0; i < bytes; i += 4096) touched[i] = 0;
}

/// Throws std::invalid_argument, naming the structure, for a capacity that holds nothing or that no memory holds.
inline void check_capacity(std::size_t capacity, std::size_t slot_size, const char* structure) {
    if (capacity == 0) {
        throw std::invalid_argument(std::string("weir::") + structure
                                    + ": a capacity of 0 holds nothing; ask for at least 1");
    }
    if (capacity > (SIZE_MAX / 2 + 1) / slot_size / 2) {
        throw std::invalid_argument(std::string("weir::") + structure
                                    + ": no memory holds a capacity of that size; ask for less");
    }
}

/// Bytes from an allocator, aligned to `Alignment`, touched.
template <std::size_t Alignment, class Allocator>
class touched_block {
    struct alignas(Alignment) unit {
        std::byte bytes[Alignment];
    };
    using units = typename std::allocator_traits<Allocator>::template rebind_alloc<unit>;

  public:
    touched_block(std::size_t bytes, const Allocator& allocator)
        : allocator_(allocator), count_((bytes + Alignment - 1) / Alignment),
          first_(std::allocator_traits<units>::allocate(allocator_, count_)) {
        touch_pages(data(), count_ * Alignment);
    }
    touched_block(const touched_block&) = delete;
    touched_block& operator=(const touched_block&) = delete;
    ~touched_block() { std::allocator_traits<units>::deallocate(allocator_, first_, count_); }

    [[nodiscard]] void* data() const noexcept { return std::to_address(first_); }
    [[nodiscard]] Allocator get_allocator() const noexcept { return Allocator(allocator_); }

  private:
    [[no_unique_address]] units allocator_;
    std::size_t count_;
    typename std::allocator_traits<units>::pointer first_;
};

/// A power of two of raw slots, at least `capacity`.
template <class T, std::size_t Capacity, class Allocator>
class ring_storage {
  public:
    static constexpr std::size_t capacity = Capacity;
    static constexpr std::uint64_t mask = std::bit_ceil(Capacity) - 1;

    /// Touched where it is made at run time.
    constexpr ring_storage() noexcept : none() {
        if (!std::is_constant_evaluated()) touch_pages(bytes, sizeof(bytes));
    }
    ring_storage(const ring_storage&) = delete;
    ring_storage& operator=(const ring_storage&) = delete;
    ~ring_storage() = default;

    [[nodiscard]] WEIR_INLINE T* slots() noexcept { return reinterpret_cast<T*>(bytes); }

  private:
    union {
        char none;  // active in a constant-initialised ring
        alignas(slot_alignment<T>) std::byte bytes[std::bit_ceil(Capacity) * sizeof(T)];
    };
};

template <class T, class Allocator>
class ring_storage<T, dynamic_capacity, Allocator> {
  public:
    ring_storage(std::size_t asked, const Allocator& allocator)
        : capacity(asked), mask(std::bit_ceil(asked) - 1), block_(std::bit_ceil(asked) * sizeof(T), allocator) {}

    const std::size_t capacity;
    const std::uint64_t mask;

    [[nodiscard]] T* slots() const noexcept { return static_cast<T*>(block_.data()); }

  private:
    touched_block<slot_alignment<T>, Allocator> block_;
};

/// One side's own copy of what does not change, in the line that only it uses; nothing where it is a constant.
template <class T, std::size_t Capacity>
struct ring_view {
    template <class Storage>
    constexpr explicit ring_view(Storage&) noexcept {}
    template <class Storage>
    [[nodiscard]] WEIR_INLINE T* slot(Storage& s, std::uint64_t index) const noexcept {
        return s.slots() + (index & Storage::mask);
    }
    /// Of `n` slots from `index` on, those before the wrap.
    [[nodiscard]] WEIR_INLINE static std::size_t up_to_wrap(std::uint64_t index, std::size_t n) noexcept {
        const std::uint64_t left = mask + 1 - (index & mask);
        return n < left ? n : static_cast<std::size_t>(left);
    }
    static constexpr std::uint64_t mask = std::bit_ceil(Capacity) - 1;
    static constexpr std::uint64_t capacity = Capacity;
};

template <class T>
struct ring_view<T, dynamic_capacity> {
    template <class Storage>
    explicit ring_view(Storage& s) noexcept : slots(s.slots()), mask(s.mask), capacity(s.capacity) {}
    template <class Storage>
    [[nodiscard]] WEIR_INLINE T* slot(const Storage&, std::uint64_t index) const noexcept {
        return slots + (index & mask);
    }
    [[nodiscard]] WEIR_INLINE std::size_t up_to_wrap(std::uint64_t index, std::size_t n) const noexcept {
        const std::uint64_t left = mask + 1 - (index & mask);
        return n < left ? n : static_cast<std::size_t>(left);
    }
    T* slots;
    std::uint64_t mask;
    std::uint64_t capacity;
};

}  // namespace detail
}  // namespace weir
