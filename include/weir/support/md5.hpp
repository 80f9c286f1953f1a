// SPDX-License-Identifier: BSL-1.0
// MD5 (RFC 1321), for what services compute with it: Kinesis's hash keys and the KPL's checksums. Not for security: it
// is broken. Whole texts at once; constexpr; about 6 cycles a byte.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "config.hpp"

namespace weir {

using md5_digest = std::array<std::uint8_t, 16>;

namespace detail {

/// floor(2^32 |sin(i + 1)|).
inline constexpr std::array<std::uint32_t, 64> md5_constants = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

struct md5_state {
    std::uint32_t a = 0x67452301;
    std::uint32_t b = 0xefcdab89;
    std::uint32_t c = 0x98badcfe;
    std::uint32_t d = 0x10325476;

    constexpr void block(const std::array<std::uint32_t, 16>& words) noexcept {
        md5_state s = *this;
        // Each step waits for the one before, by `late`: what does not is added first. The two halves of the second
        // round's function have no bit in common, so they may be added one after the other.
        const auto step = [&words](std::uint32_t& w, std::uint32_t x, std::uint32_t early, std::uint32_t late,
                                   std::size_t i, std::size_t word, int by) WEIR_INLINE_LAMBDA {
            w = x + std::rotl((w + (md5_constants[i] + words[word % 16]) + early) + late, by);
        };
#pragma GCC unroll 4
        for (std::size_t i = 0; i < 16; i += 4) {
            step(s.a, s.b, 0, s.d ^ (s.b & (s.c ^ s.d)), i, i, 7);
            step(s.d, s.a, 0, s.c ^ (s.a & (s.b ^ s.c)), i + 1, i + 1, 12);
            step(s.c, s.d, 0, s.b ^ (s.d & (s.a ^ s.b)), i + 2, i + 2, 17);
            step(s.b, s.c, 0, s.a ^ (s.c & (s.d ^ s.a)), i + 3, i + 3, 22);
        }
#pragma GCC unroll 4
        for (std::size_t i = 16; i < 32; i += 4) {
            step(s.a, s.b, s.c & ~s.d, s.b & s.d, i, 5 * i + 1, 5);
            step(s.d, s.a, s.b & ~s.c, s.a & s.c, i + 1, 5 * i + 6, 9);
            step(s.c, s.d, s.a & ~s.b, s.d & s.b, i + 2, 5 * i + 11, 14);
            step(s.b, s.c, s.d & ~s.a, s.c & s.a, i + 3, 5 * i + 16, 20);
        }
#pragma GCC unroll 4
        for (std::size_t i = 32; i < 48; i += 4) {
            step(s.a, s.b, 0, s.b ^ (s.c ^ s.d), i, 3 * i + 5, 4);
            step(s.d, s.a, 0, s.a ^ (s.b ^ s.c), i + 1, 3 * i + 8, 11);
            step(s.c, s.d, 0, s.d ^ (s.a ^ s.b), i + 2, 3 * i + 11, 16);
            step(s.b, s.c, 0, s.c ^ (s.d ^ s.a), i + 3, 3 * i + 14, 23);
        }
#pragma GCC unroll 4
        for (std::size_t i = 48; i < 64; i += 4) {
            step(s.a, s.b, 0, s.c ^ (s.b | ~s.d), i, 7 * i + 0, 6);
            step(s.d, s.a, 0, s.b ^ (s.a | ~s.c), i + 1, 7 * i + 7, 10);
            step(s.c, s.d, 0, s.a ^ (s.d | ~s.b), i + 2, 7 * i + 14, 15);
            step(s.b, s.c, 0, s.d ^ (s.c | ~s.a), i + 3, 7 * i + 21, 21);
        }
        a += s.a;
        b += s.b;
        c += s.c;
        d += s.d;
    }
};

/// `words` from `size` bytes, at most 64, and behind them the bit that ends a text if there is room. In registers: the
/// block's first loads would wait for bytes that are stored one by one.
inline void md5_words(std::array<std::uint32_t, 16>& words, const char* from, std::size_t size) noexcept {
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t both;
        std::memcpy(&both, from + i, sizeof both);  // the machine's order of bytes is MD5's
        words[i / 4] = static_cast<std::uint32_t>(both);
        words[i / 4 + 1] = static_cast<std::uint32_t>(both >> 32U);
    }
    if (i == 64) return;
    std::uint64_t last = 0;
    if (size >= 8 && i != size) {
        std::memcpy(&last, from + size - 8, sizeof last);
        last >>= 8 * (8 - (size - i));
    } else {
        for (std::size_t n = size; n > i; --n) last = last << 8U | static_cast<unsigned char>(from[n - 1]);
    }
    last |= std::uint64_t{0x80} << (8 * (size - i));
    words[i / 4] = static_cast<std::uint32_t>(last);
    words[i / 4 + 1] = static_cast<std::uint32_t>(last >> 32U);
}

/// Behind the last block: the digest, four bytes a word.
[[nodiscard]] constexpr md5_state md5_of(std::string_view text) noexcept {
    md5_state state;
    // The text, a bit, zeros, and the number of its bits: in blocks of 64 bytes.
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    const std::size_t blocks = (text.size() + 8) / 64 + 1;
    for (std::size_t n = 0; n < blocks; ++n) {
        std::array<std::uint32_t, 16> words{};
        const std::size_t begin = n * 64;
        if (std::is_constant_evaluated()) {
            for (std::size_t i = 0; i < 64 && begin + i <= text.size(); ++i) {
                const std::uint32_t byte =
                    begin + i == text.size() ? 0x80U : static_cast<unsigned char>(text[begin + i]);
                words[i / 4] |= byte << (8 * (i % 4));
            }
        } else if (begin <= text.size()) {
            const std::size_t left = text.size() - begin;
            md5_words(words, text.data() + begin, left < 64 ? left : 64);
        }
        if (n + 1 == blocks) {
            words[14] = static_cast<std::uint32_t>(bits);
            words[15] = static_cast<std::uint32_t>(bits >> 32U);
        }
        state.block(words);
    }
    return state;
}

}  // namespace detail

[[nodiscard]] constexpr md5_digest md5(std::string_view text) noexcept {
    const detail::md5_state state = detail::md5_of(text);
    md5_digest out{};
    std::size_t i = 0;
    for (const std::uint32_t word : {state.a, state.b, state.c, state.d}) {
        for (unsigned byte = 0; byte < 4; ++byte) out[i++] = static_cast<std::uint8_t>(word >> (8 * byte));
    }
    return out;
}

}  // namespace weir
