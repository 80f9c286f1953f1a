// SPDX-License-Identifier: BSL-1.0
// merge_by_time(a, b, ...): several pipelines with event time as one source, in the order of event time.
//
//     weir::merge_by_time(weir::from(trades) | weir::event_time<&tick::time>(), weir::from(quotes) | ...) | ...
//
// Records wait in a buffer until the watermark of all inputs has passed them, then leave by event time; equal times
// by input, as written, then by arrival. A record at or behind what has already left cannot be put in order: it
// goes on at once, and whoever is behind decides whether it is late. No record waits in an input because another has
// none, so the buffer is as large as the inputs are apart; an input that is silent holds all back until it is idle.
// Records are given: lent ones are copied. They must be assignable. O(log held) per record. All else as `merge`.
#pragma once

#include "../reorder_buffer.hpp"
#include "merge.hpp"

namespace weir {
namespace detail {

template <class Next, class Value, class Meta, std::size_t N>
struct ordered_node {
    using needs = tags_union<typename Next::needs, tags<meta_of::event_time>>;

    reorder_buffer<Next, Value, Meta> buffer;
    inputs<ordered_node, N> known{};

    template <std::size_t I, class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        known.woke(I);
        return buffer.put(I, static_cast<V&&>(value), meta);
    }
    template <std::size_t I>
    flow advance(instant watermark) {
        return buffer.over ? flow::done : known.advance(*this, I, watermark);
    }
    template <std::size_t I>
    flow idle() {
        return buffer.over ? flow::done : known.idle(*this, I);
    }
    template <std::size_t I>
    flow finish() {
        return known.finish(*this, I);
    }
    template <std::size_t I, class Writer>
    flow snapshot(barrier at, Writer& out) {
        return !at.after_end() && known.aligned() ? save(at, out) : flow::more;
    }
    template <class Writer>
    flow save(barrier at, Writer& out) {
        return buffer.snapshot(at, out, known);
    }
    template <class Reader>
    void restore(Reader& in) {
        buffer.restore(in, known);
    }
    flow resume() { return buffer.resume(); }

    flow joint_advance(instant watermark) { return buffer.advance(watermark); }
    flow joint_idle() { return buffer.idle(); }
    flow joint_finish() { return buffer.finish(); }

    [[nodiscard]] bool done() const noexcept { return buffer.over; }
    [[nodiscard]] instant due() const { return buffer.next.due(); }
    flow tick(instant now) { return buffer.tick(now); }
    /// Every watermark lets records go.
    [[nodiscard]] std::int64_t grain() const noexcept { return 1; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        buffer.account(ledger);
    }
};

struct merge_in_order {
    static constexpr const char* kind = "merge_by_time";

    template <class... In>
    static constexpr bool accepts() {
        constexpr bool timed = (In::timed && ...);
        static_assert(timed, "weir::merge_by_time: the inputs have no event time; add | event_time<...>(...) to each");
        constexpr bool keeps = (std::is_copy_constructible_v<typename In::value_type> && ...)
                               || ((In::value_category == category::given) && ...);
        static_assert(keeps, "weir::merge_by_time: records that only move are lent here and cannot be kept; give them, "
                             "as in from(std::move(container))");
        return timed && keeps;
    }
    template <class Out>
    using out = stream<typename Out::value_type, category::given, typename Out::meta_type>;
    template <class Next, class Out, std::size_t N>
    using node =
        ordered_node<Next, typename Out::value_type, carried_meta<typename Out::meta_type, typename Next::needs>, N>;
    template <class Node, class MakeNext>
    static Node make(const stage_info* stage, MakeNext&& make_next) {
        return Node{{stage, make_next()}};
    }
};

}  // namespace detail

template <class First, class... More>
[[nodiscard]] constexpr auto merge_by_time(First&& first, More&&... more) {
    return detail::merge_as<detail::merge_in_order>(static_cast<First&&>(first), static_cast<More&&>(more)...);
}

}  // namespace weir
