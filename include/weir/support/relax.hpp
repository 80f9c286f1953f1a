// SPDX-License-Identifier: BSL-1.0
// For a few turns of a loop that waits for another core.
#pragma once

namespace weir::detail {

inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace weir::detail
