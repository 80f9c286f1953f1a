// SPDX-License-Identifier: BSL-1.0
// Which partition a key belongs to, as Kafka's clients decide it (T01, T02). A record without a key, and under a
// `_random` one an empty key where librdkafka does so, has no partition by hash: the topic's sticky choice takes it.
//
//     murmur2           Java's default: (murmur2 & 0x7fffffff) % n
//     murmur2_random    librdkafka's name for the same
//     fnv1a             Sarama's: |fnv1a as a signed number| % n
//     consistent        librdkafka's crc32 % n; a null key hashes as an empty one
//     consistent_random librdkafka's default: crc32 % n; null and empty keys have none
//
// Co-partitioned topics need the same one. Pure, constexpr, no allocation; O(key).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "../../support/murmur2.hpp"

namespace weir {

enum class partitioner : unsigned char { murmur2, murmur2_random, fnv1a, consistent, consistent_random };

namespace detail {

[[nodiscard]] constexpr std::uint32_t fnv1a_absolute(std::string_view data) noexcept {
    std::uint32_t h = 0x811c9dc5U;
    for (const char c : data) h = (h ^ static_cast<unsigned char>(c)) * 0x01000193U;
    return (h & 0x80000000U) != 0 ? 0U - h : h;
}

inline constexpr auto crc32_table = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i != 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit != 8; ++bit) c = (c & 1U) != 0 ? 0xedb88320U ^ (c >> 1U) : c >> 1U;
        table[i] = c;
    }
    return table;
}();

/// The CRC-32 of zlib.
[[nodiscard]] constexpr std::uint32_t crc32_of(std::string_view data) noexcept {
    std::uint32_t c = ~0U;
    for (const char ch : data) c = crc32_table[(c ^ static_cast<unsigned char>(ch)) & 0xffU] ^ (c >> 8U);
    return ~c;
}

}  // namespace detail

/// The partition of `n` (at least 1) that `key` belongs to; nothing: any.
[[nodiscard]] constexpr std::optional<std::uint32_t> partition_of(partitioner by, std::optional<std::string_view> key,
                                                                  std::uint32_t n) noexcept {
    if (by == partitioner::consistent) return detail::crc32_of(key.value_or(std::string_view{})) % n;
    if (!key) return std::nullopt;
    if (by == partitioner::consistent_random) {
        if (key->empty()) return std::nullopt;
        return detail::crc32_of(*key) % n;
    }
    if (by == partitioner::fnv1a) return detail::fnv1a_absolute(*key) % n;
    return (murmur2(*key) & 0x7fffffffU) % n;
}

}  // namespace weir
