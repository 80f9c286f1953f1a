// SPDX-License-Identifier: BSL-1.0
// How a topic keeps its records: Kafka's settings by Kafka's names and defaults, in its units (milliseconds and bytes;
// -1: no limit).
#pragma once

#include <cstddef>
#include <cstdint>

#include "../../support/clock.hpp"
#include "partitioner.hpp"

namespace weir {

enum class cleanup_policy : unsigned char { delete_old, compact, compact_and_delete };
enum class timestamp_type : unsigned char { create_time, log_append_time };

struct topic_options {
    std::uint32_t partitions = 1;
    partitioner by = partitioner::murmur2;
    cleanup_policy cleanup = cleanup_policy::delete_old;
    timestamp_type timestamps = timestamp_type::create_time;
    std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;
    std::int64_t retention_bytes = -1;
    std::int64_t segment_bytes = 1LL << 30;
    std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
    std::int64_t max_message_bytes = 1'048'588;
    std::int64_t delete_retention_ms = 24LL * 3600 * 1000;
    double min_cleanable_dirty_ratio = 0.5;
    std::int64_t producer_id_expiration_ms = 24LL * 3600 * 1000;
    std::uint64_t sticky_bytes = 16'384;     // records without a key stay with a partition for so many bytes
    std::uint32_t max_partitions = 1024;     // what add_partitions can reach
    std::size_t reserve_records = 0;         // of each partition: memory that is there and touched from the start
    std::size_t log_segment_records = 4096;  // of the log in memory underneath; no effect on what is seen
    const clock* time = nullptr;             // null: the wall clock; else it outlives the topic
};

}  // namespace weir
