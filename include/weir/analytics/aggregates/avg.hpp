// SPDX-License-Identifier: BSL-1.0
// avg<&row::value>(): the mean as a double; the sum is kept as `sum` keeps it.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

template <auto Member, fixed_string Name>
struct avg_aggregate {
    static constexpr auto name = aggregate_name<Member, Name>;
    using value = wide<type_of_member<Member>>;
    struct state {
        value sum;
        std::int64_t count;
    };

    template <class Record>
    [[nodiscard]] WEIR_INLINE constexpr state start(const Record& r, instant) const noexcept {
        return {static_cast<value>(r.*Member), 1};
    }
    template <class Record>
    WEIR_INLINE constexpr void add(state& s, const Record& r, instant) const {
        add_checked(s.sum, static_cast<value>(r.*Member));
        ++s.count;
    }
    [[nodiscard]] constexpr double result(const state& s) const noexcept {
        return static_cast<double>(s.sum) / static_cast<double>(s.count);
    }
};

}  // namespace detail

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)> && std::is_arithmetic_v<detail::type_of_member<Member>>
[[nodiscard]] constexpr auto avg() {
    return detail::avg_aggregate<Member, Name>{};
}

}  // namespace weir
