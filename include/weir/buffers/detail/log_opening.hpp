// SPDX-License-Identifier: BSL-1.0
// Opening a log for writing: lock, survey, judge, cut, sync, and only then readers (R4). Nothing is changed before it
// is known that nothing durable is missing.
#pragma once

#include <string>
#include <utility>

#include "../log_storage.hpp"

namespace weir {

inline void log_storage::list_segment(const detail::log_segment_facts& facts, bool closed) {
    auto s = std::make_shared<detail::segment_file>();
    s->header = facts.header;
    s->header_crc = facts.header_crc;
    s->name = log_format::segment_name(facts.header.base_sequence);
    s->next = facts.next;
    s->bytes = facts.bytes;
    s->last_us = facts.last_us;
    s->modified_us = facts.modified_us;
    // Relaxed: no reader has it yet; the table's mutex gives it to them.
    s->written_end.store(facts.end, memory_order_relaxed);
    s->durable_end.store(facts.end, memory_order_relaxed);
    s->closed.store(closed, memory_order_relaxed);
    shared_->segments.push_back(s);
}

inline result<void> log_storage::recover() {
    auto& io = shared_->io;
    process_ = io.files().process();
    if (auto r = io.open(true); !r) return r;
    if (options_.take_lock) {
        auto lock = detail::folder_lock::take(io);
        if (!lock) return lock.error();
        lock_ = std::move(*lock);
    }
    auto facts = detail::log_survey(io, true).run();
    if (!facts) return facts.error();
    if (!facts->damage.empty() && !options_.salvage) return detail::damage_error(io, facts->damage.front());
    if (facts->ro_compat != 0) {
        return error{errc::no_permission,
                     "open " + io.path() + " for writing: it has features " + std::to_string(facts->ro_compat)
                         + " that this version can only read past; read it, or use one that knows them",
                     io.path()};
    }
    for (const auto& s : facts->segments) {
        if (s.header.shard != options_.shard || s.header.stream != options_.stream) {
            return error{errc::invalid_argument,
                         "open " + io.path() + ": it belongs to shard " + std::to_string(s.header.shard)
                             + " or to another stream; give its own folder to each",
                         io.path()};
        }
    }
    damage_ = std::move(facts->damage);
    counters_.damaged_ranges = damage_.size();
    scrubber_.know(damage_);
    for (const auto& d : damage_) {
        // Without a header nothing of it can be read: it stays, out of the way of a new one of its name.
        if (!d.file.empty() && d.offset == 0) {
            if (auto r = io.rename(d.file, d.file + ".damaged"); !r) return r;
        }
    }
    if (facts->trim) trim_.know(*facts->trim);
    for (const std::string& name : facts->leftovers) {
        if (auto r = io.remove(name); !r) return r;
    }
    std::uint64_t next = options_.first_sequence;
    if (facts->trim && facts->trim->first > next) next = facts->trim->first;
    std::int64_t last_us = INT64_MIN;
    for (const auto& s : facts->segments) {
        if (s.last_us > last_us) last_us = s.last_us;
    }
    if (!facts->segments.empty()) {
        for (std::size_t i = 0; i + 1 < facts->segments.size(); ++i) list_segment(facts->segments[i], true);
        if (auto r = adopt_tail(*facts); !r) return r;
        next = facts->segments.back().next;
    }
    constexpr std::int64_t minute_us = 60'000'000;
    const std::int64_t now_us = clock_->now().us;
    if (last_us != INT64_MIN && last_us - minute_us > now_us) {  // R15
        age_by_file_ = true;
        ++counters_.clock_ahead;
    }
    const std::uint64_t first = shared_->segments.empty() ? next : shared_->segments.front()->header.base_sequence;
    // The trim file takes its room now, so that a full disk can still be trimmed.
    if (!facts->trim) {
        if (auto r = trim_.write(io, first); !r) return r;
        if (auto r = trim_.sync(io); !r) return r;
    }
    if (auto r = io.sync_folder(); !r) return r;
    // Relaxed: nobody else has the log yet.
    shared_->first.store(first, memory_order_relaxed);
    shared_->written.store(next, memory_order_relaxed);
    shared_->durable.store(next, memory_order_relaxed);
    shared_->time = clock_;
    if (options_.map_bytes != 0) shared_->maps = std::make_shared<detail::mapping_limit>(options_.map_bytes);
    shared_->retain_us = age_by_file_ ? INT64_MAX : options_.retain_us;
    staging_.begin(next, last_us, options_.staged_bytes, options_.segment_bytes);
    return {};
}

inline result<void> log_storage::adopt_tail(const detail::log_folder_facts& facts) {
    auto& io = shared_->io;
    const detail::log_segment_facts& tail = facts.segments.back();
    const std::string name = log_format::segment_name(tail.header.base_sequence);
    epoch_ = facts.tail.end.epoch + 1;
    previous_end_ = tail.end;
    previous_chain_ = tail.chain;
    if (facts.tail.sealed) {
        sealed_ = true;
        list_segment(tail, true);
        return {};
    }
    if (facts.tail_lost) {  // nothing whole behind the damage: the bytes stay as they are, a new segment follows
        sealed_ = true;
        gap_behind_ = true;
        list_segment(tail, true);
        return {};
    }
    auto file = io.open(name, storage_open::update);
    if (!file) return file.error();
    // Behind the last whole block there is nothing that was durable: it goes, and what replaces it is zeros.
    counters_.torn_bytes = facts.torn_bytes;
    if (auto r = io.resize(*file, tail.end, name); !r) return r;
    // On a full disk the tail stays as short as it is, and is sealed where a seal fits.
    const bool room = io.allocate(*file, tail.header.capacity, name).has_value();
    detail::log_segment_writer writer(io, std::move(*file), tail, facts.tail, epoch_);
    list_segment(tail, false);
    active_ = shared_->segments.back();
    active_->index = facts.tail.index;
    writer_ = std::move(writer);
    bool damaged = false;
    for (const auto& d : damage_) damaged = damaged || d.file == name;
    // The new epoch is durable before anything is written in it.
    if (room && !damaged && tail.header.alignment == options_.alignment) {
        if (auto r = writer_.note(); !r) return r;
        if (auto r = writer_.sync(); !r) return r;
        active_->written_end.store(writer_.at().offset, memory_order_relaxed);
        active_->durable_end.store(writer_.at().offset, memory_order_relaxed);
        return {};
    }
    // With a gap in it, or of another alignment: it ends here.
    if (auto r = writer_.seal(); !r) return r;
    active_->bytes = writer_.sealed_bytes();
    active_->closed.store(true, memory_order_relaxed);
    sealed_ = true;
    return {};
}

}  // namespace weir
