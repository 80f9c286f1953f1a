// SPDX-License-Identifier: BSL-1.0
// merge_by_time(): the shards before it become one chain again, in the order of event time, in a task of its own.
//
//     | weir::shard(4) | ... | weir::merge_by_time() | weir::collect(out)
//
// Records wait in a buffer of that task until the watermark of all shards has passed them, then leave by event time;
// equal times by shard, then by arrival: the same order whatever the schedule. No record waits in a ring because
// another is empty, so the buffer holds as much as the shards are apart, and a millisecond of event time: watermarks
// are asked for in steps of that. A record behind what has already left goes on at once, wherever that is, and whoever
// is behind decides whether it is late. `merge_by_time(a, b, ...)` of several sources: `core/stages/merge_by_time.hpp`.
#pragma once

#include "../../core/pipeline.hpp"
#include "../../core/reorder_buffer.hpp"
#include "mesh.hpp"

namespace weir {
namespace detail {

template <class Next, class Value, class Meta>
struct shards_in_order {
    using needs = tags_union<typename Next::needs, tags<meta_of::event_time>>;

    reorder_buffer<Next, Value, Meta> buffer;
    std::size_t shard = 0;  // that the next records are of

    void reading(std::size_t from) noexcept { shard = from; }
    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return buffer.put(shard, static_cast<V&&>(value), meta);
    }
    flow advance(instant watermark) { return buffer.advance(watermark); }
    flow idle() { return buffer.idle(); }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        return buffer.snapshot(at, out, nothing_known{});
    }
    template <class Reader>
    void restore(Reader& in) {
        nothing_known none;
        buffer.restore(in, none);
    }
    flow finish() { return buffer.finish(); }
    flow resume() { return buffer.resume(); }
    [[nodiscard]] instant due() const { return buffer.next.due(); }
    flow tick(instant now) { return buffer.tick(now); }
    [[nodiscard]] std::int64_t grain() const { return common_grain(1'000, buffer.next.grain()); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        buffer.account(ledger);
    }

  private:
    /// What is known of the shards is the reader's, and in its section.
    struct nothing_known {
        template <class Writer>
        void save(Writer&) const noexcept {}
        template <class Reader>
        void load(Reader&) noexcept {}
    };
};

struct merge_shards_by_time_stage : stage_base<merge_shards_by_time_stage> {
    static constexpr bool crosses_tasks = true;
    edge_options options;

    constexpr explicit merge_shards_by_time_stage(edge_options o) : options(o) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool sharded = In::sharded;
        static_assert(sharded,
                      "weir::merge_by_time: there are no shards before merge_by_time() to join; leave it out, or "
                      "give it the sources to join as merge_by_time(a, b)");
        constexpr bool timed = In::timed;
        static_assert(timed || !sharded,
                      "weir::merge_by_time: the records have no event time; add | event_time<...>(...) "
                      "before the shards, or use merge()");
        constexpr bool crosses = crosses_edge<In>();
        static_assert(crosses, "weir::merge_by_time: records are lent here and cannot be copied; map them to something "
                               "that can be copied or moved");
        constexpr bool waits = std::is_move_assignable_v<ring_value<typename In::value_type>>;
        static_assert(waits || !crosses,
                      "weir::merge_by_time: records cannot be assigned, so they cannot be put in order; "
                      "map them to something that can");
        return sharded && timed && crosses && waits;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return behind_edge<In, partition::one>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using next = decltype(make_next(b));
        using meta = carried_meta<typename In::meta_type, typename next::needs>;
        using receiver = shards_in_order<next, ring_value<typename In::value_type>, meta>;
        auto make_ordered = [make_next](Builder there) {
            return receiver{{there.info("merge_by_time"), make_next(there)}};
        };
        return bind_mesh<In, tags<>>("merge", 1, options, placement{}, route_to_first{}, b, make_ordered, false);
    }
};

}  // namespace detail

[[nodiscard]] inline auto merge_by_time(edge_options options = {}) {
    return detail::merge_shards_by_time_stage(options);
}

}  // namespace weir
