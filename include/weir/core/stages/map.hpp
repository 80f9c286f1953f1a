// SPDX-License-Identifier: BSL-1.0
// map(f): one record out for each record in. The pattern of every stage: file comment, receiver, stage,
// name.
//
//     | weir::map([](const hit& h) { return h.bytes; })
//
// `f` takes the record as the stream says (`const T&` when lent, `T&&` when given), optionally with its meta as a
// second parameter, and runs exactly once per record. Event time, key and place of the record travel on beside
// the new one, as far as a later stage asks for them. What `f` returns by value is given, by reference lent.
// An exception ends the pipeline, or with `.catch_failed()` sends the record to the output `failed`.
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class Next, class F, class Errors, class Asked>
struct map_receiver : forward_signals<map_receiver<Next, F, Errors, Asked>> {
    // What those behind need must be read before the record changes; the function's wishes come on top.
    using needs = tags_union<typename Next::needs, Asked>;

    const stage_info* stage;
    [[no_unique_address]] F f;
    Next next;
    std::uint64_t failed = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const auto& kept = keep_meta<typename Next::needs>(meta, value);
        return call_then<Errors>(stage, failed, f, static_cast<V&&>(value), meta, next,
                                 [&](auto&& out) WEIR_INLINE_LAMBDA {
                                     return next.put(static_cast<lent_or_given<decltype(out)>>(out), kept);
                                 });
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.failed = failed});
        next.account(ledger);
    }
};

template <class F, class Errors>
struct map_stage : function_stage<map_stage, F, Errors> {
    using function_stage<weir::detail::map_stage, F, Errors>::function_stage;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool callable_with_record = user_function<F, lent_if_caught<In, Errors>, typename In::meta_type>;
        static_assert(callable_with_record,
                      "weir::map: the function cannot be called with this record; it takes (const T&), (T&&) where "
                      "records are given, or one of these and (auto meta)");
        if constexpr (callable_with_record) {
            constexpr bool gives_something =
                !std::is_void_v<call_result<F, lent_if_caught<In, Errors>, typename In::meta_type>>;
            static_assert(gives_something, "weir::map: the function returns nothing; use weir::tap to only look");
            constexpr bool fits = function_stage<weir::detail::map_stage, F, Errors>::template fits_shards<In>;
            static_assert(fits, "weir::map: behind shard(n) the function is copied; make it copyable");
            return gives_something && fits;
        }
        return false;
    }

    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        using result = call_result<F, lent_if_caught<In, Errors>, typename In::meta_type>;
        // After a try the result was kept, and is given.
        constexpr bool kept = std::is_same_v<Errors, to_failed>;
        return changed_stream<In, std::conditional_t<kept, std::remove_cvref_t<result>, result>>{in.window};
    }

    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using next = decltype(make_next(b));
        using asked = asked_by<F, lent_if_caught<In, Errors>>;
        return map_receiver<next, F, Errors, asked>{{}, b.info("map"), copy_or_move(this->f), make_next(b)};
    }
};

struct map_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F f) const {
        return map_stage<F, propagate>(static_cast<F&&>(f));
    }
};

}  // namespace detail

inline constexpr detail::map_fn map{};

}  // namespace weir
