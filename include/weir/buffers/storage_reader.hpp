// SPDX-License-Identifier: BSL-1.0
// Reads a `log_storage` of the same process from a position on: a page is the records of one block, in order, views
// into the reader's memory, or the mapped file, that last until the next call. Never past what is written, or durable,
// as chosen. A position below what is kept answers `trimmed`, damage `data_lost`, each once and with the range, and
// then it goes on: nothing is skipped silently. Where no file can be opened for want of descriptors or memory it
// answers `unavailable` and stays; `trouble` says why. A block's checksum is checked when it is first read in this
// process, and always where a scrub has found damage in its segment. One thread a reader; reads block on the disk. The
// log may be closed, but its files stay where they are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "log_storage.hpp"
#include "storage_page.hpp"

namespace weir {

namespace detail {

/// The records of a whole body from `from` on; false: they are not as many as the header says.
[[nodiscard]] inline bool records_of(const log_format::block_header& h, std::string_view body, std::uint64_t from,
                                     std::int64_t hidden_before_us, std::vector<stored_record>& to) {
    to.clear();
    const std::int64_t base_us = h.arrival_ns / 1'000;
    for (std::uint32_t i = 0; i < h.count; ++i) {
        const auto r = log_format::read_record(body);
        if (!r) return false;
        const std::int64_t us = base_us + r->delta_us;
        if (h.base_sequence + i >= from && us >= hidden_before_us) {
            const std::string_view bytes = body.substr(log_format::record_header_size);
            to.push_back({h.base_sequence + i,
                          {us},
                          bytes.substr(0, r->key_length),
                          bytes.substr(r->key_length, r->length),
                          r->flags});
        }
        body.remove_prefix(static_cast<std::size_t>(log_format::record_size(r->key_length, r->length)));
    }
    return body.empty();
}

/// Where to begin to look for `key`: the last entry for which `before(entry)`, or none.
template <class Before>
[[nodiscard]] const log_format::index_entry* last_entry(std::span<const log_format::index_entry> index,
                                                        Before before) noexcept {
    const log_format::index_entry* best = nullptr;
    std::size_t low = 0;
    std::size_t high = index.size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (before(index[middle])) {
            best = &index[middle];
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return best;
}

}  // namespace detail

class storage_reader {
  public:
    /// From `sequence` on; `level`: `durable`, or also what is only written.
    storage_reader(const log_storage& log, std::uint64_t sequence, log_acknowledge level = log_acknowledge::durable)
        : shared_(log.shared_), sequence_(sequence), durable_(level == log_acknowledge::durable) {}

    /// The next record's number.
    [[nodiscard]] std::uint64_t position() const noexcept { return sequence_; }
    void seek(std::uint64_t sequence) noexcept {
        sequence_ = sequence;
        segment_.reset();
        window_.reset();
    }
    /// The first record that arrived at `time` or later, or the end of what is there. An earlier one where files cannot
    /// be opened just now.
    [[nodiscard]] std::uint64_t find(instant time) {
        std::uint64_t at = shared_->first.load(memory_order_acquire);
        {
            const std::lock_guard hold(shared_->mutex);
            for (const auto& s : shared_->segments) {
                at = s->header.base_sequence;
                if (s->last_us >= time.us || s == shared_->segments.back()) break;
            }
        }
        storage_reader walk(*this, at);
        walk.from_time_ = time.us;
        for (;;) {
            const storage_page page = walk.next();
            if (page.kind == page_kind::caught_up || page.kind == page_kind::unavailable) return walk.position();
            for (const stored_record& r : page.records) {
                if (r.arrival >= time) return r.sequence;
            }
        }
    }

    /// Behind a page that is `unavailable`.
    [[nodiscard]] const error& trouble() const noexcept { return trouble_; }

    [[nodiscard]] storage_page next() {
        for (;;) {
            const std::uint64_t first = shared_->first.load(memory_order_acquire);
            if (sequence_ < first) return lose(page_kind::trimmed, first);
            if (!segment_ && !enter(shared_->segment_of(sequence_))) {
                if (!failed_open_) return {};
                if (short_of_) return {page_kind::unavailable, {}, sequence_, sequence_};
                // Its file is gone or cannot be opened: trimmed meanwhile, or lost.
                if (sequence_ < shared_->first.load(memory_order_acquire)) continue;
                return skip_segment();
            }
            // (4) in front of (2): when it is closed, the end is the last one.
            const bool closed = segment_->closed.load(memory_order_acquire);
            const std::uint64_t end =
                (durable_ ? segment_->durable_end : segment_->written_end).load(memory_order_acquire);
            if (at_.offset >= end) {
                if (!closed) return {};
                const auto behind = shared_->segment_behind(segment_->header.base_sequence);
                if (!behind) return {};
                const std::uint64_t base = behind->header.base_sequence;
                if (sequence_ < base) {
                    // A missing segment, or one that went to trimming just now.
                    if (sequence_ < shared_->first.load(memory_order_acquire)) continue;
                    return lose(page_kind::data_lost, base);
                }
                segment_.reset();
                continue;
            }
            window_->resize(end);
            if (auto page = read_block(end)) return *page;
        }
    }

  private:
    storage_reader(const storage_reader& of, std::uint64_t sequence)
        : shared_(of.shared_), sequence_(sequence), durable_(of.durable_) {}

    storage_page lose(page_kind kind, std::uint64_t next) {
        const storage_page page{kind, {}, sequence_, next - 1};
        sequence_ = next;
        if (segment_ && next >= segment_->header.base_sequence) segment_.reset();
        return page;
    }
    storage_page skip_segment() {
        const auto here = shared_->segment_of(sequence_);
        const auto behind = here ? shared_->segment_behind(here->header.base_sequence) : nullptr;
        std::uint64_t next = sequence_ + 1;
        {
            const std::lock_guard hold(shared_->mutex);
            if (here && here->next > sequence_) next = here->next;
        }
        if (behind && behind->header.base_sequence > next) next = behind->header.base_sequence;
        return lose(page_kind::data_lost, next);
    }

    /// The block at `at_`; none: it has nothing for this reader, go on.
    std::optional<storage_page> read_block(std::uint64_t end) {
        using namespace log_format;
        const segment_header& s = segment_->header;
        const auto h = detail::header_at(*window_, s, at_.offset);
        // Behind a jump the chain is not known; the header's own checksum and number must do.
        if (!h || h->base_sequence != at_.sequence || (chained_ && h->chain != at_.chain)) return damaged(end);
        const std::string_view body = detail::body_at(*window_, at_.offset, *h);
        if (body.size() != h->length) return damaged(end);
        window_->bring_near(body);
        const std::uint64_t size = block_size(h->length, s.alignment);
        // Relaxed: a count of work done; who misses it checks once more.
        const std::uint64_t verified = segment_->verified.load(memory_order_relaxed);
        if (at_.offset >= verified || segment_->suspect.load(memory_order_relaxed)) {
            if (!body_is_whole(*h, body)) return damaged(end);
            if (at_.offset == verified) segment_->verified.store(at_.offset + size, memory_order_relaxed);
        }
        const std::uint64_t next = h->base_sequence + h->count;
        if (mended_ && next > known_end()) return damaged(end);
        if (h->kind == block_kind::data && next > sequence_) {
            const std::int64_t hidden = shared_->hidden_before_us();
            if (!detail::records_of(*h, body, sequence_, hidden, records_)) return damaged(end);
            if (records_.empty() || records_.front().sequence != sequence_) {
                // Older than the retention, in a segment that still stands.
                const std::uint64_t kept = records_.empty() ? next : records_.front().sequence;
                if (records_.empty()) pass(*h, size);
                const storage_page page{page_kind::trimmed, {}, sequence_, kept - 1};
                sequence_ = kept;
                return page;
            }
            pass(*h, size);
            sequence_ = next;
            return storage_page{page_kind::records, records_, records_.front().sequence, next - 1};
        }
        pass(*h, size);
        return std::nullopt;
    }
    void pass(const log_format::block_header& h, std::uint64_t size) noexcept {
        at_ = {at_.offset + size, h.head_crc, h.base_sequence + h.count, h.epoch};
        chained_ = true;
    }

    /// Behind the last record that the log itself knows of in this segment.
    [[nodiscard]] std::uint64_t known_end() const {
        const std::lock_guard hold(shared_->mutex);
        return segment_->next;
    }
    /// What is at `at_` does not stand: the next whole block is looked for. One that claims to be behind the log's end
    /// is none of the log's, whole or not.
    storage_page damaged(std::uint64_t end) {
        const std::uint64_t next_sequence = known_end();
        detail::log_position broken = at_;
        auto behind = detail::look_behind(*window_, segment_->header, broken, end);
        if (behind.resume && behind.resume->sequence > next_sequence) behind.resume.reset();
        mended_ = true;
        if (behind.resume && behind.resume->sequence > sequence_) {
            const storage_page page{page_kind::data_lost, {}, sequence_, behind.resume->sequence - 1};
            at_ = *behind.resume;
            chained_ = true;
            sequence_ = at_.sequence;
            return page;
        }
        if (behind.resume) {  // a note was damaged: no record is lost
            at_ = *behind.resume;
            chained_ = true;
            return next();
        }
        at_.offset = end;
        at_.sequence = next_sequence;
        chained_ = false;
        if (next_sequence <= sequence_) return next();
        const storage_page page{page_kind::data_lost, {}, sequence_, next_sequence - 1};
        sequence_ = next_sequence;
        return page;
    }

    bool enter(std::shared_ptr<detail::segment_file> s) {
        failed_open_ = false;
        if (!s) return false;
        auto f = shared_->io.open(s->name, storage_open::read, &short_of_);
        if (!f) {
            failed_open_ = true;
            trouble_ = f.error();
            return false;
        }
        segment_ = std::move(s);
        *file_ = std::move(*f);
        // (4) in front of (2): of a closed one the end is the last one.
        const bool closed = segment_->closed.load(memory_order_acquire);
        const std::uint64_t end = segment_->written_end.load(memory_order_acquire);
        mapping_ = {};
        if (closed && shared_->maps) {
            const auto status = shared_->io.status(*file_, segment_->name);
            if (status && status->size >= end) {
                mapping_ = detail::segment_mapping(shared_->io.files(), *file_, end, shared_->maps);
            }
        }
        window_.emplace(shared_->io, *file_, segment_->name, end, mapping_);
        at_ = detail::first_position({segment_->header, segment_->header_crc});
        chained_ = true;
        mended_ = false;
        if (sequence_ != segment_->header.base_sequence || from_time_ != INT64_MIN) jump();
        return true;
    }
    /// By the index to a block at or before the position.
    void jump() {
        using namespace log_format;
        std::vector<index_entry> index;
        {
            const std::lock_guard hold(shared_->mutex);
            index = segment_->index;
        }
        if (index.empty()) index = index_in_seal();
        const index_entry* const e = detail::last_entry(index, [&](const index_entry& x) {
            return from_time_ != INT64_MIN ? x.arrival_us < from_time_ : x.sequence <= sequence_;
        });
        if (e == nullptr || e->offset == header_page) return;
        const auto h = detail::header_at(*window_, segment_->header, e->offset);
        if (!h || h->base_sequence != e->sequence) return;  // an index is only a hint
        at_ = {e->offset, h->chain, e->sequence, h->epoch};
        chained_ = false;
        if (from_time_ != INT64_MIN && sequence_ < e->sequence) sequence_ = e->sequence;
    }
    std::vector<log_format::index_entry> index_in_seal() {
        using namespace log_format;
        std::vector<index_entry> index;
        const std::uint64_t at = segment_->written_end.load(memory_order_acquire);
        const auto status = shared_->io.status(*file_, segment_->name);
        if (!status) return index;
        detail::log_window in(shared_->io, *file_, segment_->name, status->size);
        const auto h = detail::header_at(in, segment_->header, at);
        if (!h || h->kind != block_kind::seal) return index;
        const std::string_view body = detail::body_at(in, at, *h);
        if (!body_is_whole(*h, body)) return index;
        const auto summary = read_seal(body);
        for (std::size_t i = 0; summary && i < summary->entries; ++i) index.push_back(read_entry(body, i));
        return index;
    }

    std::shared_ptr<detail::log_shared> shared_;
    std::uint64_t sequence_;
    bool durable_;
    bool chained_ = true;
    bool mended_ = false;  // went on behind damage in this segment
    bool failed_open_ = false;
    bool short_of_ = false;  // for want of descriptors or memory
    error trouble_;
    std::int64_t from_time_ = INT64_MIN;
    std::shared_ptr<detail::segment_file> segment_;
    std::unique_ptr<storage_file> file_ = std::make_unique<storage_file>();  // the window points there
    detail::segment_mapping mapping_;
    std::optional<detail::log_window> window_;
    detail::log_position at_;
    std::vector<stored_record> records_;
};

}  // namespace weir
