// SPDX-License-Identifier: BSL-1.0
// Stands in for weir/support/membarrier.hpp in the interleaving checker: the program says which mode it has.
#pragma once

#include <cstdint>
#include <source_location>

#include "atomic.hpp"

namespace weir {

enum class wake_mode : std::uint8_t { undecided, membarrier, read_modify_write };

namespace detail {

inline wake_mode process_wake_mode = wake_mode::membarrier;

inline void process_barrier(const std::source_location where = std::source_location::current()) noexcept {
    interleaving::process_barrier(where);
}
inline void compiler_barrier(const std::source_location where = std::source_location::current()) noexcept {
    interleaving::compiler_barrier(where);
}

}  // namespace detail

[[nodiscard]] inline wake_mode current_wake_mode() noexcept { return detail::process_wake_mode; }
inline void override_wake_mode(wake_mode mode) noexcept { detail::process_wake_mode = mode; }

}  // namespace weir
