// SPDX-License-Identifier: BSL-1.0
// Which leases a worker takes: those that are free by its own clock, up to its fair share; else one of the worker that
// has most. Decides only; a pure function of what it has seen (C14, C15, C17). Completed leases count for nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../consumer_metrics.hpp"
#include "../consumer_options.hpp"
#include "../lease.hpp"

namespace weir::detail {

class lease_taker {
  public:
    struct choice {
        lease seen;
        bool free = true;  // else it is its owner's, and is handed over
    };

    /// `options` outlives it.
    explicit lease_taker(const consumer_options& options) : options_(&options) {
        for (const char c : options.worker) random_ = (random_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }

    [[nodiscard]] std::vector<choice> choose(const std::vector<lease>& all, instant now, consumer_metrics& metrics) {
        const std::int64_t failover = std::chrono::microseconds(options_->failover).count();
        look(all, now);
        std::map<std::string, std::size_t> held{{options_->worker, 0}};
        std::vector<const lease*> free;
        std::size_t total = 0;
        std::size_t very_old = 0;
        for (const lease& l : all) {
            if (l.completed()) continue;
            ++total;
            const std::int64_t age = now.us - seen_.at(l.shard).since.us;
            const bool never_owned = l.owner.empty() && l.counter == 0;
            if (never_owned || age > 3 * failover) {
                free.insert(free.begin() + static_cast<std::ptrdiff_t>(very_old++), &l);
            } else if (l.owner.empty() || age > failover) {
                free.push_back(&l);
            } else {
                ++held[l.owner];
            }
        }
        const std::size_t mine = held[options_->worker];
        std::size_t target = held.size() >= total ? 1 : (total + held.size() - 1) / held.size();
        target = std::min(target, options_->max_leases);
        const std::size_t room = options_->max_leases - std::min(mine, options_->max_leases);
        const std::size_t wanted = target - std::min(mine, target);
        metrics.NumWorkers = held.size();
        metrics.TotalLeases = total;
        metrics.NeededLeases = wanted;
        metrics.ExpiredLeases = free.size();
        metrics.VeryOldLeases = very_old;
        std::vector<choice> out;
        if (!free.empty()) {
            shuffle(free, 0, very_old);
            shuffle(free, very_old, free.size());
            const std::size_t take = std::min({free.size(), room, std::max(wanted, very_old)});
            metrics.LeaseSpillover =
                std::max(wanted, very_old) > room ? std::min(free.size(), std::max(wanted, very_old)) - take : 0;
            for (std::size_t i = 0; i < take; ++i) out.push_back({*free[i], true});
        } else {
            metrics.LeaseSpillover = 0;
            steal(all, held, target, wanted, out);
        }
        metrics.LeasesToTake = out.size();
        return out;
    }

    /// How long this worker has not seen the lease change, in microseconds.
    [[nodiscard]] std::int64_t unchanged(const lease& l, instant now) const {
        const auto found = seen_.find(l.shard);
        return found == seen_.end() || found->second.counter != l.counter ? 0 : now.us - found->second.since.us;
    }
    void look(const lease& l, instant now) {
        const auto [at, fresh] = seen_.try_emplace(l.shard, sight{l.counter, now});
        if (!fresh && at->second.counter != l.counter) at->second = {l.counter, now};
    }

  private:
    struct sight {
        std::uint64_t counter = 0;
        instant since = {};
    };

    void look(const std::vector<lease>& all, instant now) {
        std::set<shard_id> there;
        for (const lease& l : all) {
            look(l, now);
            there.insert(l.shard);
        }
        std::erase_if(seen_, [&](const auto& s) { return !there.contains(s.first); });
    }
    void steal(const std::vector<lease>& all, const std::map<std::string, std::size_t>& held, std::size_t target,
               std::size_t wanted, std::vector<choice>& out) {
        if (wanted == 0) return;
        const auto most = std::max_element(held.begin(), held.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        std::size_t count = most->second > target ? std::min(wanted, most->second - target) : 0;
        if (count == 0 && wanted > 1 && most->second > 1) count = 1;
        count = std::min(count, options_->max_leases_to_steal);
        std::vector<const lease*> theirs;
        for (const lease& l : all) {
            if (l.state() == lease_state::owned && l.owner == most->first && l.owner != options_->worker) {
                theirs.push_back(&l);
            }
        }
        shuffle(theirs, 0, theirs.size());
        for (std::size_t i = 0; i < std::min(count, theirs.size()); ++i) out.push_back({*theirs[i], false});
    }
    /// So that workers who look at the same moment do not want the same lease.
    void shuffle(std::vector<const lease*>& of, std::size_t first, std::size_t last) {
        for (std::size_t left = last - first; left > 1; --left) {
            random_ ^= random_ << 13U;
            random_ ^= random_ >> 7U;
            random_ ^= random_ << 17U;
            std::swap(of[first + left - 1], of[first + random_ % left]);
        }
    }

    const consumer_options* options_;
    std::map<shard_id, sight> seen_;
    std::uint64_t random_ = 0xCBF29CE484222325U;
};

}  // namespace weir::detail
