// SPDX-License-Identifier: BSL-1.0
// from(stream): a retained stream as the beginning of a pipeline. Behind it the flow is keyed by the partition key and
// sharded, as behind `key_by | shard`: all that follows exists once for each chain, up to `merge()`.
//
//     weir::run(weir::from(hits) | weir::event_time<&hit::time>(...) | weir::tumble(1min) | ...);
//     weir::start(weir::from(hits, {.name = "report", .start = weir::latest, .chains = 8}) | ...);
//
// Each chain has a range of hash keys for its own, those of one open shard each where no number is given, and keeps it
// while shards split and merge: it follows them from parents to children, so per-key order and keyed state are kept
// across any reshard and a window that is open meanwhile fires once and whole. Records are lent from the shards'
// segments, without a copy; beside each travels what stream_meta.hpp names.
//
// It ends when the stream is closed and read to its end, or by a drain where it is. Any number of pipelines read one
// stream, each on its own. What retention takes before a slow one has read it is counted as dropped by its source.
//
//     weir::from(hits, {.name = "report", .checkpoints = weir::checkpoint_folder("state"), .every = 5s}) | ...
//
// With a store for its checkpoints a pipeline goes on where it was when it is started again, after a stop, an exception
// or a kill: the position in every shard, the open windows and all other state are those between the same two records.
// What was delivered since the last checkpoint is delivered again: at least once. A drain, and the stream's end, flush
// what is open and keep the state behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../core/sources/from.hpp"
#include "../runtime/builder.hpp"
#include "../runtime/checkpoint_keeper.hpp"
#include "data_stream.hpp"
#include "detail/range_reader.hpp"
#include "stream_meta.hpp"

namespace weir {

namespace detail {

struct given_by_stream {};

/// What stands beside a record of a stream.
template <class Stream>
using stream_meta =
    meta_set<typename Stream::key_entry, stored<meta_of::sequence_number, weir::sequence_number, given_by_stream>,
             stored<meta_of::arrival_time, instant, given_by_stream>>;

/// The task that a pipeline begins with: it has nothing to do, for the chains read the shards.
struct stream_source : source_base<stream_source> {
    static constexpr const char* kind = "stream";
    struct nothing {};
    struct cursor {
        template <class Receiver>
        pull_result pull(Receiver&, std::size_t) noexcept {
            return {pulled::exhausted, 0};
        }
    };
    [[nodiscard]] constexpr auto out() const { return stream<nothing, category::given>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) {
        return cursor{};
    }
};

template <class Stream>
class stream_cursor {
  public:
    using reader = range_reader<typename Stream::payload_type>;

    explicit stream_cursor(std::shared_ptr<reader> r) : reader_(std::move(r)) {}

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        return reader_->pull(max_records, [&](const auto& shard, const auto& record, std::uint64_t position) {
            return receiver.put(
                record.payload,
                stream_meta<Stream>{{}, {shard.number(position, record.at.arrival)}, {record.at.arrival}});
        });
    }
    void now(instant t) noexcept { now_ = t; }
    [[nodiscard]] instant due() const noexcept {
        return reader_->blocked() ? instant{now_.us + look_again_us} : instant::max();
    }
    [[nodiscard]] std::uint64_t taken() const noexcept { return reader_->taken(); }
    void save(const stage_info* stage, state_writer& out) const {
        out.begin(*stage);
        reader_->save(out);
        out.end();
    }
    void load(const stage_info* stage, state_reader& in) {
        if (!in.begin(*stage)) return;
        reader_->load(in);
        in.end();
    }

  private:
    static constexpr std::int64_t look_again_us = 50'000;
    std::shared_ptr<reader> reader_;
    instant now_;
};

/// Counts what a chain missed as dropped by its source.
template <class Reader>
class stream_end final : public edge_end {
  public:
    stream_end(std::shared_ptr<Reader> r, const stage_info* stage) : reader_(std::move(r)), stage_(stage) {}
    void end_of_step() noexcept override {}
    void close() noexcept override {}
    void account(report& out) const override {
        for (stage_report& s : out.stages) {
            if (s.source && s.shard == stage_->shard && s.path == stage_->path) s.counts.dropped += reader_->missed();
        }
    }

  private:
    std::shared_ptr<Reader> reader_;
    const stage_info* stage_;
};

struct ends_here : end_of_signals<ends_here> {
    using needs = tags<>;
    template <class V, class M>
    flow put(V&&, const M&) noexcept {
        return flow::more;
    }
};

template <class Stream>
struct stream_chains : stage_base<stream_chains<Stream>> {
    static constexpr bool crosses_tasks = true;
    Stream read;
    stream_read_options how;

    stream_chains(const Stream& s, const stream_read_options& options) : read(s), how(options) {
        this->path = how.name;
        if (how.start.number) {
            throw std::invalid_argument("weir::from: a stream is read from trim_horizon, latest or at_timestamp(t); a "
                                        "sequence number is a place in one shard");
        }
    }

    template <class In>
    [[nodiscard]] constexpr auto out(const In&) const {
        return stream<typename Stream::payload_type, category::lent, stream_meta<Stream>, no_window,
                      partition::by_key>{};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using cursor = stream_cursor<Stream>;
        using next = decltype(make_next(b));
        if (how.checkpoints) keep_checkpoints(b.whole(), *how.checkpoints, how.name, how.every);
        const std::vector<hash_range> ranges = how.chains != 0 ? equal_ranges(how.chains) : read.core()->open_ranges();
        const auto gone = std::make_shared<missed_records>();
        for (std::size_t i = 0; i < ranges.size(); ++i) {
            const Builder there = b.in_shard(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(ranges.size()));
            const stage_info* info = there.info("data_stream");
            std::shared_ptr<typename cursor::reader> reader;
            auto& task = there.spawn(placement{}, [&](Builder inside) {
                reader = std::make_shared<typename cursor::reader>(read.core(), ranges[i], how.start,
                                                                   inside.make_waker(), gone);
                return driver<cursor, next>([&] { return cursor(reader); }, [&] { return make_next(inside); }, info);
            });
            task.starts_barriers();
            task.add_edge(b.keep(std::make_shared<stream_end<typename cursor::reader>>(reader, info)));
        }
        return ends_here{};
    }
};

}  // namespace detail

template <class T, auto... Key>
[[nodiscard]] auto source_of(const data_stream<T, Key...>& s, const stream_read_options& options = {}) {
    return detail::stream_source{} | detail::stream_chains<data_stream<T, Key...>>(s, options);
}

}  // namespace weir
