// SPDX-License-Identifier: BSL-1.0
// filter(p): records for which `p(record)` is true go on; the others are counted as dropped.
//
//     | weir::filter([](const hit& h) { return h.status < 400; })
//
// `p` only looks: it takes `const T&`, optionally with the meta, and runs exactly once per record.
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class Next, class F, class Errors, class Asked>
struct filter_receiver : forward_signals<filter_receiver<Next, F, Errors, Asked>> {
    using needs = tags_union<typename Next::needs, Asked>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return call_then<Errors>(stage, failed, f, static_cast<const std::remove_cvref_t<V>&>(value), meta, next,
                                 [&](const auto& keep) WEIR_INLINE_LAMBDA {
                                     // A branch, since counting both ways without one costs more (core_protocol.md, D);
                                     // and as a long: g++ 12 does not vectorise what tests a bool.
                                     if (__builtin_expect(static_cast<long>(static_cast<bool>(keep)), 1L) == 0) {
                                         ++dropped;
                                         return flow::more;
                                     }
                                     return next.put(static_cast<V&&>(value), meta);
                                 });
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.dropped = dropped, .failed = failed});
        next.account(ledger);
    }
};

template <class F, class Errors>
struct filter_stage : function_stage<filter_stage, F, Errors> {
    using function_stage<weir::detail::filter_stage, F, Errors>::function_stage;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool callable_with_record = user_function<F, const typename In::value_type&, typename In::meta_type>;
        static_assert(callable_with_record, "weir::filter: the predicate cannot be called with this record; it takes "
                                            "(const T&) or (const T&, auto meta)");
        if constexpr (callable_with_record) {
            constexpr bool says_bool =
                std::is_constructible_v<bool, call_result<F, const typename In::value_type&, typename In::meta_type>>;
            static_assert(
                says_bool,
                "weir::filter: the predicate returns nothing that is a bool; return true for records that go on");
            constexpr bool fits = function_stage<weir::detail::filter_stage, F, Errors>::template fits_shards<In>;
            static_assert(fits, "weir::filter: behind shard(n) the predicate is copied; make it copyable");
            return says_bool && fits;
        }
        return false;
    }

    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }

    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using next = decltype(make_next(b));
        using asked = asked_by<F, const typename In::value_type&>;
        return filter_receiver<next, F, Errors, asked>{{}, b.info("filter"), copy_or_move(this->f), make_next(b)};
    }
};

struct filter_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F predicate) const {
        return filter_stage<F, propagate>(static_cast<F&&>(predicate));
    }
};

}  // namespace detail

inline constexpr detail::filter_fn filter{};

}  // namespace weir
