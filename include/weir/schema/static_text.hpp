// SPDX-License-Identifier: BSL-1.0
// Text put together at compile time, so that a refusal can name a field and cost no allocation.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "../support/fixed_string_view.hpp"

namespace weir::detail {

template <std::size_t... N>
[[nodiscard]] consteval auto join(const fixed_string<N>&... parts) noexcept {
    fixed_string<(N + ... + 0)> all;
    std::size_t at = 0;
    [[maybe_unused]] const auto add = [&](const char* text, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) all.text[at++] = text[i];
    };
    (add(parts.text, N), ...);
    return all;
}

/// The texts one behind the other, in static storage.
template <fixed_string... Parts>
inline constexpr auto joined_text = join(Parts...);
template <fixed_string... Parts>
inline constexpr std::string_view joined = joined_text<Parts...>.view();

template <fixed_string Text, std::size_t Begin, std::size_t Size>
inline constexpr auto part_of = [] {
    fixed_string<Size> part;
    for (std::size_t i = 0; i < Size; ++i) part.text[i] = Text.text[Begin + i];
    return part;
}();

/// A std::string_view constant as a fixed_string: `fixed_from<field_name<T, I>>` cannot be, so through a function
/// object.
template <class Get>
inline constexpr auto fixed_from = [] {
    constexpr std::string_view text = Get{}();
    fixed_string<text.size()> copy;
    for (std::size_t i = 0; i < text.size(); ++i) copy.text[i] = text[i];
    return copy;
}();

}  // namespace weir::detail
