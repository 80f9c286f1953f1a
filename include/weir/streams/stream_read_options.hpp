// SPDX-License-Identifier: BSL-1.0
// Where and how a stream is read.
#pragma once

#include <cstdint>

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

/// How a pipeline reads a stream (from_stream.hpp).
struct stream_read_options {
    const char* name = nullptr;           // of the source, in metrics and checkpoints; outlives the pipeline
    iterator_start start = trim_horizon;  // or `latest`, `at_timestamp(t)`
    std::uint32_t chains = 0;             // 0: one for each shard that is open when the pipeline is made
};

}  // namespace weir
