// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for the values of support/, and what the other parts' are made of. `{}` takes the width, fill and
// alignment of a string. Whoever formats includes `<part>/format.hpp`; no other header does, since fmt costs compile
// time. Cold: most make a std::string first.
//
//     fmt::print(stderr, "{}: {}\n", failed.error().code, failed.error());     // "not_found: there is no file ...
//     (path)"
//
// error: its message, and where in parentheses. errc: the enumerator's name.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include "fixed_string.hpp"
#include "result.hpp"

namespace weir::detail {

/// Base of the library's formatters: a text, laid out as a string is.
struct text_formatter : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto put(std::string_view text, Context& context) const {
        return fmt::formatter<fmt::string_view>::format(fmt::string_view(text.data(), text.size()), context);
    }
};

/// `fmt::format` that is compiled where a formatter is used, not where it stands: `Context` is its template parameter.
template <class Context, class... Args>
[[nodiscard]] std::string text_of(fmt::format_string<Args...> form, Args&&... args) {
    return fmt::format(form, static_cast<Args&&>(args)...);
}

/// For a type that has `to_string` beside it.
template <class T>
struct to_string_formatter : text_formatter {
    template <class Context>
    auto format(const T& value, Context& context) const {
        return this->put(to_string(value), context);
    }
};

inline constexpr std::string_view errc_names[] = {
    "not_found",
    "exists",
    "no_permission",
    "is_directory",
    "no_space",
    "closed_pipe",
    "interrupted",
    "too_large",
    "bad_format",
    "io",
    "closed",
    "damaged",
    "lost",
    "resource_not_found",
    "resource_in_use",
    "invalid_argument",
    "validation",
    "limit_exceeded",
    "provisioned_throughput_exceeded",
    "expired_iterator",
    "expired_next_token",
    "shutdown",
    "offset_out_of_range",
    "unknown_topic_or_partition",
    "illegal_generation",
    "unknown_member_id",
    "rebalance_in_progress",
    "fenced_instance_id",
    "inconsistent_group_protocol",
    "out_of_order_sequence_number",
    "invalid_producer_epoch",
    "producer_fenced",
    "invalid_txn_state",
    "concurrent_transactions",
    "invalid_transaction_timeout",
    "invalid_record",
    "message_too_large",
    "invalid_topic",
};

}  // namespace weir::detail

template <>
struct fmt::formatter<weir::errc> : weir::detail::text_formatter {
    template <class Context>
    auto format(weir::errc code, Context& context) const {
        const auto at = static_cast<std::size_t>(code);
        return put(at < std::size(weir::detail::errc_names) ? weir::detail::errc_names[at] : "no errc", context);
    }
};

template <>
struct fmt::formatter<weir::error> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::error& e, Context& context) const {
        return put(e.where.empty() ? e.message : e.message + " (" + e.where + ')', context);
    }
};

template <std::size_t N>
struct fmt::formatter<weir::fixed_string<N>> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::fixed_string<N>& s, Context& context) const {
        return put({s.text, N}, context);
    }
};
