// SPDX-License-Identifier: BSL-1.0
// Murmur2 of 32 bits with the seed that Apache Kafka's producers use (T01): the hash behind `key -> partition`, equal
// to Java's and to librdkafka's `murmur2`. Little-endian reads whatever the machine; constexpr; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

[[nodiscard]] constexpr std::uint32_t murmur2(std::string_view data) noexcept {
    constexpr std::uint32_t multiplier = 0x5bd1e995U;
    const auto byte = [data](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(data[i])}; };
    std::uint32_t h = 0x9747b28cU ^ static_cast<std::uint32_t>(data.size());
    std::size_t i = 0;
    for (; data.size() - i >= 4; i += 4) {
        std::uint32_t k = byte(i) | byte(i + 1) << 8U | byte(i + 2) << 16U | byte(i + 3) << 24U;
        k *= multiplier;
        k ^= k >> 24U;
        k *= multiplier;
        h *= multiplier;
        h ^= k;
    }
    if (i != data.size()) {
        for (std::size_t j = data.size() - i; j != 0; --j) h ^= byte(i + j - 1) << (8U * (j - 1));
        h *= multiplier;
    }
    h ^= h >> 13U;
    h *= multiplier;
    h ^= h >> 15U;
    return h;
}

}  // namespace weir
