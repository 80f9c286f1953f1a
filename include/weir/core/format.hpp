// SPDX-License-Identifier: BSL-1.0
// fmt's formatters for what pipelines say of records. See support/format.hpp.
//
// place: "line 3, column 7". failure: why, and the place in parentheses where there is one; the record is not in it.
// exits: those that are not 0, "dropped 2, late 1", or "none".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../schema/format.hpp"
#include "accounting.hpp"
#include "concepts.hpp"
#include "failure.hpp"
#include "flow.hpp"
#include "meta.hpp"
#include "stream.hpp"

template <>
struct fmt::formatter<weir::flow> : weir::detail::enum_formatter<weir::flow> {};
template <>
struct fmt::formatter<weir::pulled> : weir::detail::enum_formatter<weir::pulled> {};
template <>
struct fmt::formatter<weir::category> : weir::detail::enum_formatter<weir::category> {};
template <>
struct fmt::formatter<weir::partition> : weir::detail::enum_formatter<weir::partition> {};

template <>
struct fmt::formatter<weir::place> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::place& where, Context& context) const {
        return put(weir::detail::text_of<Context>("line {}, column {}", where.line, where.column), context);
    }
};

template <class T>
struct fmt::formatter<weir::failure<T>> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::failure<T>& f, Context& context) const {
        return put(f.where.line == 0 ? f.why : weir::detail::text_of<Context>("{} ({})", f.why, f.where), context);
    }
};

template <>
struct fmt::formatter<weir::exits> : weir::detail::text_formatter {
    template <class Context>
    auto format(const weir::exits& e, Context& context) const {
        std::string text;
        weir::for_each_field(e, [&](std::string_view name, std::uint64_t count) {
            if (count != 0) text += weir::detail::text_of<Context>("{}{} {}", text.empty() ? "" : ", ", name, count);
        });
        return put(text.empty() ? "none" : text, context);
    }
};
