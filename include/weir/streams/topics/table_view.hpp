// SPDX-License-Identifier: BSL-1.0
// The table that a topic is the log of: the latest value of each key; a tombstone takes the key out.
//
//     weir::table_view<std::string> users(topic);
//     users.refresh().value();              // reads what is new
//     auto ann = users.find("7");
//
// It reads all partitions from their start, in read_committed if asked; a key's records must be in one partition, as
// hashing keeps them while the count of partitions stays. Records without a key are counted and left out. Where
// retention overtook it, `missed()` says how often, and the table goes on with what the log still has.
// Any thread; readers share a lock, `refresh` has it alone for a batch at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topic.hpp"

namespace weir {

template <class T>
class table_view {
  public:
    explicit table_view(topic<T> of, isolation_level isolation = isolation_level::read_uncommitted)
        : topic_(std::move(of)), isolation_(isolation) {}
    table_view(const table_view&) = delete;
    table_view& operator=(const table_view&) = delete;

    /// Up to the end as it is when a partition's turn comes; returns how many records it read.
    result<std::size_t> refresh() {
        const std::lock_guard one(refreshing_);
        std::size_t n = 0;
        next_.resize(topic_.partitions(), 0);
        for (std::uint32_t p = 0; p != next_.size(); ++p) {
            for (;;) {
                const std::unique_lock alone(mutex_);
                const std::size_t before = n;
                auto next = topic_.visit(p, next_[p],
                                         [&](const topic_record<T>& r) {
                                             ++n;
                                             apply(r);
                                         },
                                         {isolation_, 1'000});
                if (!next) {
                    if (next.error().code != errc::offset_out_of_range) return next.error();
                    ++missed_;
                    next_[p] = topic_.offsets(p).value().start;
                    continue;
                }
                next_[p] = *next;
                if (n == before) break;
            }
        }
        return n;
    }
    [[nodiscard]] std::optional<T> find(std::string_view key) const {
        const std::shared_lock hold(mutex_);
        const auto at = rows_.find(key);
        return at == rows_.end() ? std::nullopt : std::optional<T>(at->second);
    }
    [[nodiscard]] std::size_t size() const {
        const std::shared_lock hold(mutex_);
        return rows_.size();
    }
    /// `visitor(key, value)`, by key.
    template <class Visitor>
        requires std::invocable<Visitor&, const std::string&, const T&>
    void for_each(Visitor&& visitor) const {
        const std::shared_lock hold(mutex_);
        for (const auto& [key, value] : rows_) std::invoke(visitor, key, value);
    }
    /// Records without a key.
    [[nodiscard]] std::uint64_t keyless() const {
        const std::shared_lock hold(mutex_);
        return keyless_;
    }
    /// How often retention took what was not read yet.
    [[nodiscard]] std::uint64_t missed() const {
        const std::shared_lock hold(mutex_);
        return missed_;
    }

  private:
    void apply(const topic_record<T>& r) {
        if (!r.key) {
            ++keyless_;
        } else if (r.value) {
            rows_.insert_or_assign(*r.key, *r.value);
        } else {
            rows_.erase(*r.key);
        }
    }

    const topic<T> topic_;
    const isolation_level isolation_;
    std::mutex refreshing_;
    std::vector<std::int64_t> next_;
    mutable std::shared_mutex mutex_;
    std::map<std::string, T, std::less<>> rows_;
    std::uint64_t keyless_ = 0;
    std::uint64_t missed_ = 0;
};

}  // namespace weir
