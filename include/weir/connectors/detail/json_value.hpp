// SPDX-License-Identifier: BSL-1.0
// read_json(value, line, out): one value of JSON into one of the types that json_readable.hpp names.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../schema/enum_names.hpp"
#include "../../schema/text_error.hpp"
#include "../../schema/text_value.hpp"
#include "../../support/config.hpp"
#include "json_line.hpp"
#include "json_readable.hpp"

namespace weir::detail {

template <class T>
[[nodiscard]] WEIR_COLD text_error no_json_number(on_demand::value& value, json_line& line) noexcept {
    const std::string_view token = json_token(value);
    text_error error = token == "null" ? is_null : no_number;
    if (token[0] == '-' || is_digit(token[0])) {
        T ignored{};
        error = read_value(token, ignored);
        if (error == nullptr) error = no_number;  // as "01" is none
    }
    return line.refuse(value, error);
}
[[nodiscard]] WEIR_COLD inline text_error no_json_form(on_demand::value& value, json_line& line,
                                                       text_error error) noexcept {
    return line.refuse(value, json_token(value) == "null" ? is_null : error);
}

/// The text lies in the parser until the next line.
[[nodiscard]] inline text_error read_json_text(on_demand::value& value, json_line& line,
                                               std::string_view& out) noexcept {
    const simdjson::error_code error = value.get_string().get(out);
    if (error == simdjson::SUCCESS) [[likely]]
        return nullptr;
    return error == simdjson::STRING_ERROR ? line.refuse(value, bad_escape) : no_json_form(value, line, no_string);
}

template <class T>
[[nodiscard]] text_error read_json_number(on_demand::value& value, json_line& line, T& out) noexcept {
    if constexpr (std::is_floating_point_v<T>) {
        double number = 0;
        if (value.get_double().get(number) == simdjson::SUCCESS) [[likely]] {
            if constexpr (std::is_same_v<T, double>) {
                out = number;
                return nullptr;
            } else {  // rounding twice would be wrong at times
                const text_error error = read_value(json_token(value), out);
                return error == nullptr ? nullptr : line.refuse(value, error);
            }
        }
        bool null = false;
        if (value.is_null().get(null) == simdjson::SUCCESS && null) {
            out = std::numeric_limits<T>::quiet_NaN();
            return nullptr;
        }
    } else if constexpr (std::is_signed_v<T>) {
        std::int64_t number = 0;
        if (value.get_int64().get(number) == simdjson::SUCCESS) [[likely]] {
            out = static_cast<T>(number);
            if (static_cast<std::int64_t>(out) == number) [[likely]]
                return nullptr;
        }
    } else {
        std::uint64_t number = 0;
        if (value.get_uint64().get(number) == simdjson::SUCCESS) [[likely]] {
            out = static_cast<T>(number);
            if (static_cast<std::uint64_t>(out) == number) [[likely]]
                return nullptr;
        }
    }
    return no_json_number<T>(value, line);
}

template <class T>
[[nodiscard]] text_error read_json_enum(on_demand::value& value, json_line& line, T& out) noexcept {
    if (value.raw_json_token()[0] == '"') [[likely]] {
        std::string_view name;
        if (const text_error error = read_json_text(value, line, name)) return error;
        return read_enum_name(name, out) ? nullptr : line.refuse(value, no_enumerator);
    }
    std::conditional_t<std::is_signed_v<enum_number<T>>, std::int64_t, std::uint64_t> number = 0;
    if (const text_error error = read_json_number(value, line, number)) return error;
    const auto narrow = static_cast<enum_number<T>>(number);
    if (static_cast<decltype(number)>(narrow) != number) return line.refuse(value, number_out_of_range);
    out = static_cast<T>(narrow);
    return nullptr;
}

template <class T, class... Renames>
[[nodiscard]] text_error read_json_object(on_demand::object& object, const char* at, json_line& line, T& out);
template <class T>
[[nodiscard]] text_error read_json(on_demand::value& value, json_line& line, T& out);

/// `f(element)` for each element, while it answers nullptr.
template <class F>
[[nodiscard]] text_error each_json_element(on_demand::value& value, json_line& line, F f) {
    on_demand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return no_json_form(value, line, no_array);
    if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
    for (auto found : array) {
        on_demand::value element;
        if (found.get(element) != simdjson::SUCCESS) [[unlikely]]
            return line.no_json();
        if (const text_error error = f(element)) [[unlikely]]
            return error;
    }
    --line.depth;
    return nullptr;
}

template <class T>
[[nodiscard]] text_error read_json_array(on_demand::value& value, json_line& line, T& out) {
    std::size_t used = 0;
    const text_error error = each_json_element(value, line, [&](on_demand::value& element) {
        if (used++ == std::size(out)) return line.refuse(value, wrong_size);
        return read_json(element, line, out[used - 1]);
    });
    return error == nullptr && used != std::size(out) ? line.refuse(value, wrong_size) : error;
}

/// The elements that are there are used again.
template <class T>
[[nodiscard]] text_error read_json_list(on_demand::value& value, json_line& line, T& out) {
    auto at = out.begin();
    const text_error error = each_json_element(value, line, [&](on_demand::value& element) {
        if (at == out.end()) {
            out.emplace_back();
            at = std::prev(out.end());
        }
        text_error bad = nullptr;
        if constexpr (std::is_same_v<typename T::value_type, bool>) {
            bool bit = false;
            bad = read_json(element, line, bit);
            *at = bit;
        } else {
            bad = read_json(element, line, *at);
        }
        ++at;
        return bad;
    });
    out.erase(at, out.end());
    return error;
}

template <class T>
[[nodiscard]] text_error read_json_set(on_demand::value& value, json_line& line, T& out) {
    out.clear();
    return each_json_element(value, line, [&](on_demand::value& element) {
        typename T::value_type made{};
        const text_error error = read_json(element, line, made);
        if (error == nullptr) out.insert(std::move(made));
        return error;
    });
}

template <class T>
[[nodiscard]] text_error read_json_map(on_demand::value& value, json_line& line, T& out) {
    on_demand::object object;
    out.clear();
    if (value.get_object().get(object) != simdjson::SUCCESS) return no_json_form(value, line, no_object);
    if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
    for (auto found : object) {
        std::string_view key;
        on_demand::value mapped;
        if (const text_error error = line.next(found, key, mapped)) [[unlikely]]
            return error;
        if (const text_error error = read_json(mapped, line, out[typename T::key_type(key)])) [[unlikely]]
            return error;
    }
    --line.depth;
    return nullptr;
}

template <class T>
[[nodiscard]] text_error read_json(on_demand::value& value, json_line& line, T& out) {
    if constexpr (is_optional<T>) {
        bool null = false;
        if (value.is_null().get(null) == simdjson::SUCCESS && null) {
            out.reset();
            return nullptr;
        }
        if (!out.has_value()) out.emplace();
        return read_json(value, line, *out);
    } else if constexpr (std::is_same_v<T, bool>) {
        return value.get_bool().get(out) == simdjson::SUCCESS ? nullptr : no_json_form(value, line, no_bool);
    } else if constexpr (std::is_enum_v<T>) {
        return read_json_enum(value, line, out);
    } else if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, char>) {
        return read_json_number(value, line, out);
    } else if constexpr (is_duration<T>) {
        typename T::rep count{};
        const text_error error = read_json_number(value, line, count);
        if (error == nullptr) out = T(count);
        return error;
    } else if constexpr (text_readable<T>) {
        std::string_view text;
        if (const text_error error = read_json_text(value, line, text)) [[unlikely]]
            return error;
        const text_error error = read_value(text, out);
        return error == nullptr ? nullptr : line.refuse(value, error);
    } else if constexpr (std::is_bounded_array_v<T> || is_fixed_array_object<T>) {
        return read_json_array(value, line, out);
    } else if constexpr (json_filled_map<T>) {
        return read_json_map(value, line, out);
    } else if constexpr (json_filled_list<T>) {
        return read_json_list(value, line, out);
    } else if constexpr (json_filled_set<T>) {
        return read_json_set(value, line, out);
    } else {
        const char* const at = value.raw_json_token().data();
        on_demand::object object;
        if (value.get_object().get(object) != simdjson::SUCCESS) return no_json_form(value, line, no_object);
        if (++line.depth > json_line::deepest) return line.refuse(value, too_deep);
        const text_error error = read_json_object(object, at, line, out);
        --line.depth;
        return error;
    }
}

}  // namespace weir::detail
