// SPDX-License-Identifier: BSL-1.0
// What is known of a line of JSON while it is read: where its first flaw is, and why.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "../../schema/parse_status.hpp"
#include "../../schema/text_error.hpp"
#include "../../support/config.hpp"
#include "../../support/fixed_string.hpp"

namespace weir::detail {

namespace on_demand = simdjson::ondemand;

inline constexpr std::string_view no_json_reason =
    "the line is no JSON: a quote, comma, colon or bracket is missing or too many";

/// `json_line::status` says why.
inline constexpr fixed_string told_text = "";
inline constexpr text_error told = told_text.text;

/// What is known of the line while it is read.
struct json_line {
    on_demand::document* document;
    const char* begin;
    const char* end;
    const char* at = nullptr;  // of the value that does not fit
    parse_status status{};
    unsigned depth = 0;

    static constexpr unsigned deepest = 256;

    WEIR_COLD text_error refuse(on_demand::value& value, text_error error) noexcept {
        at = value.raw_json_token().data();
        return error;
    }
    WEIR_COLD void fail(const char* where, std::string_view reason) noexcept {
        status = parse_failed(static_cast<std::size_t>(where - begin), reason);
    }
    /// The token where simdjson stopped.
    WEIR_COLD text_error no_json() noexcept {
        const char* where = end;
        if (document->current_location().get(where) != simdjson::SUCCESS) where = end;
        fail(where, no_json_reason);
        return told;
    }
    /// The name and value of an object's next member; `told` where there is none.
    WEIR_INLINE text_error next(simdjson::simdjson_result<on_demand::field> found, std::string_view& name,
                                on_demand::value& value) noexcept {
        on_demand::field field;
        if (std::move(found).get(field) != simdjson::SUCCESS) [[unlikely]]
            return no_json();
        const char* const quote = field.key().raw() - 1;
        if (field.unescaped_key().get(name) != simdjson::SUCCESS) [[unlikely]] {
            fail(quote, "a name has an escape that does not exist");
            return told;
        }
        value = field.value();
        return nullptr;
    }
};

/// The token without the white space behind it.
[[nodiscard]] inline std::string_view json_token(on_demand::value& value) noexcept {
    std::string_view token = value.raw_json_token();
    return token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace weir::detail
