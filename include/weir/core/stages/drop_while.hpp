// SPDX-License-Identifier: BSL-1.0
// drop_while(p): all from the first record for which `p(record)` is false; those before are counted as dropped.
//
//     | weir::drop_while([](const hit& h) { return h.time < start; })
//
// `p` only looks (`const T&`, optionally the meta) and is not asked again once it said no. Refused behind shard(n).
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class Next, class F, class Asked>
struct drop_while_receiver : forward_signals<drop_while_receiver<Next, F, Asked>> {
    using needs = tags_union<typename Next::needs, Asked>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    bool dropping;
    std::uint64_t dropped = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (dropping) [[unlikely]] {
            if (call(stage, f, static_cast<const std::remove_cvref_t<V>&>(value), meta)) {
                ++dropped;
                return flow::more;
            }
            dropping = false;
        }
        return next.put(static_cast<V&&>(value), meta);
    }

    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_state(*stage, out, dropping);
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        load_state(*stage, in, dropping);
        next.restore(in);
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.dropped = dropped});
        next.account(ledger);
    }
};

template <class F>
struct drop_while_stage : stage_base<drop_while_stage<F>> {
    F f;

    constexpr explicit drop_while_stage(F predicate) : f(static_cast<F&&>(predicate)) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::drop_while: behind shard(n) each shard would decide for itself; put | merge() before "
                      "it, or per_shard(f)");
        constexpr bool callable_with_record = user_function<F, const typename In::value_type&, typename In::meta_type>;
        static_assert(callable_with_record,
                      "weir::drop_while: the predicate cannot be called with this record; it takes "
                      "(const T&) or (const T&, auto meta)");
        if constexpr (one_chain && callable_with_record) {
            constexpr bool says_bool =
                std::is_constructible_v<bool, call_result<F, const typename In::value_type&, typename In::meta_type>>;
            static_assert(
                says_bool,
                "weir::drop_while: the predicate returns nothing that is a bool; return true for records to drop");
            return says_bool;
        }
        return false;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using asked = asked_by<F, const typename In::value_type&>;
        return drop_while_receiver<decltype(make_next(b)), F, asked>{
            {}, b.info("drop_while"), copy_or_move(f), make_next(b), true};
    }
};

struct drop_while_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F predicate) const {
        return drop_while_stage<F>(static_cast<F&&>(predicate));
    }
};

}  // namespace detail

inline constexpr detail::drop_while_fn drop_while{};

}  // namespace weir
