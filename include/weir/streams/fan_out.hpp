// SPDX-License-Identifier: BSL-1.0
// Enhanced fan-out: a registered consumer is given what its shards get, with a quota of its own (K36, K37).
//
//     const auto who = weir::register_stream_consumer(stream, "report").value();
//     auto sub = weir::subscribe_to_shard(stream, who, shard, weir::latest).value();
//     while (auto event = sub.next()) { ... }                       // result: why it ended
//
// `next` never waits: it gives an event where there are records, the shard's end, or five quiet seconds, else nothing.
// A subscription ends after five minutes; one that begins behind the last event's `continuation` loses nothing and sees
// nothing twice. The polling quota of get_records is not touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "data_stream.hpp"

namespace weir {

/// What a subscription gives. No `continuation`: the shard is closed and read to its end.
template <class Record>
struct subscription_event {
    std::vector<Record> records = {};
    std::optional<sequence_number> continuation = {};  // advances on a quiet shard, too
    std::int64_t millis_behind_latest = 0;
    std::vector<child_shard> children = {};
    std::uint64_t missed = 0;  // retention took them before they could be given
};

/// Of one consumer to one shard. One thread at a time.
template <class Stream>
class shard_subscription {
  public:
    using event = subscription_event<typename Stream::record>;

    /// An event, or nothing for now. Errors end it: `errc::resource_in_use`, the consumer has subscribed again;
    /// `resource_not_found`, it was deregistered; `shutdown`, five minutes are over, or the shard was read to its end.
    [[nodiscard]] result<std::optional<event>> next() {
        auto& core = *stream_.core();
        const instant now = core.now();
        if (ended_ || now.us - since_.us >= std::int64_t{1'000'000} * core.options().limits.subscription_life.count()) {
            return error{errc::shutdown, "the subscription is over; subscribe again behind its last continuation",
                         who_.name};
        }
        const result<bool> room = core.fan_out().admit(who_, shard_, number_, core.limited(), now);
        if (!room) return room.error();
        if (!*room) return std::optional<event>{};
        std::uint64_t counted = 0;
        auto& shard = *core.find(shard_);
        records_page<typename Stream::record> page = stream_.read_page(shard, position_, now, counted);
        core.fan_out().count(who_, shard_, counted, now);
        missed_ += page.missed;
        if (page.next) position_ = page.next->position;  // also where it gives nothing: it may be behind a gap
        if (page.records.empty() && page.next && now.us - last_.us < 5'000'000) return std::optional<event>{};
        last_ = now;
        event out{std::move(page.records),
                  {},
                  page.millis_behind_latest,
                  std::move(page.children),
                  std::exchange(missed_, 0)};
        if (page.next) {
            out.continuation = out.records.empty() ? shard.continuation(position_, now) : out.records.back().number;
        } else {
            ended_ = true;
        }
        return std::optional<event>(std::move(out));
    }

  private:
    template <class S>
    friend result<shard_subscription<S>> subscribe_to_shard(const S&, const stream_consumer&, shard_id,
                                                            const iterator_start&);

    shard_subscription(const Stream& s, stream_consumer who, const shard_iterator& at, std::uint64_t number)
        : stream_(s), who_(std::move(who)), shard_(at.shard), position_(at.position), number_(number),
          since_(at.issued), last_(at.issued) {}

    Stream stream_;
    stream_consumer who_;
    shard_id shard_;
    std::uint64_t position_;
    std::uint64_t number_;
    instant since_;
    instant last_;
    std::uint64_t missed_ = 0;
    bool ended_ = false;
};

/// `errc::resource_in_use` for a name that is registered, `limit_exceeded` for one too many.
template <class Stream>
[[nodiscard]] result<stream_consumer> register_stream_consumer(const Stream& s, std::string_view name) {
    auto& core = *s.core();
    return core.fan_out().add(name, core.options().limits, core.now());
}
/// Ends its subscriptions.
template <class Stream>
result<void> deregister_stream_consumer(const Stream& s, const stream_consumer& who) {
    return s.core()->fan_out().remove(who);
}
template <class Stream>
[[nodiscard]] std::vector<stream_consumer> list_stream_consumers(const Stream& s) {
    return s.core()->fan_out().list();
}
/// Ends the consumer's subscription to this shard before; refused within five seconds behind it.
template <class Stream>
[[nodiscard]] result<shard_subscription<Stream>> subscribe_to_shard(const Stream& s, const stream_consumer& who,
                                                                    shard_id shard, const iterator_start& start) {
    auto& core = *s.core();
    const result<shard_iterator> at = s.get_shard_iterator(shard, start);
    if (!at) return at.error();
    const result<std::uint64_t> number = core.fan_out().subscribe(who, shard, core.options().limits, at->issued);
    if (!number) return number.error();
    return shard_subscription<Stream>(s, who, *at, *number);
}

}  // namespace weir
