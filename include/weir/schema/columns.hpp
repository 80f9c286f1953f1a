// SPDX-License-Identifier: BSL-1.0
// The columns of a record in a flat text: its members in order, a nested struct's members in its place, named
// "outer_inner"; window_bounds is "window_start" and "window_end" whatever its member's name, unless that was renamed.
// All at compile time.
#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/fixed_string_view.hpp"
#include "fields.hpp"
#include "format_check.hpp"
#include "renamed.hpp"
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

/// What a flat text calls field I; of a window what stands before "_start" and "_end".
template <class T, std::size_t I, class... Renames>
struct text_name_getter {
    constexpr std::string_view operator()() const noexcept {
        constexpr std::string_view name = name_in_text<T, I, Renames...>();
        constexpr bool own = name == field_name<T, I>;
        return own && std::is_same_v<std::remove_cv_t<field_type<T, I>>, window_bounds> ? std::string_view("window")
                                                                                        : name;
    }
};
template <class T, std::size_t I, class... Renames>
inline constexpr auto text_name_fixed = fixed_from<text_name_getter<T, I, Renames...>>;

template <class... Renames>
struct rename_list {};

/// Member is there for compilers to name.
template <class Record, fixed_string Member, bool HasForm>
constexpr void check_text_form() noexcept {
    static_assert(HasForm,
                  "weir::write_csv: a member of the record (Member) has a type that a flat text has no form for: "
                  "numbers, enums, text, times, durations, optionals of them, structs of them");
}

/// Reads: text can be read into every column too.
template <class T, bool Reads>
[[nodiscard]] consteval bool has_columns() noexcept {
    if constexpr (Reads ? text_readable<T> : text_writable<T>) {
        return true;
    } else if constexpr (is_record<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (has_columns<field_type<T, I>, Reads>() && ...);
        }(std::make_index_sequence<field_count<T>>{});
    } else {
        return false;
    }
}
template <class T>
struct column_readable {
    static constexpr bool value = !std::is_const_v<T> && has_columns<T, true>();
};
template <class T>
struct column_writable {
    static constexpr bool value = has_columns<std::remove_cv_t<T>, false>();
};

template <class T, class Renames, fixed_string Prefix, std::size_t... Path>
struct columns_in;

template <class T, fixed_string Prefix, std::size_t I, std::size_t... Path, class... Renames>
[[nodiscard]] auto columns_of_field(rename_list<Renames...>) noexcept {
    using field = std::remove_cv_t<field_type<T, I>>;
    constexpr auto name = text_name_fixed<T, I, Renames...>;
    if constexpr (std::is_same_v<field, window_bounds>) {
        return typename columns_in<field, rename_list<>, joined_text<name, "_">, Path..., I>::type{};
    } else if constexpr (!text_writable<field> && is_record<field>) {
        return typename columns_in<field, rename_list<>, joined_text<Prefix, name, "_">, Path..., I>::type{};
    } else {
        return column_list<column<joined_text<Prefix, name>, Path..., I>>{};
    }
}

template <class Indices, class T, class Renames, fixed_string Prefix, std::size_t... Path>
struct columns_of_indices;
template <std::size_t... I, class T, class Renames, fixed_string Prefix, std::size_t... Path>
struct columns_of_indices<std::index_sequence<I...>, T, Renames, Prefix, Path...> {
    using type = typename joined_columns<decltype(columns_of_field<T, Prefix, I, Path...>(Renames{}))...>::type;
};
template <class T, class Renames, fixed_string Prefix, std::size_t... Path>
struct columns_in : columns_of_indices<std::make_index_sequence<field_count<T>>, T, Renames, Prefix, Path...> {};

template <class T, class... Renames>
using columns_of = typename columns_in<T, rename_list<Renames...>, "">::type;

}  // namespace weir::detail
