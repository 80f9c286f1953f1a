// SPDX-License-Identifier: BSL-1.0
// What moves through a producer: user records, and the Kinesis records that they are put as. One thread at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../aggregate_writer.hpp"
#include "../hash_key.hpp"
#include "../shard_id.hpp"
#include "../user_record_result.hpp"

namespace weir::detail {

/// A record that the user gave, until it is finished.
struct pending_record {
    std::string key;
    std::string data;
    std::optional<hash_key> explicit_hash_key;
    hash_key hash;
    instant arrival;
    instant deadline;  // when it shall be on its way
    instant expires;
    instant last_end;  // of the attempt before; at first the arrival
    std::uint64_t order = 0;
    std::shared_ptr<outcome_state> outcome;

    [[nodiscard]] std::uint64_t size() const noexcept { return key.size() + data.size(); }
};
using pending_ptr = std::shared_ptr<pending_record>;

[[nodiscard]] inline bool more_urgent(const pending_ptr& a, const pending_ptr& b) noexcept {
    return a->deadline == b->deadline ? a->order < b->order : a->deadline < b->deadline;
}

/// One entry of a put_records call: a user record as it is, or an aggregate of several.
struct kinesis_record {
    std::vector<pending_ptr> of;
    std::string aggregate;  // empty: `of` is one record, put as it is
    std::optional<hash_key> explicit_hash_key;
    std::optional<shard_id> predicted;

    [[nodiscard]] std::string_view data() const noexcept { return aggregate.empty() ? of.front()->data : aggregate; }
    [[nodiscard]] std::string_view key() const noexcept {
        return aggregate.empty() ? std::string_view(of.front()->key) : aggregate_writer::partition_key;
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return data().size() + key().size(); }
    [[nodiscard]] instant deadline() const noexcept {
        instant least = instant::max();
        for (const pending_ptr& r : of) least = r->deadline < least ? r->deadline : least;
        return least;
    }
    [[nodiscard]] std::uint64_t order() const noexcept { return of.front()->order; }
};

/// As one record; of several that are one aggregate the explicit hash key is the first one's hash.
[[nodiscard]] inline kinesis_record put_together(std::vector<pending_ptr> records, std::optional<shard_id> predicted) {
    kinesis_record out;
    out.predicted = predicted;
    if (records.size() == 1) {
        out.explicit_hash_key = records.front()->explicit_hash_key;
    } else {
        aggregate_writer writer;
        for (const pending_ptr& r : records) writer.add(r->key, r->explicit_hash_key, r->data);
        out.aggregate = writer.finish();
        out.explicit_hash_key = records.front()->hash;
    }
    out.of = std::move(records);
    return out;
}

/// The reducer of one predicted shard (P05): holds records until there are enough of them, they are large enough, or
/// the earliest deadline has come.
class shard_aggregator {
  public:
    /// As the KPL estimates: with the key as if it were new.
    [[nodiscard]] static std::size_t estimated(const pending_record& r) noexcept {
        return r.data.size() + 3 + r.key.size() + 3 + 2 + (r.explicit_hash_key ? 39 + 3 + 2 : 0);
    }
    void add(pending_ptr r) {
        estimate_ += estimated(*r);
        if (r->deadline < deadline_) deadline_ = r->deadline;
        held_.push_back(std::move(r));
    }
    [[nodiscard]] bool full(std::uint64_t max_count, std::size_t max_size) const noexcept {
        return held_.size() >= max_count || estimate_ >= max_size;
    }
    [[nodiscard]] instant deadline() const noexcept { return deadline_; }
    [[nodiscard]] bool empty() const noexcept { return held_.empty(); }

    /// The most urgent records that fit into one, at least one; what is left keeps its deadlines. Only when not empty.
    [[nodiscard]] std::vector<pending_ptr> flush(std::uint64_t max_count, std::size_t max_size) {
        std::sort(held_.begin(), held_.end(), more_urgent);
        aggregate_writer writer;
        std::vector<pending_ptr> out;
        for (const pending_ptr& r : held_) {
            const bool fits = writer.size_with(r->key, r->explicit_hash_key, r->data) <= max_size;
            if (!out.empty() && (!fits || out.size() >= max_count)) break;
            writer.add(r->key, r->explicit_hash_key, r->data);
            out.push_back(r);
        }
        std::vector<pending_ptr> left(held_.begin() + static_cast<std::ptrdiff_t>(out.size()), held_.end());
        clear();
        for (pending_ptr& r : left) add(std::move(r));
        return out;
    }
    [[nodiscard]] std::vector<pending_ptr> take_all() {
        std::vector<pending_ptr> out = std::move(held_);
        clear();
        return out;
    }

  private:
    void clear() {
        held_.clear();
        estimate_ = 0;
        deadline_ = instant::max();
    }

    std::vector<pending_ptr> held_;
    std::size_t estimate_ = 0;
    instant deadline_ = instant::max();
};

}  // namespace weir::detail
