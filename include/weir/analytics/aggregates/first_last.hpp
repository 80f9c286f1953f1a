// SPDX-License-Identifier: BSL-1.0
// first<&tick::price, "open">(), last<&tick::price, "close">(): the field of the earliest and of the latest record by
// event time; ties go by arrival.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

template <auto Member, fixed_string Name, bool Last>
struct by_time_aggregate {
    static constexpr auto name = aggregate_name<Member, Name>;
    struct state {
        type_of_member<Member> value;
        instant time;
    };

    template <has_member<Member> Record>
    [[nodiscard]] WEIR_INLINE constexpr state start(const Record& r, instant t) const {
        return {r.*Member, t};
    }
    template <has_member<Member> Record>
    WEIR_INLINE constexpr void add(state& s, const Record& r, instant t) const {
        const bool better = Last ? t >= s.time : t < s.time;
        if (better) {
            s.value = r.*Member;
            s.time = t;
        }
    }
    [[nodiscard]] constexpr type_of_member<Member> result(state s) const {
        return static_cast<type_of_member<Member>&&>(s.value);
    }
};

}  // namespace detail

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto first() {
    return detail::by_time_aggregate<Member, Name, false>{};
}

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto last() {
    return detail::by_time_aggregate<Member, Name, true>{};
}

}  // namespace weir
