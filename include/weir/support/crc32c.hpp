// SPDX-License-Identifier: BSL-1.0
// CRC-32C (Castagnoli; "123456789" gives e3069283), also at compile time. `seed` is the sum of what stood in front, so
// that crc32c(b, crc32c(a)) == crc32c(a + b). By the processor's instruction where it has it (SSE4.2, found at run
// time; ARMv8, where the build may use it), long inputs in three lanes at once; by tables elsewhere. All agree.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace weir {

namespace detail {

using crc_rows = std::array<std::array<std::uint32_t, 256>, 8>;

/// rows[k][b]: byte b with k zero bytes behind it.
[[nodiscard]] constexpr crc_rows make_crc_rows() noexcept {
    crc_rows rows{};
    for (std::uint32_t b = 0; b < 256; ++b) {
        std::uint32_t c = b;
        for (int bit = 0; bit < 8; ++bit) c = (c >> 1U) ^ ((c & 1U) != 0 ? 0x82F6'3B78U : 0U);
        rows[0][b] = c;
    }
    for (std::size_t k = 1; k < rows.size(); ++k) {
        for (std::size_t b = 0; b < 256; ++b) {
            const std::uint32_t c = rows[k - 1][b];
            rows[k][b] = (c >> 8U) ^ rows[0][c & 0xFFU];
        }
    }
    return rows;
}
inline constexpr crc_rows crc_table = make_crc_rows();

/// The inner state, not inverted, behind `s`.
[[nodiscard]] constexpr std::uint32_t crc_by_table(std::uint32_t c, std::string_view s) noexcept {
    const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i])); };
    while (s.size() >= 8) {
        const std::uint32_t low = c ^ (at(0) | at(1) << 8U | at(2) << 16U | at(3) << 24U);
        c = crc_table[7][low & 0xFFU] ^ crc_table[6][low >> 8U & 0xFFU] ^ crc_table[5][low >> 16U & 0xFFU]
            ^ crc_table[4][low >> 24U] ^ crc_table[3][at(4)] ^ crc_table[2][at(5)] ^ crc_table[1][at(6)]
            ^ crc_table[0][at(7)];
        s.remove_prefix(8);
    }
    for (std::size_t i = 0; i < s.size(); ++i) c = (c >> 8U) ^ crc_table[0][(c ^ at(i)) & 0xFFU];
    return c;
}

/// What so many zero bytes do to a state, byte by byte of it.
template <std::size_t Zeros>
[[nodiscard]] constexpr std::array<std::array<std::uint32_t, 256>, 4> make_crc_shift() noexcept {
    // The column of each bit; linear, so that a byte's row is the sum of its bits' columns.
    std::array<std::uint32_t, 32> column{};
    for (std::size_t bit = 0; bit < 32; ++bit) {
        std::uint32_t c = std::uint32_t{1} << bit;
        c = (c >> 8U) ^ crc_table[0][c & 0xFFU];
        column[bit] = c;
    }
    const auto apply = [](const std::array<std::uint32_t, 32>& m, std::uint32_t v) {
        std::uint32_t sum = 0;
        for (std::size_t bit = 0; v != 0; ++bit, v >>= 1U) sum ^= (v & 1U) != 0 ? m[bit] : 0U;
        return sum;
    };
    for (std::size_t n = 1; n < Zeros; n *= 2) {
        std::array<std::uint32_t, 32> twice{};
        for (std::size_t bit = 0; bit < 32; ++bit) twice[bit] = apply(column, column[bit]);
        column = twice;
    }
    std::array<std::array<std::uint32_t, 256>, 4> rows{};
    for (std::size_t k = 0; k < 4; ++k) {
        for (std::uint32_t b = 0; b < 256; ++b) rows[k][b] = apply(column, b << (8 * k));
    }
    return rows;
}
inline constexpr std::size_t crc_lane = 1'024;
static_assert((crc_lane & (crc_lane - 1)) == 0);
inline constexpr auto crc_shift = make_crc_shift<crc_lane>();
[[nodiscard]] constexpr std::uint32_t shift_crc(std::uint32_t c) noexcept {
    return crc_shift[0][c & 0xFFU] ^ crc_shift[1][c >> 8U & 0xFFU] ^ crc_shift[2][c >> 16U & 0xFFU]
           ^ crc_shift[3][c >> 24U];
}

#if defined(__x86_64__) || defined(__ARM_FEATURE_CRC32)
[[nodiscard]] inline std::uint64_t crc_word(const char* p) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, p, sizeof(word));
    return word;
}
#if defined(__x86_64__)
[[nodiscard, gnu::target("sse4.2")]] inline std::uint64_t crc_eat(std::uint64_t sum, std::uint64_t word) noexcept {
    return __builtin_ia32_crc32di(sum, word);
}
[[nodiscard, gnu::target("sse4.2")]] inline std::uint64_t crc_eat_byte(std::uint64_t sum, char byte) noexcept {
    return __builtin_ia32_crc32qi(static_cast<std::uint32_t>(sum), static_cast<unsigned char>(byte));
}
[[nodiscard, gnu::target("sse4.2")]] inline std::uint32_t crc_by_instruction(std::uint32_t c, const char* p,
                                                                             std::size_t n) noexcept {
#else
[[nodiscard]] inline std::uint64_t crc_eat(std::uint64_t sum, std::uint64_t word) noexcept {
    return __builtin_aarch64_crc32cx(static_cast<std::uint32_t>(sum), word);
}
[[nodiscard]] inline std::uint64_t crc_eat_byte(std::uint64_t sum, char byte) noexcept {
    return __builtin_aarch64_crc32cb(static_cast<std::uint32_t>(sum), static_cast<unsigned char>(byte));
}
[[nodiscard]] inline std::uint32_t crc_by_instruction(std::uint32_t c, const char* p, std::size_t n) noexcept {
#endif
    std::uint64_t a = c;
    // The instruction takes three cycles and can begin one a cycle.
    for (; n >= 3 * crc_lane; n -= 3 * crc_lane, p += 3 * crc_lane) {
        std::uint64_t b = 0;
        std::uint64_t d = 0;
        for (std::size_t i = 0; i < crc_lane; i += 8) {
            a = crc_eat(a, crc_word(p + i));
            b = crc_eat(b, crc_word(p + crc_lane + i));
            d = crc_eat(d, crc_word(p + 2 * crc_lane + i));
        }
        a = shift_crc(static_cast<std::uint32_t>(a)) ^ b;
        a = shift_crc(static_cast<std::uint32_t>(a)) ^ d;
    }
    for (; n >= 8; n -= 8, p += 8) a = crc_eat(a, crc_word(p));
    for (; n != 0; --n, ++p) a = crc_eat_byte(a, *p);
    return static_cast<std::uint32_t>(a);
}
#endif

[[nodiscard]] inline bool has_crc_instruction() noexcept {
#if defined(__x86_64__)
    static const bool has = __builtin_cpu_supports("sse4.2") != 0;
    return has;
#elif defined(__ARM_FEATURE_CRC32)
    return true;
#else
    return false;
#endif
}

}  // namespace detail

[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view text, std::uint32_t seed = 0) noexcept {
    if (!std::is_constant_evaluated()) {
#if defined(__x86_64__) || defined(__ARM_FEATURE_CRC32)
        if (detail::has_crc_instruction()) return ~detail::crc_by_instruction(~seed, text.data(), text.size());
#endif
    }
    return ~detail::crc_by_table(~seed, text);
}

}  // namespace weir
