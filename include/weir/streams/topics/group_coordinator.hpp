// SPDX-License-Identifier: BSL-1.0
// Kafka's group coordinator (the classic protocol): membership, generations, committed offsets (T06, T09 to T11).
//
//     Empty -> PreparingRebalance -> CompletingRebalance -> Stable -> PreparingRebalance ...    Dead: deleted
//              join() until it answers   sync() until it answers      heartbeat(), commit()
//
// Nothing blocks: where a broker holds an answer back, `join` and `sync` answer `nothing yet` and are called again. The
// clock decides, on any call for the group and on `tick()`: a member not heard of for its session timeout is removed;
// one that does not rejoin within the rebalance timeout is left behind. A static member (`instance`) that comes back
// within its session has its partitions without a rebalance, and its older self is fenced. A consumer that is alive but
// does not poll leaves by itself (max.poll.interval, topic_consumer.hpp). Generations rise by 1 at each rebalance.
//
// Any thread; a mutex. Errors have Kafka's names and change nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../support/clock.hpp"
#include "../../support/result.hpp"
#include "assignors.hpp"

namespace weir {

enum class group_state : unsigned char { empty, preparing_rebalance, completing_rebalance, stable, dead };

struct join_request {
    std::string group;
    std::string member = {};  // empty: a new one
    std::optional<std::string> instance = std::nullopt;
    std::int64_t session_timeout_ms = 45'000;
    std::int64_t rebalance_timeout_ms = 300'000;
    std::vector<assignor> assignors = {assignor::range, assignor::cooperative_sticky};  // the best first
    group_subscription subscription = {};
};
struct join_answer {
    std::int32_t generation = -1;
    assignor how = assignor::range;
    std::string leader;
    std::vector<group_member> members = {};  // for the leader, who assigns
};
struct join_step {
    std::string member;  // call again with it
    std::optional<join_answer> answer;
};
/// Who speaks: generation -1 and no member is somebody outside of the group.
struct group_identity {
    std::string group;
    std::string member = {};
    std::int32_t generation = -1;
    std::optional<std::string> instance = std::nullopt;
};
using group_offsets = std::map<topic_partition_name, std::int64_t>;
struct group_description {
    group_state state = group_state::dead;
    std::int32_t generation = 0;
    std::string leader;
    std::vector<std::string> members;
};

class group_coordinator {
  public:
    /// `initial_delay_ms`: how long a group that was empty waits for more members.
    explicit group_coordinator(const clock& time = system_clock_source(), std::int64_t initial_delay_ms = 3'000)
        : time_(&time), initial_delay_ms_(initial_delay_ms) {}
    group_coordinator(const group_coordinator&) = delete;
    group_coordinator& operator=(const group_coordinator&) = delete;

    result<join_step> join(const join_request& r) {
        const std::lock_guard hold(mutex_);
        const auto [at, made] = groups_.try_emplace(r.group);
        auto step = join_to(at->second, r);
        if (!step && made) groups_.erase(at);
        return step;
    }
    /// The leader brings who gets what. Nothing yet: the leader has not.
    result<std::optional<std::vector<topic_partition_name>>> sync(const group_identity& who,
                                                                  const std::optional<group_assignment>& all = {}) {
        const std::lock_guard hold(mutex_);
        auto found = check(who, true);
        if (!found) return found.error();
        group& g = **found;
        member& m = g.members[who.member];
        if (g.state == group_state::preparing_rebalance) return rebalancing(who.group);
        if (g.state == group_state::completing_rebalance) {
            if (who.member != g.leader || !all) return std::optional<std::vector<topic_partition_name>>{};
            for (auto& [id, other] : g.members) {
                const auto at = all->of.find(id);
                other.assigned = at == all->of.end() ? std::vector<topic_partition_name>{} : at->second;
            }
            g.state = group_state::stable;
        }
        return std::optional(m.assigned);
    }
    result<void> heartbeat(const group_identity& who) {
        const std::lock_guard hold(mutex_);
        auto found = check(who, true);
        if (!found) return found.error();
        if ((*found)->state == group_state::preparing_rebalance) return rebalancing(who.group);
        return {};
    }
    result<void> leave(const group_identity& who) {
        const std::lock_guard hold(mutex_);
        auto found = check(who, false);
        if (!found) return found.error();
        remove(**found, who.member, time_->now());
        advance(**found, time_->now());
        return {};
    }
    /// `offsets`: the next to read of each.
    result<void> commit(const group_identity& who, const group_offsets& offsets) {
        const std::lock_guard hold(mutex_);
        auto found = may_commit(who);
        if (!found) return found.error();
        for (const auto& [p, offset] : offsets) (*found)->offsets[p] = offset;
        return {};
    }
    /// Within a transaction: checked now, seen when `coordinator.end` commits; until then `committed` with `stable`
    /// says `concurrent_transactions` for these partitions. `coordinator`: transaction_coordinator.hpp.
    template <class Coordinator, class Producer>
    result<void> commit_in_transaction(Coordinator& coordinator, const std::string& transactional_id,
                                       const Producer& producer, const group_identity& who,
                                       const group_offsets& offsets) {
        {
            const std::lock_guard hold(mutex_);
            if (auto found = may_commit(who); !found) return found.error();
            for (const auto& [p, offset] : offsets) ++groups_[who.group].pending[p];
        }
        const auto settle = [this, group = who.group, offsets](bool commits) {
            const std::lock_guard hold(mutex_);
            weir::group_coordinator::group& g = groups_[group];
            for (const auto& [p, offset] : offsets) {
                if (commits) g.offsets[p] = offset;
                if (--g.pending[p] == 0) g.pending.erase(p);
            }
        };
        auto ok = coordinator.add_offsets(transactional_id, producer, settle);
        if (!ok) settle(false);
        return ok;
    }
    /// The next offset to read; nothing: never committed.
    result<std::optional<std::int64_t>> committed(const std::string& name, const topic_partition_name& p,
                                                  bool stable = false) const {
        const std::lock_guard hold(mutex_);
        const auto g = groups_.find(name);
        if (g == groups_.end()) return std::optional<std::int64_t>{};
        if (stable && g->second.pending.contains(p)) {
            return error{errc::concurrent_transactions, "a transaction that commits this offset is open; try again",
                         name};
        }
        const auto at = g->second.offsets.find(p);
        return at == g->second.offsets.end() ? std::optional<std::int64_t>{} : std::optional(at->second);
    }
    void tick() {
        const std::lock_guard hold(mutex_);
        for (auto& [name, g] : groups_) advance(g, time_->now());
    }
    [[nodiscard]] group_description describe(const std::string& name) {
        const std::lock_guard hold(mutex_);
        const auto at = groups_.find(name);
        if (at == groups_.end()) return {};
        advance(at->second, time_->now());
        group_description d{at->second.state, at->second.generation, at->second.leader, {}};
        for (const auto& [id, m] : at->second.members) d.members.push_back(id);
        return d;
    }
    /// Only an empty one, which no open transaction commits offsets to; its offsets go too.
    result<void> remove_group(const std::string& name) {
        const std::lock_guard hold(mutex_);
        const auto at = groups_.find(name);
        if (at == groups_.end()) return error{errc::resource_not_found, "there is no such group", name};
        advance(at->second, time_->now());
        if (!at->second.members.empty())
            return error{errc::resource_in_use, "the group has members; let them leave", name};
        if (!at->second.pending.empty())
            return error{errc::resource_in_use, "a transaction that commits its offsets is open; end it", name};
        groups_.erase(at);
        return {};
    }

  private:
    struct member {
        std::optional<std::string> instance;
        group_subscription subscription;
        std::vector<assignor> assignors;
        std::int64_t session_ms = 0;
        std::int64_t rebalance_ms = 0;
        instant seen;
        bool joining = false;   // has asked to be in the next generation
        bool answered = false;  // is in it, and does not know yet
        std::vector<topic_partition_name> assigned;

        void take(const join_request& r) {
            instance = r.instance;
            subscription = r.subscription;
            assignors = r.assignors;
            session_ms = r.session_timeout_ms;
            rebalance_ms = r.rebalance_timeout_ms;
        }
    };
    struct group {
        group_state state = group_state::empty;
        std::int32_t generation = 0;
        std::string leader;
        assignor how = assignor::range;
        std::map<std::string, member> members;
        std::map<std::string, std::string> instances;
        instant not_before;  // of the end of PreparingRebalance
        instant deadline;
        group_offsets offsets;
        std::map<topic_partition_name, int> pending;
    };

    [[nodiscard]] static error unknown(const std::string& where) {
        return {errc::unknown_member_id, "the group does not have this member, or no longer; join again without an id",
                where};
    }
    [[nodiscard]] static error fenced(const std::string& where) {
        return {errc::fenced_instance_id, "another member with this instance id has come; this one ends", where};
    }
    [[nodiscard]] static error rebalancing(const std::string& where) {
        return {errc::rebalance_in_progress, "the group rebalances; join again", where};
    }
    result<join_step> join_to(group& g, const join_request& r) {
        const instant now = time_->now();
        if (r.assignors.empty()) return error{errc::inconsistent_group_protocol, "a member names an assignor", r.group};
        advance(g, now);
        std::string id = r.member;
        if (r.instance) {
            const auto known = g.instances.find(*r.instance);
            if (known != g.instances.end() && id.empty()) return rejoin(g, r, now);
            if (known != g.instances.end() && known->second != id) return fenced(r.group);
        }
        if (!id.empty() && !g.members.contains(id)) return unknown(r.group);
        if (!common(g, id, r.assignors)) {
            return error{errc::inconsistent_group_protocol,
                         "the member has no assignor that all others of the group have", r.group};
        }
        const bool fresh = id.empty();
        if (fresh) {
            id = "member-" + std::to_string(next_member_++);
            if (r.instance) g.instances[*r.instance] = id;
        }
        member& m = g.members[id];
        m.seen = now;
        if (!fresh && m.answered) {
            m.answered = false;
            if (m.subscription == r.subscription) return answer(g, id);
        }
        const bool changed = fresh || m.subscription != r.subscription || m.assignors != r.assignors;
        m.take(r);
        const bool settled = g.state == group_state::stable || g.state == group_state::completing_rebalance;
        if (settled && !changed && (g.state == group_state::completing_rebalance || id != g.leader))
            return answer(g, id);
        return ask_in(g, id, now);
    }
    /// The member asks to be in the next generation.
    join_step ask_in(group& g, const std::string& id, instant now) const {
        if (g.state != group_state::preparing_rebalance) prepare(g, now);
        member& m = g.members.at(id);
        m.joining = true;
        advance(g, now);
        if (std::exchange(m.answered, false)) return answer(g, id);
        return {id, std::nullopt};
    }
    /// The group of a member that is one. Being heard of keeps it.
    result<group*> check(const group_identity& who, bool with_generation) {
        const auto at = groups_.find(who.group);
        if (at == groups_.end()) return unknown(who.group);
        group& g = at->second;
        advance(g, time_->now());
        if (who.instance) {
            const auto i = g.instances.find(*who.instance);
            if (i != g.instances.end() && i->second != who.member) return fenced(who.group);
        }
        const auto m = g.members.find(who.member);
        if (m == g.members.end()) return unknown(who.group);
        if (with_generation && who.generation != g.generation) {
            return error{errc::illegal_generation,
                         "the group is in generation " + std::to_string(g.generation) + "; join again", who.group};
        }
        m->second.seen = time_->now();
        return &g;
    }
    result<group*> may_commit(const group_identity& who) {
        if (who.generation < 0 && who.member.empty()) {
            group& g = groups_[who.group];
            advance(g, time_->now());
            if (!g.members.empty()) return unknown(who.group);
            return &g;
        }
        auto found = check(who, true);
        if (found && (*found)->state == group_state::completing_rebalance) return rebalancing(who.group);
        return found;
    }
    [[nodiscard]] static bool common(const group& g, const std::string& but, const std::vector<assignor>& mine) {
        return std::ranges::any_of(mine, [&](assignor a) {
            return std::ranges::all_of(g.members, [&](const auto& m) {
                return m.first == but || std::ranges::find(m.second.assignors, a) != m.second.assignors.end();
            });
        });
    }
    [[nodiscard]] static join_step answer(const group& g, const std::string& id) {
        join_answer a{g.generation, g.how, g.leader, {}};
        if (id == g.leader && g.state == group_state::completing_rebalance) {
            for (const auto& [other, m] : g.members) a.members.push_back({other, m.instance, m.subscription});
        }
        return {id, std::move(a)};
    }
    /// A static member comes back as a new process.
    result<join_step> rejoin(group& g, const join_request& r, instant now) {
        const std::string old = g.instances[*r.instance];
        if (!common(g, old, r.assignors)) {
            return error{errc::inconsistent_group_protocol, "the member has no assignor that all others have", r.group};
        }
        auto node = g.members.extract(old);
        const std::string id = "member-" + std::to_string(next_member_++);
        node.key() = id;
        member& m = node.mapped();
        const bool same = m.subscription.topics == r.subscription.topics && m.assignors == r.assignors;
        m.take(r);
        m.seen = now;
        g.members.insert(std::move(node));
        g.instances[*r.instance] = id;
        if (g.leader == old) g.leader = id;
        if (g.state == group_state::stable && same) return answer(g, id);
        return ask_in(g, id, now);
    }
    void prepare(group& g, instant now) const {
        std::int64_t longest = 0;
        for (auto& [id, m] : g.members) {
            m.joining = m.answered = false;
            longest = std::max(longest, m.rebalance_ms);
        }
        g.not_before = g.state == group_state::empty ? instant{now.us + initial_delay_ms_ * 1000} : now;
        g.deadline = {std::max(g.not_before.us, now.us + longest * 1000)};
        g.state = group_state::preparing_rebalance;
    }
    void remove(group& g, const std::string& id, instant now) const {
        const auto at = g.members.find(id);
        if (at->second.instance) g.instances.erase(*at->second.instance);
        g.members.erase(at);
        if (g.state == group_state::stable || g.state == group_state::completing_rebalance) prepare(g, now);
    }
    void advance(group& g, instant now) const {
        std::vector<std::string> gone;
        for (const auto& [id, m] : g.members) {
            if (now.us - m.seen.us > m.session_ms * 1000) gone.push_back(id);
        }
        for (const std::string& id : gone) remove(g, id, now);
        if (g.state != group_state::preparing_rebalance || now < g.not_before) return;
        const bool all = std::ranges::all_of(g.members, [](const auto& m) { return m.second.joining; });
        if (!all && now < g.deadline) return;
        gone.clear();
        for (const auto& [id, m] : g.members) {
            if (!m.joining && !m.instance) gone.push_back(id);
        }
        for (const std::string& id : gone) remove(g, id, now);
        ++g.generation;
        if (g.members.empty()) {
            g.state = group_state::empty;
            g.leader.clear();
            return;
        }
        const auto led = g.members.find(g.leader);
        if (led == g.members.end() || !led->second.joining) {
            const auto first = std::ranges::find_if(g.members, [](const auto& m) { return m.second.joining; });
            g.leader = (first == g.members.end() ? g.members.begin() : first)->first;
        }
        for (const assignor a : g.members[g.leader].assignors) {
            if (common(g, {}, {a})) {
                g.how = a;
                break;
            }
        }
        for (auto& [id, m] : g.members) {
            m.answered = m.joining;
            m.joining = false;
            m.assigned.clear();
        }
        g.state = group_state::completing_rebalance;
    }

    const clock* const time_;
    const std::int64_t initial_delay_ms_;
    mutable std::mutex mutex_;
    std::uint64_t next_member_ = 1;
    std::map<std::string, group> groups_;
};

}  // namespace weir
