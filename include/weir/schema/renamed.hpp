// SPDX-License-Identifier: BSL-1.0
// `.rename<"field", &record::member>()` of a text format, as a type.
#pragma once

#include <string_view>
#include <type_traits>

#include "../support/fixed_string_view.hpp"
#include "fields.hpp"

namespace weir::detail {

template <class T, class Pointer>
inline constexpr bool is_member_of = false;
template <class T, class Field>
inline constexpr bool is_member_of<T, Field T::*> = true;

template <fixed_string Field, auto Member>
struct renamed {
    static constexpr std::string_view field = Field.view();
    static constexpr std::string_view member = member_name<Member>;

    template <class T>
    static constexpr bool belongs_to = is_member_of<T, std::remove_cv_t<decltype(Member)>>;
};

/// What the text calls field I of T.
template <class T, std::size_t I, class... Renames>
[[nodiscard]] constexpr std::string_view name_in_text() noexcept {
    std::string_view name = field_name<T, I>;
    static_cast<void>((
        (Renames::template belongs_to<T> && Renames::member == field_name<T, I> ? (name = Renames::field, true) : false)
        || ...));
    return name;
}

}  // namespace weir::detail
