// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for times, windows and the parsers' answers, and what the other parts' are made of. See
// support/format.hpp.
//
// instant: as every time in a text format, "2015-05-17T10:05:00.25Z". window_bounds: the interval of ISO 8601,
// "2015-05-17T10:05:00Z/2015-05-17T10:06:00Z". parse_status: `record`, `nothing`, `incomplete`, or "column 7: status is
// no number". Enums: the enumerator's name; a value that has none: its number.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../support/chrono.hpp"
#include "../support/format.hpp"
#include "../support/instant.hpp"
#include "enum_names.hpp"
#include "fields.hpp"
#include "parse_status.hpp"
#include "time_text.hpp"
#include "window_bounds.hpp"

namespace weir::detail {

template <class E>
struct enum_formatter : text_formatter {
    template <class Context>
    auto format(E value, Context& context) const {
        const std::string_view name = enum_name(value);
        if (!name.empty()) return this->put(name, context);
        return this->put(std::to_string(+static_cast<enum_number<E>>(value)), context);
    }
};

/// A record of numbers, and maps to numbers: "hits 3, misses 0, by_code {closed 1}".
template <class T>
struct fields_formatter : text_formatter {
    template <class Context>
    auto format(const T& value, Context& context) const {
        std::string text;
        for_each_field(value, [&](std::string_view name, const auto& field) {
            if (!text.empty()) text += ", ";
            text.append(name).append(" ");
            if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(field)>>) {
                fmt::format_to(std::back_inserter(text), "{}", field);
            } else {
                const char* between = "{";
                for (const auto& [key, count] : field) {
                    fmt::format_to(std::back_inserter(text), "{}{} {}", std::exchange(between, ", "), key, count);
                }
                text += field.empty() ? "{}" : "}";
            }
        });
        return this->put(text, context);
    }
};

}  // namespace weir::detail

template <>
struct fmt::formatter<weir::parsed> : weir::detail::enum_formatter<weir::parsed> {};

template <>
struct fmt::formatter<weir::instant> : weir::detail::text_formatter {
    template <class Context>
    auto format(weir::instant at, Context& context) const {
        std::string text;
        weir::write_time(text, weir::to_sys(at));
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::window_bounds> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::window_bounds& window, Context& context) const {
        std::string text;
        weir::write_time(text, window.start);
        text += '/';
        weir::write_time(text, window.end);
        return put(text, context);
    }
};

template <>
struct fmt::formatter<weir::parse_status> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::parse_status& status, Context& context) const {
        if (status.what != weir::parsed::failed) return put(weir::enum_name(status.what), context);
        return put(weir::detail::text_of<Context>("column {}: {}", status.column, status.reason), context);
    }
};
