// SPDX-License-Identifier: BSL-1.0
// The columns of a record in a flat text: its members in order, a nested struct's members in its place, named
// "outer_inner"; window_bounds is "window_start" and "window_end" whatever its member's name. All at compile time.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/fixed_string_view.hpp"
#include "fields.hpp"
#include "static_text.hpp"
#include "text_value.hpp"
#include "window_bounds.hpp"

namespace weir::detail {

/// A value reached from the record by Path, called Name. Top is the member of the record it lies in.
template <fixed_string Name, std::size_t... Path>
struct column {
    static constexpr auto name = Name;

    template <class T>
    [[nodiscard, gnu::always_inline]] static constexpr auto& of(T& record) noexcept {
        return reach<Path...>(record);
    }

  private:
    template <std::size_t First, std::size_t... Rest, class T>
    [[gnu::always_inline]] static constexpr auto& reach(T& object) noexcept {
        if constexpr (sizeof...(Rest) == 0) {
            return field_at<First>(object);
        } else {
            return reach<Rest...>(field_at<First>(object));
        }
    }
};

template <class... Columns>
struct column_list {
    static constexpr std::size_t size = sizeof...(Columns);
};

template <class... Lists>
struct joined_columns {
    using type = column_list<>;
};
template <class... A>
struct joined_columns<column_list<A...>> {
    using type = column_list<A...>;
};
template <class... A, class... B, class... Rest>
struct joined_columns<column_list<A...>, column_list<B...>, Rest...> {
    using type = typename joined_columns<column_list<A..., B...>, Rest...>::type;
};

template <class T, std::size_t I>
struct field_name_getter {
    constexpr std::string_view operator()() const noexcept { return field_name<T, I>; }
};
template <class T, std::size_t I>
inline constexpr auto field_name_fixed = fixed_from<field_name_getter<T, I>>;

template <class Field, fixed_string Name>
struct has_text_form {
    static_assert(text_writable<Field>, "weir: a member of the record (Name) has a type that a flat text has no form for: "
                                        "numbers, enums, text, times, durations, optionals of them, structs of them");
};

template <class T, fixed_string Prefix, std::size_t... Path>
struct columns_in;

template <class T, fixed_string Prefix, std::size_t I, std::size_t... Path>
[[nodiscard]] auto columns_of_field() noexcept {
    using field = std::remove_cv_t<field_type<T, I>>;
    if constexpr (std::is_same_v<field, window_bounds>) {
        return typename columns_in<field, "window_", Path..., I>::type{};
    } else if constexpr (!text_writable<field> && is_record<field>) {
        return typename columns_in<field, joined_text<Prefix, field_name_fixed<T, I>, "_">, Path..., I>::type{};
    } else {
        static_cast<void>(has_text_form<field, field_name_fixed<T, I>>{});
        return column_list<column<joined_text<Prefix, field_name_fixed<T, I>>, Path..., I>>{};
    }
}

template <class Indices, class T, fixed_string Prefix, std::size_t... Path>
struct columns_of_indices;
template <std::size_t... I, class T, fixed_string Prefix, std::size_t... Path>
struct columns_of_indices<std::index_sequence<I...>, T, Prefix, Path...> {
    using type = typename joined_columns<decltype(columns_of_field<T, Prefix, I, Path...>())...>::type;
};
template <class T, fixed_string Prefix, std::size_t... Path>
struct columns_in : columns_of_indices<std::make_index_sequence<field_count<T>>, T, Prefix, Path...> {};

template <class T>
using columns_of = typename columns_in<T, "">::type;

}  // namespace weir::detail
