// SPDX-License-Identifier: BSL-1.0
// A shard's log on disk: records are appended by any thread, written and synced by whoever calls `step`, read back by
// any number of `storage_reader`s. Section 3 of the durability reference decides the format (log_format.hpp) and the
// protocol:
//
//     append    frames a span into a block in memory; its sequence numbers are given here. Any thread.
//     step      one thread at a time: writes what is there, syncs it, seals and rolls, drops what retention gives up.
//               What is appended while a sync runs is the next commit: the sync is the timer.
//     written() records before it survive kill -9, durable() a power cut. Neither ever goes back but for `move_on`.
//
// A sync that fails is final for that file, whatever errno (R6): nothing behind the durable mark is acknowledged or
// read; the log fails, or goes on in a new segment (`move_on`). A full disk is met when room for the next segment is
// made, before it is needed (R8); one that copies on write may also lack room for a segment's name or a trim's mark,
// which is waited for too. Errors name the folder and the file. Bytes that a sync covered are never written again.
// Assumed of the disk: it honours flushes, and a torn write of 4 KiB leaves its neighbours alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../support/process_seed.hpp"
#include "../support/steady_wall_clock.hpp"
#include "detail/folder_lock.hpp"
#include "detail/log_scrub.hpp"
#include "detail/log_segment_writer.hpp"
#include "log_options.hpp"
#include "log_record.hpp"
#include "storage_loss.hpp"
#include "storage_scrub.hpp"
#include "storage_step.hpp"

namespace weir {

class storage_reader;

/// What happened to a log.
struct storage_counters {
    std::uint64_t blocks = 0;
    std::uint64_t syncs = 0;
    std::uint64_t notes = 0;
    std::uint64_t rolls = 0;
    std::uint64_t torn_bytes = 0;        // cut at opening: never durable
    std::uint64_t damaged_ranges = 0;    // opened in spite of them
    std::uint64_t expired_segments = 0;  // by retention
    std::uint64_t full_dropped = 0;      // records dropped by `log_full::drop_oldest`
    std::uint64_t full_waits = 0;
    std::uint64_t moved_on = 0;     // failed files left behind
    std::uint64_t clock_ahead = 0;  // the log was ahead of the clock when it was opened
    std::uint64_t scrubbed_bytes = 0;
    std::uint64_t scrub_passes = 0;
    std::uint64_t scrub_damage = 0;  // ranges that were whole when it was opened
    std::uint64_t scrub_unread = 0;  // segments that could not be opened for it
};

class log_storage {
  public:
    /// Takes the lock, finds and checks what is there, cuts a torn tail. Fails with `errc::resource_in_use` where
    /// another has it, `errc::damaged` where what was durable is not there (unless `salvage`). Throws
    /// std::invalid_argument for options out of bounds.
    [[nodiscard]] static result<std::unique_ptr<log_storage>>
    open(const std::string& folder, const log_options& options, storage_files& files = storage_files::real()) {
        options.check();
        std::unique_ptr<log_storage> log(new log_storage(options, detail::log_folder_io(files, folder)));
        if (auto r = log->recover(); !r) return r.error();
        return log;
    }
    log_storage(const log_storage&) = delete;
    log_storage& operator=(const log_storage&) = delete;
    /// As a crash would: `close` first.
    ~log_storage() = default;

    // ---- Any thread -----------------------------------------------------------------------------------------------

    /// All of the span, or an error and nothing: `limit_exceeded` or `no_space` when what is not yet written fills
    /// `staged_bytes`, `too_large`, or what made the log fail. The first one's sequence number; the others follow.
    [[nodiscard]] result<std::uint64_t> append(std::span<const log_record> records) {
        if (stopped_.load(memory_order_acquire)) return failure();  // (8)
        if (foreign()) return forked();
        for (const log_record& r : records) {
            if (r.key.size() > options_.max_record || r.payload.size() > options_.max_record - r.key.size()
                || !one_fits(log_format::record_size(r.key.size(), r.payload.size()))) {
                return error{errc::too_large,
                             "append to " + shared_->io.path() + ": a record of "
                                 + std::to_string(r.key.size() + r.payload.size()) + " bytes, of at most "
                                 + std::to_string(options_.max_record) + " and a segment's room; split it",
                             shared_->io.path()};
            }
        }
        auto first = staging_.append(records, clock_->now());
        if (first) return first;
        const bool full = disk_full_.load(memory_order_relaxed);
        return error{full ? errc::no_space : errc::limit_exceeded,
                     "append to " + shared_->io.path()
                         + (full ? ": the disk is full and so is memory; make room, then it goes on"
                                 : ": memory for what is not yet written is full; append again later"),
                     shared_->io.path()};
    }
    /// The next record's number.
    [[nodiscard]] std::uint64_t appended() const { return staging_.next(); }
    [[nodiscard]] std::uint64_t written() const noexcept { return shared_->written.load(memory_order_acquire); }  // (6)
    [[nodiscard]] std::uint64_t durable() const noexcept { return shared_->durable.load(memory_order_acquire); }  // (6)
    /// The oldest record that can be read.
    [[nodiscard]] std::uint64_t first_available() const noexcept { return shared_->first.load(memory_order_acquire); }
    /// Blocks until the record has that acknowledgement, at most `ns` (negative: for ever). Whether it has.
    [[nodiscard]] bool wait_for(log_acknowledge level, std::uint64_t sequence, std::int64_t ns = -1) const {
        const std::int64_t end = ns < 0 ? INT64_MAX : monotonic_now() + ns;
        for (;;) {
            const std::uint32_t seen = shared_->progress.load(memory_order_acquire);
            if (level == log_acknowledge::memory
                || (level == log_acknowledge::written ? written() : durable()) > sequence)
                return true;
            const std::int64_t left = ns < 0 ? -1 : end - monotonic_now();
            if (stopped_.load(memory_order_acquire) || (ns >= 0 && left <= 0)) return false;  // (8)
            detail::futex_sleep(shared_->progress, seen, left);
        }
    }
    /// Why it does not go on.
    [[nodiscard]] error failure() const {
        const std::lock_guard hold(failure_mutex_);
        return failure_ ? *failure_ : error{errc::closed, "the log " + shared_->io.path() + " is closed", ""};
    }
    [[nodiscard]] bool failed() const noexcept { return stopped_.load(memory_order_acquire); }  // (8)

    // ---- One thread at a time -------------------------------------------------------------------------------------

    storage_step step();
    /// Everything appended so far is durable when it answers true.
    [[nodiscard]] result<void> sync();
    /// Writes and syncs what is there and notes the durable mark, so that damage to the last commit is told from a torn
    /// tail. The log takes nothing more.
    [[nodiscard]] result<void> close();
    /// Records before `sequence` may go: whole segments, durably noted first.
    [[nodiscard]] result<void> trim(std::uint64_t sequence);
    /// Reads about so many bytes of sealed segments from the disk, behind where the last call ended, and says what of
    /// them is damaged; at least one block, at most to the end of the last one, then it begins anew. Readers are told
    /// `data_lost` when they come there. Blocks for as long as that takes; where it finds damage, it may read a segment
    /// to its end. Also of a log that is closed, as long as no other one is opened on the folder.
    [[nodiscard]] storage_scrub scrub(std::uint64_t size);
    [[nodiscard]] const storage_counters& counters() const noexcept { return counters_; }
    /// What was lost when it was opened with `salvage`.
    [[nodiscard]] const std::vector<storage_loss>& damage() const noexcept { return damage_; }
    [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }

  private:
    friend class storage_reader;
    log_storage(const log_options& options, detail::log_folder_io io)
        : options_(options), clock_(options.time != nullptr ? options.time : &steady_wall_clock::shared()),
          shared_(std::make_shared<detail::log_shared>(std::move(io))) {}

    [[nodiscard]] bool one_fits(std::uint64_t record) const noexcept {
        using namespace log_format;
        const std::uint64_t seal = block_size(seal_header_size + 2 * seal_entry_size, options_.alignment);
        return header_page + block_size(record, options_.alignment) + seal <= options_.segment_bytes;
    }
    [[nodiscard]] bool foreign() const { return shared_->io.files().process() != process_; }
    [[nodiscard]] error forked() const {
        return {errc::no_permission,
                "use the log " + shared_->io.path() + ": opened by process " + std::to_string(process_)
                    + ", of which this is a forked child; open it anew",
                shared_->io.path()};
    }
    [[nodiscard]] std::uint64_t new_salt() noexcept {
        std::uint64_t x = (options_.salt_seed != 0 ? options_.salt_seed
                                                   : process_seed() ^ static_cast<std::uint64_t>(clock_->now().us))
                          + 0x9E37'79B9'7F4A'7C15U * (++salts_ + epoch_ * 65'536ULL);
        x = (x ^ (x >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
        x = (x ^ (x >> 27U)) * 0x94D0'49BB'1331'11EBU;
        return x ^ (x >> 31U);
    }

    result<void> recover();
    result<void> adopt_tail(const detail::log_folder_facts& facts);
    void list_segment(const detail::log_segment_facts& facts, bool closed);
    bool make_spare(bool needed);
    void wait_for_room();
    bool commit_pending();
    storage_step note_when_idle();
    bool roll();
    bool write_pending();
    bool commit();
    void publish(bool durable);
    bool give_up(const error& why);
    bool met_full_disk(const error& why);
    void fail(const error& why);
    void retain();
    bool drop_front();

    log_options options_;
    const clock* clock_;
    std::shared_ptr<detail::log_shared> shared_;
    detail::folder_lock lock_;
    detail::log_staging staging_;
    detail::log_segment_writer writer_;
    detail::log_trim trim_;
    storage_file spare_;
    std::shared_ptr<detail::segment_file> active_;
    std::vector<detail::staged_block> pending_;  // the first `in_file_` are in the file, not yet durable
    std::size_t in_file_ = 0;
    std::uint64_t previous_end_ = 0;
    std::uint32_t previous_chain_ = 0;
    std::uint32_t epoch_ = 1;
    std::uint64_t salts_ = 0;
    int process_ = 0;
    std::int64_t idle_since_us_ = INT64_MIN;
    std::int64_t retained_at_us_ = INT64_MIN;
    std::uint64_t retained_rolls_ = 0;
    std::int64_t retry_at_us_ = INT64_MIN;
    bool age_by_file_ = false;  // the log is ahead of the clock
    bool gap_behind_ = false;   // the next segment says that what is missing before it is known
    bool sealed_ = false;       // the writer's file is; the next block begins a new one
    atomic<bool> disk_full_{false};
    // (7) release store, behind `failure_` -> (8) acquire load: there is a reason.
    atomic<bool> stopped_{false};
    mutable std::mutex failure_mutex_;
    std::optional<error> failure_;
    storage_counters counters_;
    std::vector<storage_loss> damage_;
    detail::log_scrubber scrubber_;
};

}  // namespace weir

#include "detail/log_opening.hpp"
#include "detail/log_stepping.hpp"
