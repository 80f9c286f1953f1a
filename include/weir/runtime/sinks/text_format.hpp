// SPDX-License-Identifier: BSL-1.0
// In which text a sink writes records: one JSON object a line, or CSV with a header line. Plain text goes as it is.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "../../schema/csv.hpp"
#include "../../schema/ndjson.hpp"

namespace weir {

enum class text_format : unsigned char { ndjson, csv };

namespace detail {

template <class T>
inline constexpr bool is_plain_text = std::is_convertible_v<const T&, std::string_view>;

/// Whether sinks of text can write it.
template <class T>
inline constexpr bool is_text_record = is_plain_text<T> || is_record<T>;

template <class T>
void write_header(std::string& to, text_format format) {
    if constexpr (!is_plain_text<T>) {
        if (format == text_format::csv) write_csv_header<T>(to);
    }
}

template <class T>
void write_record(std::string& to, text_format format, const T& record) {
    if constexpr (is_plain_text<T>) {
        to.append(std::string_view(record));
        to.push_back('\n');
    } else if (format == text_format::csv) {
        write_csv(to, record);
    } else {
        write_ndjson(to, record);
    }
}

[[nodiscard]] constexpr std::string_view extension_of(text_format format) noexcept {
    return format == text_format::csv ? ".csv" : ".ndjson";
}

}  // namespace detail
}  // namespace weir
