// SPDX-License-Identifier: BSL-1.0
// How a producer buffers, aggregates, limits and retries: the settings of the Kinesis Producer Library and its
// defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "../support/clock.hpp"

namespace weir {

/// What a put does that finds the producer's memory used up.
enum class producer_overflow : unsigned char {
    block,        // waits until there is room
    drop_newest,  // the record is not taken; its outcome says so, and it is counted
    fail          // `errc::limit_exceeded`
};

struct producer_options {
    bool aggregation = true;                              // AggregationEnabled
    std::uint64_t aggregation_max_count = 4'294'967'295;  // user records in one
    std::size_t aggregation_max_size = 51'200;            // bytes of one
    std::size_t collection_max_count = 500;               // records in one put_records call
    std::uint64_t collection_max_size = 5'242'880;        // their data and partition keys
    std::chrono::milliseconds record_max_buffered_time{100};
    std::chrono::milliseconds record_ttl{30'000};
    std::uint32_t rate_limit = 150;  // per cent of a shard's 1,000 records and 1 MiB a second
    bool fail_if_throttled = false;  // a throttled record fails at its first attempt
    bool ordered = false;            // of each key, a record is put when the one before is stored
    std::size_t max_user_record_size = 1'048'576;
    std::uint64_t max_buffered_bytes = 67'108'864;  // of all records that are not finished
    producer_overflow overflow = producer_overflow::block;
    const clock* time = nullptr;  // the wall clock where none is given
};

}  // namespace weir
