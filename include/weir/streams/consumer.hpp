// SPDX-License-Identifier: BSL-1.0
// consumer: the Kinesis Client Library's job. The workers of an application share a stream's shards by leases in a
// lease store, process each shard's records in order, and remember how far they came.
//
//     weir::memory_lease_store leases;                      // or weir::sqlite_lease_store, which processes share
//     weir::consumer worker(stream, leases, [](weir::shard_id) { return my_processor(); }, {.worker = "a"});
//                                                           // with .fan_out = "report" shards are pushed to it
//     worker.run(stop);                                     // or call step(now) yourself
//
// `my_processor`: record_processor.hpp. Workers join by stepping, leave by `request_shutdown`, and die by not stepping
// any more: after `failover` others take their leases, which begin behind the last checkpoint. One worker at a time has
// a shard, by the clocks of all; a checkpoint of one that has lost it fails. A child begins when its parents are at
// their ends (C09). At least once; nothing is skipped but what `batch_failure::side_output` was given. What retention
// took before it was read, and foreign aggregates (C03), are counted. A lease at LATEST begins at the tip when its
// first processor does, and again at the tip of that time where it moves before the first checkpoint, as the KCL's.
//
// `step`: one thread at a time; does not block longer than the stream, the store and the processors. `run` renews on a
// thread of its own, so that a slow processor keeps its leases. Any thread: `request_shutdown`, `shut_down`, `metrics`,
// `shards`. Destroyed without a shutdown it is as if it had died.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/atomic.hpp"
#include "aggregate_reader.hpp"
#include "detail/lease_taker.hpp"
#include "detail/shard_consumer.hpp"
#include "detail/shard_syncer.hpp"

namespace weir {

/// What a consumer reads: any `data_stream`, or a connector to the service.
template <class S>
concept consumable_stream = requires(const S& s, shard_id shard, const iterator_start& start, const shard_iterator& it,
                                     const shard_filter& of, const list_token& next) {
    { s.get_shard_iterator(shard, start) } -> std::same_as<result<shard_iterator>>;
    { s.list_shards(of) } -> std::same_as<result<shard_list>>;
    { s.list_shards(next) } -> std::same_as<result<shard_list>>;
    s.get_records(it, std::size_t{1})->records;
};

template <consumable_stream Stream, lease_store Store, class Factory>
    requires std::invocable<Factory&, shard_id>
class consumer {
    using record = typename decltype(std::declval<const Stream&>()
                                         .get_records(std::declval<const shard_iterator&>(), std::size_t{1})
                                         ->records)::value_type;
    using processor = std::invoke_result_t<Factory&, shard_id>;
    using shard_task = detail::shard_consumer<Stream, Store, record, processor>;
    static_assert(record_processor<processor, consumed<record>>,
                  "weir::consumer: the factory makes no record processor; record_processor.hpp lists its functions");

  public:
    using delivered = consumed<record>;

    /// `stream` and `leases` outlive it. Throws std::invalid_argument for options that are none.
    consumer(const Stream& stream, Store& leases, Factory make, consumer_options options)
        : stream_(&stream), make_(std::move(make)), options_(checked(std::move(options))), holder_(leases, options_),
          taker_(options_) {
        around_.options = &options_;
        if (!detail::fans_out<Stream> && !options_.fan_out.empty()) {
            throw std::invalid_argument("weir::consumer: fan_out: this stream pushes to nobody; leave the name empty");
        }
    }
    consumer(const consumer&) = delete;
    consumer& operator=(const consumer&) = delete;

    /// Before the first step. For `batch_failure::side_output`: takes what failed; if it throws, the batch is retried.
    void on_failed_batch(std::function<void(shard_id, std::span<const delivered>, const error&)> f) {
        around_.failed_batch = std::move(f);
    }
    /// Before the first step. Once for each time that a shard makes no progress for `stall_after`.
    void on_stall(std::function<void(const shard_progress&)> f) { stall_ = std::move(f); }

    /// One round: renews, takes and looks after leases where that is due, and lets each shard do one thing. True: there
    /// may be more to do at once.
    bool step(instant now) {
        if (options_.on_failure == batch_failure::side_output && !around_.failed_batch) {
            throw std::invalid_argument("weir::consumer: side_output needs on_failed_batch");
        }
        if (shutdown_.load(memory_order_acquire)) around_.shutdown = true;  // (2) pairs with (1)
        if (!started_) {
            started_ = true;
            next_sync_ = {now.us + us(options_.shard_sync) / 2};
            next_cleanup_ = {now.us + us(options_.lease_cleanup)};
        }
        holder_.renew(now);
        bool worked = false;
        if (!around_.shutdown) {
            if (now >= next_take_) worked = take(now) || worked;
            if (!arriving_.empty() && now >= next_arrival_) worked = look_for_arrivals(now) || worked;
            if (now >= next_sync_) audit(now);
            if (now >= next_cleanup_) clean_up(now);
        } else if (!arriving_.empty()) {
            give_back_arrivals();
        }
        bool ended = false;
        for (auto& [id, task] : tasks_) {
            const bool stalled = task->progress().stalled;
            worked = task->step(later(now), make_) || worked;
            if (task->progress().stalled && !stalled && stall_) stall_(task->progress());
            if (task->over()) {
                holder_.forget(task->held());
                ended = true;
            }
        }
        if (ended) {
            std::erase_if(tasks_, [&](const auto& t) {
                if (!t.second->over()) return false;
                if (t.second->progress().reason == shutdown_reason::shard_end) next_take_ = now;  // its children
                return true;
            });
            for (auto& t : tasks_) t.second->wake();
        }
        publish();
        return worked;
    }

    /// Steps until it is told to stop or fails, then lets go of all leases; returns after `handoff_timeout` at the
    /// latest unless a processor takes longer. False: `failure()` says why.
    bool run(std::stop_token asked) {
        const clock& time = options_.time != nullptr ? *options_.time : system_clock_source();
        std::jthread renewer([this, &time](std::stop_token over) {
            while (!over.stop_requested()) {
                holder_.renew(time.now());
                pause(over, std::min<std::int64_t>(options_.renew_interval() / 4 + 1, 1'000'000));
            }
        });
        while (!asked.stop_requested() && !shut_down()) {
            if (!step(time.now())) pause(asked, idle_time(time.now()));
        }
        request_shutdown();
        const std::int64_t last = time.now().us + us(options_.handoff_timeout);
        while (!shut_down() && time.now().us < last) {
            if (!step(time.now())) pause({}, 1'000);
        }
        return !failure();
    }

    /// Any thread. Processors are told, make a last checkpoint, and the leases are free for others at once.
    void request_shutdown() noexcept { shutdown_.store(true, memory_order_release); }  // (1) pairs with (2)
    /// After a shutdown, asked for or by `batch_failure::shut_down`: no shard is left.
    [[nodiscard]] bool shut_down() const {
        const std::lock_guard hold(published_mutex_);
        return published_over_;
    }
    [[nodiscard]] std::optional<error> failure() const {
        const std::lock_guard hold(published_mutex_);
        return published_failure_;
    }
    [[nodiscard]] consumer_metrics metrics() const {
        const std::lock_guard hold(published_mutex_);
        return published_;
    }
    /// By id; as of the last step.
    [[nodiscard]] std::vector<shard_progress> shards() const {
        const std::lock_guard hold(published_mutex_);
        return published_shards_;
    }

  private:
    static consumer_options checked(consumer_options o) {
        o.check();
        return o;
    }
    [[nodiscard]] static std::int64_t us(std::chrono::milliseconds t) noexcept {
        return std::chrono::microseconds(t).count();
    }
    /// Processors take time: what a shard may still do is asked of the clock, where there is one.
    [[nodiscard]] instant later(instant now) const noexcept {
        const instant at = options_.time != nullptr ? options_.time->now() : now;
        return at > now ? at : now;
    }
    void pause(const std::stop_token& asked, std::int64_t time) {
        std::unique_lock hold(pause_mutex_);
        pause_.wait_for(hold, asked, std::chrono::microseconds(time), [] { return false; });
    }
    [[nodiscard]] std::int64_t idle_time(instant now) const {
        instant next = std::min({next_take_, next_sync_, next_cleanup_}, [](instant a, instant b) { return a < b; });
        for (const auto& t : tasks_)
            next = std::min(next, t.second->not_before(), [](instant a, instant b) { return a < b; });
        return std::clamp<std::int64_t>(next.us - now.us, 1'000, 50'000);
    }

    [[nodiscard]] std::optional<std::vector<lease>> rows() {
        result<std::vector<lease>> all = holder_.table().store().list();
        if (all) return std::move(*all);
        ++around_.metrics.StoreFailures;
        return {};
    }
    bool take(instant now) {
        next_take_ = {now.us + options_.take_interval()};
        std::optional<std::vector<lease>> all = rows();
        if (!all) return retry_take(now);
        if (all->empty()) {
            if (!synchronise(now, *all)) return retry_take(now);
            all = rows();
            if (!all) return retry_take(now);
        }
        std::size_t taken = 0;
        for (const detail::lease_taker::choice& c : taker_.choose(*all, now, around_.metrics)) {
            if (tasks_.contains(c.seen.shard) || arriving_.contains(c.seen.shard)) continue;
            const auto& table = holder_.table();
            const bool graceful = !c.free && options_.graceful_handoff;
            const result<std::optional<lease>> done =
                graceful ? table.hand_over(c.seen, options_.worker) : table.take(c.seen, options_.worker);
            if (!done) {
                ++around_.metrics.StoreFailures;
            } else if (*done) {
                ++taken;
                if (graceful) {
                    arriving_.insert_or_assign(c.seen.shard, arrival{now});
                    taker_.look(**done, now);
                } else {
                    begin(**done, now, c.free ? now : instant{now.us + us(options_.failover)});
                }
            }
        }
        around_.metrics.TakenLeases += taken;
        return taken > 0;
    }
    bool retry_take(instant now) {
        next_take_ = {now.us + us(options_.task_backoff)};
        return false;
    }
    void begin(const lease& row, instant now, instant earliest) {
        tasks_.insert_or_assign(
            row.shard, std::make_unique<shard_task>(*stream_, holder_, holder_.add(row, now), around_, now, earliest));
    }
    /// Leases that their owners are letting go for us (C19).
    bool look_for_arrivals(instant now) {
        next_arrival_ = {now.us + us(options_.task_backoff)};
        bool worked = false;
        for (auto it = arriving_.begin(); it != arriving_.end();) {
            const result<std::optional<lease>> there = holder_.table().store().get(it->first);
            if (!there) {
                ++around_.metrics.StoreFailures;
                ++it;
                continue;
            }
            if (!*there || (*there)->owner != options_.worker || (*there)->completed()) {
                it = arriving_.erase(it);  // somebody else has it
                continue;
            }
            std::optional<lease> mine;
            if ((*there)->state() == lease_state::owned) {  // ours for now, and fresh
                const result<std::optional<lease>> renewed = holder_.table().renew(**there);
                if (renewed) mine = *renewed;
            } else {
                taker_.look(**there, now);
                const bool late = now.us - it->second.asked.us > us(options_.handoff_timeout);
                if (late || taker_.unchanged(**there, now) > us(options_.failover)) {
                    const result<std::optional<lease>> moved = holder_.table().transfer(**there);
                    if (moved) mine = *moved;
                }
            }
            if (mine) {
                begin(*mine, now, now);
                worked = true;
                it = arriving_.erase(it);
            } else {
                ++it;
            }
        }
        return worked;
    }
    /// Their owners keep them, or others take them.
    void give_back_arrivals() {
        for (const auto& [shard, asked] : arriving_) {
            const result<std::optional<lease>> there = holder_.table().store().get(shard);
            if (!there || !*there || (*there)->owner != options_.worker) continue;
            const result<std::optional<lease>> done = (*there)->state() == lease_state::handing_over
                                                          ? holder_.table().cancel(**there)
                                                          : holder_.table().release(**there);
            if (!done) ++around_.metrics.StoreFailures;
        }
        arriving_.clear();
    }

    [[nodiscard]] result<std::vector<shard_description>> list(const shard_filter& of) const {
        std::vector<shard_description> all;
        result<shard_list> page = stream_->list_shards(of);
        for (;;) {
            if (!page) return page.error();
            all.insert(all.end(), page->shards.begin(), page->shards.end());
            if (!page->next) return all;
            const list_token next = *page->next;
            page = stream_->list_shards(next);
        }
    }
    /// Makes the leases that should be there; others may do the same at once.
    bool synchronise(instant now, const std::vector<lease>& all) {
        static_cast<void>(now);
        const result<std::vector<shard_description>> shards =
            list(all.empty() ? detail::initial_filter(options_.start) : shard_filter{});
        if (!shards) {
            ++around_.metrics.ReadFailures;
            return false;
        }
        std::vector<lease> wanted;
        if (all.empty()) {
            result<std::vector<lease>> first = detail::initial_leases(*shards, options_.start);
            if (!first) return false;
            wanted = std::move(*first);
        } else if (watch_.hole()) {
            wanted = detail::leases_for(*watch_.hole(), all, *shards, options_.start);
        }
        std::vector<lease_write> writes;
        writes.reserve(wanted.size());
        for (lease& l : wanted) writes.push_back({lease_write::action::create, std::move(l)});
        if (!writes.empty()) {
            const result<bool> done = holder_.table().store().commit(writes);
            if (!done) {
                ++around_.metrics.StoreFailures;
                return false;
            }
            if (*done) around_.metrics.CreateLeaseSuccess += writes.size();
        }
        ++around_.metrics.ShardSyncTaskSuccess;
        return true;
    }
    void audit(instant now) {
        next_sync_ = {now.us + us(options_.shard_sync)};
        const std::optional<std::vector<lease>> all = rows();
        if (!all) return;
        const bool due = watch_.observe(*all);
        around_.metrics.NumStreamsWithPartialLeases = watch_.hole() ? 1 : 0;
        if (due) synchronise(now, *all);
    }
    void clean_up(instant now) {
        next_cleanup_ = {now.us + us(options_.lease_cleanup)};
        const std::optional<std::vector<lease>> all = rows();
        if (!all) return;
        for (const lease& l : detail::leases_to_delete(*all)) {
            const result<bool> done = holder_.table().erase(l);
            if (!done) ++around_.metrics.StoreFailures;
            if (done && *done) ++around_.metrics.LeasesDeleted;
        }
    }
    void publish() {
        const std::lock_guard hold(published_mutex_);
        published_ = around_.metrics;
        published_.StoreFailures += holder_.store_failures();
        published_.CurrentLeases = tasks_.size();
        published_.MillisBehindLatest = 0;
        published_shards_.clear();
        for (const auto& t : tasks_) {
            const shard_progress& p = t.second->progress();
            published_shards_.push_back(p);
            published_.MillisBehindLatest = std::max(published_.MillisBehindLatest, p.millis_behind_latest);
            if (p.stalled) ++published_.StalledShards;
        }
        published_failure_ = around_.failure;
        published_over_ = around_.shutdown && tasks_.empty();
    }

    struct arrival {
        instant asked;
    };

    const Stream* stream_;
    Factory make_;
    const consumer_options options_;
    detail::lease_holder<Store> holder_;
    detail::lease_taker taker_;
    detail::hole_watch watch_;
    detail::shard_surroundings<record> around_;
    std::map<shard_id, std::unique_ptr<shard_task>> tasks_;
    std::map<shard_id, arrival> arriving_;
    std::function<void(const shard_progress&)> stall_;
    instant next_take_ = instant::min();
    instant next_arrival_ = instant::min();
    instant next_sync_ = {};
    instant next_cleanup_ = {};
    bool started_ = false;
    atomic<bool> shutdown_{false};  // order: (1) release store -> (2) acquire load
    std::mutex pause_mutex_;
    std::condition_variable_any pause_;
    mutable std::mutex published_mutex_;
    consumer_metrics published_;
    std::vector<shard_progress> published_shards_;
    std::optional<error> published_failure_;
    bool published_over_ = false;
};

}  // namespace weir
