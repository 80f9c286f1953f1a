// SPDX-License-Identifier: BSL-1.0
// Asking for a line of memory before it is needed. Never faults, whatever the address.
#pragma once

#include <cstddef>

#include "cache_line.hpp"
#include "config.hpp"

namespace weir {

/// How many objects of type T lie in so many cache lines, at least one: how far ahead a loop over them asks for memory.
template <class T, std::size_t Lines = 8>
inline constexpr std::size_t prefetch_distance = Lines * cache_line > sizeof(T) ? Lines* cache_line / sizeof(T) : 1;

/// The line will be written: it is asked for as this core's own, so that the store does not wait for it. The compilers'
/// builtin asks only to read it unless told of the instruction (-mprfchw), and a line that another core wrote is then
/// fetched twice: slower than no prefetch at all. Every 64-bit x86 processor knows the instruction, or ignores it.
WEIR_INLINE void prefetch_to_write(const void* p) noexcept {
#if defined(__x86_64__)
    asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(p)));
#else
    __builtin_prefetch(p, 1, 3);
#endif
}

WEIR_INLINE void prefetch_to_read(const void* p) noexcept { __builtin_prefetch(p, 0, 3); }

}  // namespace weir
