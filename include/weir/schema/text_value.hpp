// SPDX-License-Identifier: BSL-1.0
// One value as text, the same in every text format.
//
//     read_value("404", out)        nullptr, or static text that says why not
//     write_value(buffer, value)    appends
//
// | type                  | text                                                                             |
// |-----------------------|----------------------------------------------------------------------------------|
// | integers              | decimal, no sign `+`, range checked; std::uint8_t and std::int8_t are integers too  |
// | float, double         | as std::from_chars; written with the fewest digits that read back the same       |
// | bool                  | true, false, 1, 0                                                                |
// | char                  | the character                                                                    |
// | enums                 | the enumerator's name, or the number                                             |
// | std::string, char[N]  | as it is; char[N] ends at the first NUL                                          |
// | std::optional<T>      | nothing or "-" is empty                                                          |
// | sys_time<D>           | ISO 8601, see time_text.hpp                                                      |
// | durations             | their count                                                                      |
//
// Reading allocates only where a std::string has to grow, and throws only std::bad_alloc then. `out` may hold anything
// after a refusal.
#pragma once

#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "append.hpp"
#include "enum_names.hpp"
#include "time_text.hpp"

namespace weir {
namespace detail {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_sys_time = false;
template <class D>
inline constexpr bool is_sys_time<std::chrono::sys_time<D>> = true;
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;
template <class T>
inline constexpr bool is_char_array = false;
template <std::size_t N>
inline constexpr bool is_char_array<char[N]> = true;
template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T> && !std::is_same_v<T, wchar_t> && !std::is_same_v<T, char8_t>
                                  && !std::is_same_v<T, char16_t> && !std::is_same_v<T, char32_t>;

template <class T>
[[nodiscard]] constexpr bool writes_as_text() noexcept {
    if constexpr (is_optional<T>) {
        return writes_as_text<typename T::value_type>();
    } else {
        return is_number<T> || std::is_enum_v<T> || std::is_same_v<T, std::string>
               || std::is_same_v<T, std::string_view> || is_sys_time<T> || is_duration<T> || is_char_array<T>;
    }
}
template <class T>
[[nodiscard]] constexpr bool reads_from_text() noexcept {
    if constexpr (is_optional<T>) {
        return reads_from_text<typename T::value_type>();
    } else {
        return !std::is_const_v<T> && !std::is_same_v<T, std::string_view> && writes_as_text<T>();
    }
}

}  // namespace detail

/// read_value can make a T of text. Not a std::string_view: the text goes away before the record does.
template <class T>
concept text_readable = detail::reads_from_text<T>();
template <class T>
concept text_writable = detail::writes_as_text<std::remove_cv_t<T>>();

namespace detail {

/// Digits alone, the case of nearly every number in a log; anything else goes to std::from_chars.
template <class T>
[[nodiscard]] constexpr text_error read_integer(std::string_view text, T& out) noexcept {
    if (text.size() - 1 < 9 && sizeof(T) >= 4) {
        std::uint32_t value = 0;
        std::uint32_t bad = 0;
        for (const char c : text) {
            const std::uint32_t digit = static_cast<unsigned char>(c) - std::uint32_t{'0'};
            bad |= static_cast<std::uint32_t>(digit > 9);
            value = value * 10 + digit;
        }
        if (bad == 0) [[likely]] {
            out = static_cast<T>(value);
            return nullptr;
        }
    }
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error == std::errc::result_out_of_range) return detail::number_out_of_range;
    if (error != std::errc{}) {
        if constexpr (std::is_unsigned_v<T>) {
            if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) return detail::number_out_of_range;
        }
        return detail::no_number;
    }
    return stop == end ? nullptr : detail::number_goes_on;
}

template <class T>
[[nodiscard]] inline text_error read_float(std::string_view text, T& out) noexcept {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, out);
    if (error == std::errc::result_out_of_range) return detail::number_out_of_range;
    if (error != std::errc{}) return detail::no_number;
    return stop == end ? nullptr : detail::number_goes_on;
}

[[nodiscard]] constexpr text_error read_bool(std::string_view text, bool& out) noexcept {
    if (text == "true" || text == "1") {
        out = true;
    } else if (text == "false" || text == "0") {
        out = false;
    } else {
        return detail::no_bool;
    }
    return nullptr;
}

template <class T>
[[nodiscard]] constexpr text_error read_enum(std::string_view text, T& out) noexcept {
    if (read_enum_name(text, out)) return nullptr;
    std::conditional_t<std::is_signed_v<enum_number<T>>, std::int64_t, std::uint64_t> number = 0;
    if (read_integer(text, number) != nullptr) return detail::no_enumerator;
    const auto narrow = static_cast<enum_number<T>>(number);
    if (static_cast<decltype(number)>(narrow) != number) return detail::number_out_of_range;
    out = static_cast<T>(narrow);
    return nullptr;
}

template <std::size_t N>
[[nodiscard]] constexpr text_error read_chars(std::string_view text, char (&out)[N]) noexcept {
    if (text.size() > N) return detail::too_long;
    if (text.find('\0') != std::string_view::npos) return detail::has_nul;
    for (std::size_t i = 0; i < N; ++i) out[i] = i < text.size() ? text[i] : '\0';
    return nullptr;
}
template <std::size_t N>
[[nodiscard]] constexpr std::string_view chars_of(const char (&value)[N]) noexcept {
    std::size_t size = 0;
    while (size < N && value[size] != '\0') ++size;
    return {value, size};
}

}  // namespace detail

/// Sets `out` and answers nullptr, or says in static text why not; the text is meant to follow the field's name.
template <text_readable T>
[[nodiscard]] text_error read_value(std::string_view text, T& out) {
    if constexpr (detail::is_optional<T>) {
        if (text.empty() || text == "-") {
            out.reset();
            return nullptr;
        }
        if (!out.has_value()) out.emplace();
        return read_value(text, *out);
    } else if constexpr (std::is_same_v<T, bool>) {
        return detail::read_bool(text, out);
    } else if constexpr (std::is_same_v<T, char>) {
        if (text.size() != 1) return detail::no_character;
        out = text[0];
        return nullptr;
    } else if constexpr (std::is_enum_v<T>) {
        return detail::read_enum(text, out);
    } else if constexpr (std::is_integral_v<T>) {
        return detail::read_integer(text, out);
    } else if constexpr (std::is_floating_point_v<T>) {
        return detail::read_float(text, out);
    } else if constexpr (detail::is_sys_time<T>) {
        return read_time(text, out);
    } else if constexpr (detail::is_duration<T>) {
        typename T::rep count{};
        const text_error error = read_value(text, count);
        if (error == nullptr) out = T(count);
        return error;
    } else if constexpr (detail::is_char_array<T>) {
        return detail::read_chars(text, out);
    } else {
        out.assign(text);
        return nullptr;
    }
}

/// Appends the value's text. An empty optional appends nothing.
template <append_buffer Buffer, text_writable T>
void write_value(Buffer& buffer, const T& value) {
    if constexpr (detail::is_optional<T>) {
        if (value.has_value()) write_value(buffer, *value);
    } else if constexpr (std::is_same_v<T, bool>) {
        detail::put_text(buffer, value ? std::string_view("true") : std::string_view("false"));
    } else if constexpr (std::is_same_v<T, char>) {
        buffer.push_back(value);
    } else if constexpr (std::is_enum_v<T>) {
        const std::string_view name = enum_name(value);
        if (name.empty()) {
            using number = std::conditional_t<std::is_signed_v<detail::enum_number<T>>, std::int64_t, std::uint64_t>;
            write_value(buffer, static_cast<number>(value));
        } else {
            detail::put_text(buffer, name);
        }
    } else if constexpr (std::is_arithmetic_v<T>) {
        char text[std::is_floating_point_v<T> ? 64 : 24];
        const auto done = std::to_chars(text, text + sizeof text, value);
        detail::put_text(buffer, text, static_cast<std::size_t>(done.ptr - text));
    } else if constexpr (detail::is_sys_time<T>) {
        write_time(buffer, value);
    } else if constexpr (detail::is_duration<T>) {
        write_value(buffer, value.count());
    } else if constexpr (detail::is_char_array<T>) {
        detail::put_text(buffer, detail::chars_of(value));
    } else {
        detail::put_text(buffer, std::string_view(value));
    }
}

}  // namespace weir
