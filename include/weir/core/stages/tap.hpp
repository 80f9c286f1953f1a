// SPDX-License-Identifier: BSL-1.0
// tap(f): calls `f(record)` and passes the record on unchanged.
//
//     | weir::tap([](const hit& h) { if (h.status >= 500) alarm.raise(); })
//
// `f` only looks: it takes `const T&`, optionally with the meta, runs exactly once per record, before those behind
// it see the record; what it returns is not used. Behind shard(n) each chain has a copy, called by several threads.
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class Next, class F, class Errors, class Asked>
struct tap_receiver : forward_signals<tap_receiver<Next, F, Errors, Asked>> {
    using needs = tags_union<typename Next::needs, Asked>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    std::uint64_t failed = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        auto look = [this](const std::remove_cvref_t<V>& v, const auto&... beside) WEIR_INLINE_LAMBDA {
            static_cast<void>(f(v, beside...));
            return true;
        };
        if constexpr (callable<F, const std::remove_cvref_t<V>&>) {
            return call_then<Errors>(stage, failed, look, static_cast<const std::remove_cvref_t<V>&>(value), meta, next,
                                     [&](bool) WEIR_INLINE_LAMBDA { return next.put(static_cast<V&&>(value), meta); });
        } else {
            const record_meta<std::remove_cvref_t<V>, M> beside(value, meta);
            auto look_beside = [&](const std::remove_cvref_t<V>& v) WEIR_INLINE_LAMBDA { return look(v, beside); };
            return call_then<Errors>(stage, failed, look_beside, static_cast<const std::remove_cvref_t<V>&>(value),
                                     meta, next,
                                     [&](bool) WEIR_INLINE_LAMBDA { return next.put(static_cast<V&&>(value), meta); });
        }
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.failed = failed});
        next.account(ledger);
    }
};

template <class F, class Errors>
struct tap_stage : function_stage<tap_stage, F, Errors> {
    using function_stage<weir::detail::tap_stage, F, Errors>::function_stage;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool callable_with_record = user_function<F, const typename In::value_type&, typename In::meta_type>;
        static_assert(callable_with_record, "weir::tap: the function cannot be called with this record; it takes "
                                            "(const T&) or (const T&, auto meta)");
        constexpr bool fits = function_stage<weir::detail::tap_stage, F, Errors>::template fits_shards<In>;
        static_assert(fits, "weir::tap: behind shard(n) the function is copied; make it copyable");
        return callable_with_record && fits;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using asked = asked_by<F, const typename In::value_type&>;
        return tap_receiver<decltype(make_next(b)), F, Errors, asked>{
            {}, b.info("tap"), copy_or_move(this->f), make_next(b)};
    }
};

struct tap_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f) const {
        return tap_stage<F, propagate>(static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::tap_fn tap{};

}  // namespace weir
