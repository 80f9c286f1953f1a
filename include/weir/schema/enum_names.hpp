// SPDX-License-Identifier: BSL-1.0
// The names of an enum's enumerators, without a macro:
//
//     enum class level { debug, info = 4 };
//     enum_name(level::info)                      "info"; empty for a value that has no name
//     read_enum_name("debug", out)                true, and out is level::debug
//
// Found among the values -128 to 255; an enumerator outside has no name here. Of two enumerators with one value the
// first counts. An enum that is neither scoped nor has its type fixed (`enum e : int`) has no names. One scan of a
// compiler's text for all the values at once: a function per value costs ten times as much to compile.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "fields.hpp"

namespace weir {
namespace detail {

template <class E>
using enum_number = std::underlying_type_t<E>;

template <class E>
inline constexpr bool enum_is_signed = std::is_signed_v<enum_number<E>> && !std::is_same_v<enum_number<E>, bool>;
/// Without a fixed underlying type the values that the enum can hold end with the bits of its enumerators, and a cast
/// of any other is no constant expression: such an enum has numbers only.
template <class E>
inline constexpr bool enum_is_fixed = requires { E{enum_number<E>{}}; };

template <class E>
inline constexpr std::int64_t first_scanned = enum_is_signed<E> && enum_is_fixed<E> ? -128 : 0;
template <class E>
inline constexpr std::int64_t last_scanned = !enum_is_fixed<E>                      ? -1
                                             : std::is_same_v<enum_number<E>, bool> ? 1
                                             : enum_is_signed<E> && sizeof(E) == 1  ? 127
                                                                                    : 255;

template <class E>
[[nodiscard]] constexpr E enum_scanned(std::size_t index) noexcept {
    return static_cast<E>(first_scanned<E> + static_cast<std::int64_t>(index));
}

template <auto... Values>
[[nodiscard]] consteval auto pretty_values() noexcept {
    return std::string_view(__PRETTY_FUNCTION__);
}

template <class E, std::size_t... I>
[[nodiscard]] consteval std::string_view scanned_text(std::index_sequence<I...>) noexcept {
    if constexpr (sizeof...(I) == 0) {
        return {};
    } else {
        return pretty_values<enum_scanned<E>(I)...>();
    }
}

/// f(index, text) for each value of the list in "... = {level::debug, (level)1}]" or "... = <level::debug, (level)1>]".
template <class F>
constexpr void each_scanned(std::string_view text, F f) {
    if (text.empty()) return;
    text.remove_prefix(text.find("Values = ") + 10);
    text.remove_suffix(2);
    int depth = 0;
    std::size_t begin = 0;
    std::size_t index = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const char c = i == text.size() ? ',' : text[i];
        if (c == '(' || c == '{' || c == '<') ++depth;
        if (c == ')' || c == '}' || c == '>') --depth;
        if (c == ',' && (depth == 0 || i == text.size())) {
            f(index++, text.substr(begin, i - begin));
            begin = i + 1;
        }
    }
}

/// The enumerator's name; empty for "(level)1".
[[nodiscard]] constexpr std::string_view enumerator_in(std::string_view text) noexcept {
    const std::string_view name = last_identifier(text);
    return name.empty() || (name[0] >= '0' && name[0] <= '9') ? std::string_view() : name;
}

struct enum_sizes {
    std::size_t names = 0;
    std::size_t chars = 0;
};

template <class E>
inline constexpr std::size_t scanned_count = static_cast<std::size_t>(last_scanned<E> - first_scanned<E> + 1);

template <class E>
[[nodiscard]] consteval enum_sizes measure_enum() noexcept {
    enum_sizes sizes;
    each_scanned(scanned_text<E>(std::make_index_sequence<scanned_count<E>>{}),
                 [&](std::size_t, std::string_view text) {
                     const std::string_view name = enumerator_in(text);
                     sizes.names += static_cast<std::size_t>(!name.empty());
                     sizes.chars += name.size();
                 });
    return sizes;
}

/// Names and values in the order of the values, apart from the compiler's text, which need not stay in the program.
template <class E>
struct enum_table {
    static constexpr enum_sizes sizes = measure_enum<E>();

    std::array<char, sizes.chars + 1> chars{};
    std::array<std::size_t, sizes.names + 1> begins{};
    std::array<E, sizes.names + 1> values{};

    constexpr enum_table() noexcept {
        std::size_t names = 0;
        std::size_t used = 0;
        each_scanned(scanned_text<E>(std::make_index_sequence<scanned_count<E>>{}),
                     [&](std::size_t index, std::string_view text) {
                         const std::string_view name = enumerator_in(text);
                         if (name.empty()) return;
                         values[names] = enum_scanned<E>(index);
                         begins[names++] = used;
                         for (const char c : name) chars[used++] = c;
                     });
        begins[names] = used;
    }
    [[nodiscard]] constexpr std::string_view name(std::size_t i) const noexcept {
        return {chars.data() + begins[i], begins[i + 1] - begins[i]};
    }
};

template <class E>
inline constexpr enum_table<E> enum_names_of{};

}  // namespace detail

/// How many enumerators with a name E has.
template <class E>
    requires std::is_enum_v<E>
inline constexpr std::size_t enum_count = detail::enum_table<E>::sizes.names;

/// The name of a value, in static storage; empty where it has none. Linear in the enumerators.
template <class E>
    requires std::is_enum_v<E>
[[nodiscard]] constexpr std::string_view enum_name(E value) noexcept {
    for (std::size_t i = 0; i < enum_count<E>; ++i) {
        if (detail::enum_names_of<E>.values[i] == value) return detail::enum_names_of<E>.name(i);
    }
    return {};
}

/// Sets `out` to the enumerator of this name; false, and `out` as it was, where there is none.
template <class E>
    requires std::is_enum_v<E>
[[nodiscard]] constexpr bool read_enum_name(std::string_view name, E& out) noexcept {
    for (std::size_t i = 0; i < enum_count<E>; ++i) {
        if (detail::enum_names_of<E>.name(i) == name) {
            out = detail::enum_names_of<E>.values[i];
            return true;
        }
    }
    return false;
}

}  // namespace weir
