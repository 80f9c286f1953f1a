// SPDX-License-Identifier: BSL-1.0
// How a consumer gets a shard's records: by polling get_records, or from a subscription of a registered consumer
// (enhanced fan-out), which is renewed behind its last continuation. Never waits. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../consumer_metrics.hpp"
#include "../fan_out.hpp"
#include "../operations.hpp"

namespace weir::detail {

/// A stream that pushes; a connector or a folder may only be polled.
template <class Stream>
concept fans_out = requires(const Stream& s) { s.core()->fan_out(); };

/// The stream's consumer of that name, registered where it is not. Others may do the same at once.
template <fans_out Stream>
[[nodiscard]] result<stream_consumer> find_or_register(const Stream& s, const std::string& name) {
    result<stream_consumer> made = register_stream_consumer(s, name);
    if (made || made.error().code != errc::resource_in_use) return made;
    for (stream_consumer& there : list_stream_consumers(s)) {
        if (there.name == name) return std::move(there);
    }
    return made;  // it was taken away meanwhile: the next try registers it
}

template <class Record>
struct retrieved {
    std::vector<Record> records = {};
    bool ended = false;  // the shard is closed and this is all of it
    std::vector<child_shard> children = {};
    std::int64_t millis_behind_latest = 0;
    std::uint64_t missed = 0;
};

template <class Stream, class Record>
class shard_polling {
  public:
    shard_polling(const Stream& s, shard_id shard) : stream_(&s), shard_(shard) {}

    /// Nothing: at once again. `start` says where it begins, or goes on where the iterator has expired.
    template <class Start>
    [[nodiscard]] result<std::optional<retrieved<Record>>> next(Start start, std::size_t most,
                                                                consumer_metrics& count) {
        if (!iterator_) {
            const result<shard_iterator> it = stream_->get_shard_iterator(shard_, start());
            if (!it) return it.error();
            iterator_ = *it;
            begun_ = true;
        }
        auto page = stream_->get_records(*iterator_, most);
        if (!page) {
            if (page.error().code != errc::expired_iterator) return page.error();
            ++count.ExpiredIterator;
            iterator_.reset();
            return std::optional<retrieved<Record>>{};
        }
        iterator_ = page->next;
        return std::optional(retrieved<Record>{std::move(page->records), !page->next, std::move(page->children),
                                               page->millis_behind_latest, page->missed});
    }

    [[nodiscard]] bool begun() const noexcept { return begun_; }

  private:
    const Stream* stream_;
    shard_id shard_;
    std::optional<shard_iterator> iterator_;
    bool begun_ = false;
};

template <fans_out Stream, class Record>
class shard_pushing {
  public:
    shard_pushing(const Stream& s, shard_id shard, std::string name)
        : stream_(&s), shard_(shard), name_(std::move(name)) {}

    /// Nothing: nothing is there now, or the subscription was over and the next call has another.
    template <class Start>
    [[nodiscard]] result<std::optional<retrieved<Record>>> next(Start start, std::size_t, consumer_metrics& count) {
        if (!subscription_) {
            const result<stream_consumer> who = find_or_register(*stream_, name_);
            if (!who) return who.error();
            auto made = subscribe_to_shard(
                *stream_, *who, shard_,
                continuation_ ? iterator_start{iterator_type::after_sequence_number, continuation_, {}} : start());
            if (!made) return made.error();
            ++count.Subscriptions;
            subscription_.emplace(std::move(*made));
            begun_ = true;
        }
        auto event = subscription_->next();
        if (!event) {
            subscription_.reset();
            if (event.error().code != errc::shutdown) return event.error();
            return std::optional<retrieved<Record>>{};  // five minutes are over
        }
        if (!*event) return std::optional<retrieved<Record>>{};
        auto& e = **event;
        if (e.continuation) continuation_ = e.continuation;
        return std::optional(retrieved<Record>{std::move(e.records), !e.continuation, std::move(e.children),
                                               e.millis_behind_latest, e.missed});
    }

    [[nodiscard]] bool begun() const noexcept { return begun_; }

  private:
    const Stream* stream_;
    shard_id shard_;
    std::string name_;
    std::optional<shard_subscription<Stream>> subscription_;
    std::optional<sequence_number> continuation_;
    bool begun_ = false;
};

template <class Stream, class Record>
struct retrieval_of {
    using type = std::variant<shard_polling<Stream, Record>>;
};
template <fans_out Stream, class Record>
struct retrieval_of<Stream, Record> {
    using type = std::variant<shard_polling<Stream, Record>, shard_pushing<Stream, Record>>;
};
template <class Stream, class Record>
using shard_retrieval = typename retrieval_of<Stream, Record>::type;

/// `fan_out`: the registered consumer's name; empty: polls, as a stream that does not push always does.
template <class Record, class Stream>
[[nodiscard]] shard_retrieval<Stream, Record> make_retrieval(const Stream& s, shard_id shard,
                                                             const std::string& fan_out) {
    if constexpr (fans_out<Stream>) {
        if (!fan_out.empty()) return shard_pushing<Stream, Record>(s, shard, fan_out);
    }
    return shard_polling<Stream, Record>(s, shard);
}

}  // namespace weir::detail
