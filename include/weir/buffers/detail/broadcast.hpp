// SPDX-License-Identifier: BSL-1.0
// The names that the two kinds of broadcast ring share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "../../support/config.hpp"
#include "../checks.hpp"
#include "../concepts.hpp"

namespace weir {

/// The writer waits for the slowest reader.
struct gated {};
/// The writer waits for nobody; a reader that is too slow is told what it missed.
struct overwriting {};

/// Where a reader of a broadcast ring starts.
enum class join_at : std::uint8_t {
    newest,  // behind what is published now
    oldest   // at the oldest record that the writer does not overwrite next
};

namespace detail {

template <class>
inline constexpr bool is_broadcast_policy = false;

/// Whether index `a` comes before `b`: indices may wrap, and are never half their range apart.
[[nodiscard]] WEIR_INLINE bool index_before(std::uint64_t a, std::uint64_t b) noexcept {
    return static_cast<std::int64_t>(a - b) < 0;
}

/// How many records the writer of a broadcast ring announces at once that it may overwrite.
[[nodiscard]] constexpr std::uint64_t broadcast_chunk(std::uint64_t capacity) noexcept {
    return capacity < 8 ? 1 : capacity / 4;
}

}  // namespace detail

/// `Policy` is `gated` or `overwriting`; the other parameters are those of spsc_ring.
template <class T, class Policy = gated, std::size_t Capacity = dynamic_capacity, class Checks = unchecked,
          class Allocator = std::allocator<T>>
class broadcast_ring {
    static_assert(detail::is_broadcast_policy<Policy>,
                  "weir::broadcast_ring: the policy is weir::gated or weir::overwriting");
};

}  // namespace weir
