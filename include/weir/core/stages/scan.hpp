// SPDX-License-Identifier: BSL-1.0
// scan(init, f): a running state; after each record `state = f(state, record)`, and the state goes on.
//
//     | weir::scan(0L, [](long sum, const hit& h) { return sum + h.bytes; })
//
// Behind key_by there is one state for each key, each beginning as `init`; behind shard(n) it must be the key that the
// shards go by. Without a key it is refused behind shard(n), where it would exist n times. `f` is given the
// state to move from, and the record as the stream says. The state is lent to those behind; event time, key and
// place are those of the record. States live as long as the run: one per key is kept.
#pragma once

#include "../../support/box.hpp"
#include "../../support/flat_table.hpp"
#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class State, class F, class V>
WEIR_INLINE void fold_into(const stage_info* stage, State& state, F& f, V&& value) {
    try {
        state = f(static_cast<State&&>(state), static_cast<V&&>(value));
    } catch (...) {
        blame(stage);
        throw;
    }
}

template <class Next, class State, class F>
struct scan_receiver : forward_signals<scan_receiver<Next, State, F>> {
    using needs = typename Next::needs;

    const stage_info* stage;
    State state;
    [[no_unique_address]] F f;
    Next next;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const auto& kept = keep_meta<typename Next::needs>(meta, value);
        fold_into(stage, state, f, static_cast<V&&>(value));
        return next.put(static_cast<const State&>(state), kept);
    }

    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_state(*stage, out, state);
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        load_state(*stage, in, state);
        next.restore(in);
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{});
        next.account(ledger);
    }
};

template <class Next, class Key, class State, class F>
struct keyed_scan_receiver : forward_signals<keyed_scan_receiver<Next, Key, State, F>> {
    using needs = tags_union<typename Next::needs, tags<meta_of::key>>;
    struct states {
        State init;
        flat_table<Key, State> by_key;
    };
    using entry = typename flat_table<Key, State>::entry_type;

    const stage_info* stage;
    box<states> held;
    [[no_unique_address]] F f;
    Next next;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const auto& kept = keep_meta<typename Next::needs>(meta, value);
        entry& mine = of(read_meta<meta_of::key>(meta, value));
        fold_into(stage, mine.value, f, static_cast<V&&>(value));
        return next.put(static_cast<const State&>(mine.value), kept);
    }

    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_table(*stage, out, held->by_key);
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        load_table(*stage, in, held->by_key);
        next.restore(in);
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{});
        next.account(ledger);
    }

  private:
    template <class K>
    WEIR_INLINE entry& of(const K& key) {
        states& all = *held;
        if (entry* known = all.by_key.find(key)) [[likely]]
            return *known;
        return begin<in_register<K>>(all, key);
    }
    /// Static, and a small key by value: an address that leaves would keep what it points to in memory.
    template <class K>
    WEIR_COLD static entry& begin(states& all, K key) {
        return *all.by_key.try_emplace(key, static_cast<const State&>(all.init)).first;
    }
};

template <class State, class F>
struct scan_stage : stage_base<scan_stage<State, F>> {
    State init;
    F f;

    constexpr scan_stage(State first, F function) : init(static_cast<State&&>(first)), f(static_cast<F&&>(function)) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_state = In::keyed || !In::sharded;
        static_assert(one_state,
                      "weir::scan: behind shard(n) it would exist n times; put key_by before the shard, | merge() "
                      "before it, or per_shard(f)");
        constexpr bool keys_whole = In::partitioning != partition::unkeyed;
        static_assert(keys_whole || !one_state,
                      "weir::scan: the key was changed behind shard(n), so a key's records are "
                      "in several shards; add | shard(n) behind key_by");
        constexpr bool folds = callable<F, State&&, typename In::reference>;
        static_assert(folds, "weir::scan: the function cannot be called as f(state, record)");
        if constexpr (one_state && keys_whole && folds) {
            constexpr bool gives_state =
                std::is_assignable_v<State&, decltype(std::declval<F&>()(std::declval<State&&>(),
                                                                         std::declval<typename In::reference>()))>;
            static_assert(gives_state, "weir::scan: the function must return the new state");
            constexpr bool fits = std::is_copy_constructible_v<State> || (!In::keyed && !In::sharded);
            static_assert(fits, "weir::scan: each key begins with a copy of the first state; make it copyable");
            constexpr bool copies = !In::sharded || std::is_copy_constructible_v<F>;
            static_assert(copies, "weir::scan: behind shard(n) the function is copied; make it copyable");
            return gives_state && fits && copies;
        }
        return false;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return changed_stream<In, const State&>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using next = decltype(make_next(b));
        if constexpr (In::keyed) {
            using key = meta_value<typename In::meta_type, meta_of::key, typename In::value_type>;
            using receiver = keyed_scan_receiver<next, key, State, F>;
            return receiver{{},
                            b.info("scan"),
                            box<typename receiver::states>::from([&] { return typename receiver::states{init, {}}; }),
                            copy_or_move(f),
                            make_next(b)};
        } else {
            return scan_receiver<next, State, F>{{}, b.info("scan"), copy_or_move(init), copy_or_move(f), make_next(b)};
        }
    }
};

struct scan_fn {
    template <class State, class F>
    [[nodiscard]] constexpr auto operator()(State init, F f) const {
        return scan_stage<State, F>(static_cast<State&&>(init), static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::scan_fn scan{};

}  // namespace weir
