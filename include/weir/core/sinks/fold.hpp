// SPDX-License-Identifier: BSL-1.0
// fold(result, f): `result = f(result, record)` for every record.
//
//     long bytes = 0;
//     source | weir::fold(bytes, [](long sum, const hit& h) { return sum + h.bytes; })
//
// The variable is the caller's: each run begins with a copy of it, and writes it once, when the stream ends; a run that
// is stopped or throws leaves it as it was. It must outlive the run and is read after it. Refused behind shard(n),
// where several would write it: put | merge() before it, or per_shard(f).
#pragma once

#include <type_traits>
#include <utility>

#include "../invoke.hpp"
#include "../pipeline.hpp"

namespace weir {
namespace detail {

template <class State, class F>
struct fold_receiver : end_of_signals<fold_receiver<State, F>> {
    using needs = tags<>;

    std::uint64_t taken;  // not beside `state`: clang 19 would keep the two in one vector register
    const stage_info* stage;
    State* result;
    State state;
    [[no_unique_address]] F f;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            state = f(static_cast<State&&>(state), static_cast<V&&>(value));
        } catch (...) {
            blame(stage);
            throw;
        }
        ++taken;
        return flow::more;
    }
    flow finish() {
        *result = static_cast<State&&>(state);
        return flow::more;
    }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_state(*stage, out, at.after_end() ? *result : state);
        return flow::more;
    }
    template <class Reader>
    void restore(Reader& in) {
        load_state(*stage, in, state);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

template <class State, class F>
struct fold_sink : sink_base<fold_sink<State, F>> {
    State* result;
    F f;

    constexpr fold_sink(State* where, F function) : result(where), f(static_cast<F&&>(function)) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain, "weir::fold: behind shard(n) it would exist n times on one variable; put | merge() "
                                 "before it, or per_shard(f)");
        constexpr bool folds = callable<F, State&&, typename In::reference>;
        static_assert(folds, "weir::fold: the function cannot be called as f(result, record)");
        if constexpr (one_chain && folds) {
            constexpr bool gives_result =
                std::is_assignable_v<State&, decltype(std::declval<F&>()(std::declval<State&&>(),
                                                                         std::declval<typename In::reference>()))>;
            static_assert(gives_result, "weir::fold: the function must return the new result");
            return gives_result;
        }
        return false;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return fold_receiver<State, F>{{}, 0, b.info("fold"), result, *result, copy_or_move(f)};
    }
};

struct fold_fn {
    template <class State, class F>
    [[nodiscard]] constexpr auto operator()(State& result, F f) const {
        constexpr bool writable = !std::is_const_v<State>;
        static_assert(writable, "weir::fold: the result is const; give it a variable that can be written");
        if constexpr (writable) {
            return fold_sink<State, F>(&result, static_cast<F&&>(f));
        } else {
            return broken{};
        }
    }
};

}  // namespace detail

inline constexpr detail::fold_fn fold{};

}  // namespace weir
