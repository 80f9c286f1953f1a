// SPDX-License-Identifier: BSL-1.0
// How far apart two words must lie that two threads write. A constant of ours, since
// `std::hardware_destructive_interference_size` in a header is an ABI trap (g++ warns).
#pragma once

#include <cstddef>

namespace weir {

inline constexpr std::size_t cache_line = 64;

/// Two lines: the adjacent-line prefetcher fetches pairs (buffers.md, section 2.5).
inline constexpr std::size_t line_pair = 2 * cache_line;

}  // namespace weir
