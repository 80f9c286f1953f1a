// SPDX-License-Identifier: BSL-1.0
// Which member of a group gets which partition: Kafka's range, round-robin and cooperative-sticky. Pure functions of
// who is there: members sort by instance id where they have one, else by id; topics by name.
//
//     range               per topic, contiguous; the first members get one more
//     round_robin         all partitions in turn to the next member that subscribes to the topic
//     cooperative_sticky  balanced, as much kept as can be; a partition that moves is given to nobody until its owner
//                         has given it up and the group rebalances again (`moving` of the answer)
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace weir {

struct topic_partition_name {
    std::string topic;
    std::uint32_t partition = 0;
    friend auto operator<=>(const topic_partition_name&, const topic_partition_name&) = default;
};

struct group_subscription {
    std::vector<std::string> topics = {};
    std::vector<topic_partition_name> owned = {};  // cooperative: what the member has
    std::int32_t generation = -1;                  // and since when
    friend bool operator==(const group_subscription&, const group_subscription&) = default;
};
struct group_member {
    std::string id;
    std::optional<std::string> instance;
    group_subscription subscription;
};

enum class assignor : unsigned char { range, round_robin, cooperative_sticky };

[[nodiscard]] constexpr std::string_view to_string(assignor a) noexcept {
    return a == assignor::range ? "range" : a == assignor::round_robin ? "roundrobin" : "cooperative-sticky";
}

struct group_assignment {
    std::map<std::string, std::vector<topic_partition_name>> of;  // by member id
    bool moving = false;  // partitions wait for their owners; the group rebalances once more
};

namespace detail {

class group_assigner {
  public:
    group_assigner(std::vector<group_member> members, const std::map<std::string, std::uint32_t>& topics)
        : members_(std::move(members)), topics_(topics) {
        std::ranges::sort(members_, {}, [](const group_member& m) {
            return std::tuple(!m.instance.has_value(), m.instance.value_or(m.id), m.id);
        });
        for (const group_member& m : members_) out_.of[m.id];
    }
    group_assignment range() {
        for (const auto& [topic, n] : topics_) {
            const auto who = subscribers(topic);
            if (who.empty()) continue;
            const auto each = n / static_cast<std::uint32_t>(who.size());
            const auto more = n % static_cast<std::uint32_t>(who.size());
            std::uint32_t next = 0;
            for (std::size_t i = 0; i != who.size(); ++i) {
                for (auto take = each + (i < more ? 1U : 0U); take != 0; --take) {
                    out_.of[members_[who[i]].id].push_back({topic, next++});
                }
            }
        }
        return out_;
    }
    group_assignment round_robin() {
        std::size_t at = 0;
        for (const auto& [topic, n] : topics_) {
            const auto who = subscribers(topic);
            if (who.empty()) continue;
            for (std::uint32_t p = 0; p != n; ++p) {
                while (!std::ranges::binary_search(who, at % members_.size())) ++at;
                out_.of[members_[at++ % members_.size()].id].push_back({topic, p});
            }
        }
        return out_;
    }
    group_assignment cooperative_sticky() {
        // Who owns what, by the newest claim; two of the same age: nobody.
        std::map<topic_partition_name, std::pair<std::int32_t, std::optional<std::size_t>>> claims;
        for (std::size_t m = 0; m != members_.size(); ++m) {
            const group_subscription& s = members_[m].subscription;
            for (const topic_partition_name& p : s.owned) {
                const auto [c, fresh] = claims.try_emplace(p, s.generation, m);
                if (fresh || c->second.first > s.generation) continue;
                c->second = {s.generation, c->second.first == s.generation ? std::nullopt : std::optional(m)};
            }
        }
        std::vector<std::set<topic_partition_name>> has(members_.size());
        std::vector<topic_partition_name> free;
        for (const auto& [topic, n] : topics_) {
            const auto who = subscribers(topic);
            if (who.empty()) continue;
            for (std::uint32_t p = 0; p != n; ++p) {
                const topic_partition_name name{topic, p};
                const auto c = claims.find(name);
                if (c != claims.end() && c->second.second && std::ranges::binary_search(who, *c->second.second)) {
                    has[*c->second.second].insert(name);
                } else {
                    free.push_back(name);
                }
            }
        }
        for (const topic_partition_name& p : free) {
            has[std::ranges::min(subscribers(p.topic), {}, [&](std::size_t m) { return has[m].size(); })].insert(p);
        }
        // Each move makes the spread of loads smaller, so it ends.
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t from = 0; from != has.size() && !moved; ++from) {
                for (auto p = has[from].rbegin(); p != has[from].rend() && !moved; ++p) {
                    const auto to =
                        std::ranges::min(subscribers(p->topic), {}, [&](std::size_t m) { return has[m].size(); });
                    if (has[to].size() + 1 < has[from].size()) {
                        has[to].insert(has[from].extract(std::next(p).base()));
                        moved = true;
                        break;
                    }
                }
            }
        }
        for (std::size_t m = 0; m != has.size(); ++m) {
            for (const topic_partition_name& p : has[m]) {
                const auto c = claims.find(p);
                if (c != claims.end() && c->second.second && *c->second.second != m) {
                    out_.moving = true;
                } else {
                    out_.of[members_[m].id].push_back(p);
                }
            }
        }
        return out_;
    }

  private:
    [[nodiscard]] std::vector<std::size_t> subscribers(const std::string& topic) const {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i != members_.size(); ++i) {
            if (std::ranges::find(members_[i].subscription.topics, topic) != members_[i].subscription.topics.end()) {
                out.push_back(i);
            }
        }
        return out;
    }

    std::vector<group_member> members_;
    const std::map<std::string, std::uint32_t>& topics_;
    group_assignment out_;
};

}  // namespace detail

/// `topics`: how many partitions each has. A topic nobody knows the count of is left out.
[[nodiscard]] inline group_assignment assign_partitions(assignor how, std::vector<group_member> members,
                                                        const std::map<std::string, std::uint32_t>& topics) {
    if (members.empty()) return {};
    detail::group_assigner one(std::move(members), topics);
    return how == assignor::range         ? one.range()
           : how == assignor::round_robin ? one.round_robin()
                                          : one.cooperative_sticky();
}

}  // namespace weir
