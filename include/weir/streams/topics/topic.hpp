// SPDX-License-Identifier: BSL-1.0
// A topic as Apache Kafka has it, in process: partitions with dense offsets on a shard_log each, retention, compaction,
// idempotent and transactional appends. A `topic` is a handle; copies are the same topic.
//
//     weir::topic<std::string> users("users", {.partitions = 4, .cleanup = weir::cleanup_policy::compact});
//     users.produce({.key = "7", .value = "Ann"}).value();
//     auto page = users.fetch(0, 0).value();                     // page.records, page.next, page.high_watermark
//
// Offsets rise by 1 per record from 0, control records counted (T05), and are never reused. Errors have Kafka's names;
// an error changes nothing. Time is the options' clock; retention and compaction happen in `maintain()`, which whoever
// owns the topic calls now and then (Kafka: every 5 minutes) and which no append waits for but for a moment.
//
// Any thread, all of it. produce: takes the partition's append right (shard_log::append_range says what waits for
// what). fetch and visit: no lock on what is not compacted; a copied pointer under a mutex on what is, and in
// read_committed.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../../support/atomic.hpp"
#include "../../support/result.hpp"
#include "../detail/plain_name.hpp"
#include "detail/topic_partition.hpp"
#include "topic_options.hpp"
#include "topic_record.hpp"
#include "transactional_log.hpp"

namespace weir {

enum class isolation_level : unsigned char { read_uncommitted, read_committed };

/// Who appends: left out, nobody in particular. `first_sequence` of the batch; -1: not idempotent (T12).
struct producer_stamp {
    std::int64_t producer_id = -1;
    std::int16_t epoch = -1;
    std::int32_t first_sequence = -1;
    bool transactional = false;
};

struct topic_position {
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    friend bool operator==(const topic_position&, const topic_position&) = default;
};

struct fetch_options {
    isolation_level isolation = isolation_level::read_uncommitted;
    std::size_t max_records = 500;
};

template <class T>
struct fetch_page {
    std::vector<topic_record<T>> records;
    std::int64_t next = 0;  // fetch here next
    std::int64_t high_watermark = 0;
    std::int64_t last_stable = 0;
    std::int64_t log_start = 0;
};

/// `errc::invalid_topic` unless 1 to 249 of `[a-zA-Z0-9._-]`, and not "." or "..".
[[nodiscard]] inline result<void> check_topic_name(std::string_view name) {
    if (!detail::is_plain_name(name, 249) || name == "." || name == "..") {
        return error{errc::invalid_topic,
                     "a topic's name has 1 to 249 characters of [a-zA-Z0-9._-] and is not \".\" or \"..\"",
                     std::string(name.substr(0, 249))};
    }
    return {};
}

template <class T>
    requires std::copy_constructible<T> && std::is_nothrow_move_constructible_v<T>
class topic {
    using partition_type = detail::topic_partition<T>;

  public:
    using value_type = T;
    using record = topic_record<T>;
    using options_type = topic_options;
    using bounds = typename partition_type::bounds;
    using offset_and_time = typename partition_type::offset_and_time;

    /// Throws std::invalid_argument for a bad name, 0 partitions, more than max_partitions.
    explicit topic(std::string name, topic_options options = {})
        : core_(std::make_shared<core>(std::move(name), options)) {}

    [[nodiscard]] std::string name() const { return core_->name; }
    [[nodiscard]] const topic_options& options() const noexcept { return core_->options; }
    [[nodiscard]] const clock& time() const noexcept { return *core_->time; }
    [[nodiscard]] std::uint32_t partitions() const noexcept {
        return core_->count.load(memory_order_acquire);  // (2) pairs with (1)
    }

    /// Up to `total` partitions; their count only grows. Keys then hash to others than before, as in Kafka.
    result<void> add_partitions(std::uint32_t total) const { return core_->grow(total); }

    /// Where the record goes: by its key, else the partition that records without one stick to until it has had
    /// `sticky_bytes`.
    [[nodiscard]] std::uint32_t partition_for(const record& r) const {
        const std::uint32_t n = partitions();
        const auto key = r.key ? std::optional<std::string_view>(*r.key) : std::nullopt;
        if (const auto by_key = partition_of(core_->options.by, key, n)) return *by_key;
        const std::uint64_t size = detail::topic_record_bytes(r);
        const std::uint64_t so_far = core_->sticky.fetch_add(size, memory_order_relaxed);  // a count, no more
        return static_cast<std::uint32_t>(so_far / core_->options.sticky_bytes % n);
    }
    result<topic_position> produce(record r) const {
        const std::uint32_t p = partition_for(r);
        return produce(p, std::move(r));
    }
    result<topic_position> produce(std::uint32_t partition, record r, const producer_stamp& by = {}) const {
        auto at = append(partition, std::span<record>(&r, 1), by);
        if (!at) return at.error();
        return topic_position{partition, *at};
    }
    /// One batch: all of it or nothing, and no other record in between. Returns the offset of its first record, or of
    /// the batch that it repeats (T12). The records are moved from, also when it fails.
    result<std::int64_t> append(std::uint32_t partition, std::span<record> batch, const producer_stamp& by = {}) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        if (batch.empty()) return error{errc::invalid_record, "a batch has at least one record", core_->name};
        const bool numbered = by.transactional || by.first_sequence >= 0;
        if (by.producer_id >= 0 ? by.epoch < 0 : numbered) {
            return error{errc::invalid_record,
                         "a batch with a sequence number or in a transaction names its producer and that one's epoch; "
                         "a transaction coordinator gives both",
                         core_->name};
        }
        std::size_t size = detail::batch_header_bytes;
        for (const record& r : batch) {
            if (!r.key && core_->options.cleanup != cleanup_policy::delete_old) {
                return error{errc::invalid_record, "a record of a compacted topic has a key; give it one", core_->name};
            }
            size += detail::topic_record_bytes(r);
        }
        if (size > static_cast<std::uint64_t>(core_->options.max_message_bytes)) {
            return error{errc::message_too_large,
                         "the batch has " + std::to_string(size) + " bytes; max_message_bytes is "
                             + std::to_string(core_->options.max_message_bytes),
                         core_->name};
        }
        return p->append(batch, {by.producer_id, by.epoch, by.first_sequence, by.transactional},
                         static_cast<std::int64_t>(size), core_->time->now());
    }

    /// `visitor(const record&)` for what is there, at most `options.max_records`, without a copy; returns where to go
    /// on.
    template <class Visitor>
        requires std::invocable<Visitor&, const record&>
    result<std::int64_t> visit(std::uint32_t partition, std::int64_t offset, Visitor&& visitor,
                               const fetch_options& options = {}) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        std::size_t left = options.max_records;
        return p->visit(offset, options.isolation == isolation_level::read_committed, [&](const record& r) {
            if (left == 0) return false;
            --left;
            std::invoke(visitor, r);
            return true;
        });
    }
    /// Copies. `errc::offset_out_of_range` below the log's start and above its end (T06); at a removed offset the next
    /// one that exists (T20).
    result<fetch_page<T>> fetch(std::uint32_t partition, std::int64_t offset, const fetch_options& options = {}) const {
        fetch_page<T> page;
        auto next = visit(partition, offset, [&](const record& r) { page.records.push_back(r); }, options);
        if (!next) return next.error();
        page.next = *next;
        const bounds b = core_->find(partition)->where();
        page.high_watermark = b.end;
        page.last_stable = b.last_stable;
        page.log_start = b.start;
        return page;
    }
    result<bounds> offsets(std::uint32_t partition) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        return p->where();
    }
    /// The earliest record of `t` or later; nothing: none (T07).
    result<std::optional<offset_and_time>> offset_for_time(std::uint32_t partition, instant t) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        return p->offset_for_time(t);
    }
    /// Moves the log's start; returns it.
    result<std::int64_t> delete_records(std::uint32_t partition, std::int64_t before) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        return p->delete_records(before);
    }

    /// Retention (T18), and compaction where enough is new (T20).
    void maintain() const {
        const instant now = core_->time->now();
        for (std::uint32_t i = 0; i != partitions(); ++i) {
            partition_type* const p = core_->find(i);
            p->retain(now);
            if (core_->options.cleanup != cleanup_policy::delete_old) {
                p->compact(now, core_->options.min_cleanable_dirty_ratio);
            }
        }
    }
    /// Compacts now, whatever the ratio; returns how many records went. Never the active segment.
    result<std::size_t> compact(std::uint32_t partition) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        return p->compact(core_->time->now(), 0);
    }
    /// Ends the active segment, if it has records.
    result<void> roll(std::uint32_t partition) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        p->roll();
        return {};
    }
    [[nodiscard]] result<std::size_t> segments(std::uint32_t partition) const {
        partition_type* const p = core_->find(partition);
        if (p == nullptr) return unknown(partition);
        return p->segments();
    }
    /// For a transaction coordinator.
    [[nodiscard]] std::shared_ptr<transactional_log> transactional() const { return core_; }

  private:
    struct core final : transactional_log {
        core(std::string given, const topic_options& o)
            : name(std::move(given)), options(o), time(o.time != nullptr ? o.time : &system_clock_source()),
              all(std::make_unique<atomic<partition_type*>[]>(o.max_partitions)) {
            if (auto ok = check_topic_name(name); !ok)
                throw std::invalid_argument("weir::topic: " + ok.error().message);
            if (o.partitions == 0 || o.partitions > o.max_partitions || o.sticky_bytes == 0 || o.segment_bytes <= 0) {
                throw std::invalid_argument("weir::topic: partitions is 1 to max_partitions, segment_bytes and "
                                            "sticky_bytes at least 1");
            }
            static_cast<void>(grow(o.partitions));
        }
        result<void> grow(std::uint32_t total) {
            const std::lock_guard hold(growing);
            const std::uint32_t now = count.load(memory_order_relaxed);  // written under `growing`
            if (total <= now || total > options.max_partitions) {
                return error{errc::invalid_argument,
                             "the count of partitions only grows, up to max_partitions; it is " + std::to_string(now),
                             name};
            }
            for (std::uint32_t i = now; i != total; ++i) {
                owned.push_back(std::make_unique<partition_type>(options, name + "-" + std::to_string(i)));
                all[i].store(owned.back().get(), memory_order_relaxed);  // seen by way of `count`
            }
            count.store(total, memory_order_release);  // (1) pairs with (2)
            return {};
        }
        [[nodiscard]] partition_type* find(std::uint32_t i) const noexcept {
            if (i >= count.load(memory_order_acquire)) return nullptr;  // (2) pairs with (1)
            return all[i].load(memory_order_relaxed);                   // behind (2)
        }
        result<void> allow(std::uint32_t partition, std::int64_t id, std::int16_t epoch) override {
            partition_type* const p = find(partition);
            if (p == nullptr) {
                return error{errc::unknown_topic_or_partition, "the topic has no such partition", name};
            }
            return p->allow_transaction(id, epoch, time->now());
        }
        void end(std::uint32_t partition, std::int64_t id, std::int16_t epoch, bool commit) override {
            find(partition)->end_transaction(id, epoch, commit, time->now());
        }

        const std::string name;
        const topic_options options;
        const clock* const time;
        std::mutex growing;
        std::vector<std::unique_ptr<partition_type>> owned;
        std::unique_ptr<atomic<partition_type*>[]> all;
        atomic<std::uint32_t> count{0};
        atomic<std::uint64_t> sticky{0};
    };

    [[nodiscard]] error unknown(std::uint32_t partition) const {
        return {errc::unknown_topic_or_partition,
                "the topic has no partition " + std::to_string(partition) + "; it has " + std::to_string(partitions()),
                core_->name};
    }

    std::shared_ptr<core> core_;
};

}  // namespace weir
