// SPDX-License-Identifier: BSL-1.0
// Who is registered for enhanced fan-out of one stream, and which subscription of each consumer to each shard is the
// one that counts (K36, K37). Any thread; a mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../../support/result.hpp"
#include "../shard_id.hpp"
#include "../stream_options.hpp"
#include "../token_bucket.hpp"

namespace weir {

/// A registered consumer. One that is registered again under its name is another one: the number is not the same.
struct stream_consumer {
    std::string name;
    std::uint64_t number = 0;
    instant created = {};
};

namespace detail {

class fan_out_desk {
  public:
    [[nodiscard]] result<stream_consumer> add(std::string_view name, const stream_limits& limits, instant now) {
        if (name.empty() || name.size() > 128) {
            return error{errc::invalid_argument, "a consumer's name has 1 to 128 characters",
                         std::string(name.substr(0, 128))};
        }
        const std::lock_guard hold(mutex_);
        if (consumers_.contains(name)) {
            return error{errc::resource_in_use, "a consumer of this name is registered already", std::string(name)};
        }
        if (consumers_.size() >= limits.consumers) {
            return error{errc::limit_exceeded,
                         "the stream has " + std::to_string(consumers_.size())
                             + " registered consumers, as many as it may; deregister one",
                         std::string(name)};
        }
        const auto at = consumers_.emplace(std::string(name), entry{{std::string(name), ++last_, now}, {}}).first;
        return at->second.who;
    }
    [[nodiscard]] result<void> remove(const stream_consumer& who) {
        const std::lock_guard hold(mutex_);
        if (find(who) == nullptr) return unknown(who);
        consumers_.erase(consumers_.find(who.name));
        return {};
    }
    [[nodiscard]] std::vector<stream_consumer> list() const {
        const std::lock_guard hold(mutex_);
        std::vector<stream_consumer> out;
        out.reserve(consumers_.size());
        for (const auto& [name, e] : consumers_) out.push_back(e.who);
        return out;
    }

    /// The number of a new subscription, which ends the one before; refused shortly behind a subscription.
    [[nodiscard]] result<std::uint64_t> subscribe(const stream_consumer& who, shard_id shard,
                                                  const stream_limits& limits, instant now) {
        const std::lock_guard hold(mutex_);
        entry* const e = find(who);
        if (e == nullptr) return unknown(who);
        const auto [at, fresh] = e->shards.try_emplace(shard, limits, now);
        if (!fresh && now.us - at->second.since.us < std::int64_t{1'000'000} * limits.resubscribe_after.count()) {
            return error{errc::resource_in_use,
                         "the consumer subscribed to this shard less than "
                             + std::to_string(limits.resubscribe_after.count()) + " s ago",
                         who.name + ", " + to_string(shard)};
        }
        at->second.since = now;
        return ++at->second.number;
    }
    /// Whether that subscription counts, and whether its quota has room.
    [[nodiscard]] result<bool> admit(const stream_consumer& who, shard_id shard, std::uint64_t number, bool limited,
                                     instant now) {
        const std::lock_guard hold(mutex_);
        entry* const e = find(who);
        if (e == nullptr) return unknown(who);
        subscription& s = e->shards.find(shard)->second;
        if (s.number != number) {
            return error{errc::resource_in_use, "the consumer has subscribed to this shard again; this one has ended",
                         who.name + ", " + to_string(shard)};
        }
        return !limited || s.bytes.level(now) > 0;
    }
    void count(const stream_consumer& who, shard_id shard, std::uint64_t bytes, instant now) {
        const std::lock_guard hold(mutex_);
        if (entry* const e = find(who); e != nullptr) e->shards.find(shard)->second.bytes.take(bytes, now);
    }

  private:
    struct subscription {
        subscription(const stream_limits& limits, instant now) : bytes(limits.read_bytes, limits.read_bytes, now) {}
        std::uint64_t number = 0;
        instant since = instant::min();
        token_bucket bytes;
    };
    struct entry {
        stream_consumer who;
        std::map<shard_id, subscription> shards;
    };

    [[nodiscard]] entry* find(const stream_consumer& who) {
        const auto at = consumers_.find(who.name);
        return at != consumers_.end() && at->second.who.number == who.number ? &at->second : nullptr;
    }
    [[nodiscard]] static error unknown(const stream_consumer& who) {
        return {errc::resource_not_found, "this consumer is not registered, or not any more", who.name};
    }

    mutable std::mutex mutex_;
    std::map<std::string, entry, std::less<>> consumers_;
    std::uint64_t last_ = 0;
};

}  // namespace detail
}  // namespace weir
