// SPDX-License-Identifier: BSL-1.0
// min<&tick::price>(), max<&tick::price, "high">(): the least and the greatest value of a field of any ordered type;
// of equal ones the first that arrived. What is not a number (NaN) counts only where there is nothing else.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

template <auto Member, fixed_string Name, bool Greatest>
struct extreme_aggregate {
    static constexpr auto name = aggregate_name<Member, Name>;
    using state = type_of_member<Member>;

    template <has_member<Member> Record>
    [[nodiscard]] WEIR_INLINE constexpr state start(const Record& r, instant) const {
        return r.*Member;
    }
    template <has_member<Member> Record>
    WEIR_INLINE constexpr void add(state& s, const Record& r, instant) const {
        bool better = Greatest ? s < r.*Member : r.*Member < s;
        if constexpr (std::is_floating_point_v<state>)
            better = better || s != s;  // NOLINT(misc-redundant-expression): a state that is no number gives way
        if (better) s = r.*Member;
    }
    [[nodiscard]] constexpr state result(state s) const { return s; }
};

}  // namespace detail

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto min() {
    return detail::extreme_aggregate<Member, Name, false>{};
}

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto max() {
    return detail::extreme_aggregate<Member, Name, true>{};
}

}  // namespace weir
