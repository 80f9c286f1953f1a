// SPDX-License-Identifier: BSL-1.0
// The two ends of a producer that other threads see: records come in here, and are told here what became of them. What
// is under the mutex: the inbox, the memory that is used, the counters. `put`, `flush`, `close`, `pending_records` and
// `metrics`: any thread, for a moment, but for a put that waits for room. The rest is the stepping thread's; outcomes
// are told without the mutex, since callbacks may put.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../buffers/parking.hpp"
#include "../../support/clock.hpp"
#include "../../support/result.hpp"
#include "../operations.hpp"
#include "../partition_key.hpp"
#include "../producer_metrics.hpp"
#include "../producer_options.hpp"
#include "../user_record_result.hpp"
#include "producer_records.hpp"

namespace weir::detail {

class producer_desk {
  public:
    /// The options and the clock outlive it.
    producer_desk(const producer_options& options, const clock& time) noexcept : options_(options), time_(time) {}

    /// See `producer::put`.
    [[nodiscard]] result<put_outcome> put(std::string_view key, std::string_view data,
                                          const std::optional<hash_key>& explicit_hash_key,
                                          std::function<void(const user_record_result&)> callback) {
        if (const result<void> good = check_partition_key(key); !good) return good.error();
        if (data.size() > options_.max_user_record_size) {
            return error{errc::invalid_argument,
                         "the record has " + std::to_string(data.size()) + " bytes, more than max_user_record_size",
                         {}};
        }
        auto r = std::make_shared<pending_record>();
        r->key = key;
        r->data = data;
        r->explicit_hash_key = explicit_hash_key;
        r->hash = explicit_hash_key ? *explicit_hash_key : hash_of(key);
        r->outcome = std::make_shared<outcome_state>(point_);
        r->outcome->callback = std::move(callback);
        put_outcome handle(r->outcome);
        for (;;) {
            const std::uint32_t seen = options_.overflow == producer_overflow::block ? point_->announce() : 0;
            {
                const std::lock_guard hold(mutex_);
                if (closed_) return error{errc::closed, "the producer is closed", {}};
                if (buffered_ == 0 || buffered_ + r->size() <= options_.max_buffered_bytes) {
                    take(std::move(r));
                    break;
                }
                if (options_.overflow == producer_overflow::fail) {
                    return error{errc::limit_exceeded,
                                 "the producer holds " + std::to_string(buffered_)
                                     + " bytes already, as much as it may; put again later",
                                 {}};
                }
                if (options_.overflow == producer_overflow::drop_newest) {
                    ++metrics_.UserRecordDropped;
                    ++metrics_.UserRecordsReceived;
                }
            }
            if (options_.overflow == producer_overflow::drop_newest) {
                r->outcome->result.attempts.push_back({0, 0, false, "Dropped", "the producer's memory was used up"});
                r->outcome->finish();
                return handle;
            }
            point_->sleep(seen, -1);
        }
        wake_driver();
        return handle;
    }
    void flush() {
        const std::lock_guard hold(mutex_);
        flush_ = true;
    }
    /// Takes no more; false where that was so.
    [[nodiscard]] bool close() {
        {
            const std::lock_guard hold(mutex_);
            if (std::exchange(closed_, true)) return false;
        }
        point_->notify();
        return true;
    }
    [[nodiscard]] std::uint64_t pending_records() const {
        const std::lock_guard hold(mutex_);
        return metrics_.UserRecordsPending;
    }
    [[nodiscard]] producer_metrics metrics() const {
        const std::lock_guard hold(mutex_);
        return metrics_;
    }

    // --- What has come in. ---------------------------------------------------------------------------------------

    /// Into the empty `to`; whether all that waits shall be put at once.
    [[nodiscard]] bool take_inbox(std::vector<pending_ptr>& to) {
        const std::lock_guard hold(mutex_);
        to.swap(inbox_);
        return std::exchange(flush_, false);
    }
    [[nodiscard]] bool idle() const {
        const std::lock_guard hold(mutex_);
        return inbox_.empty() && !flush_;
    }
    /// Where the thread that steps sleeps.
    [[nodiscard]] wait_point& driver_point() const noexcept { return *inbox_point_; }
    void wake_driver() const { inbox_point_->notify(); }

    // --- What became of it. --------------------------------------------------------------------------------------

    void count_error(const std::string& code) {
        const std::lock_guard hold(mutex_);
        ++metrics_.AllErrors;
        ++metrics_.ErrorsByCode[code];
    }
    void count_request(const std::vector<kinesis_record>& sent, instant begin, instant end) {
        const std::lock_guard hold(mutex_);
        ++metrics_.PutRecordsRequests;
        metrics_.KinesisRecordsPerPutRecordsRequest += sent.size();
        for (const kinesis_record& r : sent) metrics_.UserRecordsPerPutRecordsRequest += r.of.size();
        metrics_.RequestTime += static_cast<std::uint64_t>(end.us - begin.us);
    }
    /// The attempt was good: finished.
    void stored(const kinesis_record& r, instant begin, instant end, const put_record_result& where) {
        {
            const std::lock_guard hold(mutex_);
            ++metrics_.KinesisRecordsPut;
            metrics_.KinesisRecordsDataPut += r.data().size();
            for (const pending_ptr& p : r.of) {
                add_attempt(*p, begin, end, true, {}, {});
                p->outcome->result.number = where.number;
                p->outcome->result.shard = where.shard;
                p->outcome->result.successful = true;
                ++metrics_.UserRecordsPut;
                metrics_.UserRecordsDataPut += p->data.size();
                finish(*p);
            }
        }
        tell_finished();
    }
    /// The attempt was not: to be tried again, or to be given up.
    void refused(const kinesis_record& r, instant begin, instant end, const std::string& code,
                 const std::string& message) {
        const std::lock_guard hold(mutex_);
        for (const pending_ptr& p : r.of) {
            add_attempt(*p, begin, end, false, code, message);
            if (!options_.ordered) p->deadline = end;  // else its place among the others would change
        }
    }
    /// Finished, by what its last attempt was refused with.
    void give_up(const kinesis_record& r) {
        {
            const std::lock_guard hold(mutex_);
            for (const pending_ptr& p : r.of) finish(*p);
        }
        tell_finished();
    }
    /// Finished, by what is no attempt at the stream.
    void fail(pending_record& p, instant now, const std::string& code, const std::string& message) {
        {
            const std::lock_guard hold(mutex_);
            add_attempt(p, now, now, false, code, message);
            if (code == "Expired") ++metrics_.UserRecordExpired;
            finish(p);
        }
        tell_finished();
    }

  private:
    // The mutex is held in the first three.
    void take(pending_ptr r) {
        const instant now = time_.now();
        r->arrival = r->last_end = now;
        r->deadline = {now.us + 1'000 * options_.record_max_buffered_time.count()};
        r->expires = {now.us + 1'000 * options_.record_ttl.count()};
        r->order = ++received_;
        buffered_ += r->size();
        ++metrics_.UserRecordsReceived;
        ++metrics_.UserRecordsPending;
        inbox_.push_back(std::move(r));
    }
    void add_attempt(pending_record& p, instant begin, instant end, bool success, const std::string& code,
                     const std::string& message) {
        if (p.outcome->result.attempts.empty())
            metrics_.BufferingTime += static_cast<std::uint64_t>(begin.us - p.arrival.us);
        p.outcome->result.attempts.push_back({begin.us - p.last_end.us, end.us - begin.us, success, code, message});
        p.last_end = end;
        if (!success) {
            ++metrics_.AllErrors;
            ++metrics_.ErrorsByCode[code];
        }
    }
    void finish(const pending_record& p) {
        buffered_ -= p.size();
        --metrics_.UserRecordsPending;
        metrics_.RetriesPerRecord += p.outcome->result.attempts.size() - 1;
        finished_.push_back(p.outcome);
    }
    void tell_finished() {
        std::vector<std::shared_ptr<outcome_state>> tell;
        tell.swap(finished_);
        for (const auto& o : tell) o->finish();
    }

    const producer_options& options_;
    const clock& time_;
    const std::shared_ptr<wait_point> point_ = std::make_shared<wait_point>();        // outcomes and room
    const std::shared_ptr<wait_point> inbox_point_ = std::make_shared<wait_point>();  // the driver's
    mutable std::mutex mutex_;
    std::vector<pending_ptr> inbox_;
    std::uint64_t buffered_ = 0;
    std::uint64_t received_ = 0;
    producer_metrics metrics_;
    bool closed_ = false;
    bool flush_ = false;
    std::vector<std::shared_ptr<outcome_state>> finished_;  // the stepping thread's
};

}  // namespace weir::detail
