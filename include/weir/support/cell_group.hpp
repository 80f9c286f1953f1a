// SPDX-License-Identifier: BSL-1.0
// Eight cells of a table's index, looked at in one step. Zero is an empty cell; cells fill from the first.
#pragma once

#include <cstdint>

#include "config.hpp"

namespace weir::detail {

struct alignas(32) cell_group {
    static constexpr unsigned cells = 8;

    std::uint32_t cell[cells];

    [[nodiscard]] WEIR_INLINE bool full() const noexcept { return cell[cells - 1] != 0; }

    /// A bit for each cell that has these bits under `mask`.
    [[nodiscard]] WEIR_INLINE unsigned matches(std::uint32_t bits, std::uint32_t mask) const noexcept {
        return four(cell, bits, mask) | four(cell + 4, bits, mask) << 4U;
    }

  private:
    [[nodiscard]] WEIR_INLINE static unsigned four(const std::uint32_t* first, std::uint32_t bits,
                                                   std::uint32_t mask) noexcept {
        using lanes = std::uint32_t __attribute__((vector_size(16)));
        lanes all;
        __builtin_memcpy(&all, first, sizeof(all));
        const auto equal = (all & (lanes{} + mask)) == (lanes{} + bits);
#if __has_builtin(__builtin_ia32_movmskps)
        using floats = float __attribute__((vector_size(16)));
        return static_cast<unsigned>(__builtin_ia32_movmskps(reinterpret_cast<floats>(equal)));
#else
        return (equal[0] & 1U) | (equal[1] & 2U) | (equal[2] & 4U) | (equal[3] & 8U);
#endif
    }
};

}  // namespace weir::detail
