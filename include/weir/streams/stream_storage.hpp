// SPDX-License-Identifier: BSL-1.0
// Where a stream keeps its records beside memory: `on_disk(folder)` (on_disk.hpp), or a user's own. The stream's
// records stay in memory too, the newest of each shard; readers that are further behind are served from here.
//
// A thread of the stream's own calls everything but `first`, `written`, `durable`, `failure`, `find` and `read`, which
// any thread may; a cursor is one thread's at a time. All may block. Positions are those of the records in their shard;
// neither `written` nor `durable` ever goes back. A failure is final for a shard: the stream takes no more records
// then.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../buffers/log_acknowledge.hpp"
#include "../buffers/log_record.hpp"
#include "../buffers/storage_page.hpp"
#include "../buffers/storage_scrub.hpp"
#include "../buffers/storage_step.hpp"
#include "../support/clock.hpp"
#include "../support/result.hpp"
#include "sequence_number.hpp"

namespace weir {

/// When records are put faster than they are written, and memory has as many as it may.
enum class storage_overflow : unsigned char {
    block,  // puts wait; a pipeline's chain makes its source wait
    fail    // puts answer `errc::limit_exceeded`, and are counted by who gets that
};

/// What the stream itself is told.
struct storage_settings {
    std::uint64_t memory_records = 65'536;      // of each shard, the newest, kept in front of the storage
    std::uint64_t unwritten_records = 262'144;  // of each shard, in memory and not yet in the storage; then `overflow`
    storage_overflow overflow = storage_overflow::block;
    log_acknowledge acknowledge = log_acknowledge::written;  // of puts that ask for nothing else
    // What is stored and not read by anybody is gone over, so that damage is known while there is still a copy
    // somewhere: by the stream's own thread when it has nothing to write, at most so fast by the stream's clock (2^40
    // is the most), a pass over all of it beginning at most so often. On, because a disk keeps silent about what it has
    // lost; as slow as that, because it is a hundredth of what a slow disk reads, and still 86 GB a day. 0: off.
    std::uint64_t scrub_bytes_per_second = std::uint64_t{1} << 20U;
    std::int64_t scrub_every_us = 86'400'000'000;
};

/// A shard, as the stream's table has it.
struct stored_shard {
    shard_id id;
    hash_range keys;
    std::uint64_t created = 0;  // second
    instant made;
    std::optional<shard_id> parent = {};
    std::optional<shard_id> adjacent_parent = {};
    std::optional<instant> ended = {};  // closed then, with the number `last`
    std::optional<sequence_number> last = {};
    std::uint64_t end = 0;  // behind its last record, where it is closed
};

/// What is not in the shards' records.
struct stored_stream {
    std::string name;
    instant created;
    std::int64_t retention_us = 0;
    std::vector<stored_shard> shards;  // by id, without a gap
};

/// Reads one shard's records in order.
class shard_cursor {
  public:
    shard_cursor(const shard_cursor&) = delete;
    shard_cursor& operator=(const shard_cursor&) = delete;
    virtual ~shard_cursor() = default;
    [[nodiscard]] virtual storage_page next() = 0;

  protected:
    shard_cursor() = default;
};

class shard_storage {
  public:
    shard_storage(const shard_storage&) = delete;
    shard_storage& operator=(const shard_storage&) = delete;
    virtual ~shard_storage() = default;

    /// Copies them. `limit_exceeded`, `no_space`: later, behind a `step`. Any other error is final.
    [[nodiscard]] virtual result<void> append(std::span<const log_record> records) = 0;
    [[nodiscard]] virtual storage_step step() = 0;
    /// Everything appended is durable when it answers well.
    [[nodiscard]] virtual result<void> sync() = 0;
    /// Positions before it may go.
    [[nodiscard]] virtual result<void> trim(std::uint64_t position) = 0;
    /// Goes over about so many bytes of what is stored, behind where the last call ended, until a pass over all of it
    /// has ended. Also behind `close`. One that cannot has nothing to go over.
    [[nodiscard]] virtual storage_scrub scrub(std::uint64_t /*size*/) {
        storage_scrub nothing;
        nothing.passes = 1;
        return nothing;
    }
    /// Everything is durable when it answers well; nothing is appended any more.
    [[nodiscard]] virtual result<void> close() = 0;

    [[nodiscard]] virtual std::uint64_t next() const = 0;              // position of the next record to append
    [[nodiscard]] virtual std::uint64_t first() const noexcept = 0;    // the oldest that is there
    [[nodiscard]] virtual std::uint64_t written() const noexcept = 0;  // those before it survive the process
    [[nodiscard]] virtual std::uint64_t durable() const noexcept = 0;  // those before it survive a power cut
    [[nodiscard]] virtual error failure() const = 0;
    /// The first record that was appended at `time` or later.
    [[nodiscard]] virtual std::uint64_t find(instant time) = 0;
    [[nodiscard]] virtual std::unique_ptr<shard_cursor> read(std::uint64_t position) = 0;

  protected:
    shard_storage() = default;
};

class stream_storage {
  public:
    stream_storage(const stream_storage&) = delete;
    stream_storage& operator=(const stream_storage&) = delete;
    virtual ~stream_storage() = default;

    [[nodiscard]] virtual const storage_settings& settings() const noexcept = 0;
    /// What an earlier process has left; nothing: it is new. Fails where another one writes it.
    [[nodiscard]] virtual result<std::optional<stored_stream>> open(const clock& time) = 0;
    /// Durable when it answers well, all or nothing.
    [[nodiscard]] virtual result<void> keep(const stored_stream& table) = 0;
    /// Made where it is not there.
    [[nodiscard]] virtual result<std::unique_ptr<shard_storage>> open_shard(shard_id shard) = 0;

  protected:
    stream_storage() = default;
};

}  // namespace weir
