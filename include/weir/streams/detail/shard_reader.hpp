// SPDX-License-Identifier: BSL-1.0
// Reads one shard from a position on: out of memory, and what memory has no longer out of the stream's storage. Spans
// of records in order, as the shard's log gives them; what neither has any more is counted as missed.
//
// A page of the storage is decoded into records of this reader. While it reads there it holds the place in memory where
// it goes on, one segment. One thread at a time; a page of the storage blocks for as long as the disk takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "../../support/config.hpp"
#include "payload_codec.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

/// The records of a storage from one position up to another.
template <class Payload>
class stored_records {
    using record = typename stream_shard<Payload>::record;

  public:
    stored_records(shard_storage& of, std::uint64_t from, std::uint64_t to) : of_(&of), at_(from), to_(to) {}

    [[nodiscard]] std::uint64_t position() const noexcept { return at_; }
    [[nodiscard]] std::uint64_t take_missed() noexcept { return std::exchange(missed_, 0); }
    [[nodiscard]] std::span<const record> peek() {
        blocked_ = false;
        while (used_ == records_.size() && at_ < to_ && !blocked_) load();
        return std::span<const record>(records_).subspan(used_);
    }
    void release(std::size_t n) noexcept {
        used_ += n;
        at_ += n;
    }
    /// There are more, which cannot be read just now.
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }

  private:
    WEIR_COLD void load() {
        records_.clear();
        used_ = 0;
        if (!cursor_) cursor_ = of_->read(at_);
        const storage_page page = cursor_->next();
        if (page.kind == page_kind::unavailable) {
            blocked_ = true;
            return;
        }
        if (page.kind != page_kind::records) {
            // Not there although memory has given it up: lost, unless it was trimmed meanwhile. Either way missed.
            const std::uint64_t end = page.kind == page_kind::caught_up || page.last >= to_ ? to_ : page.last + 1;
            miss_up_to(end);
            return;
        }
        for (const stored_record& r : page.records) {
            if (r.sequence < at_ || r.sequence >= to_) continue;
            byte_reader in(r.payload);
            const stored_head head = read_head(in);
            auto payload = in.ok() ? payload_codec<Payload>::read(in, r.key) : std::nullopt;
            if (!payload) {  // of another type of record: what stands behind it comes next
                if (records_.empty()) {
                    miss_up_to(r.sequence + 1);
                    continue;
                }
                cursor_.reset();
                break;
            }
            if (records_.empty()) miss_up_to(r.sequence);
            records_.emplace_back(std::move(*payload), head.hash, head.at);
        }
    }
    void miss_up_to(std::uint64_t position) noexcept {
        if (position <= at_) return;
        missed_ += position - at_;
        at_ = position;
    }

    shard_storage* of_;
    std::unique_ptr<shard_cursor> cursor_;
    std::vector<record> records_;
    std::size_t used_ = 0;
    bool blocked_ = false;
    std::uint64_t at_;
    std::uint64_t to_;
    std::uint64_t missed_ = 0;
};

template <class Payload>
class shard_reader {
    using shard = stream_shard<Payload>;

  public:
    using record = typename shard::record;

    shard_reader(shard& of, std::uint64_t position) : of_(&of), hot_(of.log().make_reader(position)) { look_behind(); }

    /// Empty: nothing for now.
    [[nodiscard]] WEIR_INLINE std::span<const record> peek() {
        if (stored_) [[unlikely]] {
            const std::span<const record> kept = stored_->peek();
            if (!kept.empty() || stored_->blocked()) return kept;
            missed_ += stored_->take_missed();
            stored_.reset();
        }
        const std::span<const record> there = hot_.peek();
        if (hot_.missed() == known_missed_) [[likely]]
            return there;
        look_behind();
        return stored_ ? first_stored(there) : there;
    }
    WEIR_INLINE void release(std::size_t n) {
        if (stored_) [[unlikely]] {
            stored_->release(n);
        } else {
            hot_.release(n);
        }
    }
    /// Of the first record of the next span.
    [[nodiscard]] std::uint64_t position() const noexcept { return stored_ ? stored_->position() : hot_.position(); }
    /// How many were neither in memory nor in the storage, since this was last asked.
    [[nodiscard]] std::uint64_t take_missed() noexcept {
        if (stored_) missed_ += stored_->take_missed();
        return std::exchange(missed_, 0);
    }
    /// Nothing for now because the storage cannot open its files: nobody will say when it can, so look again.
    [[nodiscard]] bool blocked() const noexcept { return stored_ && stored_->blocked(); }
    /// The shard is closed and this reader at its end.
    [[nodiscard]] bool drained() noexcept { return !stored_ && hot_.drained(); }

  private:
    /// Of the storage, or what memory has behind it.
    WEIR_COLD std::span<const record> first_stored(std::span<const record> behind) {
        const std::span<const record> kept = stored_->peek();
        if (!kept.empty() || stored_->blocked()) return kept;
        missed_ += stored_->take_missed();
        stored_.reset();
        return behind;
    }
    WEIR_COLD void look_behind() {
        const std::uint64_t gap = hot_.missed() - std::exchange(known_missed_, hot_.missed());
        shard_storage* const storage = of_->storage();
        if (gap == 0) return;
        if (storage == nullptr) {
            missed_ += gap;
        } else {
            const std::uint64_t here = hot_.position();
            stored_ = std::make_unique<stored_records<Payload>>(*storage, here - gap, here);
        }
    }

    shard* of_;
    typename shard::reader hot_;
    std::unique_ptr<stored_records<Payload>> stored_;
    std::uint64_t known_missed_ = 0;  // of `hot_`
    std::uint64_t missed_ = 0;
};

}  // namespace weir::detail
