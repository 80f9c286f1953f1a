// SPDX-License-Identifier: BSL-1.0
// One partition: [ cleaned: sorted, immutable, shared | shard_log from the clean point on ].
//
//   offsets   start .......... clean ................. active segment ............ last stable ..... end
//             cleaned_ (holes) |  log_ (dense)         | never cleaned             | open transactions
//
// Everything that decides about an append (sequence numbers, transactions, segments) happens under the log's append
// right, in front of the store that publishes the records: who sees a record sees what was decided with it. Readers
// take no lock on the log's part; below the clean point, and for the aborted transactions of a read_committed fetch, a
// mutex for a copy of a pointer. `maintenance_` serialises compaction with itself.
//
// Order: (1) release store of first_unstable_ -> (2) acquire load, behind the load of the log's end: an open
//        transaction whose record is in view is in view too; and what was aborted is listed in front of (1);
//        (3) release store of start_ -> (4) acquire load; (5) release store of clean_, behind the swap of cleaned_ ->
//        (6) acquire load.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../../../buffers/shard_log.hpp"
#include "../../../support/atomic.hpp"
#include "../../../support/result.hpp"
#include "../topic_options.hpp"
#include "../topic_record.hpp"
#include "producer_window.hpp"
#include "topic_segments.hpp"

namespace weir::detail {

template <class T>
class topic_partition {
  public:
    using record = topic_record<T>;
    struct stamp {
        std::int64_t producer_id = -1;
        std::int16_t epoch = -1;
        std::int32_t first_sequence = -1;
        bool transactional = false;
    };
    struct bounds {
        std::int64_t start = 0;
        std::int64_t last_stable = 0;
        std::int64_t end = 0;
    };

    topic_partition(const topic_options& options, std::string where)
        : options_(&options), where_(std::move(where)), log_(options.log_segment_records), segments_(options) {
        const std::size_t n = options.log_segment_records;
        if (options.reserve_records != 0) log_.reserve(options.reserve_records / n + 1);
    }

    [[nodiscard]] bounds where() const noexcept {
        bounds b;
        b.end = static_cast<std::int64_t>(log_.end_position());
        b.last_stable = std::min(b.end, first_unstable_.load(memory_order_acquire));  // (2) pairs with (1)
        b.start = start_.load(memory_order_acquire);                                  // (4) pairs with (3)
        return b;
    }

    /// The offset of the first record, or of the batch that this one repeats. `records` are moved from.
    result<std::int64_t> append(std::span<record> records, const stamp& by, std::int64_t bytes, instant now) {
        result<std::int64_t> answer = std::int64_t{-1};
        admission in(records, [&] { return admit(records, by, bytes, now, answer); });
        static_cast<void>(log_.append_range(in));
        return answer;
    }
    /// The coordinator puts this partition into the producer's transaction.
    result<void> allow_transaction(std::int64_t id, std::int16_t epoch, instant now) {
        result<void> answer;
        under_right([&](std::int64_t) {
            producer_window& p = producers_[id];
            if (epoch < p.epoch) {
                answer = fenced();
                return;
            }
            p.begin_epoch(epoch);
            p.in_transaction = true;
            p.last_used = now;
        });
        return answer;
    }
    /// Writes the control record. A higher epoch fences the producer here.
    void end_transaction(std::int64_t id, std::int16_t epoch, bool commit, instant now) {
        record marker;
        marker.kind = commit ? topic_record_kind::commit_marker : topic_record_kind::abort_marker;
        marker.producer_id = id;
        marker.producer_epoch = epoch;
        marker.transactional = true;
        marker.time = now;
        std::span<record> one(&marker, 1);
        admission in(one, [&] {
            const std::int64_t at = next_offset();
            producer_window& p = producers_[id];
            marker.offset = at;
            if (p.open_since >= 0) {
                if (!commit) {
                    const std::lock_guard hold(mutex_);
                    aborted_.push_back({id, p.open_since, at});
                }
                open_.erase(p.open_since);
            }
            p.open_since = -1;
            p.in_transaction = false;
            if (epoch > p.epoch) p.begin_epoch(epoch);
            p.last_used = now;
            segments_.add(at, marker_bytes, now, now);
            publish_unstable();
            return true;
        });
        static_cast<void>(log_.append_range(in));
    }

    /// Every record from `offset` on that the reader may see, in order, until `take(record)` is false, which is then
    /// not taken; returns the offset to go on at.
    template <class Take>
    result<std::int64_t> visit(std::int64_t offset, bool committed, Take&& take) {
        const bounds b = where();
        if (offset < b.start || offset > b.end) {
            return error{errc::offset_out_of_range,
                         "offset " + std::to_string(offset) + " is not within the log's " + std::to_string(b.start)
                             + " to " + std::to_string(b.end) + "; reset to its beginning, its end or a time",
                         where_};
        }
        const std::int64_t limit = committed ? b.last_stable : b.end;
        std::vector<aborted> dead;
        if (committed && offset < limit) {
            const std::lock_guard hold(mutex_);
            for (const aborted& a : aborted_) {
                if (a.marker >= offset && a.first < limit) dead.push_back(a);
            }
        }
        return scan(offset, limit, [&](const record& r, instant) {
            if (r.kind != topic_record_kind::data) return true;
            if (!dead.empty() && r.transactional && is_dead(dead, r)) return true;
            return static_cast<bool>(take(r));
        });
    }

    struct offset_and_time {
        std::int64_t offset;
        instant time;
    };
    /// The first record of `t` or later (T07).
    std::optional<offset_and_time> offset_for_time(instant t) {
        std::int64_t from = 0;
        under_right([&](std::int64_t end) { from = segments_.first_with(t, end); });
        const bounds b = where();
        std::optional<offset_and_time> found;
        static_cast<void>(scan(std::max(from, b.start), b.end, [&](const record& r, instant) {
            if (*r.time < t) return true;
            found = {r.offset, *r.time};
            return false;
        }));
        return found;
    }
    /// Everything before `offset` is gone; returns the log's start.
    result<std::int64_t> delete_records(std::int64_t offset) {
        result<std::int64_t> answer = std::int64_t{0};
        under_right([&](std::int64_t end) {
            if (offset < 0 || offset > end) {
                answer = error{errc::offset_out_of_range,
                               "records can be deleted up to the high watermark " + std::to_string(end), where_};
                return;
            }
            move_start(std::max(offset, start_.load(memory_order_relaxed)));  // relaxed: written under the right only
            answer = start_.load(memory_order_relaxed);
        });
        forget();
        return answer;
    }
    void retain(instant now) {
        under_right([&](std::int64_t end) {
            move_start(segments_.retain(now, start_.load(memory_order_relaxed), end));  // relaxed: as above
            const std::int64_t life = options_->producer_id_expiration_ms * 1000;
            std::erase_if(producers_, [&](const auto& p) {
                return !p.second.in_transaction && p.second.open_since < 0 && now.us - p.second.last_used.us > life;
            });
        });
        forget();
    }
    void roll() {
        under_right([&](std::int64_t end) { segments_.roll(end); });
    }
    [[nodiscard]] std::int64_t bytes() {
        std::int64_t n = 0;
        under_right([&](std::int64_t) { n = segments_.bytes(); });
        return n;
    }
    [[nodiscard]] std::size_t segments() {
        std::size_t n = 0;
        under_right([&](std::int64_t) { n = segments_.all().size(); });
        return n;
    }

    /// Keeps the last record of each key below the active segment and the last stable offset; returns how many records
    /// went. `at_least`: the share of bytes that must be new since the last time, else nothing happens.
    std::size_t compact(instant now, double at_least) {
        const std::lock_guard one(maintenance_);
        std::int64_t upper = 0;
        std::int64_t old_bytes = 0;
        std::int64_t new_bytes = 0;
        const std::int64_t clean = clean_.load(memory_order_relaxed);  // written under maintenance_ only
        under_right([&](std::int64_t) {
            upper = std::min(segments_.active_base(), first_unstable_.load(memory_order_relaxed));
            for (const topic_segment& s : segments_.all()) {
                if (s.base < upper) (s.base < clean ? old_bytes : new_bytes) += s.bytes;
            }
        });
        const std::int64_t from = std::max(where().start, std::int64_t{0});
        if (upper <= from) return 0;
        bool due = false;
        {
            const std::lock_guard hold(mutex_);
            due = cleaned_ != nullptr && cleaned_->next_horizon < now;
        }
        if (!due && static_cast<double>(new_bytes) < at_least * static_cast<double>(old_bytes + new_bytes)) return 0;
        std::vector<aborted> dead;
        {
            const std::lock_guard hold(mutex_);
            dead = aborted_;
        }
        std::unordered_map<std::string, std::int64_t> last;
        static_cast<void>(scan(from, upper, [&](const record& r, instant) {
            if (r.kind == topic_record_kind::data && r.key && !(r.transactional && is_dead(dead, r)))
                last[*r.key] = r.offset;
            return true;
        }));
        auto next = std::make_shared<cleaned_part>();
        std::size_t seen = 0;
        const instant horizon{now.us + options_->delete_retention_ms * 1000};
        static_cast<void>(scan(from, upper, [&](const record& r, instant old_horizon) {
            ++seen;
            const bool data = r.kind == topic_record_kind::data;
            if (data && ((r.transactional && is_dead(dead, r)) || !r.key || last[*r.key] != r.offset)) return true;
            instant until = instant::max();
            if (!data || !r.value) {
                until = old_horizon == instant::max() ? horizon : old_horizon;
                if (until < now) return true;
                next->next_horizon = std::min(next->next_horizon, until);
            }
            next->records.push_back({r, static_cast<std::int64_t>(topic_record_bytes(r)), until});
            return true;
        }));
        const std::size_t gone = seen - next->records.size();
        under_right([&](std::int64_t) { segments_.recount(next->records, upper); });
        {
            const std::lock_guard hold(mutex_);
            cleaned_ = std::move(next);
            std::erase_if(aborted_, [&](const aborted& a) { return a.marker < upper; });
        }
        clean_.store(upper, memory_order_release);  // (5) pairs with (6)
        log_.drop_before(static_cast<std::uint64_t>(upper));
        return gone;
    }

  private:
    static constexpr std::int64_t marker_bytes = 78;
    struct aborted {
        std::int64_t producer;
        std::int64_t first;
        std::int64_t marker;
    };
    struct kept_record {
        topic_record<T> record;
        std::int64_t bytes;
        instant until;  // a tombstone or marker vanishes behind it
    };
    struct cleaned_part {
        std::vector<kept_record> records;
        instant next_horizon = instant::max();
    };
    /// What `append_range` walks: its beginning is asked under the append right, and decides.
    template <class Decide>
    class admission {
      public:
        admission(std::span<record> records, Decide decide) : records_(records), decide_(std::move(decide)) {}
        [[nodiscard]] std::move_iterator<record*> begin() {
            taken_ = decide_();
            return std::move_iterator<record*>(records_.data());
        }
        [[nodiscard]] std::move_iterator<record*> end() {
            return std::move_iterator<record*>(records_.data() + (taken_ ? records_.size() : 0));
        }

      private:
        std::span<record> records_;
        Decide decide_;
        bool taken_ = false;
    };

    [[nodiscard]] static bool is_dead(const std::vector<aborted>& dead, const record& r) noexcept {
        return std::ranges::any_of(dead, [&](const aborted& a) {
            return a.producer == r.producer_id && a.first <= r.offset && r.offset <= a.marker;
        });
    }
    [[nodiscard]] error fenced() const {
        return {errc::invalid_producer_epoch,
                "a producer of the same id has begun anew since; this one is fenced, let it "
                "end",
                where_};
    }
    [[nodiscard]] std::int64_t next_offset() const noexcept { return static_cast<std::int64_t>(log_.write_position()); }

    template <class Work>
    void under_right(Work&& work) {
        admission in(std::span<record>{}, [&] {
            work(next_offset());
            return false;
        });
        static_cast<void>(log_.append_range(in));
    }
    void move_start(std::int64_t to) noexcept { start_.store(to, memory_order_release); }  // (3) pairs with (4)
    void publish_unstable() noexcept {
        first_unstable_.store(open_.empty() ? std::numeric_limits<std::int64_t>::max() : open_.begin()->first,
                              memory_order_release);  // (1) pairs with (2)
    }
    /// Memory of what lies before the start.
    void forget() {
        const std::int64_t start = start_.load(memory_order_acquire);  // (4) pairs with (3)
        {
            const std::lock_guard hold(mutex_);
            std::erase_if(aborted_, [&](const aborted& a) { return a.marker < start; });
            if (cleaned_ != nullptr && (cleaned_->records.empty() || cleaned_->records.back().record.offset < start)) {
                cleaned_ = std::make_shared<cleaned_part>();
            }
        }
        log_.drop_before(static_cast<std::uint64_t>(start));
    }

    bool admit(std::span<record> records, const stamp& by, std::int64_t bytes, instant now,
               result<std::int64_t>& answer) {
        const std::int64_t at = next_offset();
        if (by.producer_id >= 0) {
            const auto known = producers_.find(by.producer_id);
            static const producer_window fresh{};
            const producer_window& p = known != producers_.end() ? known->second : fresh;
            const auto n = static_cast<std::int32_t>(records.size());
            auto seen = p.check(by.epoch, by.first_sequence, n);
            if (!seen) {
                answer = error{seen.error().code, seen.error().message, where_};
                return false;
            }
            if (*seen) {
                answer = **seen;
                return false;
            }
            if (by.transactional != p.in_transaction) {
                answer =
                    error{errc::invalid_txn_state,
                          by.transactional
                              ? "the partition is not in the producer's transaction; add it at the coordinator first"
                              : "the producer has a transaction open and wrote outside of it; end it first",
                          where_};
                return false;
            }
            producer_window& mine = known != producers_.end() ? known->second : producers_[by.producer_id];
            mine.take(by.epoch, by.first_sequence, n, at);
            mine.last_used = now;
            if (by.transactional && mine.open_since < 0) {
                mine.open_since = at;
                open_.emplace(at, by.producer_id);
                publish_unstable();
            }
        }
        instant first = now;
        instant largest = instant::min();
        std::int64_t offset = at;
        for (record& r : records) {
            if (!r.time || options_->timestamps == timestamp_type::log_append_time) r.time = now;
            if (offset == at) first = *r.time;
            largest = std::max(largest, *r.time);
            r.offset = offset++;
            r.producer_id = by.producer_id;
            r.producer_epoch = by.epoch;
            r.transactional = by.transactional;
            r.kind = topic_record_kind::data;
        }
        segments_.add(at, bytes, first, largest);
        answer = at;
        return true;
    }

    /// All records within [from, to), control records too, with the horizon of cleaned ones; the offset to go on at.
    template <class Take>
    std::int64_t scan(std::int64_t from, std::int64_t to, Take&& take) {
        while (from < to) {
            const std::int64_t clean = clean_.load(memory_order_acquire);  // (6) pairs with (5)
            if (from < clean) {
                std::shared_ptr<const cleaned_part> part;
                {
                    const std::lock_guard hold(mutex_);
                    part = cleaned_;
                }
                auto r = std::ranges::lower_bound(part->records, from, {},
                                                  [](const kept_record& k) { return k.record.offset; });
                for (; r != part->records.end() && r->record.offset < to; ++r) {
                    if (!take(r->record, r->until)) return r->record.offset;
                    from = r->record.offset + 1;
                }
                from = std::max(from, std::min(clean, to));
                continue;
            }
            auto reader = log_.make_reader(static_cast<std::uint64_t>(from));
            if (reader.take_missed() != 0) {
                from = std::max(from, start_.load(memory_order_acquire));  // (4) pairs with (3)
                continue;
            }
            while (from < to) {
                const std::span<const record> some = reader.peek();
                if (reader.take_missed() != 0) break;
                if (some.empty()) return from;
                std::size_t n = 0;
                for (const record& r : some) {
                    if (from >= to) break;
                    if (!take(r, instant::max())) return from;
                    ++from;
                    ++n;
                }
                reader.release(n);
            }
        }
        return from;
    }

    const topic_options* options_;
    const std::string where_;
    mutable shard_log<record> log_;
    atomic<std::int64_t> first_unstable_{std::numeric_limits<std::int64_t>::max()};
    atomic<std::int64_t> start_{0};
    atomic<std::int64_t> clean_{0};
    // Under the append right.
    topic_segments segments_;
    std::unordered_map<std::int64_t, producer_window> producers_;
    std::map<std::int64_t, std::int64_t> open_;  // open transactions by their first offset
    // Under mutex_.
    std::mutex mutex_;
    std::shared_ptr<const cleaned_part> cleaned_;
    std::vector<aborted> aborted_;
    std::mutex maintenance_;
};

}  // namespace weir::detail
