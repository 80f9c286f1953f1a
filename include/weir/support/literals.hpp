// SPDX-License-Identifier: BSL-1.0
// using namespace weir::literals: 64_KiB, 5_MiB, 1_GiB, and std::chrono's 1h, 60s.
#pragma once

#include <chrono>
#include <cstddef>

namespace weir::literals {

using namespace std::chrono_literals;

[[nodiscard]] consteval std::size_t operator""_KiB(unsigned long long n) { return static_cast<std::size_t>(n) << 10U; }
[[nodiscard]] consteval std::size_t operator""_MiB(unsigned long long n) { return static_cast<std::size_t>(n) << 20U; }
[[nodiscard]] consteval std::size_t operator""_GiB(unsigned long long n) { return static_cast<std::size_t>(n) << 30U; }

}  // namespace weir::literals
