// SPDX-License-Identifier: BSL-1.0
// Stands in for weir/support/atomic.hpp in the interleaving checker: the same names, and an atomic whose every
// operation is a step of the model. As large as the real one; what it remembers lies with the engine, by address.
// Within an execution only the engine touches the value.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "interleaving/model.hpp"

namespace weir {

using std::memory_order;
using std::memory_order_acq_rel;
using std::memory_order_acquire;
using std::memory_order_relaxed;
using std::memory_order_release;

template <class T>
class atomic {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
    using place = std::source_location;
    using difference = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

  public:
    using value_type = T;
    static constexpr bool is_always_lock_free = true;

    constexpr atomic() noexcept : atomic(T{}) {}
    constexpr atomic(T value) noexcept : value_() {
        if (!std::is_constant_evaluated() && interleaving::active) {
            interleaving::atomic_constructed(this, sizeof(T), bits(value));
        } else {
            value_ = value;
        }
    }
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;
    constexpr ~atomic() {
        if (!std::is_constant_evaluated() && interleaving::active) interleaving::atomic_destroyed(this);
    }

    [[nodiscard]] T load(memory_order order, const place where = place::current()) const noexcept {
        return interleaving::active ? value(interleaving::load(this, sizeof(T), order, where)) : value_;
    }
    void store(T desired, memory_order order, const place where = place::current()) noexcept {
        if (interleaving::active) {
            interleaving::store(this, sizeof(T), bits(desired), order, where);
        } else {
            value_ = desired;
        }
    }
    T exchange(T desired, memory_order order, const place where = place::current()) noexcept {
        return change([desired](T) { return desired; }, order, where);
    }
    T fetch_add(difference n, memory_order order, const place where = place::current()) noexcept {
        return change([n](T old) { return static_cast<T>(old + n); }, order, where);
    }
    T fetch_sub(difference n, memory_order order, const place where = place::current()) noexcept {
        return change([n](T old) { return static_cast<T>(old - n); }, order, where);
    }
    T fetch_or(T n, memory_order order, const place where = place::current()) noexcept {
        return change([n](T old) { return static_cast<T>(old | n); }, order, where);
    }
    T fetch_and(T n, memory_order order, const place where = place::current()) noexcept {
        return change([n](T old) { return static_cast<T>(old & n); }, order, where);
    }
    T fetch_xor(T n, memory_order order, const place where = place::current()) noexcept {
        return change([n](T old) { return static_cast<T>(old ^ n); }, order, where);
    }
    bool compare_exchange_strong(T& expected, T desired, memory_order success, memory_order failure,
                                 const place where = place::current()) noexcept {
        return compare_exchange(expected, desired, success, failure, false, where);
    }
    bool compare_exchange_weak(T& expected, T desired, memory_order success, memory_order failure,
                               const place where = place::current()) noexcept {
        return compare_exchange(expected, desired, success, failure, true, where);
    }

  private:
    static std::uint64_t bits(T value) noexcept {
        std::uint64_t b = 0;
        std::memcpy(&b, &value, sizeof(T));
        return b;
    }
    static T value(std::uint64_t b) noexcept {
        T v;
        std::memcpy(&v, &b, sizeof(T));
        return v;
    }
    template <class F>
    T change(F f, memory_order order, const place& where) noexcept {
        if (!interleaving::active) {
            const T old = value_;
            value_ = f(old);
            return old;
        }
        const T old = value(interleaving::begin_change(this, sizeof(T), order, where));
        interleaving::end_change(bits(f(old)));
        return old;
    }
    bool compare_exchange(T& expected, T desired, memory_order success, memory_order failure, bool weak,
                          const place& where) noexcept {
        if (!interleaving::active) {
            if (bits(value_) == bits(expected)) {
                value_ = desired;
                return true;
            }
            expected = value_;
            return false;
        }
        std::uint64_t found = bits(expected);
        if (interleaving::compare_exchange(this, sizeof(T), found, bits(desired), success, failure, weak, where)) {
            return true;
        }
        expected = value(found);
        return false;
    }

    T value_;
};

}  // namespace weir
