// SPDX-License-Identifier: BSL-1.0
// avg<&row::value>(), avg<&row::value, "mean">(): the mean as a double; the sum is kept as `sum` keeps it. A window has
// at least one record, so there is no mean of nothing.
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

    template <has_member<Member> Record>
    [[nodiscard]] WEIR_INLINE constexpr state start(const Record& r, instant) const noexcept {
        return {static_cast<value>(r.*Member), 1};
    }
    template <has_member<Member> Record>
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
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto avg() {
    return std::conditional_t<detail::member_is_number<Member>, detail::avg_aggregate<Member, Name>,
                              detail::not_a_number>{};
}

}  // namespace weir
