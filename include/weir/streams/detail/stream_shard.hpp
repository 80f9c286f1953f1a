// SPDX-License-Identifier: BSL-1.0
// One shard of a stream: a range of hash keys, a retained log, quotas, and who is woken by a put.
//
// Records are put by any number of threads; the log's append right has one at a time, so arrival ascends and all that
// `admit` touches needs no further order. `parents`, `last` and `children` belong to the stream's control mutex.
//
// Between shards, records are in the order of arrival and, where that is the same, of `order`: a Lamport clock, one for
// each thread that puts and one for each shard, which no two threads contend for. So what one thread put is in its
// order across shards, also on a clock that stands still.
//
// Wakers: who registers stores a new list, then passes the append right; so each put either is seen by the one that
// registered, or comes later and sees the list. Order: (1) release store of `wakers_` -> (2) acquire load. Lists stay
// until the shard goes. (3) release store of `storage_`, behind its making, -> (4) acquire load. (5) release increment
// of `room_`, behind `behind_`, -> (6) acquire load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../../buffers/shard_log.hpp"
#include "../../runtime/waker.hpp"
#include "../../support/cache_line.hpp"
#include "../../support/config.hpp"
#include "../../support/futex.hpp"
#include "../../support/prefetch.hpp"
#include "../operations.hpp"
#include "../stream_options.hpp"
#include "../stream_storage.hpp"
#include "../token_bucket.hpp"
#include "reader_places.hpp"

namespace weir::detail {

/// Of one shard, for writers and for pollers.
class shard_quota {
  public:
    shard_quota(const stream_limits& limits, instant now)
        : write_records_(limits.write_records, limits.write_records, now),
          write_bytes_(limits.write_bytes, limits.write_bytes, now), reads_(limits.reads, limits.reads, now),
          read_bytes_(limits.read_bytes, limits.read_bytes, now) {}

    /// All or nothing.
    [[nodiscard]] bool admit_write(std::uint64_t bytes, instant now, std::uint64_t records = 1) {
        const std::lock_guard hold(mutex_);
        const bool room = write_bytes_.level(now) >= static_cast<std::int64_t>(bytes);
        if (!room || !write_records_.try_take(records, now)) return false;
        write_bytes_.take(bytes, now);
        return true;
    }
    /// An answer may be larger than a second's quota: then the next have to wait until all of it is paid, without what
    /// was saved before (K23: 5 s for 10 MiB).
    [[nodiscard]] bool admit_read(instant now) {
        const std::lock_guard hold(mutex_);
        return read_bytes_.level(now) > 0 && reads_.try_take(1, now);
    }
    void count_read(std::uint64_t bytes, instant now) {
        const std::lock_guard hold(mutex_);
        const std::int64_t saved = read_bytes_.level(now);
        const bool large = bytes > read_bytes_.capacity();
        read_bytes_.take(bytes + (large && saved > 0 ? static_cast<std::uint64_t>(saved) : 0), now);
    }

  private:
    std::mutex mutex_;
    token_bucket write_records_;
    token_bucket write_bytes_;
    token_bucket reads_;
    token_bucket read_bytes_;
};

/// When a record was put, for an order between shards.
struct put_moment {
    instant arrival = {};
    std::uint64_t order = 0;

    friend constexpr bool operator<(const put_moment& a, const put_moment& b) noexcept {
        return a.arrival == b.arrival ? a.order < b.order : a.arrival < b.arrival;
    }
};

/// This thread's clock of puts.
[[nodiscard]] inline std::uint64_t& put_clock() noexcept {
    thread_local std::uint64_t clock = 0;
    return clock;
}

/// Asks for what lies some 4 KiB behind the record that is read now: further than the processor looks by itself from
/// one record to the next.
template <class Record>
WEIR_INLINE void prefetch_records_behind(const Record& now) noexcept {
    const auto there = reinterpret_cast<std::uintptr_t>(&now) + 4'096;
    for (std::size_t i = 0; i < sizeof(Record) && i < 4 * cache_line; i += cache_line) {
        prefetch_to_read(reinterpret_cast<const void*>(there + i));  // NOLINT(performance-no-int-to-ptr): never read
    }
}

template <class Payload>
class stream_shard {
  public:
    /// What a put brings: where it is to go, and what its record is made from. `arrival` is an answer.
    template <class Source>
    struct arriving {
        stream_shard* shard;
        hash_key hash;
        std::uint64_t bytes;
        instant now;
        Source source;
        std::uint64_t order = 0;
        instant arrival = {};
    };
    struct record {
        /// Under the append right.
        template <class Source>
        explicit record(arriving<Source>& a)
            : payload(static_cast<Source&&>(a.source)), hash(a.hash), at(a.shard->admit({a.now, a.order}, a.bytes)) {
            a.arrival = at.arrival;
            a.order = at.order;
        }
        /// As a storage gives it back.
        record(Payload&& p, hash_key h, put_moment m) : payload(static_cast<Payload&&>(p)), hash(h), at(m) {}
        Payload payload;
        hash_key hash;
        put_moment at;
    };
    using log_type = shard_log<record>;
    using reader = typename log_type::reader;

    /// `first`: its first record's position; what an earlier process put is before.
    stream_shard(shard_id id, const hash_range& keys, std::uint64_t created, const stream_options& options, instant now,
                 const reader_places& places, std::uint64_t first = 0, put_moment newest = {})
        : id_(id), keys_(keys), created_(created), options_(&options), places_(&places),
          log_(options.segment_records,
               log_retention{.records = options.storage || options.slow_readers != slow_reader::trim
                                            ? log_retention::unlimited
                                            : options.retained_records},
               ring_start{first}),
          quota_(options.limits, now), next_segment_(first + options.segment_records) {
        writer_.window = now;
        writer_.last = newest;
    }

    [[nodiscard]] shard_id id() const noexcept { return id_; }
    [[nodiscard]] const hash_range& keys() const noexcept { return keys_; }
    [[nodiscard]] log_type& log() noexcept { return log_; }
    [[nodiscard]] shard_quota& quota() noexcept { return quota_; }

    /// False: the shard is closed, another one has its keys. The number that belongs to `position` is the caller's to
    /// make, in place: a copy of one just made waits for all stores before it.
    template <class Source>
    [[nodiscard]] WEIR_INLINE bool append_one(std::uint64_t& position, arriving<Source>& a) {
        std::uint64_t& clock = put_clock();
        a.order = clock + 1;
        if (!log_.append_at(position, a)) [[unlikely]]
            return false;
        clock = a.order;
        notify();
        return true;
    }
    /// All of a range of `arriving`, in a row, for one taking of the append right; the position of the first. The
    /// caller has set their `order`.
    template <class Range>
    [[nodiscard]] std::optional<std::uint64_t> append(Range&& all) {
        const std::optional<std::uint64_t> first = log_.append_range(all);
        if (first) notify();
        return first;
    }

    [[nodiscard]] sequence_number number(std::uint64_t position, instant arrival) const noexcept {
        return {created_, position + 1, static_cast<std::uint64_t>(floor_div(arrival.us, 1'000'000)), id_};
    }
    /// Behind which a reader goes on that has read all before `position` and is here now.
    [[nodiscard]] sequence_number continuation(std::uint64_t position, instant now) const noexcept {
        return {created_, position, static_cast<std::uint64_t>(floor_div(now.us, 1'000'000)), id_};
    }
    /// Before all of its records.
    [[nodiscard]] sequence_number first_number() const noexcept { return {created_, 0, created_, id_}; }
    [[nodiscard]] std::uint64_t created() const noexcept { return created_; }

    /// The first record that arrived at `time` or later. Where it is not in memory any more, the first that reached the
    /// storage then: one or a few may be older.
    [[nodiscard]] std::uint64_t position_at(instant time) {
        const std::uint64_t in_memory = log_.lower_bound(time, [](const record& r) { return r.at.arrival; });
        shard_storage* const kept = storage();
        if (kept == nullptr || kept->first() >= in_memory || in_memory != log_.oldest_position()) return in_memory;
        const std::uint64_t there = kept->find(time);
        return there < in_memory ? there : in_memory;
    }
    /// `position`, or the first behind it that arrived at `hidden` or later. Where that is not in memory any more it is
    /// not looked for in the storage: who reads there leaves out what is older.
    [[nodiscard]] std::uint64_t visible_from(std::uint64_t position, instant hidden) {
        const std::uint64_t in_memory = log_.lower_bound(hidden, [](const record& r) { return r.at.arrival; });
        if (position >= in_memory) return position;
        shard_storage* const kept = storage();
        if (kept == nullptr || kept->first() >= in_memory || in_memory != log_.oldest_position()) return in_memory;
        return position < kept->first() ? kept->first() : position;
    }
    /// Drops the segments that lie wholly before it; with a storage its desk does.
    void trim(instant horizon) {
        if (!options_->storage) log_.drop_before(position_at(horizon));
    }

    // ---- What keeps it (storage_desk.hpp). -----------------------------------------------------------------------

    /// None, or none yet: then everything is in memory.
    [[nodiscard]] shard_storage* storage() const noexcept { return storage_.load(memory_order_acquire); }  // (4), (3)
    void set_storage(shard_storage* to) noexcept { storage_.store(to, memory_order_release); }             // (3), (4)
    // ---- Who is waited for. --------------------------------------------------------------------------------------

    /// Memory has more than it may that is not written, or that a reader has not read. A hint, as counts are: a segment
    /// more may come in.
    [[nodiscard]] bool behind() const noexcept { return behind_.load(memory_order_relaxed); }
    void set_behind(bool is) noexcept { behind_.store(is, memory_order_relaxed); }
    /// `slow_reader` is not trim: called by who has moved or removed a place while the shard is behind, and by who
    /// waits for it. Of a reader's move and a put that finds it too slow the second sees the first, by the places'
    /// mutex.
    WEIR_COLD void relieve() {
        if (!give_up_surplus()) return;
        behind_.store(false, memory_order_relaxed);
        room_.fetch_add(1, memory_order_release);  // (5) pairs with (6)
        futex_wake(room_, INT32_MAX);
    }
    /// Blocks while it is behind; returns for a closed one too.
    WEIR_COLD void wait_for_room() {
        for (;;) {
            const std::uint32_t seen = room_.load(memory_order_acquire);  // (6) pairs with (5)
            if (!behind()) return;
            relieve();
            if (!behind() || log_.closed()) return;
            futex_sleep(room_, seen, 20'000'000);
        }
    }

    /// Whether what was put up to `end` has filled a segment; true for one of those who put there.
    [[nodiscard]] bool fills_segment(std::uint64_t end) noexcept {
        std::uint64_t next = next_segment_.load(memory_order_relaxed);
        if (end < next) [[likely]]
            return false;
        const std::uint64_t behind = next + ((end - next) / options_->segment_records + 1) * options_->segment_records;
        return next_segment_.compare_exchange_strong(next, behind, memory_order_relaxed, memory_order_relaxed);
    }

    /// `on_demand`: written too fast for a minute; answers true once.
    [[nodiscard]] bool take_split_wanted() noexcept {
        return split_wanted_.load(memory_order_relaxed) && split_wanted_.exchange(false, memory_order_relaxed);
    }

    /// From now on `w` is notified behind each put, until it is removed by the number that this gives. Any thread.
    [[nodiscard]] std::uint64_t add_waker(const waker& w) {
        const std::lock_guard hold(mutex_);
        std::vector<listener> next = lists_.empty() ? std::vector<listener>{} : lists_.front();
        next.push_back({++listeners_, w});
        replace(std::move(next));
        return listeners_;
    }
    void remove_waker(std::uint64_t number) {
        const std::lock_guard hold(mutex_);
        std::vector<listener> next = lists_.front();
        std::erase_if(next, [&](const listener& l) { return l.number == number; });
        replace(std::move(next));
    }
    void notify() noexcept {
        const std::vector<listener>* const list = wakers_.load(memory_order_acquire);  // (2) pairs with (1)
        if (list == nullptr) return;
        for (const listener& l : *list) l.wakes.notify();
    }

    // The control mutex's.
    std::optional<shard_id> parent = {};
    std::optional<shard_id> adjacent_parent = {};
    std::optional<sequence_number> last = {};
    instant made = {};
    instant ended = {};
    std::vector<shard_id> children = {};

  private:
    struct listener {
        std::uint64_t number;
        waker wakes;
    };

    /// Under the append right, for each record: its moment, which ascends in the shard.
    [[nodiscard]] put_moment admit(put_moment at, std::uint64_t bytes) {
        if (!(writer_.last < at)) at = {writer_.last.arrival, writer_.last.order + 1};
        writer_.last = at;
        if (writer_.records == writer_.full) begin_segment();
        ++writer_.records;
        writer_.bytes += bytes;
        return at;
    }
    /// As far as no reader wants it; whether that is all.
    bool give_up_surplus() {
        const std::uint64_t surplus = surplus_.load(memory_order_relaxed);
        const std::uint64_t first = places_->first_wanted(id_, keys_);
        static_cast<void>(log_.drop_before(first < surplus ? first : surplus));
        return first >= surplus;
    }
    WEIR_COLD void begin_segment() {
        writer_.full += options_->segment_records;
        if (options_->capacity == capacity_mode::on_demand) {
            const std::int64_t elapsed = writer_.last.arrival.us - writer_.window.us;
            if (elapsed >= 60'000'000) {
                const auto per_second =
                    static_cast<double>(writer_.bytes - writer_.window_bytes) * 1e6 / static_cast<double>(elapsed);
                if (per_second > static_cast<double>(options_->limits.split_above)) {
                    split_wanted_.store(true, memory_order_relaxed);  // a hint; the split itself is under a mutex
                }
                writer_.window = writer_.last.arrival;
                writer_.window_bytes = writer_.bytes;
            }
        }
        std::uint64_t surplus = 0;  // what is before it may go
        if (options_->retained_bytes != ~std::uint64_t{0}) {
            writer_.segments.push_back({writer_.records, writer_.bytes});
            while (writer_.segments.size() > 1
                   && writer_.bytes - writer_.segments[1].bytes > options_->retained_bytes) {
                writer_.segments.pop_front();
            }
            surplus = writer_.segments.front().position;
        }
        if (options_->slow_readers == slow_reader::trim) {
            if (surplus != 0) log_.drop_before(surplus);
            return;
        }
        if (writer_.records > options_->retained_records) {
            const std::uint64_t by_records = writer_.records - options_->retained_records;
            if (by_records > surplus) surplus = by_records;
        }
        surplus -= surplus % options_->segment_records;
        surplus_.store(surplus, memory_order_relaxed);
        if (give_up_surplus()) return;
        behind_.store(true, memory_order_relaxed);
        relieve();  // again: a reader that moved meanwhile did not see it behind
    }
    void replace(std::vector<listener> next) {
        lists_.push_front(std::move(next));
        wakers_.store(&lists_.front(), memory_order_release);                  // (1) pairs with (2)
        static_cast<void>(log_.append_range(std::span<arriving<Payload>>{}));  // passes the right, see above
    }

    struct segment_start {
        std::uint64_t position;
        std::uint64_t bytes;
    };
    struct writer_state {
        put_moment last = {};
        std::uint64_t records = 0;
        std::uint64_t full = 0;  // records at which the segment that is written is
        std::uint64_t bytes = 0;
        instant window = {};
        std::uint64_t window_bytes = 0;
        std::deque<segment_start> segments = {};
    };

    const shard_id id_;
    const hash_range keys_;
    const std::uint64_t created_;  // second
    const stream_options* const options_;
    const reader_places* const places_;
    log_type log_;
    shard_quota quota_;
    writer_state writer_;
    atomic<bool> split_wanted_{false};
    atomic<bool> behind_{false};
    atomic<std::uint64_t> surplus_{0};
    atomic<std::uint64_t> next_segment_;  // the position that the next one begins at; a hint, as counts are
    atomic<std::uint32_t> room_{0};       // changes when it is not behind any more
    atomic<shard_storage*> storage_{nullptr};
    std::mutex mutex_;
    std::uint64_t listeners_ = 0;
    std::forward_list<std::vector<listener>> lists_;
    atomic<const std::vector<listener>*> wakers_{nullptr};
};

}  // namespace weir::detail
