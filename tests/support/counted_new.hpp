// SPDX-License-Identifier: BSL-1.0
// Replaces the operators new of a whole test program, to count: for one file of a program. Every form is replaced, as a
// checker of memory wants what belongs together to be of one kind.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace weir_test {

/// Of the calling thread, so far.
inline thread_local std::size_t allocations = 0;

inline void* counted_new(std::size_t size, std::size_t alignment) noexcept {
    ++allocations;
    if (alignment <= alignof(std::max_align_t)) return std::malloc(size == 0 ? 1 : size);
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}
inline void* counted_new_or_throw(std::size_t size, std::size_t alignment) {
    if (void* p = counted_new(size, alignment)) return p;
    throw std::bad_alloc();
}

}  // namespace weir_test

void* operator new(std::size_t size) { return weir_test::counted_new_or_throw(size, 0); }
void* operator new[](std::size_t size) { return weir_test::counted_new_or_throw(size, 0); }
void* operator new(std::size_t size, std::align_val_t a) {
    return weir_test::counted_new_or_throw(size, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t size, std::align_val_t a) {
    return weir_test::counted_new_or_throw(size, static_cast<std::size_t>(a));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return weir_test::counted_new(size, 0); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return weir_test::counted_new(size, 0); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }
