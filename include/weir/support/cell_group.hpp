// SPDX-License-Identifier: BSL-1.0
// What a table knows of 15 cells, looked at in one step: a tag for each (a byte of its key's hash, 0 where the cell is
// empty), and in the last byte whose keys went past the group when it was full. Cells fill from the first.
#pragma once

#include <cstdint>

#include "config.hpp"

namespace weir::detail {

/// A byte four times, with 1 in place of 0: loaded in one step where computing it takes four.
struct tag_words {
    std::uint32_t of[256]{};

    constexpr tag_words() noexcept {
        for (std::uint32_t i = 0; i < 256; ++i) of[i] = (i == 0 ? 1 : i) * 0x0101'0101U;
    }
};
inline constexpr tag_words tag_word{};

struct alignas(16) cell_group {
    static constexpr unsigned cells = 15;

    unsigned char tags[cells];
    unsigned char passed;

    /// Marks an empty cell as taken by this byte.
    void set(unsigned cell, unsigned byte) noexcept {
        tags[cell] = static_cast<unsigned char>(tag_word.of[byte] & 0xFFU);
    }
    /// A bit for each cell that may have been taken by this byte.
    [[nodiscard]] WEIR_INLINE unsigned matches(unsigned byte) const noexcept { return equal(tag_word.of[byte]); }
    /// A bit for each empty cell.
    [[nodiscard]] WEIR_INLINE unsigned vacant() const noexcept { return equal(0); }

    /// Whether a key with this byte, or with one of the 31 that share its bit, found the group full.
    [[nodiscard]] WEIR_INLINE bool was_passed(unsigned byte) const noexcept {
        return (passed >> (byte % 8U) & 1U) != 0;
    }
    void pass(unsigned byte) noexcept { passed = static_cast<unsigned char>(passed | 1U << (byte % 8U)); }

  private:
    /// `word` is a byte four times.
    [[nodiscard]] WEIR_INLINE unsigned equal(std::uint32_t word) const noexcept {
        using words = std::uint32_t __attribute__((vector_size(16)));
        using bytes = unsigned char __attribute__((vector_size(16)));
        bytes all;
        __builtin_memcpy(&all, __builtin_assume_aligned(this, 16), sizeof(all));
        const auto same = all == reinterpret_cast<bytes>(words{} + word);
#if __has_builtin(__builtin_ia32_pmovmskb128)
        using chars = char __attribute__((vector_size(16)));
        return static_cast<unsigned>(__builtin_ia32_pmovmskb128(reinterpret_cast<chars>(same))) & 0x7FFFU;
#else
        unsigned bits = 0;
        for (unsigned i = 0; i < cells; ++i) bits |= (same[i] & 1U) << i;
        return bits;
#endif
    }
};

}  // namespace weir::detail
