// SPDX-License-Identifier: BSL-1.0
// Kafka's transaction coordinator: producer ids and epochs, and transactions over partitions of any topics and the
// offsets of groups, ended by a control record in each (T14, T16, T17).
//
//     auto me = coordinator.init_producer("billing").value();           // bumps the epoch, fences who was "billing"
//     coordinator.add_partition("billing", me, out, 0).value();         // begins a transaction, or adds to it
//     out.append(0, batch, {me.id, me.epoch, sequence, true}).value();
//     coordinator.add_offsets("billing", me, [&](bool commit) { if (commit) ...; }).value();
//     coordinator.end("billing", me, true).value();                     // all of it, or with false nothing
//
// `init_producer` while a transaction is open aborts it and says `concurrent_transactions`: ask again, as a broker's
// client does. While another thread writes the control records of an end, every call for that id says so too. The
// zombie gets `producer_fenced` here and `invalid_producer_epoch` at a partition. A transaction open longer than its
// timeout is aborted and its producer fenced by the next call for that id, or by `tick()`, which who owns it calls now
// and then.
//
// Any thread; a mutex, not held while control records are written. Nothing here is on the record path.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../support/clock.hpp"
#include "../../support/result.hpp"
#include "transactional_log.hpp"

namespace weir {

struct producer_identity {
    std::int64_t id = -1;
    std::int16_t epoch = -1;
    friend bool operator==(const producer_identity&, const producer_identity&) = default;
};

enum class transaction_state : unsigned char { empty, ongoing, preparing, committed, aborted };

class transaction_coordinator {
  public:
    /// `max_timeout_ms`: of transactions, as the broker allows.
    explicit transaction_coordinator(const clock& time = system_clock_source(), std::int64_t max_timeout_ms = 900'000)
        : time_(&time), max_timeout_ms_(max_timeout_ms) {}
    transaction_coordinator(const transaction_coordinator&) = delete;
    transaction_coordinator& operator=(const transaction_coordinator&) = delete;

    /// For an idempotent producer without transactions.
    [[nodiscard]] producer_identity new_producer() {
        const std::lock_guard hold(mutex_);
        return {next_id_++, 0};
    }
    result<producer_identity> init_producer(const std::string& id, std::int64_t timeout_ms = 60'000) {
        if (timeout_ms <= 0 || timeout_ms > max_timeout_ms_) {
            return error{errc::invalid_transaction_timeout,
                         "a transaction's timeout is 1 to " + std::to_string(max_timeout_ms_) + " ms", id};
        }
        std::unique_lock hold(mutex_);
        entry& e = entries_[id];
        if (e.state == transaction_state::preparing) return busy(id);
        if (e.state == transaction_state::ongoing) {
            fence(e);
            finish(hold, e, false);
            return busy(id);
        }
        e.timeout_ms = timeout_ms;
        if (e.who.id < 0) {
            e.who = {next_id_++, 0};
        } else {
            fence(e);
        }
        e.state = transaction_state::empty;
        return e.who;
    }
    /// The partition takes the producer's transactional batches from now on; begins a transaction where none is open.
    template <class Topic>
        requires requires(const Topic& t) { t.transactional(); }
    result<void> add_partition(const std::string& id, const producer_identity& who, const Topic& topic,
                               std::uint32_t partition) {
        const std::shared_ptr<transactional_log> log = topic.transactional();
        std::unique_lock hold(mutex_);
        auto found = open(hold, id, who);
        if (!found) return found.error();
        if ((*found)->partitions.contains({log, partition})) return {};
        if (auto ok = log->allow(partition, who.id, who.epoch); !ok) return ok;
        begin(**found);
        (*found)->partitions.emplace(log, partition);
        return {};
    }
    /// `apply(true)` is called when the transaction commits, behind its control records; `apply(false)` when it aborts.
    /// It must not throw, nor call the coordinator.
    result<void> add_offsets(const std::string& id, const producer_identity& who, std::function<void(bool)> apply) {
        std::unique_lock hold(mutex_);
        auto found = open(hold, id, who);
        if (!found) return found.error();
        begin(**found);
        (*found)->offsets.push_back(std::move(apply));
        return {};
    }
    /// Repeating the end that there was is fine; `invalid_txn_state` where there is nothing to end.
    result<void> end(const std::string& id, const producer_identity& who, bool commit) {
        std::unique_lock hold(mutex_);
        auto found = open(hold, id, who);
        if (!found) return found.error();
        entry& e = **found;
        if (e.state == (commit ? transaction_state::committed : transaction_state::aborted)) return {};
        if (e.state != transaction_state::ongoing) {
            return error{errc::invalid_txn_state, "there is no open transaction to end; add a partition first", id};
        }
        finish(hold, e, commit);
        return {};
    }
    /// Aborts what is open for longer than its timeout; returns how many.
    std::size_t tick() {
        std::unique_lock hold(mutex_);
        std::size_t n = 0;
        for (auto& [id, e] : entries_) {  // entries are never erased, so the iterator holds while the mutex is open
            if (expired(e)) {
                fence(e);
                finish(hold, e, false);
                ++n;
            }
        }
        return n;
    }
    [[nodiscard]] std::optional<transaction_state> state(const std::string& id) const {
        const std::lock_guard hold(mutex_);
        const auto at = entries_.find(id);
        return at == entries_.end() ? std::nullopt : std::optional(at->second.state);
    }

  private:
    struct entry {
        producer_identity who;
        std::int64_t timeout_ms = 0;
        transaction_state state = transaction_state::empty;
        instant began;
        std::set<std::pair<std::shared_ptr<transactional_log>, std::uint32_t>> partitions;
        std::vector<std::function<void(bool)>> offsets;
    };

    [[nodiscard]] static error busy(const std::string& id) {
        return {errc::concurrent_transactions, "the last transaction of this id is being ended; try again", id};
    }
    [[nodiscard]] bool expired(const entry& e) const noexcept {
        return e.state == transaction_state::ongoing && time_->now().us - e.began.us > e.timeout_ms * 1000;
    }
    /// An epoch is never used twice; behind the last one comes a new id.
    void fence(entry& e) noexcept {
        if (e.who.epoch == std::numeric_limits<std::int16_t>::max() - 1) {
            if (e.state == transaction_state::ongoing) {
                ++e.who.epoch;  // the last one, for the control records only
                return;
            }
        } else if (e.who.epoch < std::numeric_limits<std::int16_t>::max() - 1) {
            ++e.who.epoch;
            return;
        }
        e.who = {next_id_++, 0};
    }
    result<entry*> open(std::unique_lock<std::mutex>& hold, const std::string& id, const producer_identity& who) {
        const auto at = entries_.find(id);
        if (at == entries_.end()) {
            return error{errc::invalid_argument, "no producer has this transactional id; init_producer() first", id};
        }
        entry& e = at->second;
        if (e.state == transaction_state::preparing) return busy(id);
        if (expired(e)) {
            fence(e);
            finish(hold, e, false);
        }
        if (e.who != who) {
            return error{errc::producer_fenced,
                         "a later producer has this transactional id, or the transaction timed out; init_producer() "
                         "begins anew",
                         id};
        }
        return &e;
    }
    void begin(entry& e) {
        if (e.state == transaction_state::ongoing) return;
        e.state = transaction_state::ongoing;
        e.began = time_->now();
    }
    /// Writes the control records with the mutex open and the state `preparing`.
    void finish(std::unique_lock<std::mutex>& hold, entry& e, bool commit) {
        e.state = transaction_state::preparing;
        const auto partitions = std::exchange(e.partitions, {});
        const auto offsets = std::exchange(e.offsets, {});
        const producer_identity who = e.who;
        hold.unlock();
        for (const auto& [log, partition] : partitions) log->end(partition, who.id, who.epoch, commit);
        for (const auto& apply : offsets) apply(commit);
        hold.lock();
        e.state = commit ? transaction_state::committed : transaction_state::aborted;
    }

    const clock* const time_;
    const std::int64_t max_timeout_ms_;
    mutable std::mutex mutex_;
    std::int64_t next_id_ = 0;
    std::map<std::string, entry> entries_;
};

}  // namespace weir
