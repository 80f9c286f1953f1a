// SPDX-License-Identifier: BSL-1.0
// What a stage counts, and who it is. A stage keeps one counter per *extra* exit; all else follows from
// conservation: in + made = passed + absorbed + exits + held (core_protocol.md, H).
#pragma once

#include <cstdint>

namespace weir {

/// A stage of a running pipeline. `path` is its stable id: the position in the pipeline, or the name it was
/// given with `.named("x")`; behind `shard` there is one per chain. Owned by the job, outlives receivers.
struct stage_info {
    const char* kind;     // "map"
    const char* path;     // "3", "3.failed.0", or the user's name
    std::uint32_t shard;  // 0 outside of `shard`
};

/// The extra exits of one stage, in records.
struct exits {
    std::uint64_t made = 0;      // emitted beyond one for each that came in
    std::uint64_t absorbed = 0;  // went into a state or a result
    std::uint64_t dropped = 0;   // not wanted: filter, take, drop
    std::uint64_t late = 0;      // behind the watermark
    std::uint64_t failed = 0;    // could not be used
    std::uint64_t routed = 0;    // left by another named output
    std::uint64_t held = 0;      // still inside; 0 after a drain
};

/// Everything a stage needs so that an exception names it. Called only on the way out of a `catch`.
namespace detail {

inline thread_local const stage_info* blamed_stage = nullptr;

/// Remembers the innermost stage whose user function threw; the task that ends by it reads and clears it.
inline void blame(const stage_info* stage) noexcept {
    if (blamed_stage == nullptr) blamed_stage = stage;
}

}  // namespace detail
}  // namespace weir
