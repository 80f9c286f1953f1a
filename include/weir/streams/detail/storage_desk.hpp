// SPDX-License-Identifier: BSL-1.0
// Moves a stream's records from memory into its storage: one thread, which blocks on the storage so that no worker
// does.
//
// It follows each shard's log as a reader, and drops from memory what is written and not among the newest
// `memory_records`. A shard is begun when its parents are durable to their end and the table with it is stored: so
// after a crash no child has a record while a parent lacks one. What has come while a step ran is the next one.
//
// Who puts sees three words: `behind` of a shard (memory is full), `failed`, and `progress`, on which those sleep that
// wait for an acknowledgement. Order: (1) release store of a shard's storage, or of its marks within the storage, in
// front of the increment of `progress` -> (2) acquire load of `progress` in front of those: none is missed.
// (3) release store of `failed_` behind `failure_` -> (4) acquire load.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../../runtime/waker.hpp"
#include "../../support/atomic.hpp"
#include "../../support/futex.hpp"
#include "../../support/membarrier.hpp"
#include "../../support/result.hpp"
#include "../stream_storage.hpp"
#include "payload_codec.hpp"
#include "storage_scrubs.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

/// The thread's sleep: a waker of the runtime's kind wakes it.
class desk_alarm final : public wake_domain {
  public:
    void ready(wake_node&) noexcept override { ring(); }
    void ring() noexcept {
        word_.fetch_add(1, memory_order_acq_rel);
        futex_wake(word_, 1);
    }
    [[nodiscard]] std::uint32_t seen() const noexcept { return word_.load(memory_order_acquire); }
    void sleep(std::uint32_t seen, std::int64_t ns) noexcept { futex_sleep(word_, seen, ns); }

  private:
    atomic<std::uint32_t> word_{0};
};

template <class Payload>
class storage_desk {
    using shard = stream_shard<Payload>;
    using record = typename shard::record;

  public:
    /// The stream's present table and its shards.
    struct view {
        stored_stream table;
        std::vector<shard*> shards;
    };
    /// What the desk asks of the stream, from its thread.
    struct questions {
        std::function<view()> table;
        std::function<instant()> horizon;  // what arrived before is hidden
        std::function<instant()> now;
    };

    storage_desk(std::shared_ptr<stream_storage> storage, questions ask)
        : storage_(std::move(storage)), ask_(std::move(ask)), alarm_(std::make_shared<desk_alarm>()),
          node_(std::make_shared<wake_node>(nullptr)) {
        node_->domain = alarm_;
    }
    storage_desk(const storage_desk&) = delete;
    storage_desk& operator=(const storage_desk&) = delete;
    /// Writes what is there, unless the storage fails or has no room.
    ~storage_desk() {
        ending_.store(true, memory_order_relaxed);  // the alarm's word orders it
        alarm_->ring();
        if (thread_.joinable()) thread_.join();
        for (const auto& s : spools_) {
            if (s->listening) s->of->remove_waker(s->waker_number);
        }
    }

    [[nodiscard]] const storage_settings& settings() const noexcept { return storage_->settings(); }
    struct adopted_shard {
        std::uint64_t next = 0;  // its next record's position
        put_moment newest = {};  // of its last record
    };
    /// In the stream's constructor, in the order of ids: a shard that an earlier process has left.
    [[nodiscard]] result<adopted_shard> adopt(shard_id id) {
        auto opened = storage_->open_shard(id);
        if (!opened) return opened.error();
        adopted_.push_back(std::move(*opened));
        shard_storage& of = *adopted_.back();
        adopted_shard found{of.next(), {}};
        if (found.next > of.first()) {
            const std::unique_ptr<shard_cursor> last = of.read(found.next - 1);
            const storage_page page = last->next();
            if (page.kind == page_kind::unavailable) {
                return error{errc::io,
                             "read the last record of " + to_string(id)
                                 + ": too many files are open, or memory "
                                   "is short; raise the limit (ulimit -n)",
                             to_string(id)};
            }
            if (page.kind == page_kind::records && !page.records.empty()) {
                byte_reader in(page.records.back().payload);
                found.newest = read_head(in).at;
            }
        }
        return found;
    }
    void start() {
        refresh();
        thread_ = std::thread([this] { run(); });
    }
    /// There are other shards, or another retention.
    void table_changed() noexcept {
        stale_.store(true, memory_order_relaxed);  // the alarm's word orders it
        alarm_->ring();
    }

    [[nodiscard]] bool failed() const noexcept { return failed_.load(memory_order_acquire); }  // (4) pairs with (3)
    [[nodiscard]] error failure() const {
        const std::lock_guard hold(mutex_);
        return failure_;
    }
    [[nodiscard]] storage_scrub scrubbed() const { return scrubs_.so_far(); }
    /// Blocks until the record is that safe, or the storage has failed.
    [[nodiscard]] result<void> wait_for(const shard& s, std::uint64_t position, log_acknowledge level) {
        return wait_until(
            [&] {
                const shard_storage* const k = s.storage();
                return k != nullptr && (level == log_acknowledge::written ? k->written() : k->durable()) > position;
            },
            level == log_acknowledge::durable);
    }
    /// Blocks while the shard's memory is full.
    [[nodiscard]] result<void> wait_for_room(const shard& s) {
        return wait_until([&] { return !s.behind(); });
    }

  private:
    struct spool {
        explicit spool(shard& s, std::optional<shard_id> p, std::optional<shard_id> a)
            : of(&s), parent(p), adjacent_parent(a) {}
        shard* of;
        std::optional<shard_id> parent;
        std::optional<shard_id> adjacent_parent;
        std::unique_ptr<shard_storage> storage = {};
        std::optional<typename shard::reader> from = {};
        std::uint64_t waker_number = 0;
        bool listening = false;
        bool over = false;  // closed, and durable to its end
    };

    template <class Done>
    result<void> wait_until(Done done, bool synced = false) {
        for (;;) {
            const std::uint32_t seen = progress_.load(memory_order_acquire);  // (2) pairs with (1)
            if (done()) return {};
            if (failed()) return failure();
            if (synced) sync_wanted_.store(true, memory_order_relaxed);  // the alarm's word orders it
            waiting_.fetch_add(1, memory_order_acq_rel);
            alarm_->ring();
            futex_sleep(progress_, seen, 100'000'000);
            waiting_.fetch_sub(1, memory_order_relaxed);  // a count; too many cost a wake
        }
    }
    void advance() noexcept {
        progress_.fetch_add(1, memory_order_acq_rel);  // (1) pairs with (2)
        if (waiting_.load(memory_order_acquire) != 0) futex_wake(progress_, INT_MAX);
    }
    void fail(error why) {
        {
            const std::lock_guard hold(mutex_);
            failure_ = std::move(why);
        }
        failed_.store(true, memory_order_release);  // (3) pairs with (4)
        advance();
    }

    void run() {
        for (bool announced = false; !failed();) {
            const std::uint32_t seen = alarm_->seen();
            const bool ending = ending_.load(memory_order_relaxed);
            if (stale_.exchange(false, memory_order_relaxed)) refresh();
            const bool sync = sync_wanted_.exchange(false, memory_order_relaxed);
            bool moved = false;
            bool waits = false;
            for (const auto& s : spools_) {
                const storage_step step = move(*s);
                moved = moved || step == storage_step::progress;
                waits = waits || step == storage_step::wait;
                if (step == storage_step::failed) return;
                if (sync && s->storage && s->storage->durable() != s->storage->next()) {
                    if (const result<void> synced = s->storage->sync(); !synced) return fail(synced.error());
                    moved = true;
                }
            }
            trim();
            if (moved) {
                announced = false;
                advance();
            } else if (ending) {
                close();
                return;
            } else if (!announced) {  // then one more look: a put from here on rings, one before is seen
                node_->announce();
                if (node_->asymmetric) process_barrier();
                announced = true;
            } else {
                if (!scrub()) alarm_->sleep(seen, waits ? 100'000'000 : 20'000'000);
                announced = false;
            }
        }
    }
    void refresh() {
        view now = ask_.table();
        for (std::size_t i = spools_.size(); i < now.shards.size(); ++i) {
            const stored_shard& facts = now.table.shards[i];
            spools_.push_back(std::make_unique<spool>(*now.shards[i], facts.parent, facts.adjacent_parent));
            if (i < adopted_.size()) {
                begin(*spools_.back(), std::move(adopted_[i]));
                spools_.back()->over = facts.ended.has_value();  // as it was stored, see `save_table`
            }
        }
        adopted_.clear();
        table_ = std::move(now.table);
        unsaved_ = true;
    }
    void begin(spool& s, std::unique_ptr<shard_storage> storage) {
        s.storage = std::move(storage);
        s.of->set_storage(s.storage.get());
        s.waker_number = s.of->add_waker(waker(node_));
        s.listening = true;
        s.from.emplace(s.of->log().make_reader(s.storage->next()));
    }
    [[nodiscard]] bool parents_over(const spool& s) const {
        for (const std::optional<shard_id>& p : {s.parent, s.adjacent_parent}) {
            if (p && !spools_[p->index]->over) return false;
        }
        return true;
    }
    /// The table names no child whose parents are not whole.
    [[nodiscard]] result<void> save_table() {
        if (!unsaved_) return {};
        unsaved_ = false;
        saved_ = 0;
        while (saved_ < spools_.size() && parents_over(*spools_[saved_])) ++saved_;
        stored_stream known = table_;
        known.shards.resize(saved_);
        for (stored_shard& s : known.shards) {
            const spool& kept = *spools_[s.id.index];
            if (kept.over) {
                s.end = kept.storage->next();
            } else {
                s.ended.reset();
            }
        }
        // One whose children are not there yet is open, or nobody would have its keys.
        for (std::size_t i = saved_; i < spools_.size(); ++i) {
            for (const std::optional<shard_id>& p : {spools_[i]->parent, spools_[i]->adjacent_parent}) {
                if (p && p->index < saved_) known.shards[p->index].ended.reset();
            }
        }
        return storage_->keep(known);
    }
    /// What the retention has given up goes, a minute's worth at a time; whole segments.
    void trim() {
        const instant horizon = ask_.horizon();
        if (trimmed_ != instant::min() && horizon.us - trimmed_.us < 60'000'000) return;  // it never goes back
        trimmed_ = horizon;
        for (const auto& s : spools_) {
            if (!s->storage || s->storage->first() == s->storage->next()) continue;
            const std::uint64_t kept = s->storage->find(horizon);
            if (kept <= s->storage->first()) continue;
            if (const result<void> done = s->storage->trim(kept); !done) return fail(done.error());
        }
    }

    /// A little of what is stored is gone over, if it is time; false: not now.
    bool scrub() {
        const auto storage_of = [this](std::size_t i) { return spools_[i]->storage.get(); };
        return scrubs_.step(storage_->settings(), spools_.size(), storage_of, ask_.now());
    }

    storage_step move(spool& s);
    [[nodiscard]] result<std::size_t> copy(spool& s);
    void keep_memory(spool& s);
    void close();

    static constexpr std::size_t batch = 1'024;

    const std::shared_ptr<stream_storage> storage_;
    const questions ask_;
    const std::shared_ptr<desk_alarm> alarm_;
    const std::shared_ptr<wake_node> node_;
    // The thread's.
    std::vector<std::unique_ptr<shard_storage>> adopted_;
    std::vector<std::unique_ptr<spool>> spools_;  // by shard id
    stored_stream table_;
    bool unsaved_ = false;
    std::size_t saved_ = 0;  // so many shards are in the stored table
    instant trimmed_ = instant::min();
    storage_scrubs scrubs_;  // what it has found is anybody's
    byte_writer bytes_;
    std::vector<std::size_t> ends_;
    std::vector<log_record> records_;
    // Anybody's.
    atomic<bool> ending_{false};
    atomic<bool> stale_{false};
    atomic<bool> sync_wanted_{false};
    atomic<std::uint32_t> progress_{0};
    atomic<std::uint32_t> waiting_{0};
    atomic<bool> failed_{false};
    mutable std::mutex mutex_;
    error failure_;
    std::thread thread_;
};

template <class Payload>
storage_step storage_desk<Payload>::move(spool& s) {
    if (s.over) return storage_step::idle;
    if (const result<void> saved = save_table(); !saved) {
        fail(saved.error());
        return storage_step::failed;
    }
    if (!s.storage) {
        // The table first: what is in a folder that no table names would be nobody's.
        if (s.of->id().index >= saved_) return storage_step::idle;
        auto opened = storage_->open_shard(s.of->id());
        if (!opened) {
            fail(opened.error());
            return storage_step::failed;
        }
        begin(s, std::move(*opened));
    }
    const result<std::size_t> copied = copy(s);
    if (!copied) {
        fail(copied.error());
        return storage_step::failed;
    }
    const storage_step step = s.storage->step();
    if (step == storage_step::failed) {
        fail(s.storage->failure());
        return step;
    }
    keep_memory(s);
    if (*copied != 0) return storage_step::progress;
    if (step == storage_step::idle && s.from->drained() && s.storage->durable() == s.storage->next()) {
        // So that who follows the folder knows all of it to be whole.
        if (const result<void> closed = s.storage->close(); !closed) {
            fail(closed.error());
            return storage_step::failed;
        }
        s.over = true;
        unsaved_ = true;
        return storage_step::progress;
    }
    return step;
}

/// At most a batch, and what the storage has room for; how many.
template <class Payload>
result<std::size_t> storage_desk<Payload>::copy(spool& s) {
    const std::span<const record> there = s.from->peek();
    const std::size_t n = there.size() < batch ? there.size() : batch;
    if (n == 0) return std::size_t{0};
    bytes_.clear();
    ends_.clear();
    records_.clear();
    for (const record& r : there.first(n)) {
        write_head(bytes_, {r.hash, r.at});
        payload_codec<Payload>::write(bytes_, r.payload);
        ends_.push_back(bytes_.size());
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string_view all = bytes_.bytes();
        records_.push_back({payload_codec<Payload>::key(there[i].payload), all.substr(begin, ends_[i] - begin)});
        begin = ends_[i];
    }
    if (const result<void> taken = s.storage->append(records_); !taken) {
        const errc code = taken.error().code;
        if (code == errc::limit_exceeded || code == errc::no_space) return std::size_t{0};  // behind a step
        return taken.error();
    }
    s.from->release(n);
    return n;
}

/// Of the shard: what is written and not among the newest goes from memory, what is older than the retention from the
/// storage.
template <class Payload>
void storage_desk<Payload>::keep_memory(spool& s) {
    const storage_settings& o = storage_->settings();
    const std::uint64_t written = s.storage->written();
    const std::uint64_t end = s.of->log().end_position();
    const std::uint64_t hot = end > o.memory_records ? end - o.memory_records : 0;
    static_cast<void>(s.of->log().drop_before(hot < written ? hot : written));
    s.of->set_behind(end > written && end - written > o.unwritten_records);
}

/// At the end of the stream: what is left is made durable.
template <class Payload>
void storage_desk<Payload>::close() {
    for (const auto& s : spools_) {
        if (!s->storage || s->over) continue;
        if (const result<void> closed = s->storage->close(); !closed) {
            fail(closed.error());
            return;
        }
    }
    unsaved_ = true;
    if (const result<void> saved = save_table(); !saved) return fail(saved.error());
    advance();
}

}  // namespace weir::detail
