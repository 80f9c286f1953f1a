// SPDX-License-Identifier: BSL-1.0
// How far the pipelines that read a stream have come, for a stream whose puts wait for them (`slow_reader`). A mutex,
// taken once a segment by who puts and once a span by who reads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "../hash_key.hpp"
#include "../shard_id.hpp"

namespace weir::detail {

/// One reader's, of a range of hash keys. A shard that it has not said anything of is one that it will come to, and
/// then wants whole: the child of one that it reads.
class reader_place {
  public:
    static constexpr std::uint64_t nothing = ~std::uint64_t{0};

    explicit reader_place(const hash_range& keys) noexcept : keys_(keys) {}

    /// Of this shard it wants the record at `first` and those behind it; or nothing any more.
    void set(shard_id shard, std::uint64_t first) {
        const std::lock_guard hold(mutex_);
        first_[shard] = first;
    }
    void forget_all() {
        const std::lock_guard hold(mutex_);
        first_.clear();
    }
    [[nodiscard]] std::uint64_t first_wanted(shard_id shard, const hash_range& keys) const {
        if (!keys.overlaps(keys_)) return nothing;
        const std::lock_guard hold(mutex_);
        const auto at = first_.find(shard);
        return at == first_.end() ? 0 : at->second;
    }

  private:
    const hash_range keys_;
    mutable std::mutex mutex_;
    std::map<shard_id, std::uint64_t> first_;
};

class reader_places {
  public:
    [[nodiscard]] std::shared_ptr<reader_place> add(const hash_range& keys) {
        auto place = std::make_shared<reader_place>(keys);
        const std::lock_guard hold(mutex_);
        all_.push_back(place);
        return place;
    }
    void remove(const std::shared_ptr<reader_place>& place) {
        const std::lock_guard hold(mutex_);
        std::erase(all_, place);
    }
    /// By the slowest; `nothing` where there is no reader.
    [[nodiscard]] std::uint64_t first_wanted(shard_id shard, const hash_range& keys) const {
        const std::lock_guard hold(mutex_);
        std::uint64_t first = reader_place::nothing;
        for (const auto& place : all_) {
            const std::uint64_t here = place->first_wanted(shard, keys);
            if (here < first) first = here;
        }
        return first;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<reader_place>> all_;
};

}  // namespace weir::detail
