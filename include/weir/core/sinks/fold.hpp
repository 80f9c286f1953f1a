// SPDX-License-Identifier: BSL-1.0
// fold(result, f): `result = f(result, record)` for every record. The variable is the caller's; it is written when
// the stream ends, and whenever a batch does, so it must outlive the run and is read after it.
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

    const stage_info* stage;
    State* result;
    State state;
    [[no_unique_address]] F f;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        ++taken;
        try {
            state = f(static_cast<State&&>(state), static_cast<V&&>(value));
        } catch (...) {
            blame(stage);
            throw;
        }
        return flow::more;
    }
    flow finish() {
        *result = static_cast<State&&>(state);
        return flow::more;
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
        return one_chain && folds;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return fold_receiver<State, F>{{}, b.info("fold"), result, *result, copy_or_move(f)};
    }
};

struct fold_fn {
    template <class State, class F>
    [[nodiscard]] constexpr auto operator()(State& result, F f) const {
        return fold_sink<State, F>(&result, static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::fold_fn fold{};

}  // namespace weir
