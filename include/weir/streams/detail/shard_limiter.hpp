// SPDX-License-Identifier: BSL-1.0
// What a producer sends to each shard, and how fast (P08): a bucket of 1,000 records that fills with so many per cent
// of 1,000 a second, and one of 10 MiB with so many per cent of 1 MiB. The most urgent record goes first; in order, one
// at a time. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "../token_bucket.hpp"
#include "producer_records.hpp"

namespace weir::detail {

class shard_limiter {
  public:
    shard_limiter(std::uint32_t per_cent, bool ordered, instant now)
        : records_(1'000, std::uint64_t{1'000} * per_cent / 100, now),
          bytes_(10'485'760, std::uint64_t{1'048'576} * per_cent / 100, now), ordered_(ordered) {}

    void add(kinesis_record r) {
        const urgency at{ordered_ ? instant{} : r.deadline(), r.order()};
        queue_.emplace(at, std::move(r));
    }
    /// The next that may be sent now.
    [[nodiscard]] std::optional<kinesis_record> next(instant now) {
        if (queue_.empty() || (ordered_ && in_flight_)) return std::nullopt;
        const auto first = queue_.begin();
        const std::uint64_t size = first->second.size();
        if (bytes_.level(now) < static_cast<std::int64_t>(size) || !records_.try_take(1, now)) return std::nullopt;
        bytes_.take(size, now);
        kinesis_record out = std::move(first->second);
        queue_.erase(first);
        in_flight_ = true;
        return out;
    }
    /// What was sent last is settled.
    void settled() noexcept { in_flight_ = false; }

    /// Those whose time to live is over are taken out, to be finished.
    template <class Expire>
    void expire(instant now, Expire expire) {
        for (auto at = queue_.begin(); at != queue_.end();) {
            kinesis_record& r = at->second;
            const std::size_t before = r.of.size();
            std::erase_if(r.of, [&](const pending_ptr& p) {
                if (p->expires > now) return false;
                expire(p);
                return true;
            });
            if (r.of.empty()) {
                at = queue_.erase(at);
                continue;
            }
            if (r.of.size() != before) r = put_together(std::move(r.of), r.predicted);
            ++at;
        }
    }
    [[nodiscard]] std::vector<pending_ptr> take_all() {
        std::vector<pending_ptr> out;
        for (auto& [at, r] : queue_) out.insert(out.end(), r.of.begin(), r.of.end());
        queue_.clear();
        in_flight_ = false;
        return out;
    }
    [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }

  private:
    struct urgency {
        instant deadline;
        std::uint64_t order;
        friend bool operator<(const urgency& a, const urgency& b) noexcept {
            return a.deadline == b.deadline ? a.order < b.order : a.deadline < b.deadline;
        }
    };

    token_bucket records_;
    token_bucket bytes_;
    bool ordered_;
    bool in_flight_ = false;
    std::multimap<urgency, kinesis_record> queue_;
};

}  // namespace weir::detail
