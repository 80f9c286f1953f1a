// SPDX-License-Identifier: BSL-1.0
// Which leases there should be: those of the first shards when there are none (C11), and those of a hole that stays
// (C22). Decides only. A child's lease is not made here but with its parent's end (lease_table::complete).
#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../../support/result.hpp"
#include "../lease.hpp"
#include "../operations.hpp"

namespace weir::detail {

/// The lowest range of hash keys that none of these has; none: they cover all.
[[nodiscard]] inline std::optional<hash_range> first_hole(std::vector<hash_range> ranges) {
    std::sort(ranges.begin(), ranges.end(), [](const hash_range& a, const hash_range& b) { return a.first < b.first; });
    hash_key next = hash_key::min();
    for (const hash_range& r : ranges) {
        if (r.first > next) return hash_range{next, r.first.previous()};
        if (r.last == hash_key::max()) return {};
        if (r.last.next() > next) next = r.last.next();
    }
    return hash_range{next, hash_key::max()};
}
[[nodiscard]] inline std::optional<hash_range> lease_hole(const std::vector<lease>& all) {
    std::vector<hash_range> ranges;
    for (const lease& l : all) {
        if (!l.completed()) ranges.push_back(l.keys);
    }
    return first_hole(std::move(ranges));
}

[[nodiscard]] inline extended_sequence_number initial_checkpoint(const iterator_start& start) noexcept {
    switch (start.kind) {
    case iterator_type::latest:
        return extended_sequence_number::latest();
    case iterator_type::at_timestamp:
        return extended_sequence_number::at_timestamp();
    default:
        return extended_sequence_number::trim_horizon();
    }
}
[[nodiscard]] inline shard_filter initial_filter(const iterator_start& start) {
    switch (start.kind) {
    case iterator_type::latest:
        return {shard_filter::type::at_latest, {}, {}};
    case iterator_type::at_timestamp:
        return {shard_filter::type::at_timestamp, {}, start.time.value_or(instant{})};
    default:
        return {shard_filter::type::at_trim_horizon, {}, {}};
    }
}
[[nodiscard]] inline lease lease_of(const shard_description& s, const extended_sequence_number& checkpoint) {
    lease l;
    l.shard = s.id;
    l.checkpoint = checkpoint;
    l.keys = s.keys;
    if (s.parent) l.parents.push_back(*s.parent);
    if (s.adjacent_parent) l.parents.push_back(*s.adjacent_parent);
    return l;
}

/// Of the shards open at the initial position; an error where they leave a hole: a reshard is under way, look again.
[[nodiscard]] inline result<std::vector<lease>> initial_leases(const std::vector<shard_description>& shards,
                                                               const iterator_start& start) {
    std::vector<hash_range> ranges;
    std::vector<lease> out;
    for (const shard_description& s : shards) {
        ranges.push_back(s.keys);
        out.push_back(lease_of(s, initial_checkpoint(start)));
    }
    if (const std::optional<hash_range> hole = first_hole(std::move(ranges))) {
        return error{errc::resource_in_use,
                     "the shards at the initial position do not cover all hash keys; leases are made when they do",
                     to_string(hole->first) + " to " + to_string(hole->last)};
    }
    return out;
}

/// The leases that close the hole: of the oldest shards in it that have none and none of whose descendants has one.
/// They begin at the horizon, so nothing is skipped; at a time where that is the initial position.
[[nodiscard]] inline std::vector<lease> leases_for(const hash_range& hole, const std::vector<lease>& all,
                                                   const std::vector<shard_description>& shards,
                                                   const iterator_start& start) {
    std::set<shard_id> known;  // has a lease, or a descendant that has
    for (const lease& l : all) known.insert(l.shard);
    const std::set<shard_id> leased = known;
    for (bool grown = true; grown;) {
        grown = false;
        for (const shard_description& s : shards) {
            if (!known.contains(s.id)) continue;
            if (s.parent) grown = known.insert(*s.parent).second || grown;
            if (s.adjacent_parent) grown = known.insert(*s.adjacent_parent).second || grown;
        }
    }
    std::set<shard_id> wanted;
    for (const shard_description& s : shards) {
        if (!known.contains(s.id) && s.keys.overlaps(hole)) wanted.insert(s.id);
    }
    std::vector<lease> out;
    for (const shard_description& s : shards) {
        if (!wanted.contains(s.id)) continue;
        const bool older =
            (s.parent && wanted.contains(*s.parent)) || (s.adjacent_parent && wanted.contains(*s.adjacent_parent));
        if (older) continue;
        const bool inherits =
            (s.parent && leased.contains(*s.parent)) || (s.adjacent_parent && leased.contains(*s.adjacent_parent));
        const bool timed = start.kind == iterator_type::at_timestamp && !inherits;
        out.push_back(
            lease_of(s, timed ? extended_sequence_number::at_timestamp() : extended_sequence_number::trim_horizon()));
    }
    return out;
}

/// Says when to look at the stream: no leases at all, or the same hole three times in a row (C22).
class hole_watch {
  public:
    [[nodiscard]] bool observe(const std::vector<lease>& all) {
        if (all.empty()) return true;
        const std::optional<hash_range> hole = lease_hole(all);
        if (!hole) {
            times_ = 0;
            hole_.reset();
            return false;
        }
        times_ = hole_ == hole ? times_ + 1 : 1;
        hole_ = hole;
        return times_ >= 3;
    }
    [[nodiscard]] const std::optional<hash_range>& hole() const noexcept { return hole_; }

  private:
    std::optional<hash_range> hole_;
    int times_ = 0;
};

/// Leases that nobody needs any more: at the shard's end, its children begun, its own parents' leases gone (C21).
[[nodiscard]] inline std::vector<lease> leases_to_delete(const std::vector<lease>& all) {
    std::map<shard_id, const lease*> by_id;
    for (const lease& l : all) by_id[l.shard] = &l;
    std::vector<lease> out;
    for (const lease& l : all) {
        if (!l.completed() || l.children.empty()) continue;
        const bool begun = std::all_of(l.children.begin(), l.children.end(), [&](shard_id c) {
            const auto found = by_id.find(c);
            return found != by_id.end() && found->second->checkpoint != extended_sequence_number::trim_horizon()
                   && found->second->checkpoint != extended_sequence_number::at_timestamp();
        });
        const bool oldest =
            std::none_of(l.parents.begin(), l.parents.end(), [&](shard_id p) { return by_id.contains(p); });
        if (begun && oldest) out.push_back(l);
    }
    return out;
}

}  // namespace weir::detail
