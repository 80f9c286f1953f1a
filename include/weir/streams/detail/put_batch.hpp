// SPDX-License-Identifier: BSL-1.0
// A producer's collector (P07): records that wait for a put_records call, up to the number and the bytes that one call
// may have, or until one shard has enough of them, or the earliest deadline is over. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../producer_options.hpp"
#include "producer_records.hpp"

namespace weir::detail {

class put_batch {
  public:
    /// The options outlive it.
    explicit put_batch(const producer_options& options) noexcept : options_(options) {}

    void add(kinesis_record r) {
        size_ += r.size();
        if (r.predicted) by_shard_[*r.predicted] += r.size();
        held_.push_back(std::move(r));
    }
    [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
    [[nodiscard]] bool full() const {
        if (held_.size() >= options_.collection_max_count || size_ >= options_.collection_max_size) return true;
        return std::any_of(by_shard_.begin(), by_shard_.end(), [](const auto& s) { return s.second >= shard_flush; });
    }
    /// A record may wait a little longer for company than its deadline: the KPL's 50 ms, or a fifth of the buffered
    /// time.
    [[nodiscard]] instant due() const {
        const std::int64_t longer = std::min<std::int64_t>(50'000, 200 * options_.record_max_buffered_time.count());
        instant least = instant::max();
        for (const auto& r : held_) least = std::min(least, r.deadline(), [](instant a, instant b) { return a < b; });
        return least == instant::max() ? least : instant{least.us + longer};
    }

    /// The most urgent records that one call may have, at least one; what is left waits. Only when not empty.
    [[nodiscard]] std::vector<kinesis_record> take_call() {
        std::sort(held_.begin(), held_.end(), [](const auto& a, const auto& b) {
            return a.deadline() == b.deadline() ? a.order() < b.order() : a.deadline() < b.deadline();
        });
        std::size_t n = 0;
        std::uint64_t size = 0;
        while (n < held_.size() && n < options_.collection_max_count
               && (n == 0 || size + held_[n].size() <= options_.collection_max_size)) {
            size += held_[n++].size();
        }
        std::vector<kinesis_record> all = take_all();
        const auto behind = all.begin() + static_cast<std::ptrdiff_t>(n);
        for (auto r = behind; r != all.end(); ++r) add(std::move(*r));
        all.erase(behind, all.end());
        return all;
    }
    [[nodiscard]] std::vector<kinesis_record> take_all() {
        by_shard_.clear();
        size_ = 0;
        return std::exchange(held_, {});
    }

  private:
    static constexpr std::uint64_t shard_flush = 262'144;  // bytes of one shard that send the batch

    const producer_options& options_;
    std::vector<kinesis_record> held_;
    std::map<shard_id, std::uint64_t> by_shard_;
    std::uint64_t size_ = 0;
};

}  // namespace weir::detail
