// SPDX-License-Identifier: BSL-1.0
// box<T>: one value on the heap, owned, moved by pointer. What a receiver hangs its big or address-bound state
// on: `<memory>` costs 50,000 preprocessed lines.
//
//     weir::detail::box<table> state{weir::detail::in_box, 1024};     // state->find(...)
//
// Empty after it was moved from and when default constructed; then only `bool`, `reset` and assignment may be used.
#pragma once

#include <type_traits>
#include <utility>

#include "config.hpp"

namespace weir::detail {

struct in_box_t {};
inline constexpr in_box_t in_box{};

template <class T>
class box {
  public:
    constexpr box() noexcept = default;

    /// Built in place from the arguments, with braces; a single prvalue from a function needs `box::from`.
    template <class... Args>
    explicit box(in_box_t, Args&&... args) : held_(new T{static_cast<Args&&>(args)...}) {}

    /// Holds what `make()` returns; nothing is moved, so T need not be movable.
    template <class Make>
    [[nodiscard]] static box from(Make&& make) {
        box b;
        b.held_ = new T(make());
        return b;
    }

    WEIR_INLINE box(box&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    WEIR_INLINE box& operator=(box&& other) noexcept {
        if (this != &other) {
            reset();
            held_ = std::exchange(other.held_, nullptr);
        }
        return *this;
    }
    WEIR_INLINE ~box() { reset(); }

    WEIR_INLINE void reset() noexcept {
        if (held_ != nullptr) [[unlikely]]
            destroy(std::exchange(held_, nullptr));
    }

    [[nodiscard]] explicit operator bool() const noexcept { return held_ != nullptr; }
    [[nodiscard]] T& operator*() noexcept { return *held_; }
    [[nodiscard]] const T& operator*() const noexcept { return *held_; }
    [[nodiscard]] T* operator->() noexcept { return held_; }
    [[nodiscard]] const T* operator->() const noexcept { return held_; }

  private:
    /// Given the pointer, not the box: a receiver that has one and is moved to the stack keeps no address.
    WEIR_NOINLINE static void destroy(T* held) noexcept { delete held; }

    T* held_ = nullptr;
};

}  // namespace weir::detail
