// SPDX-License-Identifier: BSL-1.0
// `fixed_string::view()`: apart, since `<string_view>` costs three times what a stage may.
#pragma once

#include <string_view>

#include "fixed_string.hpp"

namespace weir::detail {

template <>
struct view_of<char> {
    [[nodiscard]] static constexpr std::string_view make(const char* text, std::size_t size) noexcept {
        return {text, size};
    }
};

}  // namespace weir::detail
