// SPDX-License-Identifier: BSL-1.0
// What `log_storage::step` does: write, sync, publish, roll, make room, drop. Each part answers whether to go on;
// false: `fail` was called, or the disk is full and the log waits.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "../log_storage.hpp"

namespace weir {

inline void log_storage::fail(const error& why) {
    {
        const std::lock_guard hold(failure_mutex_);
        if (!failure_) failure_ = why;
    }
    stopped_.store(true, memory_order_release);  // (7)
    if (active_) {
        // Nothing behind the durable mark is read any more (R6).
        active_->written_end.store(active_->durable_end.load(memory_order_relaxed), memory_order_release);  // (1)
        shared_->written.store(shared_->durable.load(memory_order_relaxed), memory_order_release);          // (5)
    }
    shared_->tell();
}

/// The disk is full; true: something was dropped, try again.
inline bool log_storage::met_full_disk(const error& why) {
    if (why.code != errc::no_space || options_.full == log_full::fail) {
        fail(why);
        return false;
    }
    if (options_.full == log_full::drop_oldest && drop_front()) return true;
    if (!failed()) wait_for_room();
    return false;
}
inline void log_storage::wait_for_room() {
    // Relaxed: only chooses the words of a refusal, and when to look again.
    if (!disk_full_.exchange(true, memory_order_relaxed)) ++counters_.full_waits;
    retry_at_us_ = clock_->now().us + options_.retry_us;
}

/// The file of the last failed write or sync is left as it is, at its durable end; true: go on in a new one.
inline bool log_storage::give_up(const error& why) {
    // Without a sync of each commit, what is not durable is not kept.
    if (!options_.move_on || options_.sync != log_sync::each_commit) {
        fail(why);
        return false;
    }
    const bool twice = counters_.moved_on != 0 && !active_;
    ++counters_.moved_on;
    ++epoch_;
    spare_ = {};
    in_file_ = 0;  // what is not durable is written again
    if (twice) {
        fail(why);
        return false;
    }
    if (active_) {
        const auto end = writer_.synced();
        previous_end_ = end.offset;
        previous_chain_ = end.chain;
        {
            const std::lock_guard hold(shared_->mutex);
            active_->next = end.sequence;
        }
        active_->written_end.store(end.offset, memory_order_release);  // (1)
        active_->durable_end.store(end.offset, memory_order_release);  // (1)
        active_->closed.store(true, memory_order_release);             // (3)
        active_.reset();
        shared_->written.store(end.sequence, memory_order_release);  // (5)
    }
    writer_ = {};
    sealed_ = false;
    return true;
}

/// `needed`: the log cannot go on without it.
inline bool log_storage::make_spare(bool needed) {
    if (spare_) return true;
    if (disk_full_.load(memory_order_relaxed) && clock_->now().us < retry_at_us_) return false;
    auto& io = shared_->io;
    for (;;) {
        result<void> made = io.remove("next.tmp");
        if (made) {
            auto f = io.open("next.tmp", storage_open::create);
            if (!f) {
                made = f.error();
            } else {
                made = io.allocate(*f, options_.segment_bytes, "next.tmp");
                if (made) {
                    spare_ = std::move(*f);
                    disk_full_.store(false, memory_order_relaxed);
                    return true;
                }
                static_cast<void>(io.remove("next.tmp"));
            }
        }
        if (needed) {
            if (!met_full_disk(made.error())) return false;
            continue;
        }
        // Whatever it is, it is met again when the room is needed.
        wait_for_room();
        return false;
    }
}

/// Seals the file that is written, and takes the spare.
inline bool log_storage::roll() {
    if (!make_spare(true)) return false;
    if (writer_ && !sealed_) {
        if (auto r = writer_.seal(); !r) return give_up(r.error()) && roll();
        ++counters_.syncs;
        ++counters_.rolls;
        previous_end_ = writer_.at().offset;
        previous_chain_ = writer_.at().chain;
        sealed_ = true;
        {
            const std::lock_guard hold(shared_->mutex);
            active_->next = writer_.at().sequence;
            active_->bytes = writer_.sealed_bytes();
            active_->index.clear();
            active_->index.shrink_to_fit();
            active_->modified_us = clock_->now().us;
        }
        publish(true);
        active_->closed.store(true, memory_order_release);  // (3)
    }
    log_format::segment_header h;
    h.stream = options_.stream;
    h.shard = options_.shard;
    h.alignment = options_.alignment;
    h.base_sequence = pending_.empty() ? shared_->durable.load(memory_order_relaxed) : pending_[in_file_].base;
    h.created_us = clock_->now().us;
    h.salt = new_salt();
    h.previous_end = previous_end_;
    h.previous_chain = previous_chain_;
    h.epoch = epoch_;
    h.capacity = options_.segment_bytes;
    if (std::exchange(gap_behind_, false)) h.compat |= log_format::compat_gap_before;
    writer_ = detail::log_segment_writer(shared_->io, std::move(spare_), h);
    spare_ = {};
    sealed_ = false;
    active_.reset();
    return true;
}

inline void log_storage::publish(bool durable) {
    if (!active_) return;
    {
        const std::lock_guard hold(shared_->mutex);
        active_->next = writer_.at().sequence;
        active_->last_us = writer_.walk().last_us;
        const auto& index = writer_.walk().index;
        if (!sealed_) {
            for (std::size_t i = active_->index.size(); i < index.size(); ++i) active_->index.push_back(index[i]);
        }
    }
    active_->written_end.store(writer_.at().offset, memory_order_release);  // (1)
    shared_->written.store(writer_.at().sequence, memory_order_release);    // (5)
    if (durable) {
        active_->durable_end.store(writer_.synced().offset, memory_order_release);  // (1)
        shared_->durable.store(writer_.synced().sequence, memory_order_release);    // (5)
        staging_.give_back(std::span(pending_).first(in_file_));
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(in_file_));
        in_file_ = 0;
    }
    shared_->tell();
}

/// What is written becomes durable; a new file also gets its name.
inline bool log_storage::commit() {
    if (auto r = writer_.sync(); !r) return give_up(r.error());
    ++counters_.syncs;
    if (!writer_.named()) {
        for (auto r = writer_.adopt(); !r; r = writer_.adopt()) {
            if (writer_.renamed() || r.error().code != errc::no_space) {
                // Half a name: the file may come back under it, whole or not at all. No further one may claim its
                // numbers.
                fail(r.error());
                return false;
            }
            // A rename that fails has changed nothing, but for EIO (POSIX). It may lack room where files are copied on
            // write.
            if (!met_full_disk(r.error())) return false;
        }
        disk_full_.store(false, memory_order_relaxed);
        detail::log_segment_facts facts;
        facts.header = writer_.header();
        facts.header_crc = writer_.header_crc();
        facts.bytes = writer_.header().capacity;
        facts.next = facts.header.base_sequence;
        facts.modified_us = clock_->now().us;
        const std::lock_guard hold(shared_->mutex);
        list_segment(facts, false);
        active_ = shared_->segments.back();
    }
    publish(true);
    return true;
}

inline bool log_storage::write_pending() {
    while (in_file_ < pending_.size()) {
        const std::span rest = std::span(pending_).subspan(in_file_);
        std::size_t n = writer_ && !sealed_ ? writer_.fitting(rest) : 0;
        if (n == 0 && writer_ && !sealed_ && writer_.empty()) n = 1;
        if (n == 0) {
            // What the old file holds is durable, and has its name, before a new one is.
            if (writer_ && !sealed_ && !(writer_.all_synced() && writer_.named())) {
                if (!commit()) return false;
                if (active_ == nullptr) continue;
            }
            if (!roll()) return false;
            continue;
        }
        std::size_t written = 0;
        const auto r = writer_.write(rest.first(n), options_.sync == log_sync::each_commit, written);
        in_file_ += written;
        counters_.blocks += written;
        if (!r) {
            if (r.error().code == errc::no_space) {
                if (!met_full_disk(r.error())) return false;
            } else if (!give_up(r.error())) {
                return false;
            }
            continue;
        }
        // The first blocks of a file are committed with its name, for `written` also.
        if (!writer_.named() && !commit()) return false;
    }
    return true;
}

inline storage_step log_storage::step() {
    if (stopped_.load(memory_order_relaxed)) return storage_step::failed;
    if (foreign()) {
        fail(forked());
        return storage_step::failed;
    }
    staging_.take(pending_);
    if (!pending_.empty()) {
        idle_since_us_ = INT64_MIN;
        const bool all = commit_pending();
        if (failed()) return storage_step::failed;
        retain();
        // The next segment's room is looked for when half of this one is used; under the name that this one has left.
        if (writer_ && writer_.named() && writer_.at().offset > writer_.header().capacity / 2) {
            static_cast<void>(make_spare(false));
        }
        if (failed()) return storage_step::failed;
        return all ? storage_step::progress : storage_step::wait;
    }
    retain();
    if (failed()) return storage_step::failed;
    return note_when_idle();
}

/// All that is there, written and, where each commit is, synced; false: not all.
inline bool log_storage::commit_pending() {
    for (;;) {
        const bool all = write_pending();
        if (failed()) return false;
        if (in_file_ != 0) {
            publish(false);
            if (options_.sync == log_sync::each_commit) {
                if (!commit()) return false;
            } else {
                // Not kept until they are durable: a failed sync fails the log.
                staging_.give_back(std::span(pending_).first(in_file_));
                pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(in_file_));
                in_file_ = 0;
            }
        }
        if (!all || pending_.empty()) return all;
    }
}

inline storage_step log_storage::note_when_idle() {
    if (!writer_ || sealed_ || !writer_.named() || !writer_.all_synced()
        || writer_.noted() >= writer_.synced().offset) {
        return storage_step::idle;
    }
    const std::int64_t now = clock_->now().us;
    if (idle_since_us_ == INT64_MIN) idle_since_us_ = now;
    if (now - idle_since_us_ < options_.note_after_us) return storage_step::idle;
    if (auto r = writer_.note(); !r) {
        // It is needed by nobody; a disk that fails says so again.
        if (r.error().code == errc::no_space) return storage_step::idle;
        return give_up(r.error()) ? storage_step::progress : storage_step::failed;
    }
    ++counters_.notes;
    publish(false);
    return storage_step::progress;
}

inline result<void> log_storage::sync() {
    do {
        const storage_step s = step();
        if (s == storage_step::failed) return failure();
        if (s == storage_step::wait) {
            return error{errc::no_space, "sync " + shared_->io.path() + ": the disk is full; make room and try again",
                         shared_->io.path()};
        }
    } while (!staging_.empty() || !pending_.empty());
    if (writer_ && !sealed_ && !writer_.all_synced() && !commit()) return failure();
    return {};
}

inline result<void> log_storage::close() {
    if (auto r = sync(); !r) return r;
    if (writer_ && !sealed_ && writer_.named() && writer_.noted() < writer_.synced().offset) {
        if (auto r = writer_.note(); !r) return r;
        ++counters_.notes;
        publish(false);
    }
    if (spare_) {
        spare_ = {};
        if (auto r = shared_->io.remove("next.tmp"); !r) return r;
    }
    stopped_.store(true, memory_order_release);  // (7): without a reason, closed
    shared_->tell();
    lock_ = {};
    return {};
}

/// The oldest segment, unless it is the one that is written.
inline bool log_storage::drop_front() {
    std::uint64_t dropped = 0;
    std::uint64_t first = 0;
    {
        const std::lock_guard hold(shared_->mutex);
        if (shared_->segments.size() < 2) return false;
        first = shared_->segments[1]->header.base_sequence;
        dropped = first - shared_->segments.front()->header.base_sequence;
    }
    const result<void> gone = trim(first);
    if (shared_->first.load(memory_order_relaxed) == first) counters_.full_dropped += dropped;
    return gone.has_value();
}

inline result<void> log_storage::trim(std::uint64_t sequence) {
    std::uint64_t first = 0;
    std::vector<std::shared_ptr<detail::segment_file>> gone;
    {
        const std::lock_guard hold(shared_->mutex);
        const auto& all = shared_->segments;
        std::size_t n = 0;
        while (n + 1 < all.size() && all[n + 1]->header.base_sequence <= sequence) ++n;
        if (n == 0) return {};
        first = all[n]->header.base_sequence;
        gone.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
    }
    // The horizon first, durably; then nobody asks for what goes.
    auto& io = shared_->io;
    if (auto r = trim_.write(io, first); !r) {
        if (r.error().code != errc::no_space || options_.full == log_full::fail) fail(r.error());
        return r;
    }
    if (auto r = trim_.sync(io); !r) {
        fail(r.error());
        return r;
    }
    {
        const std::lock_guard hold(shared_->mutex);
        auto& all = shared_->segments;
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(gone.size()));
        shared_->first.store(first, memory_order_release);
    }
    for (const auto& s : gone) {
        const std::string deleted = s->name.substr(0, 20) + ".deleted";
        result<void> renamed = io.rename(s->name, deleted);
        // On a full disk with copy on write there may be no room for another name; it has some kept for removals.
        if (!renamed && renamed.error().code != errc::no_space) return renamed;
        if (auto r = io.remove(renamed ? deleted : s->name); !r) return r;
    }
    return {};
}

inline storage_scrub log_storage::scrub(std::uint64_t size) {
    if (foreign()) return {};
    storage_scrub done = scrubber_.run(*shared_, size);
    counters_.scrubbed_bytes += done.bytes;
    counters_.scrub_passes += done.passes;
    counters_.scrub_damage += done.damaged;
    counters_.scrub_unread += done.unread;
    return done;
}

inline void log_storage::retain() {
    constexpr std::int64_t every_us = 1'000'000;
    const std::int64_t now = clock_->now().us;
    if (retained_at_us_ != INT64_MIN && now >= retained_at_us_ && now - retained_at_us_ < every_us
        && retained_rolls_ == counters_.rolls) {
        return;
    }
    retained_at_us_ = now;
    retained_rolls_ = counters_.rolls;
    std::uint64_t upto = 0;
    std::uint64_t count = 0;
    {
        const std::lock_guard hold(shared_->mutex);
        const auto& all = shared_->segments;
        std::uint64_t size = 0;
        for (const auto& s : all) size += s->bytes;
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
            const std::int64_t last = age_by_file_ ? all[i]->modified_us : all[i]->last_us;
            const bool old = options_.retain_us != INT64_MAX && last < now - options_.retain_us;
            if (!old && size <= options_.retain_bytes) break;
            size -= all[i]->bytes;
            upto = all[i + 1]->header.base_sequence;
            ++count;
        }
    }
    if (count != 0 && trim(upto)) counters_.expired_segments += count;
}

}  // namespace weir
