// SPDX-License-Identifier: BSL-1.0
// drop(n): all but the first n records, which are counted as dropped.
//
//     | weir::drop(1)                                     // a heading
//
// Behind shard(n) it would exist n times and is refused.
#pragma once

#include <cstdint>

#include "../pipeline.hpp"

namespace weir {
namespace detail {

template <class Next>
struct drop_receiver : forward_signals<drop_receiver<Next>> {
    using needs = typename Next::needs;

    const stage_info* stage;
    std::uint64_t left;
    Next next;
    std::uint64_t dropped = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (left != 0) [[unlikely]] {
            --left;
            ++dropped;
            return flow::more;
        }
        return next.put(static_cast<V&&>(value), meta);
    }

    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_state(*stage, out, left);
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        load_state(*stage, in, left);
        next.restore(in);
    }

    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.dropped = dropped});
        next.account(ledger);
    }
};

struct drop_stage : stage_base<drop_stage> {
    std::uint64_t count;

    constexpr explicit drop_stage(std::uint64_t n) : count(n) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::drop: behind shard(n) it would skip n times as many; put | merge() before it, or "
                      "per_shard(f)");
        return one_chain;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return drop_receiver<decltype(make_next(b))>{{}, b.info("drop"), count, make_next(b)};
    }
};

struct drop_fn {
    [[nodiscard]] constexpr auto operator()(std::uint64_t n) const { return drop_stage(n); }
    template <class N>
        requires(!std::is_convertible_v<const N&, std::uint64_t> || std::is_floating_point_v<N>)
    [[nodiscard]] constexpr auto operator()(const N&) const {
        constexpr bool whole = sizeof(N) == 0;
        static_assert(whole, "weir::drop: it takes how many records it skips, a whole number, as in weir::drop(10)");
        return broken{};
    }
};

}  // namespace detail

inline constexpr detail::drop_fn drop{};

}  // namespace weir
