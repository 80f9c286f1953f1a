// SPDX-License-Identifier: BSL-1.0
// Whether a ring checks how it is used. `unchecked` costs nothing; `checked`, for tests and examples, ends the process
// with a message that names the mistake: two threads on a side that is for one, more published than claimed, more
// released than read, use after close.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "../support/atomic.hpp"

namespace weir {
namespace detail {

/// Different for each running thread.
[[nodiscard]] inline const void* this_thread_mark() noexcept {
    thread_local const char mark = 0;
    return &mark;
}

inline constexpr const char* second_writer =
    "a second thread writes; one thread writes, or hands over by hand_writer_over()";
inline constexpr const char* second_reader =
    "a second thread reads; one thread reads, or hands over by hand_reader_over()";
inline constexpr const char* over_published = "publish: more than was claimed; publish at most what claim() gave";
inline constexpr const char* over_released = "release: more than was read; release at most what peek() gave";

[[noreturn]] inline void refuse_use(const char* structure, const char* what) noexcept {
    std::fprintf(stderr, "weir::%s: %s\n", structure, what);
    std::abort();
}

}  // namespace detail

struct unchecked {
    /// One side of a ring.
    class side {
      public:
        constexpr void enter(const char*, const char*) noexcept {}
        constexpr void claimed(std::uint64_t) noexcept {}
        constexpr void use(const char*, std::uint64_t, const char*) noexcept {}
        constexpr void hand_over() noexcept {}
    };
    static constexpr void require(bool, const char*, const char*) noexcept {}
};

struct checked {
    class side {
      public:
        /// The first thread that comes has this side, until it hands it over.
        void enter(const char* structure, const char* message) noexcept {
            const void* const here = detail::this_thread_mark();
            const void* owner = nullptr;
            if (owner_.compare_exchange_strong(owner, here, memory_order_relaxed, memory_order_relaxed)) return;
            if (owner != here) detail::refuse_use(structure, message);
        }
        void claimed(std::uint64_t n) noexcept { given_ = n; }
        /// `n` of what was claimed or seen.
        void use(const char* structure, std::uint64_t n, const char* message) noexcept {
            if (n > given_) detail::refuse_use(structure, message);
            given_ -= n;
        }
        void hand_over() noexcept { owner_.store(nullptr, memory_order_relaxed); }

      private:
        atomic<const void*> owner_{nullptr};
        std::uint64_t given_ = 0;
    };
    static void require(bool holds, const char* structure, const char* message) noexcept {
        if (!holds) detail::refuse_use(structure, message);
    }
};

}  // namespace weir
