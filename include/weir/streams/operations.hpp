// SPDX-License-Identifier: BSL-1.0
// What goes into and comes out of a stream's operations: the shapes of Amazon Kinesis Data Streams, under its names.
// Values. The limits are Kinesis's of 2026; those that moved over the years are options (`stream_options`).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/instant.hpp"
#include "../support/result.hpp"
#include "hash_key.hpp"
#include "sequence_number.hpp"
#include "shard_id.hpp"
#include "stream_options.hpp"

namespace weir {

/// The record of a stream whose records are bytes.
using bytes = std::string;

/// One record to put. `data` and `partition_key` are copied by the call.
struct put_entry {
    std::string_view data;
    std::string_view partition_key;
    std::optional<hash_key> explicit_hash_key = {};  // decides the shard in the partition key's stead
};

/// How one record is put.
struct put_options {
    std::optional<sequence_number> sequence_number_for_ordering = {};  // of the key's record before (K14)
    std::optional<hash_key> explicit_hash_key = {};
    std::optional<log_acknowledge> acknowledge = {};  // of a stream with a storage; what that says where none is given
};

struct put_record_result {
    shard_id shard;
    sequence_number number;
};

/// What put_span answers: so many records in a row from `first` on.
struct put_span_result {
    shard_id shard;
    sequence_number first;
    std::uint64_t records = 0;
};

/// One entry of put_records: stored, or why not (K09).
struct put_entry_result {
    std::optional<put_record_result> stored = {};
    errc code = errc::io;      // where it was not stored: provisioned_throughput_exceeded, closed, io
    std::string message = {};  // empty where it was stored
};

/// As many entries as were put, in their order (K09).
struct put_records_result {
    std::size_t failed = 0;
    std::vector<put_entry_result> entries = {};

    /// Entry `i` was not stored.
    void refuse(std::size_t i, error&& why) {
        ++failed;
        entries[i].code = why.code;
        entries[i].message = std::move(why.message);
    }
};

/// A record as a page gives it: its own copy.
struct stream_record {
    sequence_number number;
    instant arrival;  // ApproximateArrivalTimestamp; ascends within a shard
    std::string partition_key;
    std::string data;
};

struct shard_description {
    shard_id id;
    hash_range keys;
    sequence_number first;                     // StartingSequenceNumber: before the first record's
    std::optional<sequence_number> last = {};  // EndingSequenceNumber: nothing while the shard is open
    std::optional<shard_id> parent = {};
    std::optional<shard_id> adjacent_parent = {};

    [[nodiscard]] bool open() const noexcept { return !last.has_value(); }
};

/// Where one goes on behind a closed shard.
struct child_shard {
    shard_id id;
    std::vector<shard_id> parents;
    hash_range keys;
};

enum class stream_status : unsigned char { active, updating, closed };

//// What describe_stream_summary answers.
struct stream_summary {
    std::string name;
    stream_status status = stream_status::active;
    capacity_mode capacity = capacity_mode::unlimited;
    std::chrono::hours retention{24};
    std::uint32_t open_shards = 0;
    std::uint64_t max_record_size = 0;
    instant created = {};
};

/// What update_shard_count answers.
struct shard_count {
    std::uint32_t current = 0;  // before
    std::uint32_t target = 0;
};

/// Which shards list_shards names (K34).
struct shard_filter {
    enum class type : unsigned char {
        from_trim_horizon,  // all that have not expired
        at_trim_horizon,    // those that were open at the oldest retained moment
        at_latest,          // the open ones
        after_shard_id,
        at_timestamp,
        from_timestamp
    };
    type kind = type::from_trim_horizon;
    shard_id after = {};
    instant time = {};
};

/// Where a listing goes on; good for five minutes (K34).
struct list_token {
    explicit list_token(const shard_filter& f, shard_id behind, instant at) noexcept
        : filter(f), after(behind), issued(at) {}
    shard_filter filter;
    shard_id after;
    instant issued;
};

/// A page of list_shards, by id. No `next`: that was all.
struct shard_list {
    std::vector<shard_description> shards = {};
    std::optional<list_token> next = {};
};

enum class iterator_type : unsigned char {
    at_sequence_number,
    after_sequence_number,
    trim_horizon,
    latest,
    at_timestamp
};

/// Where a reader begins: `{iterator_type::trim_horizon}`, `{iterator_type::at_timestamp, {}, time}`.
struct iterator_start {
    iterator_type kind = iterator_type::trim_horizon;
    std::optional<sequence_number> number = {};
    std::optional<instant> time = {};
};

/// A position in a shard, taken at a moment; good for five minutes, as often as one likes (K15, K16).
struct shard_iterator {
    shard_id shard;
    std::uint64_t position = 0;
    instant issued = {};
};

/// What get_records answers. No `next`: the shard is closed and read to its end, and `children` says where it goes on
/// (K26). `Record`: `stream_record`, or the typed stream's.
template <class Record = stream_record>
struct records_page {
    std::vector<Record> records = {};
    std::optional<shard_iterator> next = {};
    std::int64_t millis_behind_latest = 0;  // 0: at the tip (K24)
    std::uint64_t missed = 0;               // records that retention took between the iterator and the first one here
    std::vector<child_shard> children = {};
};

}  // namespace weir
