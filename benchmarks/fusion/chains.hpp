// SPDX-License-Identifier: BSL-1.0
// The chains that are compared: their data, and the kernels that run them. Each chain is one function per competitor.
#pragma once

#include <chrono>
#include <cstddef>
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
    std::uint64_t late = 0;
    std::uint64_t absorbed = 0;  // by flat_map and windows
    std::uint64_t made = 0;      // by them
    friend bool operator==(const outcome&, const outcome&) = default;
};

struct inputs {
    std::vector<std::int32_t> ints;
    std::vector<wide> wides;
    std::vector<tick> ticks;
    std::vector<tick> more_ticks;
    std::vector<named_tick> named;
};

[[nodiscard]] inputs make_inputs(std::size_t n);

inline constexpr std::int64_t keys = 1'024;
inline constexpr std::chrono::seconds window{60};
inline constexpr std::chrono::seconds bound{5};

/// What a sink makes of a window's result; the order of results does not matter.
[[nodiscard]] inline std::int64_t mix(std::int64_t key, std::int64_t count, std::int64_t sum) noexcept {
    return (key * 7 + count) * 31 + sum;
}
[[nodiscard]] inline std::int64_t mix(const std::string& key, std::int64_t count, std::int64_t sum) noexcept {
    return mix(static_cast<std::int64_t>(key[18]) * 128 + key[17], count, sum);
}

enum class chain { map_filter, take_while, flat_map, keyed_fold, wide_records, int_windows, text_windows, merged };
inline constexpr std::size_t chains = 8;
/// The last three fire windows or merge.
[[nodiscard]] constexpr bool simple(chain c) noexcept { return c < chain::int_windows; }

inline constexpr const char* names[chains] = {"map/filter/map/fold", "with take_while", "flat_map",
                                              "keyed fold",          "64-byte structs", "windows, integer key",
                                              "windows, text key",   "merge, windows"};

/// hand: the loop. caller: `run` on the calling thread. task: the same pipeline stepped as a worker does. worker: on
/// one.
enum class competitor { hand, caller, task, range_v3, std_views, function, worker };
inline constexpr std::size_t competitors = 7;
inline constexpr const char* competitor_names[competitors] = {"hand loop",  "run",           "task",  "range-v3",
                                                              "std::views", "std::function", "worker"};

using kernel = outcome (*)(const inputs&);

/// The kernel of a chain and competitor; null where the competitor has none.
[[nodiscard]] kernel find_kernel(chain c, competitor who);

}  // namespace fusion
