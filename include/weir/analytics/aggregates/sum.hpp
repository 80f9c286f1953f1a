// SPDX-License-Identifier: BSL-1.0
// sum<&hit::bytes>(), sum<&hit::bytes, "volume">(): integers in 64 bits, where overflow ends the pipeline; floating
// point in double.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

template <auto Member, fixed_string Name>
struct sum_aggregate {
    static constexpr auto name = aggregate_name<Member, Name>;
    using state = wide<type_of_member<Member>>;

    template <has_member<Member> Record>
    [[nodiscard]] WEIR_INLINE constexpr state start(const Record& r, instant) const noexcept {
        return static_cast<state>(r.*Member);
    }
    template <has_member<Member> Record>
    WEIR_INLINE constexpr void add(state& s, const Record& r, instant) const {
        add_checked(s, static_cast<state>(r.*Member));
    }
    [[nodiscard]] constexpr state result(state s) const noexcept { return s; }
};

}  // namespace detail

template <auto Member, fixed_string Name = "">
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto sum() {
    return std::conditional_t<detail::member_is_number<Member>, detail::sum_aggregate<Member, Name>,
                              detail::not_a_number>{};
}

}  // namespace weir
