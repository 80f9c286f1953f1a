// SPDX-License-Identifier: BSL-1.0
// What a log on disk is made with. `check` throws std::invalid_argument, naming the field and its bounds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "../support/clock.hpp"
#include "log_acknowledge.hpp"
#include "log_format.hpp"

namespace weir {

enum class log_sync : unsigned char {
    each_commit,  // what has been gathered while the last sync ran is one commit
    on_request    // at the end of a segment, at `sync` and at `close`
};
/// When the disk is full.
enum class log_full : unsigned char {
    wait,         // appending answers `errc::no_space` once memory is full too, and goes on by itself
    drop_oldest,  // the oldest segment goes, counted
    fail
};

struct log_options {
    std::uint64_t segment_bytes = std::uint64_t{128} << 20U;  // 32 KiB to 1 GiB, allocated ahead
    std::uint32_t alignment = 4'096;  // of commits: 4,096 where durable is asked for, 512 for slow streams, or 8
    log_sync sync = log_sync::each_commit;
    log_full full = log_full::wait;
    bool move_on = false;   // after a failed sync: a new segment with what was not durable, instead of failing
    bool salvage = false;   // open in spite of damage: the bytes stay, readers are told what is lost
    bool take_lock = true;  // false: the caller holds the lock of a folder above
    std::uint64_t staged_bytes = std::uint64_t{32} << 20U;  // in memory, not yet written or not yet durable
    std::uint64_t max_record = std::uint64_t{11} << 20U;    // key and payload
    std::int64_t retain_us = INT64_MAX;                     // by arrival; whole segments
    std::uint64_t retain_bytes = ~std::uint64_t{0};         // of files; whole segments
    std::int64_t note_after_us = 10'000;                    // idle so long: the durable mark is noted
    std::int64_t retry_us = 100'000;                        // on a full disk
    // Of sealed segments that readers map to read in place, at a time and all together; beyond it, and of the segment
    // that is written, they read copies. 0: always copies. It saves a reader's own megabyte or more, not time: one
    // reader is as fast by copies. Only for local disks that one trusts: what the disk cannot read of a mapping is a
    // SIGBUS, which ends the process, and not an error or `data_lost`. A segment that is trimmed stays whole in its
    // mapping, and keeps its room on the disk, until the reader has gone on from it.
    std::uint64_t map_bytes = 0;
    std::uint64_t first_sequence = 0;  // of a log that is new
    std::array<char, 16> stream = {};  // its identity; an existing log must have the same
    std::uint32_t shard = 0;
    std::uint64_t salt_seed = 0;  // 0: the process's own; else the salts follow from it
    const clock* time = nullptr;  // `steady_wall_clock` where none is given; it outlives the log

    void check() const {
        const auto require = [](bool good, const char* field, const char* bounds) {
            if (!good) throw std::invalid_argument(std::string("weir::log_options: ") + field + " must be " + bounds);
        };
        require(segment_bytes >= 32'768 && segment_bytes <= (std::uint64_t{1} << 30U) && segment_bytes % 4'096 == 0,
                "segment_bytes", "a multiple of 4,096 from 32 KiB to 1 GiB");
        require(log_format::good_alignment(alignment), "alignment", "4,096, 512 or 8");
        require(max_record >= 1 && max_record <= log_format::block_limit - 64, "max_record", "1 byte to 16 MiB");
        require(staged_bytes >= 4'096, "staged_bytes", "at least 4,096");
        require(retain_us > 0 && note_after_us >= 0 && retry_us >= 0, "retain_us, note_after_us and retry_us",
                "positive");
    }
};

}  // namespace weir
