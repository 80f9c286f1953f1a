// SPDX-License-Identifier: BSL-1.0
// The names of streams, topics and checkpoints: letters, digits, `-`, `_` and `.`, as Kinesis and Kafka have them. The
// callers say what else they refuse.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace weir::detail {

/// Of 1 to `longest` such characters.
[[nodiscard]] constexpr bool is_plain_name(std::string_view name, std::size_t longest) noexcept {
    return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'
               || c == '-';
    });
}

}  // namespace weir::detail
