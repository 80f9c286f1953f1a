// SPDX-License-Identifier: BSL-1.0
// reduce<"name">(init, f), reduce<"name">(init, f, result): an aggregate of the user's own. The state begins as a copy
// of `init`, is replaced by `f(state, record)` for every record, and `result(state)` is what the field gets.
#pragma once

#include "concepts.hpp"

namespace weir {
namespace detail {

struct same_result {
    template <class State>
    constexpr State operator()(State s) const {
        return s;
    }
};

template <fixed_string Name, class State, class F, class Result>
struct reduce_aggregate {
    static constexpr auto name = Name;
    State init;
    [[no_unique_address]] F f;
    [[no_unique_address]] Result finish;

    template <class Record>
        requires std::is_invocable_r_v<State, const F&, State&&, const Record&>
    [[nodiscard]] WEIR_INLINE constexpr State start(const Record& r, instant) const {
        return f(State(init), r);
    }
    template <class Record>
    WEIR_INLINE constexpr void add(State& s, const Record& r, instant) const {
        s = f(static_cast<State&&>(s), r);
    }
    [[nodiscard]] constexpr auto result(State s) const { return finish(static_cast<State&&>(s)); }
};

}  // namespace detail

template <fixed_string Name, class State, class F, class Result = detail::same_result>
[[nodiscard]] constexpr auto reduce(State init, F f, Result result = {}) {
    return detail::reduce_aggregate<Name, State, F, Result>{static_cast<State&&>(init), static_cast<F&&>(f),
                                                            static_cast<Result&&>(result)};
}

}  // namespace weir
