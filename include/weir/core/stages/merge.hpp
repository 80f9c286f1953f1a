// SPDX-License-Identifier: BSL-1.0
// merge(a, b, ...): several pipelines with sources as one source, in the order in which their records arrive. They are
// one task with what follows.
//
//     weir::merge(weir::from(old_hits), weir::from(new_hits) | weir::map(upgrade)) | ...
//
// All give records of one type, and all or none of them event time, and a key of one type; projections that differ are
// stored under the first one's name. None may go through another task: put shard(n) behind the merge. The watermark is
// the least of the inputs that are not idle. A record of an input keeps its place among that input's; between inputs no
// order is promised. The end is the end of all. When those behind are done, the inputs end; what had been read until
// then is counted as dropped.
#pragma once

#include "../inputs.hpp"
#include "../merge_driver.hpp"
#include "../merged_stream.hpp"

namespace weir {
namespace detail {

template <class Next, category Category, class Meta, std::size_t N>
struct merge_node {
    using needs = typename Next::needs;

    const stage_info* stage;
    Next next;
    inputs<merge_node, N> known{};
    bool over = false;
    std::uint64_t dropped = 0;

    template <std::size_t I, class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (!known.awake(I)) [[unlikely]] {
            if (over) {
                ++dropped;
                return flow::done;
            }
            known.woke(I);
        }
        const auto kept = carry<Meta>::from(meta, value);
        if constexpr (Category == category::given) {
            return note(next.put(static_cast<V&&>(value), kept));
        } else {
            return note(next.put(static_cast<const std::remove_cvref_t<V>&>(value), kept));
        }
    }
    template <std::size_t I>
    flow advance(instant watermark) {
        return known.advance(*this, I, watermark);
    }
    template <std::size_t I>
    flow idle() {
        return known.idle(*this, I);
    }
    template <std::size_t I>
    flow finish() {
        return known.finish(*this, I);
    }
    template <std::size_t I, class Writer>
    flow snapshot(barrier at, Writer& out) {
        return !at.after_end() && known.aligned() ? save(at, out) : flow::more;
    }
    /// When all inputs have brought the barrier, or ended.
    template <class Writer>
    flow save(barrier at, Writer& out) {
        out.begin(*stage);
        known.save(out);
        out.end();
        return note(next.snapshot(at, out));
    }
    template <class Reader>
    void restore(Reader& in) {
        if (in.begin(*stage)) {
            known.load(in);
            in.end();
        }
        next.restore(in);
    }
    flow resume() { return note(next.resume()); }

    flow joint_advance(instant watermark) { return over ? flow::done : note(next.advance(watermark)); }
    flow joint_idle() { return over ? flow::done : note(next.idle()); }
    flow joint_finish() { return note(next.finish()); }

    [[nodiscard]] bool done() const noexcept { return over; }
    [[nodiscard]] instant due() const { return next.due(); }
    flow tick(instant now) { return note(next.tick(now)); }
    [[nodiscard]] std::int64_t grain() const { return next.grain(); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.dropped = dropped});
        next.account(ledger);
    }

  private:
    WEIR_INLINE flow note(flow f) noexcept {
        if (f == flow::done) [[unlikely]] {
            over = true;
            known.close();
        }
        return f;
    }
};

struct merge_by_arrival {
    static constexpr const char* kind = "merge";
    template <class... In>
    static constexpr bool accepts() {
        return true;
    }
    template <class Out>
    using out = Out;
    template <class Next, class Out, std::size_t N>
    using node = merge_node<Next, Out::value_category, carried_meta<typename Out::meta_type, typename Next::needs>, N>;
    template <class Node, class MakeNext>
    static Node make(const stage_info* stage, MakeNext&& make_next) {
        return Node{stage, make_next()};
    }
};

template <class Order, class... Pipelines>
struct merge_source : source_base<merge_source<Order, Pipelines...>> {
    using out_type = typename Order::template out<typename merged_stream<typename Pipelines::out_stream...>::type>;
    static constexpr const char* kind = Order::kind;

    pack<Pipelines...> pipelines;

    constexpr explicit merge_source(Pipelines&&... p) : pipelines{{{static_cast<Pipelines&&>(p)}...}} {}

    [[nodiscard]] constexpr auto out() const { return out_type{}; }

    /// What the task steps, in place of a driver with a cursor.
    template <class Builder, class MakeReceiver>
    [[nodiscard]] auto connect_driver(Builder b, MakeReceiver&& make_receiver) {
        using next = decltype(make_receiver());
        using node = typename Order::template node<next, out_type, sizeof...(Pipelines)>;
        auto make_node = [&] { return Order::template make<node>(b.info(kind), make_receiver); };
        auto make_input = [&](auto i, node* where) {
            return connect_input<decltype(i)::value>(element<decltype(i)::value>(pipelines), b, where);
        };
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return merge_driver<node, decltype(make_input(std::integral_constant<std::size_t, I>{},
                                                          static_cast<node*>(nullptr)))...>(make_node, make_input);
        }(std::index_sequence_for<Pipelines...>{});
    }
};

template <class T>
inline constexpr bool is_input = false;
template <class Out, class... Parts>
inline constexpr bool is_input<pipeline<Out, Parts...>> =
    pipeline<Out, Parts...>::has_source && !pipeline<Out, Parts...>::has_sink;

template <class Out, class... Parts>
constexpr bool outputs_decided(const pipeline<Out, Parts...>*) {
    return (check_decided(static_cast<const Parts*>(nullptr)) && ...);
}

template <class T>
using lifted = decltype(lift(std::declval<T>()));

/// A stage that goes on in another task says so.
template <class Part>
inline constexpr bool part_crosses_tasks = requires { requires Part::stage_type::crosses_tasks; };
template <class T>
inline constexpr bool stays_in_task = true;
template <class Out, class... Parts>
inline constexpr bool stays_in_task<pipeline<Out, Parts...>> = !(part_crosses_tasks<Parts> || ...);

template <class... T>
concept all_pieces = (weir_piece<T> && ...);
template <class... T>
concept some_broken = (std::is_same_v<std::remove_cvref_t<T>, broken> || ...);
template <class... T>
concept all_inputs = (is_input<lifted<T>> && ...);

/// The refusals that do not depend on the order.
template <class... Inputs>
constexpr bool inputs_agree() {
    using merged = merged_stream<typename lifted<Inputs>::out_stream...>;
    constexpr bool same_value = merged::same_value;
    static_assert(same_value, "weir::merge: the inputs give records of different types; weir::map them to one");
    if constexpr (same_value) {
        constexpr bool one_chain = merged::one_chain;
        static_assert(one_chain, "weir::merge: an input is behind shard(n); put | merge() behind the shards first");
        constexpr bool one_task = (stays_in_task<lifted<Inputs>> && ...);
        static_assert(one_task || !one_chain,
                      "weir::merge: an input goes through another task (shard, merge(), "
                      "on_own_thread()); all inputs and what is behind them are one task: put that "
                      "stage behind merge");
        constexpr bool no_windows = merged::no_windows;
        static_assert(no_windows, "weir::merge: an input has a window; put the window behind merge");
        constexpr bool times_agree = merged::times_agree;
        static_assert(times_agree, "weir::merge: only some inputs have event time; add | event_time<...>(...) to the "
                                   "others, or put it behind merge");
        constexpr bool keys_agree = merged::keys_agree;
        static_assert(keys_agree, "weir::merge: the inputs have keys of different types, or only some have one; put "
                                  "| key_by<...>() behind merge");
        if constexpr (one_chain && one_task && no_windows && times_agree && keys_agree) {
            return (outputs_decided(static_cast<lifted<Inputs>*>(nullptr)) && ...);
        }
    }
    return false;
}

template <class Order, class... Inputs>
constexpr auto merge_as(Inputs&&... inputs) {
    constexpr bool several = sizeof...(Inputs) > 1;
    static_assert(several, "weir::merge: it needs at least two inputs, as in merge(a, b)");
    constexpr bool pieces = all_pieces<Inputs...>;
    static_assert(pieces, "weir::merge: an input is not a pipeline; begin each with weir::from(...)");
    if constexpr (!several || !pieces) {
        return broken{};
    } else if constexpr (some_broken<Inputs...>) {
        return broken{};
    } else {
        constexpr bool open = all_inputs<Inputs...>;
        static_assert(open,
                      "weir::merge: each input needs a source and no sink; begin with weir::from(...) and put the "
                      "sink behind merge");
        if constexpr (!open) {
            return broken{};
        } else if constexpr (!inputs_agree<Inputs...>()) {
            return broken{};
        } else if constexpr (!Order::template accepts<typename lifted<Inputs>::out_stream...>()) {
            return broken{};
        } else {
            return lift(merge_source<Order, lifted<Inputs>...>(lift(static_cast<Inputs&&>(inputs))...));
        }
    }
}

}  // namespace detail

template <class First, class... More>
[[nodiscard]] constexpr auto merge(First&& first, More&&... more) {
    return detail::merge_as<detail::merge_by_arrival>(static_cast<First&&>(first), static_cast<More&&>(more)...);
}

}  // namespace weir
