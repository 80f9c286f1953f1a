// SPDX-License-Identifier: BSL-1.0
// A shard's name. Shards are numbered as they are made, from 0; the number is never used again (K02, K27).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "../support/result.hpp"

namespace weir {

struct shard_id {
    std::uint32_t index = 0;

    /// `shardId-` and twelve digits; else `errc::invalid_argument`.
    [[nodiscard]] static result<shard_id> parse(std::string_view text) {
        std::uint64_t index = 0;
        bool good = text.size() == 20 && text.substr(0, 8) == "shardId-";
        for (std::size_t i = 8; good && i < text.size(); ++i) {
            good = text[i] >= '0' && text[i] <= '9';
            index = index * 10 + static_cast<std::uint64_t>(text[i] - '0');
        }
        if (!good || index > UINT32_MAX) {
            return error{errc::invalid_argument, "a shard id is `shardId-` and twelve digits",
                         std::string(text.substr(0, 64))};
        }
        return shard_id{static_cast<std::uint32_t>(index)};
    }

    friend constexpr bool operator==(shard_id, shard_id) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(shard_id, shard_id) noexcept = default;
};

[[nodiscard]] constexpr std::string to_string(shard_id id) {
    std::string text = "shardId-000000000000";
    std::uint32_t left = id.index;
    for (std::size_t i = text.size(); left != 0; left /= 10) text[--i] = static_cast<char>('0' + left % 10);
    return text;
}

}  // namespace weir
