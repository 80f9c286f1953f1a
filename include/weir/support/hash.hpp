// SPDX-License-Identifier: BSL-1.0
// Hashes of keys: seeded, so that a table can change its own when keys collide; and `route_hash`, with which records
// find their shard: another function of the key, so that a shard's table is not filled in one part only
// (core_protocol.md, C.9).
//
// Integers, enums, floating point, text (`std::string` and `std::string_view` alike), time points, durations, pairs,
// tuples (of references too) and arrays; a type of the user's own by a friend
// `std::uint64_t weir_hash(const T&, std::uint64_t seed)`.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>

#include "config.hpp"

namespace weir {
namespace detail {

__extension__ using uint128 = unsigned __int128;

/// Both halves of the 128-bit product, folded: every bit of the input reaches every bit of the result.
[[nodiscard]] WEIR_INLINE constexpr std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    const auto product = static_cast<uint128>(a) * b;
    // The upper half first: g++ 12 then moves no registers about.
    return static_cast<std::uint64_t>(product >> 64U) ^ static_cast<std::uint64_t>(product);
}

inline constexpr std::uint64_t hash_prime_a = 0x9E37'79B9'7F4A'7C15U;
inline constexpr std::uint64_t hash_prime_b = 0xD6E8'FEB8'6659'FD93U;

}  // namespace detail

/// Any bytes; linear in their number.
[[nodiscard]] WEIR_INLINE std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed) noexcept {
    const auto* p = static_cast<const unsigned char*>(data);
    // Every factor holds something of the seed: with a known one, bytes could be chosen that make a product 0.
    const std::uint64_t blind = (seed << 32U | seed >> 32U) ^ detail::hash_prime_b;
    std::uint64_t h = seed ^ (size * detail::hash_prime_a);
    std::size_t left = size;
    while (left > 16) {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        __builtin_memcpy(&a, p, 8);
        __builtin_memcpy(&b, p + 8, 8);
        h = detail::fold_multiply(a ^ blind, b ^ h);
        p += 16;
        left -= 16;
    }
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (left >= 8) {  // the two words overlap, and cover the rest
        __builtin_memcpy(&a, p, 8);
        __builtin_memcpy(&b, p + left - 8, 8);
    } else if (left >= 4) {
        std::uint32_t low = 0;
        std::uint32_t high = 0;
        __builtin_memcpy(&low, p, 4);
        __builtin_memcpy(&high, p + left - 4, 4);
        a = low;
        b = high;
    } else if (left > 0) {
        a = (std::uint64_t{p[0]} << 16U) | (std::uint64_t{p[left / 2]} << 8U) | p[left - 1];
    }
    h = detail::fold_multiply(a ^ h, b ^ blind);
    return detail::fold_multiply(h ^ seed, detail::hash_prime_b ^ size);
}

namespace detail {

template <class T>
concept hash_as_text = requires(const T& t) {
    { *t.data() } -> std::same_as<const char&>;
    t.size();
};
template <class T>
concept hash_as_time = requires(const T& t) { t.time_since_epoch().count(); };
template <class T>
concept hash_as_duration = requires(const T& t) { t.count(); } && !hash_as_time<T>;
template <class T>
concept hash_as_tuple = requires { std::tuple_size<T>::value; };

}  // namespace detail

/// The hash of a key.
template <class K>
[[nodiscard]] WEIR_INLINE constexpr std::uint64_t hash_of(const K& key, std::uint64_t seed) noexcept {
    if constexpr (std::is_integral_v<K> || std::is_enum_v<K>) {
        return detail::fold_multiply(static_cast<std::uint64_t>(key) ^ seed, detail::hash_prime_a);
    } else if constexpr (std::is_floating_point_v<K>) {
        // 0.0 and -0.0 are equal, so they hash alike.
        const double value = key == 0 ? 0.0 : static_cast<double>(key);
        return detail::fold_multiply(__builtin_bit_cast(std::uint64_t, value) ^ seed, detail::hash_prime_a);
    } else if constexpr (requires { weir_hash(key, seed); }) {
        return weir_hash(key, seed);
    } else if constexpr (detail::hash_as_text<K>) {
        return hash_bytes(key.data(), key.size(), seed);
    } else if constexpr (detail::hash_as_time<K>) {
        return hash_of(key.time_since_epoch().count(), seed);
    } else if constexpr (detail::hash_as_duration<K>) {
        return hash_of(key.count(), seed);
    } else {
        constexpr bool known = detail::hash_as_tuple<K>;
        static_assert(known, "weir: a key of this type has no hash; give it a friend std::uint64_t weir_hash(const T&, "
                             "std::uint64_t seed)");
        if constexpr (known) {
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                using std::get;
                std::uint64_t h = seed;
                ((h = hash_of(get<I>(key), h + detail::hash_prime_b)), ...);
                return h;
            }(std::make_index_sequence<std::tuple_size<K>::value>{});
        } else {
            return 0;
        }
    }
}

/// Where a record goes: independent of the tables' hash. The high bits are as good as the low ones.
template <class K>
[[nodiscard]] WEIR_INLINE constexpr std::uint64_t route_hash(const K& key) noexcept {
    return detail::fold_multiply(hash_of(key, 0x8F2C'5A6B'D1E3'7049U), 0xA076'1D64'78BD'642FU);
}

}  // namespace weir
