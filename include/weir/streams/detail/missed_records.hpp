// SPDX-License-Identifier: BSL-1.0
// What the chains of one pipeline did not get to read, each record counted once: several chains may read one shard,
// each for its own keys, and miss the same records of it. A record that one chain missed counts, though it may have
// been for another's keys, which had it: nobody knows the keys of a record that is gone. Any thread; a mutex.
//
// Of each shard the newest 256 gaps are known: a chain that comes to an older one that late counts it again.
#pragma once

#include <algorithm>
#include <cstddef>
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
        std::uint64_t fresh = end - first;
        // The gaps that touch the new one become part of it.
        std::uint64_t whole_first = first;
        std::uint64_t whole_end = end;
        auto at = gaps.upper_bound(first);
        if (at != gaps.begin() && std::prev(at)->second >= first) --at;
        while (at != gaps.end() && at->first <= end) {
            const std::uint64_t known_first = std::max(first, at->first);
            const std::uint64_t known_end = std::min(end, at->second);
            if (known_first < known_end) fresh -= known_end - known_first;
            whole_first = std::min(whole_first, at->first);
            whole_end = std::max(whole_end, at->second);
            at = gaps.erase(at);
        }
        gaps.emplace(whole_first, whole_end);
        if (gaps.size() > most_gaps) gaps.erase(gaps.begin());
        return fresh;
    }

    static constexpr std::size_t most_gaps = 256;

  private:
    std::mutex mutex_;
    std::map<shard_id, std::map<std::uint64_t, std::uint64_t>> gaps_;  // first -> end; apart from each other
};

}  // namespace weir::detail
