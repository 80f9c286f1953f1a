// SPDX-License-Identifier: BSL-1.0
// to(stream): puts every record into a retained stream.
//
//     source | weir::parse<hit>(...) | ... | weir::to(hits)
//
// May stand behind shard(n): each chain puts on its own. Records are put in spans, at the latest at the end of a step,
// in their order for each key. A shard whose quota is used up makes the chain wait, and with it the source, until there
// is room; a stream that is closed ends it, and what comes then is counted as dropped. A record that the stream refuses
// for good (a key that is none, too large), and a storage that has failed, end the pipeline with the refusal's message.
// A storage that is slower than the records makes the chain wait too, whatever its `overflow` is; records are
// acknowledged as soon as they are in memory, and `sync()` of the stream says when they are safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "../core/pipeline.hpp"
#include "../runtime/builder.hpp"
#include "data_stream.hpp"

namespace weir {
namespace detail {

/// What one chain has still to put; shared by its receiver and the end of its task's steps.
template <class Stream>
class stream_writer final : public edge_end {
    using payload = typename Stream::payload_type;
    using entry = typename stream_shard<payload>::template arriving<payload&&>;

  public:
    static constexpr std::size_t span = 256;

    stream_writer(const Stream& to, const stage_info* stage) : to_(to), stage_(stage) { pending_.reserve(span); }

    /// `full`: taken, and a quota has no room for it yet; `done`: the stream is closed.
    flow add(payload&& record) {
        if (const result<void> good = to_.check_record(record); !good) {
            blame(stage_);
            throw bad_result(good.error());
        }
        pending_.push_back(static_cast<payload&&>(record));
        return pending_.size() < span ? flow::more : flush_or_throw();
    }
    flow flush() {
        if (pending_.empty()) return flow::more;
        const instant now = to_.core()->now();
        std::vector<payload> left;
        to_.core()->put_all(
            pending_.size(), now,
            [&](std::size_t i, std::span<hash_key> hashes) {
                Stream::hash_records(std::span<const payload>(pending_).subspan(i, hashes.size()), hashes);
            },
            [&](std::size_t i, hash_key hash) {
                return entry{nullptr, hash, to_.counted_size(pending_[i]), now, std::move(pending_[i])};
            },
            [&](std::size_t, const put_record_result&) { ++taken_; },
            [&](std::size_t i, error&& e) {
                if (e.code == errc::closed) {
                    ++unwanted_;
                } else if (e.code != errc::provisioned_throughput_exceeded && e.code != errc::limit_exceeded) {
                    ++unwanted_;
                    if (!broken_) broken_ = std::move(e);
                } else {
                    left.push_back(std::move(pending_[i]));
                }
            });
        pending_ = std::move(left);
        if (!pending_.empty()) {
            retry_ = {now.us + 10'000};
            return flow::full;
        }
        pending_.reserve(span);
        return to_.closed() ? flow::done : flow::more;
    }
    /// The same, for calls of the pipeline, which a storage that has failed ends.
    flow flush_or_throw() {
        const flow f = flush();
        if (broken_) {
            blame(stage_);
            throw bad_result(*broken_);
        }
        return f;
    }
    /// When to try again what a quota has refused; at once to say what was met at the end of a step.
    [[nodiscard]] instant due() const noexcept {
        if (broken_) return instant::min();
        return pending_.empty() ? instant::max() : retry_;
    }

    void end_of_step() noexcept override { static_cast<void>(flush()); }
    void close() noexcept override {}

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage_, taken_, unwanted_, pending_.size());
    }

  private:
    const Stream to_;
    const stage_info* stage_;
    std::vector<payload> pending_;
    std::optional<error> broken_;
    instant retry_ = instant::max();
    std::uint64_t taken_ = 0;
    std::uint64_t unwanted_ = 0;
};

template <class Stream>
struct stream_receiver : end_of_signals<stream_receiver<Stream>> {
    using needs = tags<>;

    stream_writer<Stream>* writer;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        return writer->add(typename Stream::payload_type(static_cast<V&&>(value)));
    }
    template <class Writer>
    flow snapshot(barrier, Writer&) {
        return writer->flush_or_throw();
    }
    flow finish() { return writer->flush_or_throw(); }
    flow resume() { return writer->flush_or_throw(); }
    [[nodiscard]] instant due() const noexcept { return writer->due(); }
    flow tick(instant) { return writer->flush_or_throw(); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        writer->account(ledger);
    }
};

template <class Stream>
struct stream_sink : sink_base<stream_sink<Stream>> {
    static constexpr bool per_shard = true;
    Stream to;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool fits = std::is_constructible_v<typename Stream::payload_type, typename In::reference>;
        static_assert(fits, "weir::to: the stream's record cannot be made from this one; map it first, or give the "
                            "stream the record's type");
        return fits;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        auto writer = std::make_shared<stream_writer<Stream>>(to, b.info("to"));
        b.task().add_edge(b.keep(writer));
        return stream_receiver<Stream>{{}, writer.get()};
    }
};

}  // namespace detail

template <class T, auto... Key>
[[nodiscard]] auto to(const data_stream<T, Key...>& s) {
    return detail::stream_sink<data_stream<T, Key...>>{{}, s};
}

}  // namespace weir
