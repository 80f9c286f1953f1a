// SPDX-License-Identifier: BSL-1.0
// route<"name">(p): records for which `p(record)` is true leave by the output `name`, the others go on.
//
//     | weir::route<"errors">([](const hit& h) { return h.status >= 500; })
//     | weir::on<"errors">(weir::collect(errors))
//
// `p` only looks (`const T&`, optionally the meta) and runs exactly once per record. Both ways keep the meta and the
// category; what left by the name is counted as routed.
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <fixed_string Name, class Next, class F, class Errors, class Asked>
struct route_receiver : forward_signals<route_receiver<Name, Next, F, Errors, Asked>> {
    using needs = tags_union<typename Next::needs, Asked>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    std::uint64_t failed = 0;
    std::uint64_t routed = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return call_then<Errors>(stage, failed, f, static_cast<const std::remove_cvref_t<V>&>(value), meta, next,
                                 [&](const auto& leaves) WEIR_INLINE_LAMBDA {
                                     if (!leaves) return next.put(static_cast<V&&>(value), meta);
                                     ++routed;
                                     return next.template put_to<Name>(static_cast<V&&>(value), meta);
                                 });
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.failed = failed, .routed = routed});
        next.account(ledger);
    }
};

template <fixed_string Name>
struct route_as {
    template <class F, class Errors>
    struct type : function_stage<type, F, Errors> {
        using base = function_stage<weir::detail::route_as<Name>::template type, F, Errors>;
        using base::base;
        using outputs =
            std::conditional_t<std::is_same_v<Errors, to_failed>, output_names<Name, "failed">, output_names<Name>>;

        template <fixed_string Output, class In>
        [[nodiscard]] auto side(const In& in) const {
            if constexpr (Output == Name) {
                return in;
            } else {
                return base::template side<Output>(in);
            }
        }

        template <class In>
        static constexpr bool accepts() {
            constexpr bool callable_with_record =
                user_function<F, const typename In::value_type&, typename In::meta_type>;
            static_assert(callable_with_record,
                          "weir::route: the predicate cannot be called with this record; it takes "
                          "(const T&) or (const T&, auto meta)");
            if constexpr (callable_with_record) {
                constexpr bool says_bool =
                    std::is_constructible_v<bool,
                                            call_result<F, const typename In::value_type&, typename In::meta_type>>;
                static_assert(says_bool, "weir::route: the predicate returns nothing that is a bool; return true for "
                                         "records that leave by the output");
                constexpr bool fits = base::template fits_shards<In>;
                static_assert(fits, "weir::route: behind shard(n) the predicate is copied; make it copyable");
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
            return route_receiver<Name, next, F, Errors, asked>{
                {}, b.info("route"), copy_or_move(this->f), make_next(b)};
        }
    };
};

template <fixed_string Name>
struct route_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F predicate) const {
        constexpr bool named = Name.size() != 0 && !(Name == fixed_string("failed"));
        static_assert(named || sizeof(F) == 0, "weir::route: the output needs a name of its own, as in "
                                               "route<\"errors\">(predicate); \"failed\" is for functions that throw");
        if constexpr (named) {
            return typename route_as<Name>::template type<F, propagate>(static_cast<F&&>(predicate));
        } else {
            return broken{};
        }
    }
};

}  // namespace detail

template <fixed_string Name>
inline constexpr detail::route_fn<Name> route{};

}  // namespace weir
