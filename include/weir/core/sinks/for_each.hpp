// SPDX-License-Identifier: BSL-1.0
// for_each(f): calls `f(record)` for every record, as the stream says (`const T&` when lent, `T&&` when given),
// optionally with the meta.
//
//     | weir::for_each([&](const usage& u) { fmt::print("{}\n", u); });
//
// `f` is copied into the run and called from one thread; what it returns is not used. Refused behind shard(n), where
// several threads would call it: put | merge() before it, or per_shard(f).
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class F, class Asked>
struct for_each_receiver : end_of_signals<for_each_receiver<F, Asked>> {
    using needs = Asked;

    const stage_info* stage;
    [[no_unique_address]] F f;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        static_cast<void>(call(stage, f, static_cast<V&&>(value), meta));
        ++taken;
        return flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

template <class F>
struct for_each_sink : sink_base<for_each_sink<F>> {
    F f;

    constexpr explicit for_each_sink(F function) : f(static_cast<F&&>(function)) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::for_each: behind shard(n) several threads would call the function; put | merge() "
                      "before it, or per_shard(f)");
        constexpr bool callable_with_record = user_function<F, typename In::reference, typename In::meta_type>;
        static_assert(
            callable_with_record,
            "weir::for_each: the function cannot be called with this record; it takes (const T&), (T&&) where "
            "records are given, or one of these and (auto meta)");
        return one_chain && callable_with_record;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return for_each_receiver<F, asked_by<F, typename In::reference>>{{}, b.info("for_each"), copy_or_move(f)};
    }
};

struct for_each_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f) const {
        return for_each_sink<F>(static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::for_each_fn for_each{};

}  // namespace weir
