// SPDX-License-Identifier: BSL-1.0
// growing<T>: an array that doubles. What a stage needs of `std::vector`, which costs 15,000 preprocessed lines:
// append, index, take the last away. Move-only and over-aligned types work; moves that throw lose no element twice.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class T>
class growing {
  public:
    growing() noexcept = default;
    growing(growing&& other) noexcept
        : first_(std::exchange(other.first_, nullptr)), size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    growing& operator=(growing&& other) noexcept {
        growing taken(static_cast<growing&&>(other));
        std::swap(first_, taken.first_);
        std::swap(size_, taken.size_);
        std::swap(capacity_, taken.capacity_);
        return *this;
    }
    ~growing() {
        clear();
        release(first_, capacity_);
    }

    /// Amortised constant; throws std::bad_alloc, and then nothing has changed. The argument may not be an element.
    template <class U>
    T& push_back(U&& value) {
        return push_made([&]() -> T { return T(static_cast<U&&>(value)); });
    }
    /// What `make()` returns, built in place; if it throws, nothing has changed.
    template <class Make>
    T& push_made(Make&& make) {
        if (size_ == capacity_) [[unlikely]]
            grow();
        T* made = ::new (static_cast<void*>(first_ + size_)) T(make());
        ++size_;
        return *made;
    }
    void pop_back() noexcept {
        --size_;
        first_[size_].~T();
    }
    void clear() noexcept {
        while (size_ != 0) pop_back();
    }

    [[nodiscard]] T& operator[](std::size_t i) noexcept { return first_[i]; }
    [[nodiscard]] const T& operator[](std::size_t i) const noexcept { return first_[i]; }
    [[nodiscard]] T& front() noexcept { return first_[0]; }
    [[nodiscard]] const T& front() const noexcept { return first_[0]; }
    [[nodiscard]] T& back() noexcept { return first_[size_ - 1]; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  private:
    void grow() {
        if (capacity_ > static_cast<std::size_t>(-1) / 2 / sizeof(T)) throw std::bad_alloc();
        growing wider;
        const std::size_t room = capacity_ == 0 ? 8 : capacity_ * 2;
        wider.first_ = static_cast<T*>(::operator new(room * sizeof(T), std::align_val_t(alignof(T))));
        wider.capacity_ = room;
        for (std::size_t i = 0; i < size_; ++i) {
            if constexpr (std::is_nothrow_move_constructible_v<T> || !std::is_copy_constructible_v<T>) {
                wider.push_back(static_cast<T&&>(first_[i]));
            } else {
                wider.push_back(static_cast<const T&>(first_[i]));
            }
        }
        *this = static_cast<growing&&>(wider);
    }
    static void release(T* first, std::size_t capacity) noexcept {
        if (first != nullptr) ::operator delete(first, capacity * sizeof(T), std::align_val_t(alignof(T)));
    }

    T* first_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

}  // namespace weir::detail
