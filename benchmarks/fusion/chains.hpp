// SPDX-License-Identifier: BSL-1.0
// The chains that are compared: their data, their functions and the names of their kernels.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace fusion {

struct wide {
    std::int64_t a = 0;
    std::int64_t b[7] = {};
};

struct tick {
    std::chrono::sys_time<std::chrono::microseconds> time;
    std::int64_t key = 0;
    std::int64_t value = 0;
    std::int64_t pad[5] = {};
};

struct named_tick {
    std::chrono::sys_time<std::chrono::microseconds> time;
    std::string key;  // 22 characters: no small-string optimisation
    std::int64_t value = 0;
    std::int64_t pad[2] = {};
};

/// What a kernel gives: printed, so that nothing measured can be left out.
struct outcome {
    std::int64_t result = 0;
    std::uint64_t taken = 0;    // by the sink
    std::uint64_t dropped = 0;  // by filters
    friend bool operator==(const outcome&, const outcome&) = default;
};

struct inputs {
    std::vector<std::int32_t> ints;
    std::vector<wide> wides;
    std::vector<tick> ticks;
    std::vector<tick> more_ticks;
    std::vector<named_tick> named;
};

inputs make_inputs(std::size_t n);

inline constexpr std::int64_t keys = 1'024;
inline constexpr std::chrono::seconds window{60};
inline constexpr std::chrono::seconds bound{5};

}  // namespace fusion
