// SPDX-License-Identifier: BSL-1.0
// What the chains of one pipeline did not get to read, each record counted once: several chains may read one shard,
// each for its own keys, and miss the same records of it. A record that one chain missed counts, though it may have
// been for another's keys, which had it: nobody knows the keys of a record that is gone. Any thread; a mutex.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>

#include "../shard_id.hpp"

namespace weir::detail {

class missed_records {
  public:
    /// Positions `[first, end)` of `shard` are gone; how many of them were not known to be.
    [[nodiscard]] std::uint64_t add(shard_id shard, std::uint64_t first, std::uint64_t end) {
        if (first >= end) return 0;
        const std::lock_guard hold(mutex_);
        std::map<std::uint64_t, std::uint64_t>& gaps = gaps_[shard];
        const std::uint64_t new_first = first;
        const std::uint64_t new_end = end;
        std::uint64_t fresh = end - first;
        // The gaps that touch the new one become part of it.
        auto at = gaps.upper_bound(first);
        if (at != gaps.begin() && std::prev(at)->second >= first) --at;
        while (at != gaps.end() && at->first <= end) {
            const std::uint64_t from = std::max(new_first, at->first);
            const std::uint64_t to = std::min(new_end, at->second);
            if (from < to) fresh -= to - from;
            first = std::min(first, at->first);
            end = std::max(end, at->second);
            at = gaps.erase(at);
        }
        gaps.emplace(first, end);
        return fresh;
    }

  private:
    std::mutex mutex_;
    std::map<shard_id, std::map<std::uint64_t, std::uint64_t>> gaps_;  // first -> end; apart from each other
};

}  // namespace weir::detail
