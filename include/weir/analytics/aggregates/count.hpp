// SPDX-License-Identifier: BSL-1.0
// count<"hits">(): how many records, as a 64-bit integer.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

template <fixed_string Name>
struct count_aggregate {
    static constexpr auto name = Name;
    static constexpr bool never_negative = true;  // so an unsigned field takes it too

    template <class Record>
    [[nodiscard]] WEIR_INLINE constexpr std::int64_t start(const Record&, instant) const noexcept {
        return 1;
    }
    template <class Record>
    WEIR_INLINE constexpr void add(std::int64_t& state, const Record&, instant) const noexcept {
        ++state;
    }
    [[nodiscard]] constexpr std::int64_t result(std::int64_t state) const noexcept { return state; }
};

}  // namespace detail

template <fixed_string Name = "count">
[[nodiscard]] constexpr auto count() {
    return detail::count_aggregate<Name>{};
}

}  // namespace weir
