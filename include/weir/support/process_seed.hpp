// SPDX-License-Identifier: BSL-1.0
// process_seed(): 64 random bits, the same for a process's life. Tables hash with them, so that nobody outside can
// choose keys that collide. Any thread; the kernel is asked once. Nothing that a pipeline gives depends on them.
#pragma once

#include <sys/random.h>
#include <time.h>

#include <cstdint>

namespace weir {

[[nodiscard]] inline std::uint64_t process_seed() noexcept {
    static const std::uint64_t seed = [] {
        std::uint64_t bits = 0;
        if (::getrandom(&bits, sizeof(bits), GRND_NONBLOCK) == static_cast<ssize_t>(sizeof(bits))) return bits;
        // A kernel without it, or one that has no entropy yet: where this stands, and when.
        timespec t{};
        ::clock_gettime(CLOCK_MONOTONIC, &t);
        return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&bits)) * 0x9E37'79B9'7F4A'7C15U
               ^ static_cast<std::uint64_t>(t.tv_nsec) << 32U ^ static_cast<std::uint64_t>(t.tv_sec);
    }();
    return seed;
}

}  // namespace weir
