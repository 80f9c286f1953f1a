// SPDX-License-Identifier: BSL-1.0
// Records as JSON, one object a line.
//
//     struct usage { std::string host; weir::window_bounds window; long hits; };
//     write_ndjson(buffer, u);
//     {"host":"a","window_start":"2015-05-17T10:05:00Z","window_end":"2015-05-17T10:06:00Z","hits":3}
//
// | member                           | JSON                                                                  |
// |----------------------------------|-----------------------------------------------------------------------|
// | numbers                          | a number, all digits of a 64-bit integer; null for NaN and infinities |
// | bool                             | true, false                                                           |
// | text, char, char[N]              | a string, see json_text.hpp                                           |
// | enums                            | the enumerator's name; the number where it has none                   |
// | sys_time                         | "2015-05-17T10:05:00Z", see time_text.hpp                             |
// | durations                        | their count                                                           |
// | std::optional                    | its value or null                                                     |
// | vectors, arrays and other ranges | an array                                                              |
// | maps with text keys              | an object                                                             |
// | structs                          | an object                                                             |
// | window_bounds                    | two members, "window_start" and "window_end"                          |
//
// Names are quoted at compile time. Appends; no allocation but the buffer's.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/config.hpp"
#include "append.hpp"
#include "columns.hpp"
#include "fields.hpp"
#include "format_check.hpp"
#include "json_text.hpp"
#include "static_text.hpp"
#include "text_value.hpp"
#include "window_bounds.hpp"

namespace weir {
namespace detail {

template <class T>
concept json_range = requires(const T& t) {
    t.begin() != t.end();
    *t.begin();
};
template <class T>
concept json_map = json_range<T> && requires { typename T::mapped_type; }
                   && std::is_convertible_v<const typename T::key_type&, std::string_view>;
template <class T>
concept json_text = std::is_convertible_v<const T&, std::string_view> && !std::is_array_v<T>;

template <class T>
[[nodiscard]] constexpr bool has_json() noexcept {
    if constexpr (is_optional<T>) {
        return has_json<std::remove_cv_t<typename T::value_type>>();
    } else if constexpr (text_writable<T> || json_text<T>) {
        return true;
    } else if constexpr (std::is_array_v<T>) {
        return has_json<std::remove_cv_t<std::remove_extent_t<T>>>();
    } else if constexpr (json_map<T>) {
        return has_json<std::remove_cv_t<typename T::mapped_type>>();
    } else if constexpr (json_range<T>) {
        return has_json<std::remove_cvref_t<typename T::value_type>>();
    } else {
        return is_record<T>;
    }
}

template <append_buffer Buffer, class T>
WEIR_INLINE void write_json_number(Buffer& buffer, T value) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!__builtin_isfinite(value)) [[unlikely]] {
            put_text(buffer, "null", 4);
            return;
        }
    }
    write_value(buffer, value);
}

}  // namespace detail

/// Can be written as JSON.
template <class T>
concept json_writable = detail::has_json<std::remove_cv_t<T>>();

template <append_buffer Buffer, json_writable T>
void write_json(Buffer& buffer, const T& value);

namespace detail {

/// Member is there for compilers to name.
template <class Record, fixed_string Member, bool HasForm>
constexpr void check_json_form() noexcept {
    static_assert(HasForm, "weir::write_ndjson: a member of the record (Member) has a type that JSON has no form for");
}
template <class Field>
struct field_json_writable {
    static constexpr bool value = json_writable<Field>;
};

template <fixed_string Open, fixed_string Name, append_buffer Buffer, class T>
WEIR_INLINE void write_json_member(Buffer& buffer, const T& value) {
    put_text(buffer, joined<Open, "\"", Name, "\":">);
    write_json(buffer, value);
}

template <class T, std::size_t I, append_buffer Buffer>
WEIR_INLINE void write_json_field(Buffer& buffer, const T& record) {
    using field = std::remove_cv_t<field_type<T, I>>;
    constexpr auto open = [] {
        if constexpr (I == 0) {
            return fixed_string("{");
        } else {
            return fixed_string(",");
        }
    }();
    const auto& value = field_at<I>(record);
    if constexpr (std::is_same_v<field, window_bounds>) {
        write_json_member<open, "window_start">(buffer, value.start);
        write_json_member<",", "window_end">(buffer, value.end);
    } else {
        write_json_member<open, field_name_fixed<T, I>>(buffer, value);
    }
}

template <append_buffer Buffer, class T>
void write_json_object(Buffer& buffer, const T& record) {
    constexpr std::size_t bad = first_refused<T, field_json_writable>();
    if constexpr (bad != field_count<T>) {
        check_json_form<T, field_name_fixed<T, bad>, bad == field_count<T>>();
    } else {
        [&]<std::size_t... I>(std::index_sequence<I...>) WEIR_INLINE_LAMBDA {
            (write_json_field<T, I>(buffer, record), ...);
        }(std::make_index_sequence<field_count<T>>{});
        if constexpr (field_count<T> == 0) buffer.push_back('{');
        buffer.push_back('}');
    }
}

template <append_buffer Buffer, class T>
void write_json_elements(Buffer& buffer, const T& range) {
    buffer.push_back('[');
    bool first = true;
    for (const auto& element : range) {
        if (!first) buffer.push_back(',');
        first = false;
        if constexpr (std::is_array_v<T>) {
            write_json(buffer, element);
        } else {
            write_json(buffer, static_cast<const typename T::value_type&>(element));  // std::vector<bool>
        }
    }
    buffer.push_back(']');
}

template <append_buffer Buffer, class T>
void write_json_map(Buffer& buffer, const T& map) {
    buffer.push_back('{');
    bool first = true;
    for (const auto& [key, value] : map) {
        if (!first) buffer.push_back(',');
        first = false;
        write_json_string(buffer, std::string_view(key));
        buffer.push_back(':');
        write_json(buffer, value);
    }
    buffer.push_back('}');
}

}  // namespace detail

/// Appends the value as JSON, without a line end.
template <append_buffer Buffer, json_writable T>
void write_json(Buffer& buffer, const T& value) {
    if constexpr (detail::is_optional<T>) {
        if (value.has_value()) {
            write_json(buffer, *value);
        } else {
            detail::put_text(buffer, "null", 4);
        }
    } else if constexpr (std::is_same_v<T, bool>) {
        write_value(buffer, value);
    } else if constexpr (std::is_same_v<T, char>) {
        write_json_string(buffer, std::string_view(&value, 1));
    } else if constexpr (std::is_enum_v<T>) {
        const std::string_view name = enum_name(value);
        if (name.empty()) {
            write_value(buffer, value);
        } else {
            write_json_string(buffer, name);
        }
    } else if constexpr (std::is_arithmetic_v<T>) {
        detail::write_json_number(buffer, value);
    } else if constexpr (detail::is_duration<T>) {
        detail::write_json_number(buffer, value.count());
    } else if constexpr (detail::is_sys_time<T>) {
        char text[detail::longest_time + 2];
        text[0] = '"';
        char* end = detail::format_time(text + 1, value);
        *end++ = '"';
        detail::put_text(buffer, text, static_cast<std::size_t>(end - text));
    } else if constexpr (detail::is_char_array<T>) {
        write_json_string(buffer, detail::chars_of(value));
    } else if constexpr (detail::json_text<T>) {
        write_json_string(buffer, std::string_view(value));
    } else if constexpr (detail::json_map<T>) {
        detail::write_json_map(buffer, value);
    } else if constexpr (std::is_array_v<T> || detail::json_range<T>) {
        detail::write_json_elements(buffer, value);
    } else {
        detail::write_json_object(buffer, value);
    }
}

/// Appends the record as one object and a line end.
template <append_buffer Buffer, class T>
    requires is_record<T>
void write_ndjson(Buffer& buffer, const T& record) {
    detail::write_json_object(buffer, record);
    buffer.push_back('\n');
}

}  // namespace weir
