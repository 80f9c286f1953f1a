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

#include "../../support/growing.hpp"
#include "merge.hpp"

namespace weir {
namespace detail {

template <class Value, class Meta>
struct waiting_record {
    instant time;
    std::size_t input;
    std::uint64_t arrival;
    Value value;
    Meta meta;

    [[nodiscard]] bool before(const waiting_record& other) const noexcept {
        if (time != other.time) return time < other.time;
        return input != other.input ? input < other.input : arrival < other.arrival;
    }
};

/// A binary heap; the earliest is in front.
template <class Item>
class reorder_heap {
  public:
    void push(Item&& item) {
        items_.push_back(static_cast<Item&&>(item));
        for (std::size_t i = items_.size() - 1; i != 0;) {
            const std::size_t up = (i - 1) / 2;
            if (!items_[i].before(items_[up])) break;
            std::swap(items_[i], items_[up]);
            i = up;
        }
    }
    [[nodiscard]] Item pop() {
        Item first = static_cast<Item&&>(items_.front());
        if (items_.size() > 1) items_.front() = static_cast<Item&&>(items_.back());
        items_.pop_back();
        for (std::size_t i = 0;;) {
            std::size_t down = 2 * i + 1;
            if (down >= items_.size()) break;
            if (down + 1 < items_.size() && items_[down + 1].before(items_[down])) ++down;
            if (!items_[down].before(items_[i])) break;
            std::swap(items_[i], items_[down]);
            i = down;
        }
        return first;
    }
    [[nodiscard]] const Item& front() const noexcept { return items_.front(); }
    [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

  private:
    growing<Item> items_;
};

template <class Next, class Value, class Meta, std::size_t N>
struct ordered_node {
    using needs = tags_union<typename Next::needs, tags<meta_of::event_time>>;
    using item = waiting_record<Value, Meta>;
    enum class then : unsigned char { nothing, advance, finish };

    const stage_info* stage;
    Next next;
    inputs<ordered_node, N> known{};
    reorder_heap<item> held{};
    std::uint64_t arrivals = 0;
    std::uint64_t dropped = 0;
    instant until = instant::min();  // what may leave
    then after = then::nothing;      // what is owed once it has
    bool over = false;

    template <std::size_t I, class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (over) [[unlikely]] {
            ++dropped;
            return flow::done;
        }
        known.woke(I);
        const instant time = read_meta<meta_of::event_time>(meta, value);
        if (time <= until) [[unlikely]] return pass_late(static_cast<V&&>(value), meta);
        Meta kept = carry<Meta>::from(meta, value);
        held.push(item{time, I, arrivals++, static_cast<V&&>(value), static_cast<Meta&&>(kept)});
        return flow::more;
    }
    template <std::size_t I>
    flow advance(instant watermark) {
        return over ? flow::done : known.advance(*this, I, watermark);
    }
    template <std::size_t I>
    flow idle() {
        return over ? flow::done : known.idle(*this, I);
    }
    template <std::size_t I>
    flow finish() {
        return known.finish(*this, I);
    }
    template <std::size_t I, class Writer>
    flow snapshot(barrier at, Writer& out) {
        return known.aligned() ? note(next.snapshot(at, out)) : flow::more;
    }
    template <class Reader>
    void restore(Reader& in) {
        next.restore(in);
    }
    WEIR_COLD flow resume() {
        const flow f = note(next.resume());
        return f == flow::full ? f : release();  // also when done: a `finish()` may be owed
    }

    flow joint_advance(instant watermark) {
        if (over) return flow::done;
        until = watermark;
        after = then::advance;
        return release();
    }
    flow joint_idle() { return over ? flow::done : note(next.idle()); }
    flow joint_finish() {
        until = instant::max();
        after = then::finish;
        return release();
    }

    [[nodiscard]] bool done() const noexcept { return over; }
    [[nodiscard]] instant due() const { return next.due(); }
    flow tick(instant now) { return note(next.tick(now)); }
    /// Every watermark lets records go.
    [[nodiscard]] std::int64_t grain() const noexcept { return 1; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.dropped = dropped, .held = held.size()});
        next.account(ledger);
    }

  private:
    /// Lets go what may leave, then gives the signal that is owed. Stops at `full`, and goes on in `resume()`.
    WEIR_NOINLINE flow release() {
        while (!held.empty() && held.front().time <= until) {
            item first = held.pop();
            const flow f = note(next.put(static_cast<Value&&>(first.value), first.meta));
            if (f == flow::full) return f;
            if (f == flow::done) break;
        }
        const then owed = std::exchange(after, then::nothing);
        if (owed == then::finish) return note(next.finish());
        if (over) return flow::done;
        return owed == then::advance ? note(next.advance(until)) : flow::more;
    }
    template <class V, class M>
    WEIR_COLD flow pass_late(V&& value, const M& meta) {
        const Meta kept = carry<Meta>::from(meta, value);
        Value own(static_cast<V&&>(value));
        return note(next.put(static_cast<Value&&>(own), kept));
    }
    WEIR_INLINE flow note(flow f) {
        if (f == flow::done && !over) [[unlikely]] {
            over = true;
            dropped += held.size();
            held = {};
        }
        return f;
    }
};

struct merge_in_order {
    static constexpr const char* kind = "merge_by_time";

    template <class... In>
    static constexpr bool accepts() {
        constexpr bool timed = (In::timed && ...);
        static_assert(timed, "weir::merge_by_time: the inputs have no event time; add | event_time<...>(...) to each");
        constexpr bool keeps = (std::is_copy_constructible_v<typename In::value_type> && ...) ||
                               ((In::value_category == category::given) && ...);
        static_assert(keeps, "weir::merge_by_time: records that only move are lent here and cannot be kept; give them, "
                             "as in from(std::move(container))");
        return timed && keeps;
    }
    template <class Out>
    using out = stream<typename Out::value_type, category::given, typename Out::meta_type>;
    template <class Next, class Out, std::size_t N>
    using node = ordered_node<Next, typename Out::value_type,
                              carried_meta<typename Out::meta_type, typename Next::needs>, N>;
};

}  // namespace detail

template <class First, class... More>
[[nodiscard]] constexpr auto merge_by_time(First&& first, More&&... more) {
    return detail::merge_as<detail::merge_in_order>(static_cast<First&&>(first), static_cast<More&&>(more)...);
}

}  // namespace weir
