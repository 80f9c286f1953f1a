// SPDX-License-Identifier: BSL-1.0
// What a consumer says of one of its shards. A value.
#pragma once

#include <cstdint>
#include <string>

#include "../support/instant.hpp"
#include "extended_sequence_number.hpp"
#include "shard_id.hpp"

namespace weir {

/// In the order in which they are gone through; `shutdown_requested` only where somebody asks.
enum class consumer_state : unsigned char {
    waiting_on_parent_shards,
    initializing,
    processing,
    shutdown_requested,
    shutting_down,
    shutdown_complete
};

/// Why a shard's processor ends; it only escalates (C18).
enum class shutdown_reason : unsigned char { none, requested, shard_end, lease_lost };

struct shard_progress {
    shard_id shard;
    consumer_state state = consumer_state::waiting_on_parent_shards;
    shutdown_reason reason = shutdown_reason::none;
    extended_sequence_number checkpoint = {};
    instant last_progress = {};  // records processed, the tip reached, or a state left
    bool stalled = false;        // no progress for `stall_after`
    std::uint32_t failures = 0;  // in a row
    std::string last_error = {};
    std::int64_t millis_behind_latest = 0;
};

}  // namespace weir
