// SPDX-License-Identifier: BSL-1.0
// producer: the Kinesis Producer Library's job. Records are buffered by number, size and time, aggregated for the shard
// that they will go to, put in batches at the rate that the shards take, and tried again until they are stored or their
// time to live is over.
//
//     weir::producer<weir::data_stream<weir::bytes>> out(stream);
//     out.start();                                        // a thread drives it; or call step(now) yourself
//     auto outcome = out.put("key", "data").value();      // any thread
//     out.close();                                        // all of it is put, or has failed
//
//   put -> aggregator of the predicted shard -> limiter of that shard -> collector -> put_records -> retries
//
// At least once: a record that is stored is reported so, and what is tried again was refused, or is in an aggregate
// that landed in a shard where a consumer would drop it. `ordered`: of each shard one record is on its way at a time,
// so each key's records are stored in their order, across retries too. What is dropped, expired or failed has an
// outcome that says so and a counter. Memory is bounded by `max_buffered_bytes`.
//
// `put` and `metrics`: any thread; they take a mutex for a moment. `step`: one thread at a time, never blocks longer
// than the stream's put_records. Callbacks and coroutines run on the thread that steps.
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "detail/producer_desk.hpp"
#include "detail/producer_records.hpp"
#include "detail/put_batch.hpp"
#include "detail/shard_limiter.hpp"
#include "operations.hpp"
#include "producer_metrics.hpp"
#include "producer_options.hpp"
#include "user_record_result.hpp"

namespace weir {

/// What a producer puts into: a `data_stream<bytes>`, or a connector to the service.
template <class S>
concept record_stream = requires(const S& s, std::span<const put_entry> entries, const shard_filter& of) {
    { s.put_records(entries) } -> std::same_as<result<put_records_result>>;
    { s.list_shards(of) } -> std::same_as<result<shard_list>>;
};

template <record_stream Stream>
class producer {
    using pending = detail::pending_ptr;

  public:
    explicit producer(Stream stream, const producer_options& options = {})
        : stream_(std::move(stream)), options_(options),
          time_(options.time != nullptr ? *options.time : system_clock_source()) {}
    producer(const producer&) = delete;
    producer& operator=(const producer&) = delete;
    ~producer() { close(); }

    /// `errc::invalid_argument` for what is no record, `limit_exceeded` by `producer_overflow::fail`, `closed`. With
    /// `block` it waits for room, so a thread must drive the producer.
    [[nodiscard]] result<put_outcome> put(std::string_view key, std::string_view data,
                                          std::optional<hash_key> explicit_hash_key = {},
                                          std::function<void(const user_record_result&)> callback = {}) {
        return desk_.put(key, data, explicit_hash_key, std::move(callback));
    }

    /// Whatever waits is put at once, as far as the limits let it; does not wait for it.
    void flush() { desk_.flush(); }

    /// One round at the clock's present time; when the next is due, `instant::max()`: when something is put.
    instant step() {
        const instant now = time_.now();
        const bool all = desk_.take_inbox(arrived_);
        if (stale_) refresh_shards(now);
        std::vector<detail::kinesis_record> again;
        again.swap(again_);
        for (detail::kinesis_record& r : again) {
            if (r.predicted) limiter(*r.predicted, now).settled();
            limit(std::move(r), now);
        }
        for (pending& r : arrived_) route(std::move(r), now);
        arrived_.clear();
        for (auto& [shard, a] : aggregators_) {
            while (!a.empty() && (all || a.deadline() <= now)) release(shard, a, now);
        }
        send_ready(now, all);
        return next_due(now);
    }

    /// A thread of its own steps from here on, until `close`.
    void start() {
        if (driver_.joinable()) return;
        driver_ = std::jthread([this](const std::stop_token& asked) {
            while (!asked.stop_requested()) {
                const std::uint32_t seen = desk_.driver_point().announce();
                const instant due = step();
                if (!desk_.idle() || asked.stop_requested()) continue;
                const std::int64_t left = due == instant::max() ? -1 : 1'000 * (due.us - time_.now().us);
                if (due == instant::max() || left > 0) desk_.driver_point().sleep(seen, left);
            }
        });
    }

    /// Takes no more; puts what it has until all of it is finished, at most so long. What is not finished then, or when
    /// the clock stands still, fails with the code "Shutdown".
    void close(std::chrono::milliseconds at_most = std::chrono::seconds(30)) {
        if (!desk_.close()) return;
        if (driver_.joinable()) {
            driver_.request_stop();
            desk_.wake_driver();
            driver_.join();
        }
        const std::int64_t until = monotonic_now() + 1'000'000 * at_most.count();
        for (;;) {
            const instant before = time_.now();
            flush();
            const instant due = step();
            if (pending_records() == 0) return;
            if (monotonic_now() >= until) break;
            const std::int64_t us = due == instant::max() ? 1'000 : due.us - before.us;
            std::this_thread::sleep_for(std::chrono::microseconds(std::clamp<std::int64_t>(us, 100, 10'000)));
            if (time_.now() == before) break;
        }
        abandon();
    }

    [[nodiscard]] std::uint64_t pending_records() const { return desk_.pending_records(); }
    [[nodiscard]] producer_metrics metrics() const { return desk_.metrics(); }

  private:
    struct open_shard {
        hash_key last;
        shard_id id;
    };
    static constexpr std::int64_t tick_us = 25'000;  // the limiters are looked at so often

    // ---- Which shard. -------------------------------------------------------------------------------------------

    /// Asks for the open shards; what was meant for those of before is routed again, in its order.
    void refresh_shards(instant now) {
        const result<shard_list> open = stream_.list_shards(shard_filter{.kind = shard_filter::type::at_latest});
        if (!open) {
            desk_.count_error("ListShards");
            return;
        }
        shards_.clear();
        for (const shard_description& s : open->shards) shards_.push_back({s.keys.last, s.id});
        std::sort(shards_.begin(), shards_.end(), [](const auto& a, const auto& b) { return a.last < b.last; });
        stale_ = false;
        std::vector<pending> again;
        const auto empty = [&](auto& desk) {
            for (pending& r : desk.take_all()) again.push_back(std::move(r));
        };
        for (auto& [shard, a] : aggregators_) empty(a);
        for (auto& [shard, l] : limiters_) empty(l);
        aggregators_.clear();
        limiters_.clear();
        for (const auto& records : {std::exchange(again_, {}), batch_.take_all()}) {
            for (const detail::kinesis_record& r : records) again.insert(again.end(), r.of.begin(), r.of.end());
        }
        std::sort(again.begin(), again.end(), [](const pending& a, const pending& b) { return a->order < b->order; });
        for (pending& r : again) route(std::move(r), now);
    }
    [[nodiscard]] std::optional<shard_id> predict(hash_key hash) const {
        const auto at = std::lower_bound(shards_.begin(), shards_.end(), hash,
                                         [](const open_shard& s, hash_key h) { return s.last < h; });
        if (at == shards_.end()) return std::nullopt;
        return at->id;
    }
    [[nodiscard]] detail::shard_limiter& limiter(shard_id shard, instant now) {
        return limiters_.try_emplace(shard, options_.rate_limit, options_.ordered, now).first->second;
    }

    // ---- The way through. ----------------------------------------------------------------------------------------

    void route(pending r, instant now) {
        const std::optional<shard_id> shard = predict(r->hash);
        const std::uint64_t alone = detail::shard_aggregator::estimated(*r);
        if (!options_.aggregation || !shard || alone > options_.aggregation_max_size) {  // P04, P06
            if (shard) {
                auto& a = aggregators_[*shard];
                while (options_.ordered && !a.empty()) release(*shard, a, now);
            }
            limit(detail::put_together({std::move(r)}, shard), now);
            return;
        }
        detail::shard_aggregator& a = aggregators_[*shard];
        a.add(std::move(r));
        while (!a.empty() && a.full(options_.aggregation_max_count, options_.aggregation_max_size)) {
            release(*shard, a, now);
        }
    }
    void release(shard_id shard, detail::shard_aggregator& a, instant now) {
        limit(detail::put_together(a.flush(options_.aggregation_max_count, options_.aggregation_max_size), shard), now);
    }
    void limit(detail::kinesis_record r, instant now) {
        if (r.predicted) {
            limiter(*r.predicted, now).add(std::move(r));
        } else {
            batch_.add(std::move(r));  // an unknown shard has no limiter (P08)
        }
    }
    void send_ready(instant now, bool all) {
        const bool unknown = stale_;  // the shards: then all of them go to the stream, which knows
        const auto expire = [&](const pending& p) { desk_.fail(*p, now, "Expired", "Record has reached expiration"); };
        for (auto& [shard, l] : limiters_) l.expire(now, expire);
        for (bool some = true; some;) {
            some = false;
            for (auto& [shard, l] : limiters_) {
                while (std::optional<detail::kinesis_record> r = l.next(now)) {
                    batch_.add(std::move(*r));
                    some = true;
                    if (batch_.full()) send(now);
                    if (stale_) break;
                }
                if (stale_) break;
            }
            while (!batch_.empty() && (!stale_ || unknown)
                   && (all || batch_.full() || options_.ordered || batch_.due() <= now)) {
                send(now);
                some = some || options_.ordered;
            }
            if (stale_) return;  // the next round asks for the shards first
        }
    }
    [[nodiscard]] instant next_due(instant now) const {
        instant due = batch_.due();
        if (!again_.empty() || stale_) due = {now.us + tick_us};
        const auto sooner = [&](instant t) {
            if (t < due) due = t;
        };
        for (const auto& [shard, a] : aggregators_) sooner(a.deadline());
        for (const auto& [shard, l] : limiters_) {
            if (!l.empty()) sooner({now.us + tick_us});
        }
        return due;
    }

    /// One put_records call with the most urgent records that a call may have.
    void send(instant now) {
        std::vector<detail::kinesis_record> now_sent = batch_.take_call();
        std::vector<put_entry> entries;
        entries.reserve(now_sent.size());
        for (const auto& r : now_sent) entries.push_back({r.data(), r.key(), r.explicit_hash_key});
        const result<put_records_result> answer = stream_.put_records(entries);
        const instant end = time_.now();
        desk_.count_request(now_sent, now, end);
        for (std::size_t i = 0; i < now_sent.size(); ++i) {
            detail::kinesis_record& r = now_sent[i];
            if (!answer) {
                retry(std::move(r), now, end, code_name(answer.error().code), answer.error().message,
                      answer.error().code == errc::closed || answer.error().code == errc::invalid_argument);
            } else if (answer->entries.size() != now_sent.size()) {  // P13
                retry(std::move(r), now, end, "Record Count Mismatch",
                      "the answer has another number of entries than the request", true);
            } else if (const put_entry_result& e = answer->entries[i]; e.stored) {
                succeed(std::move(r), now, end, *e.stored);
            } else {
                const bool throttled = e.code == errc::provisioned_throughput_exceeded;
                retry(std::move(r), now, end, code_name(e.code), e.message,
                      e.code == errc::closed || (throttled && options_.fail_if_throttled));  // P10
            }
        }
    }

    void abandon() {
        const instant now = time_.now();
        const auto give_up = [&](const pending& p) {
            desk_.fail(*p, now, "Shutdown", "the producer was closed before it was put");
        };
        for (auto& [shard, a] : aggregators_) std::ranges::for_each(a.take_all(), give_up);
        for (auto& [shard, l] : limiters_) std::ranges::for_each(l.take_all(), give_up);
        for (const auto& records : {batch_.take_all(), std::exchange(again_, {})}) {
            for (const detail::kinesis_record& r : records) std::ranges::for_each(r.of, give_up);
        }
    }

    // ---- What became of them. ------------------------------------------------------------------------------------

    void succeed(detail::kinesis_record r, instant begin, instant end, const put_record_result& stored) {
        if (r.predicted && *r.predicted != stored.shard) {
            stale_ = true;
            // An aggregate in a shard that does not have all of its keys is dropped by consumers (C03): put it again.
            if (r.of.size() > 1 && !all_in(r, stored.shard)) {
                retry(std::move(r), begin, end, "Wrong Shard", "the shard map has changed meanwhile", false);
                return;
            }
        }
        settle(r);
        desk_.stored(r, begin, end, stored);
    }
    void settle(const detail::kinesis_record& r) {
        if (!r.predicted) return;
        if (const auto l = limiters_.find(*r.predicted); l != limiters_.end()) l->second.settled();
    }
    [[nodiscard]] bool all_in(const detail::kinesis_record& r, shard_id shard) {
        const result<shard_list> open = stream_.list_shards(shard_filter{});
        if (!open) return false;
        for (const shard_description& s : open->shards) {
            if (s.id != shard) continue;
            return std::all_of(r.of.begin(), r.of.end(), [&](const pending& p) { return s.keys.contains(p->hash); });
        }
        return false;
    }
    /// Again in the next round, unless it failed for good or its time is over (P11). In order, its shard waits for it.
    void retry(detail::kinesis_record r, instant begin, instant end, const std::string& code,
               const std::string& message, bool for_good) {
        desk_.refused(r, begin, end, code, message);
        if (!for_good) {
            const std::size_t before = r.of.size();
            std::erase_if(r.of, [&](const pending& p) {
                if (p->expires > end) return false;
                desk_.fail(*p, end, "Expired", "Record has reached expiration");
                return true;
            });
            if (!r.of.empty()) {
                if (r.of.size() != before) r = detail::put_together(std::move(r.of), r.predicted);
                again_.push_back(std::move(r));
                return;
            }
        }
        settle(r);
        desk_.give_up(r);
    }
    [[nodiscard]] static std::string code_name(errc code) {
        switch (code) {
        case errc::provisioned_throughput_exceeded:
            return "ProvisionedThroughputExceededException";
        case errc::resource_not_found:
            return "ResourceNotFoundException";
        case errc::invalid_argument:
            return "InvalidArgumentException";
        case errc::closed:
            return "Closed";
        default:
            return "InternalFailure";
        }
    }

    Stream stream_;
    const producer_options options_;
    const clock& time_;
    detail::producer_desk desk_{options_, time_};
    // The stepping thread's.
    std::vector<pending> arrived_;
    std::vector<open_shard> shards_;
    bool stale_ = true;
    std::map<shard_id, detail::shard_aggregator> aggregators_;
    std::map<shard_id, detail::shard_limiter> limiters_;
    detail::put_batch batch_{options_};
    std::vector<detail::kinesis_record> again_;  // in the next round
    std::jthread driver_;
};

}  // namespace weir
