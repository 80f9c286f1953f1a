// SPDX-License-Identifier: BSL-1.0
// MD5 (RFC 1321), for what services compute with it: Kinesis's hash keys and the KPL's checksums. Not for security: it
// is broken. Whole texts at once; constexpr; about 6 cycles a byte.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
inline constexpr std::array<std::array<int, 4>, 4> md5_shifts = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

struct md5_state {
    std::uint32_t a = 0x67452301;
    std::uint32_t b = 0xefcdab89;
    std::uint32_t c = 0x98badcfe;
    std::uint32_t d = 0x10325476;

    constexpr void block(const std::array<std::uint32_t, 16>& words) noexcept {
        md5_state s = *this;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::size_t round = i / 16;
            const std::uint32_t f = round == 0   ? s.d ^ (s.b & (s.c ^ s.d))
                                    : round == 1 ? s.c ^ (s.d & (s.b ^ s.c))
                                    : round == 2 ? s.b ^ s.c ^ s.d
                                                 : s.c ^ (s.b | ~s.d);
            const std::size_t word = round == 0   ? i
                                     : round == 1 ? (5 * i + 1) % 16
                                     : round == 2 ? (3 * i + 5) % 16
                                                  : (7 * i) % 16;
            const std::uint32_t sum = s.a + f + md5_constants[i] + words[word];
            s.a = s.d;
            s.d = s.c;
            s.c = s.b;
            s.b += std::rotl(sum, md5_shifts[round][i % 4]);
        }
        a += s.a;
        b += s.b;
        c += s.c;
        d += s.d;
    }
};

}  // namespace detail

[[nodiscard]] constexpr md5_digest md5(std::string_view text) noexcept {
    detail::md5_state state;
    // The text, a bit, zeros, and the number of its bits: in blocks of 64 bytes.
    const std::uint64_t bits = std::uint64_t{text.size()} * 8;
    const std::size_t blocks = (text.size() + 8) / 64 + 1;
    for (std::size_t n = 0; n < blocks; ++n) {
        std::array<std::uint32_t, 16> words{};
        for (std::size_t i = 0; i < 64; ++i) {
            const std::size_t at = n * 64 + i;
            if (at > text.size()) break;
            const std::uint32_t byte = at == text.size() ? 0x80U : static_cast<unsigned char>(text[at]);
            words[i / 4] |= byte << (8 * (i % 4));
        }
        if (n + 1 == blocks) {
            words[14] = static_cast<std::uint32_t>(bits);
            words[15] = static_cast<std::uint32_t>(bits >> 32U);
        }
        state.block(words);
    }
    md5_digest out{};
    std::size_t i = 0;
    for (const std::uint32_t word : {state.a, state.b, state.c, state.d}) {
        for (unsigned byte = 0; byte < 4; ++byte) out[i++] = static_cast<std::uint8_t>(word >> (8 * byte));
    }
    return out;
}

}  // namespace weir
