// SPDX-License-Identifier: BSL-1.0
// Records that tests of buffers put: counted ones, over-aligned ones, empty ones.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace weir_test {

/// Counts its lives; throws on demand: `throw_in` more constructions succeed, -1 for all.
template <class V>
struct counted_of {
    static inline int alive = 0;
    static inline int throw_in = -1;

    explicit counted_of(V v) : value(v) {
        if (throw_in == 0) throw std::runtime_error("on demand");
        if (throw_in > 0) --throw_in;
        ++alive;
    }
    counted_of(counted_of&& o) noexcept : value(o.value) { ++alive; }
    counted_of& operator=(counted_of&& o) noexcept {
        value = o.value;
        return *this;
    }
    ~counted_of() { --alive; }

    V value;
};
using counted = counted_of<std::uint64_t>;

struct alignas(256) wide {
    std::uint64_t value;
};
struct nothing {};

}  // namespace weir_test
