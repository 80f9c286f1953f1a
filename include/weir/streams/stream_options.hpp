// SPDX-License-Identifier: BSL-1.0
// What a stream is made with. The limits are those of Kinesis as of 2026 where it has one; all are options, since they
// moved over the years. `check` throws std::invalid_argument, naming the field and its bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "../support/clock.hpp"
#include "stream_storage.hpp"

namespace weir {

enum class capacity_mode : unsigned char {
    unlimited,    // no quota; the record and request limits hold
    provisioned,  // quotas of each shard: `stream_limits`
    on_demand  // the same quotas, and a shard that is written faster than `split_above` for a minute splits by itself
};

/// What becomes of records in memory that a pipeline has not read yet and that `retained_records` or `retained_bytes`
/// would give up. With a storage they spill there, and none of this applies. Retention by time always takes them.
enum class slow_reader : unsigned char {
    trim,   // they go; the reader is told how many it missed, and its source counts them as dropped
    block,  // puts wait for it: those of application threads block, pipelines keep what they have
    refuse  // puts answer `errc::limit_exceeded`
};

/// Quotas of one shard, per second, and limits of one call.
struct stream_limits {
    std::uint32_t write_records = 1'000;          // K11
    std::uint64_t write_bytes = 1'048'576;        // data and partition keys
    std::uint32_t reads = 5;                      // K23: get_records calls, of all pollers together
    std::uint64_t read_bytes = 2'097'152;         // shared by the pollers; and of each fan-out consumer on its own
    std::uint64_t split_above = 500'000;          // bytes written per second: `on_demand` only
    std::size_t request_records = 500;            // K07: of put_records
    std::uint64_t request_bytes = 10'485'760;     // K08
    std::size_t page_records = 10'000;            // K22: of get_records
    std::uint64_t page_bytes = 10'485'760;        // K22
    std::chrono::seconds iterator_life{300};      // of shard iterators and listings
    std::uint32_t updates_per_day = 10;           // K33: of update_shard_count
    std::uint32_t consumers = 20;                 // K37: registered for enhanced fan-out
    std::chrono::seconds subscription_life{300};  // K36
    std::chrono::seconds resubscribe_after{5};    // K37
};

struct stream_options {
    std::uint32_t shards = 1;
    std::chrono::hours retention{24};  // 24 to 8,760
    capacity_mode capacity = capacity_mode::unlimited;
    std::uint64_t max_record_size = 1'048'576;           // K06: 1 to 10 MiB; data and partition key together
    std::uint64_t retained_records = ~std::uint64_t{0};  // of each shard, at least the newest so many
    std::uint64_t retained_bytes = ~std::uint64_t{0};    // of each shard; whole segments go
    weir::slow_reader slow_readers = slow_reader::trim;
    std::size_t segment_records = 1'024;
    std::chrono::milliseconds update_time{0};  // how long a stream is UPDATING behind a reshard (K31)
    stream_limits limits = {};
    const clock* time = nullptr;                   // the wall clock where none is given; it outlives the stream
    std::shared_ptr<stream_storage> storage = {};  // memory alone where none is given; on_disk.hpp

    void check() const;
};

namespace detail {

inline constexpr std::chrono::hours least_retention{24};
inline constexpr std::chrono::hours longest_retention{8'760};

inline void require_option(bool good, const char* field, const std::string& bounds) {
    if (!good) throw std::invalid_argument(std::string("weir::stream_options: ") + field + " must be " + bounds);
}

}  // namespace detail

inline void stream_options::check() const {
    using detail::require_option;
    require_option(shards >= 1 && shards <= 20'000, "shards", "1 to 20,000");
    require_option(retention >= detail::least_retention && retention <= detail::longest_retention, "retention",
                   "24 to 8,760 hours");
    require_option(max_record_size >= 1'048'576 && max_record_size <= 10'485'760, "max_record_size",
                   "1,048,576 to 10,485,760 bytes");
    require_option(segment_records >= 1, "segment_records", "at least 1");
    require_option(retained_bytes >= 1 && retained_records >= 1, "retained_bytes and retained_records", "at least 1");
    require_option(!storage || (retained_bytes == ~std::uint64_t{0} && retained_records == ~std::uint64_t{0}),
                   "retained_bytes and retained_records", "left out with a storage, which has limits of its own");
    const bool bounded = retained_bytes != ~std::uint64_t{0} || retained_records != ~std::uint64_t{0};
    require_option(slow_readers == slow_reader::trim || bounded, "retained_records or retained_bytes",
                   "given where slow_readers is not trim: what memory may hold");
    require_option(limits.request_records >= 1 && limits.page_records >= 1, "limits", "at least one record a call");
}

}  // namespace weir
