// SPDX-License-Identifier: BSL-1.0
// What streams of either kind of record have alike: shards, retention, iterators, what a storage adds to puts. A
// handle: copies are the same stream.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../operations.hpp"
#include "../stream_read_options.hpp"
#include "stream_core.hpp"

namespace weir::detail {

/// What both kinds of stream have: shards, retention, iterators.
template <class Payload>
class stream_handle {
  public:
    using payload_type = Payload;
    using read_options = stream_read_options;
    using options_type = stream_options;

    [[nodiscard]] const std::string& name() const noexcept { return core_->name(); }

    [[nodiscard]] result<shard_iterator> get_shard_iterator(shard_id shard, const iterator_start& start) const {
        return core_->get_shard_iterator(shard, start);
    }
    /// At most `most` results; the answer's token goes on (K34).
    [[nodiscard]] result<shard_list> list_shards(const shard_filter& filter = {}, std::size_t most = 1'000) const {
        return core_->list_shards(filter, most);
    }
    [[nodiscard]] result<shard_list> list_shards(const list_token& next, std::size_t most = 1'000) const {
        return core_->list_shards(next, most);
    }
    /// Two children: below `start_of_upper`, and from it on (K27). Puts and reads go on.
    result<void> split_shard(shard_id shard, hash_key start_of_upper) const {
        return core_->split_shard(shard, start_of_upper);
    }
    result<void> merge_shards(shard_id shard, shard_id adjacent) const { return core_->merge_shards(shard, adjacent); }
    /// To `target` shards of equal ranges, by splits and merges (K33).
    result<shard_count> update_shard_count(std::uint32_t target) const { return core_->update_shard_count(target); }

    result<void> increase_retention_period(std::chrono::hours to) const { return core_->increase_retention(to); }
    /// Hides what is older at once, for good.
    result<void> decrease_retention_period(std::chrono::hours to) const { return core_->decrease_retention(to); }

    /// Of a stream with a storage: blocks until everything that was put is durable, or says why it is not.
    result<void> sync() const { return core_->sync(); }

    /// Of a stream with a storage: what going over its records when idle has come to since the stream was made, with
    /// the damage that it found. storage_settings says how fast.
    [[nodiscard]] storage_scrub scrubbed() const {
        return core_->desk() != nullptr ? core_->desk()->scrubbed() : storage_scrub{};
    }

    [[nodiscard]] stream_summary describe_stream_summary() const { return core_->summary(); }

    /// Takes no more; readers come to the end.
    void close() const { core_->close(); }
    [[nodiscard]] bool closed() const noexcept { return core_->closed(); }

    /// What all handles share; for the library's own sources and sinks.
    [[nodiscard]] const std::shared_ptr<stream_core<Payload>>& core() const noexcept { return core_; }

  protected:
    stream_handle(std::string name, stream_options options)
        : core_(std::make_shared<stream_core<Payload>>(std::move(name), std::move(options))) {}

    [[nodiscard]] error too_large(std::uint64_t size) const {
        return {errc::invalid_argument,
                "the record has " + std::to_string(size) + " bytes with its key, more than the stream's limit of "
                    + std::to_string(core_->options().max_record_size),
                name()};
    }
    [[nodiscard]] error request_too_large(std::uint64_t size) const {
        return {errc::invalid_argument,
                "the request has " + std::to_string(size) + " bytes with the keys, more than the limit of "
                    + std::to_string(core_->options().limits.request_bytes),
                name()};
    }

    [[nodiscard]] result<void> may_put() const { return core_->bounded() ? core_->make_room() : result<void>{}; }
    /// Behind `put_all`: waits until what was stored is as safe as the storage's settings say.
    [[nodiscard]] result<void> acknowledge(const put_records_result& all) const {
        if (core_->desk() == nullptr) return {};
        std::vector<put_record_result> newest;  // of each shard
        for (const put_entry_result& e : all.entries) {
            if (!e.stored) continue;
            const auto known = std::ranges::find(newest, e.stored->shard, &put_record_result::shard);
            if (known == newest.end()) {
                newest.push_back(*e.stored);
            } else if (known->number < e.stored->number) {
                *known = *e.stored;
            }
        }
        for (const put_record_result& n : newest) {
            const result<void> safe = core_->acknowledge(*core_->find(n.shard), n.number.index() - 1, {});
            if (!safe) return safe;
        }
        return {};
    }

    std::shared_ptr<stream_core<Payload>> core_;
};

}  // namespace weir::detail
