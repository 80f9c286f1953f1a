// SPDX-License-Identifier: BSL-1.0
// The segments of a partition as Kafka counts them: what retention drops whole (T18) and compaction leaves alone while
// it is written (T20). They are book-keeping beside the log in memory, whose own segments only hold records. Changed
// under the partition's append right.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "../../../support/instant.hpp"
#include "../topic_options.hpp"

namespace weir::detail {

struct topic_segment {
    std::int64_t base = 0;
    std::int64_t bytes = 0;
    instant first = {};                // of its first record
    instant largest = instant::min();  // of its records
};

class topic_segments {
  public:
    explicit topic_segments(const topic_options& o) : options_(&o) { all_.push_back({}); }

    [[nodiscard]] std::int64_t active_base() const noexcept { return all_.back().base; }
    [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] const std::deque<topic_segment>& all() const noexcept { return all_; }
    [[nodiscard]] std::deque<topic_segment>& all() noexcept { return all_; }

    /// A batch comes at `base`.
    void add(std::int64_t base, std::int64_t bytes, instant first, instant largest) {
        topic_segment* s = &all_.back();
        if (s->bytes != 0
            && (s->bytes + bytes > options_->segment_bytes || largest.us - s->first.us > options_->segment_ms * 1000)) {
            all_.push_back({base, 0, {}, instant::min()});
            s = &all_.back();
        }
        if (s->bytes == 0) s->first = first;
        s->bytes += bytes;
        s->largest = std::max(s->largest, largest);
        bytes_ += bytes;
    }
    void roll(std::int64_t end) {
        if (all_.back().bytes != 0) all_.push_back({end, 0, {}, instant::min()});
    }

    /// Drops from the oldest on what retention gives up and returns the log's start then.
    [[nodiscard]] std::int64_t retain(instant now, std::int64_t start, std::int64_t end) {
        const bool deletes = options_->cleanup != cleanup_policy::compact;
        while (all_.size() > 1 && all_[1].base <= start) pop();
        const auto drop_while = [&](auto&& gives_up) {
            while (deletes && all_.front().largest != instant::min() && gives_up(all_.front())) {
                if (all_.size() == 1) roll(end);
                pop();
                start = std::max(start, all_.front().base);
            }
        };
        drop_while([&](const topic_segment& s) {
            return options_->retention_bytes >= 0 && bytes_ - s.bytes >= options_->retention_bytes;
        });
        drop_while([&](const topic_segment& s) {
            return options_->retention_ms >= 0 && now.us - s.largest.us > options_->retention_ms * 1000;
        });
        return start;
    }
    /// The base of the first segment that has a record of `t` or later; `end`: none has.
    [[nodiscard]] std::int64_t first_with(instant t, std::int64_t end) const noexcept {
        for (const topic_segment& s : all_) {
            if (s.largest >= t && s.bytes != 0) return s.base;
        }
        return end;
    }
    /// After a compaction up to `clean`: what each of those segments holds now.
    template <class Records>
    void recount(const Records& kept, std::int64_t clean) {
        auto r = kept.begin();
        for (std::size_t i = 0; i + 1 < all_.size() && all_[i + 1].base <= clean; ++i) {
            topic_segment& s = all_[i];
            bytes_ -= s.bytes;
            s.bytes = 0;
            for (; r != kept.end() && r->record.offset < all_[i + 1].base; ++r) {
                if (r->record.offset >= s.base) s.bytes += r->bytes;
            }
            bytes_ += s.bytes;
        }
    }

  private:
    void pop() {
        bytes_ -= all_.front().bytes;
        all_.pop_front();
    }

    const topic_options* options_;
    std::deque<topic_segment> all_;
    std::int64_t bytes_ = 0;
};

}  // namespace weir::detail
