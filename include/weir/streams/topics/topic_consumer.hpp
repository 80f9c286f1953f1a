// SPDX-License-Identifier: BSL-1.0
// Reads a topic as a member of a group, as a Kafka consumer does: joins, is assigned partitions, reads on at the
// committed offsets, gives up what it is told to.
//
//     weir::topic_consumer<std::string> c(users, groups, {.group = "mail"});
//     c.poll([](std::uint32_t partition, const auto& record) { ... });      // again and again; then c.commit()
//
// `poll` never blocks: each call does one step of the membership, then reads at most `max_records`. Rebalancing commits
// first where `auto_commit` is on; a topic that gets more partitions brings it about. With cooperative-sticky,
// partitions that do not move are read on meanwhile. It is heard of in `poll` and in `keep_alive`, which another
// thread, or the visitor, may call while a poll's records are processed: a slow batch costs no session. Who does not
// poll for max_poll_interval leaves by the next keep_alive, its commits fail then, and the next poll joins anew.
//
// Any thread; a mutex, which `poll` holds while its visitor runs: the visitor calls nothing of this consumer but
// `keep_alive`, which has a lock of its own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "group_coordinator.hpp"
#include "topic.hpp"

namespace weir {

enum class offset_reset : unsigned char { to_earliest, to_latest, none };

struct topic_consumer_options {
    std::string group;
    std::optional<std::string> instance = std::nullopt;
    std::vector<assignor> assignors = {assignor::range, assignor::cooperative_sticky};
    isolation_level isolation = isolation_level::read_uncommitted;
    offset_reset reset = offset_reset::to_latest;
    bool auto_commit = true;
    std::int64_t session_timeout_ms = 45'000;
    std::int64_t max_poll_interval_ms = 300'000;
    std::size_t max_records = 500;
};

template <class T>
class topic_consumer {
  public:
    using record = topic_record<T>;

    /// `groups` outlives it.
    topic_consumer(topic<T> of, group_coordinator& groups, topic_consumer_options options)
        : topic_(std::move(of)), groups_(&groups), options_(std::move(options)), polled_(topic_.time().now()) {}
    topic_consumer(const topic_consumer&) = delete;
    topic_consumer& operator=(const topic_consumer&) = delete;
    /// Does not leave the group, as a process that dies does not: `close` does.
    ~topic_consumer() = default;

    /// `visitor(partition, record)`; how many there were. Each poll goes on behind the partition that filled the last
    /// one. `fenced_instance_id`: another one has taken its place. `offset_out_of_range`: nothing is committed, or it
    /// is gone, and `reset` is `none`; `seek` helps.
    template <class Visitor>
        requires std::invocable<Visitor&, std::uint32_t, const record&>
    result<std::size_t> poll(Visitor&& visitor) {
        const std::lock_guard hold(mutex_);
        {
            const std::lock_guard alive(alive_);
            polled_ = topic_.time().now();
        }
        auto ok = step();
        tell();
        if (!ok) return ok.error();
        std::size_t n = 0;
        auto next_one = positions_.lower_bound(turn_);
        for (std::size_t i = 0; i != positions_.size() && n != options_.max_records; ++i, ++next_one) {
            if (next_one == positions_.end()) next_one = positions_.begin();
            auto& [partition, at] = *next_one;
            turn_ = partition + 1;
            for (int attempt = 0; attempt != 2; ++attempt) {
                auto next = topic_.visit(partition, at,
                                         [&](const record& r) {
                                             ++n;
                                             std::invoke(visitor, partition, r);
                                         },
                                         {options_.isolation, options_.max_records - n});
                if (next) {
                    at = *next;
                    break;
                }
                if (next.error().code != errc::offset_out_of_range || attempt == 1) return next.error();
                auto again = reset(partition);
                if (!again) return again.error();
                at = *again;
            }
        }
        return n;
    }
    /// Commits what was read.
    result<void> commit() {
        const std::lock_guard hold(mutex_);
        return groups_->commit(identity(), read());
    }
    /// What `commit` would commit, for a transaction (group_coordinator::commit_in_transaction).
    [[nodiscard]] std::pair<group_identity, group_offsets> progress() const {
        const std::lock_guard hold(mutex_);
        return {identity(), read()};
    }
    result<void> keep_alive() {
        group_identity who;
        bool silent = false;
        {
            const std::lock_guard hold(alive_);
            who = known_;
            silent = topic_.time().now().us - polled_.us > options_.max_poll_interval_ms * 1000;
            if (silent) known_.member.clear();
        }
        if (who.member.empty()) return {};
        if (silent) return groups_->leave(who);
        if (who.generation < 0) return {};
        auto ok = groups_->heartbeat(who);
        if (!ok && ok.error().code == errc::rebalance_in_progress) return {};  // the next poll joins
        return ok;
    }
    /// The next poll reads there, or where `reset` says when the log does not have it. By time: seek to what
    /// `topic::offset_for_time` finds.
    result<void> seek(std::uint32_t partition, std::int64_t offset) {
        if (offset < 0) {
            return error{errc::invalid_argument,
                         "an offset is 0 or more; topic::offsets() has the log's start and its end", topic_.name()};
        }
        const std::lock_guard hold(mutex_);
        const auto at = positions_.find(partition);
        if (at == positions_.end()) {
            return error{errc::unknown_topic_or_partition, "the partition is not assigned to this consumer",
                         topic_.name()};
        }
        at->second = offset;
        return {};
    }
    /// -1: none is committed, and `reset` is `none`.
    [[nodiscard]] std::map<std::uint32_t, std::int64_t> positions() const {
        const std::lock_guard hold(mutex_);
        return positions_;
    }
    [[nodiscard]] std::int32_t generation() const {
        const std::lock_guard hold(mutex_);
        return generation_;
    }
    /// Commits where that is on, and leaves.
    result<void> close() {
        const std::lock_guard hold(mutex_);
        if (me_.empty()) return {};
        if (options_.auto_commit && generation_ >= 0) static_cast<void>(groups_->commit(identity(), read()));
        auto left = groups_->leave(identity());
        lose();
        tell();
        return left;
    }

  private:
    [[nodiscard]] group_identity identity() const { return {options_.group, me_, generation_, options_.instance}; }
    [[nodiscard]] group_offsets read() const {
        group_offsets out;
        for (const auto& [p, at] : positions_) {
            if (at >= 0) out[{topic_.name(), p}] = at;
        }
        return out;
    }
    void lose() {
        me_.clear();
        generation_ = -1;
        stable_ = joined_ = false;
        positions_.clear();
    }
    /// To keep_alive: who it speaks for.
    void tell() {
        const std::lock_guard alive(alive_);
        known_ = identity();
    }
    /// One step of the membership; what goes wrong in a way that the protocol provides for is no error.
    result<void> step() {
        if (stable_) {
            auto ok = groups_->heartbeat(identity());
            const bool grown = divided_ != topic_.partitions();
            if (ok && !grown) return {};
            if (!ok) {
                if (auto bad = lost(ok.error())) return *bad;
            }
            if (stable_) begin_rejoin();
        }
        if (!joined_) {
            join_request r{options_.group,
                           me_,
                           options_.instance,
                           options_.session_timeout_ms,
                           options_.max_poll_interval_ms,
                           options_.assignors,
                           {{topic_.name()}, {}, generation_}};
            for (const auto& [p, at] : positions_) r.subscription.owned.push_back({topic_.name(), p});
            auto step = groups_->join(r);
            if (!step) return failed(step.error());
            me_ = step->member;
            if (!step->answer) return {};
            joined_ = true;
            generation_ = step->answer->generation;
            how_ = step->answer->how;
            plan_.reset();
            divided_ = topic_.partitions();
            if (!step->answer->members.empty()) {
                plan_ = assign_partitions(how_, step->answer->members, {{topic_.name(), divided_}});
            }
        }
        auto mine = groups_->sync(identity(), plan_);
        if (!mine) return failed(mine.error());
        if (!*mine) return {};
        return adopt(**mine);
    }
    result<void> adopt(const std::vector<topic_partition_name>& assigned) {
        std::map<std::uint32_t, std::int64_t> next;
        for (const topic_partition_name& p : assigned) {
            const auto had = positions_.find(p.partition);
            if (had != positions_.end()) {
                next.insert(*had);
                continue;
            }
            auto at = groups_->committed(options_.group, p, true);
            if (!at && at.error().code == errc::concurrent_transactions) return {};  // asked again by the next poll
            if (!at) return at.error();
            if (!*at) {
                auto start = reset(p.partition);
                if (!start && start.error().code != errc::offset_out_of_range) return start.error();
                at = std::optional(start ? *start : -1);  // it is assigned all the same, for `seek`
            }
            next[p.partition] = **at;
        }
        const bool gives_up = std::ranges::any_of(positions_, [&](const auto& p) { return !next.contains(p.first); });
        if (gives_up && options_.auto_commit) static_cast<void>(groups_->commit(identity(), read()));
        positions_ = std::move(next);
        stable_ = true;
        if (gives_up) begin_rejoin();
        return {};
    }
    void begin_rejoin() {
        if (options_.auto_commit && !positions_.empty()) static_cast<void>(groups_->commit(identity(), read()));
        stable_ = joined_ = false;
        if (how_ != assignor::cooperative_sticky) positions_.clear();
    }
    /// The error, where the protocol does not provide for it.
    std::optional<error> lost(const error& e) {
        if (e.code == errc::unknown_member_id || e.code == errc::illegal_generation) {
            const std::string me = e.code == errc::illegal_generation ? me_ : std::string();
            lose();
            me_ = me;
            return std::nullopt;
        }
        if (e.code == errc::rebalance_in_progress) return std::nullopt;
        lose();
        return e;
    }
    result<void> failed(const error& e) {
        if (auto bad = lost(e)) return *bad;
        joined_ = false;
        return {};
    }
    result<std::int64_t> reset(std::uint32_t partition) const {
        auto b = topic_.offsets(partition);
        if (!b) return b.error();
        if (options_.reset == offset_reset::none) {
            return error{errc::offset_out_of_range, "the group has no offset here that is in range; seek, or reset",
                         topic_.name()};
        }
        if (options_.reset == offset_reset::to_earliest) return b->start;
        return options_.isolation == isolation_level::read_committed ? b->last_stable : b->end;
    }

    const topic<T> topic_;
    group_coordinator* const groups_;
    const topic_consumer_options options_;
    mutable std::mutex mutex_;
    std::string me_;
    std::int32_t generation_ = -1;
    assignor how_ = assignor::range;
    bool joined_ = false;
    bool stable_ = false;
    std::optional<group_assignment> plan_;
    std::uint32_t divided_ = 0;  // so many partitions among the generation; when there are more it rejoins
    std::map<std::uint32_t, std::int64_t> positions_;
    std::uint32_t turn_ = 0;  // the partition that a poll begins with
    std::mutex alive_;        // of the two below; behind mutex_ where both are held
    group_identity known_;
    instant polled_;
};

}  // namespace weir
