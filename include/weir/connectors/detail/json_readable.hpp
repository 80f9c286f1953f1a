// SPDX-License-Identifier: BSL-1.0
// Which types read from JSON: what schema/text_value.hpp reads, records, and containers of them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../schema/fields.hpp"
#include "../../schema/ndjson.hpp"
#include "../../schema/text_value.hpp"

namespace weir::detail {

template <class T>
concept json_filled_map = json_map<T> && std::is_constructible_v<typename T::key_type, std::string_view>
                          && requires(T& map, typename T::key_type key) {
                                 map.clear();
                                 map[std::move(key)];
                             };
template <class T>
concept json_filled_list = requires(T& list) {
    typename T::value_type;
    list.emplace_back();
    list.erase(list.begin(), list.end());
};
template <class T>
concept json_filled_set = !json_filled_list<T> && !json_map<T> && requires(T& set, typename T::value_type element) {
    set.clear();
    set.insert(std::move(element));
};
template <class T>
inline constexpr bool is_fixed_array_object = false;
template <class T, std::size_t N>
inline constexpr bool is_fixed_array_object<std::array<T, N>> = true;

/// `Around` are the records it is part of: of a tree the rest decides.
template <class T, class... Around>
[[nodiscard]] consteval bool reads_from_json() noexcept {
    if constexpr (std::is_const_v<T>) {
        return false;
    } else if constexpr (text_readable<T> || (std::is_same_v<T, Around> || ...)) {
        return true;
    } else if constexpr (is_optional<T> || is_fixed_array_object<T> || json_filled_list<T> || json_filled_set<T>) {
        return reads_from_json<typename T::value_type, Around...>();
    } else if constexpr (std::is_bounded_array_v<T>) {
        return reads_from_json<std::remove_extent_t<T>, Around...>();
    } else if constexpr (json_filled_map<T>) {
        return reads_from_json<typename T::mapped_type, Around...>();
    } else if constexpr (is_record<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (reads_from_json<field_type<T, I>, T, Around...>() && ...);
        }(std::make_index_sequence<field_count<T>>{});
    } else {
        return false;
    }
}

template <class T>
struct json_readable {
    static constexpr bool value = reads_from_json<T>();
};

}  // namespace weir::detail
