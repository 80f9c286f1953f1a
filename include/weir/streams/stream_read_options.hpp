// SPDX-License-Identifier: BSL-1.0
// Where and how a stream is read.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "operations.hpp"

namespace weir {

/// Where a reader begins: `trim_horizon`, `latest`, `at_timestamp(t)`, `at_sequence_number(n)`, ...
inline constexpr iterator_start trim_horizon{iterator_type::trim_horizon, {}, {}};
inline constexpr iterator_start latest{iterator_type::latest, {}, {}};
[[nodiscard]] constexpr iterator_start at_timestamp(instant t) { return {iterator_type::at_timestamp, {}, t}; }
[[nodiscard]] constexpr iterator_start at_sequence_number(const sequence_number& n) {
    return {iterator_type::at_sequence_number, n, {}};
}
[[nodiscard]] constexpr iterator_start after_sequence_number(const sequence_number& n) {
    return {iterator_type::after_sequence_number, n, {}};
}

class checkpoint_store;

/// How a pipeline reads a stream (from_stream.hpp).
struct stream_read_options {
    const char* name = nullptr;           // of the source, in metrics and checkpoints; outlives the pipeline
    iterator_start start = trim_horizon;  // or `latest`, `at_timestamp(t)`
    std::uint32_t chains = 0;             // 0: one for each shard that is open when the pipeline is made
    /// Where the whole pipeline's checkpoints are kept under `name`, every so often and at its end: the next start goes
    /// on from there, and not from `start`. Nothing: none are.
    std::shared_ptr<checkpoint_store> checkpoints = {};
    std::chrono::microseconds every = std::chrono::seconds(5);
};

}  // namespace weir
