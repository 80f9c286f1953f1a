// SPDX-License-Identifier: BSL-1.0
// A record's partition key, and where on the ring of hash keys it is: the MD5 of its UTF-8 bytes, most significant byte
// first (K01). 1 to 256 Unicode characters, counted as characters (K05).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../support/md5.hpp"
#include "../support/md5_lanes.hpp"
#include "../support/result.hpp"
#include "hash_key.hpp"

namespace weir {

[[nodiscard]] inline hash_key hash_of(std::string_view partition_key) noexcept {
    const detail::md5_state sum = detail::md5_of(partition_key);
    const auto pair = [](std::uint32_t first, std::uint32_t second) {
        return std::uint64_t{__builtin_bswap32(first)} << 32U | __builtin_bswap32(second);
    };
    return {pair(sum.a, sum.b), pair(sum.c, sum.d)};
}

/// The same of many keys, several times as fast; `out` is as long as `partition_keys`.
inline void hash_of_many(std::span<const std::string_view> partition_keys, std::span<hash_key> out) {
    std::array<md5_digest, 64> sums;
    for (std::size_t i = 0; i < partition_keys.size(); i += sums.size()) {
        const std::size_t n = std::min(sums.size(), partition_keys.size() - i);
        md5_many(partition_keys.subspan(i, n), std::span(sums).first(n));
        for (std::size_t j = 0; j < n; ++j) out[i + j] = hash_key::from_bytes(sums[j].data());
    }
}

/// `errc::invalid_argument` for what is no partition key: too short, too long, or not UTF-8.
[[nodiscard]] inline result<void> check_partition_key(std::string_view key) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < key.size(); ++characters) {
        const auto lead = static_cast<unsigned char>(key[i]);
        const std::size_t length = lead < 0x80   ? 1
                                   : lead < 0xC2 ? 0
                                   : lead < 0xE0 ? 2
                                   : lead < 0xF0 ? 3
                                   : lead < 0xF5 ? 4
                                                 : 0;
        bool good = length != 0 && length <= key.size() - i;
        for (std::size_t j = 1; good && j < length; ++j)
            good = (static_cast<unsigned char>(key[i + j]) & 0xC0U) == 0x80;
        if (good && length > 2) {  // overlong forms, surrogates, beyond U+10FFFF
            const auto second = static_cast<unsigned char>(key[i + 1]);
            good = !(lead == 0xE0 && second < 0xA0) && !(lead == 0xED && second > 0x9F)
                   && !(lead == 0xF0 && second < 0x90) && !(lead == 0xF4 && second > 0x8F);
        }
        if (!good) {
            return error{errc::invalid_argument, "a partition key is UTF-8 text; encode other bytes, as base64 say",
                         "byte " + std::to_string(i)};
        }
        i += length;
    }
    if (characters == 0 || characters > 256) {
        return error{errc::invalid_argument, "a partition key has 1 to 256 characters",
                     std::to_string(characters) + " characters"};
    }
    return {};
}

}  // namespace weir
