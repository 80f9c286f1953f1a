// SPDX-License-Identifier: BSL-1.0
// What a text format's parser answers for one line. A format is a value with `template <class T> auto parser<T>()
// const`; the parser has `parse_status parse(std::string_view line, T& out)`. It is called by one thread, line after
// line, and reuses `out`: every member it knows is assigned anew when the answer is `record`, and may hold anything
// otherwise.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

enum class parsed : unsigned char {
    record,      // `out` is a record
    nothing,     // a header or a blank line: well formed, and no record
    incomplete,  // a quoted field goes on in the next line: call again with both lines, joined by '\n'
    failed,      // not of the format: see column and reason
};

struct parse_status {
    parsed what = parsed::record;
    std::uint32_t column = 0;      // of the byte that does not fit, from 1; only with `failed`
    std::string_view reason = {};  // static text; only with `failed`

    friend constexpr bool operator==(const parse_status&, const parse_status&) = default;
};

namespace detail {

[[nodiscard]] constexpr parse_status parse_failed(std::size_t offset, std::string_view reason) noexcept {
    constexpr std::size_t last = UINT32_MAX;
    return {parsed::failed, static_cast<std::uint32_t>(offset < last ? offset + 1 : last), reason};
}

}  // namespace detail
}  // namespace weir
