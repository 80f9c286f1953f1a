// SPDX-License-Identifier: BSL-1.0
// take(n): the first n records; then it answers `done`, and what still comes is counted as dropped.
//
//     | weir::take(100)
//
// It is done with the n-th record, not with the one after it. Behind shard(n) it would exist n times and is refused.
#pragma once

#include <cstdint>

#include "../pipeline.hpp"

namespace weir {
namespace detail {

template <class Next>
struct take_receiver : forward_signals<take_receiver<Next>> {
    using needs = typename Next::needs;

    const stage_info* stage;
    std::uint64_t left;
    Next next;
    std::uint64_t dropped = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (left == 0) [[unlikely]] {
            ++dropped;
            return flow::done;
        }
        --left;
        return spent(next.put(static_cast<V&&>(value), meta));
    }
    WEIR_COLD flow resume() { return spent(next.resume()); }

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

  private:
    WEIR_INLINE flow spent(flow answer) const noexcept {
        return left == 0 && answer == flow::more ? flow::done : answer;
    }
};

struct take_stage : stage_base<take_stage> {
    std::uint64_t count;

    constexpr explicit take_stage(std::uint64_t n) : count(n) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::take: behind shard(n) it would let through n times as many; put | merge() before "
                      "it, or per_shard(f)");
        return one_chain;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return take_receiver<decltype(make_next(b))>{{}, b.info("take"), count, make_next(b)};
    }
};

struct take_fn {
    [[nodiscard]] constexpr auto operator()(std::uint64_t n) const { return take_stage(n); }
    template <class N>
        requires(!std::is_convertible_v<const N&, std::uint64_t> || std::is_floating_point_v<N>)
    [[nodiscard]] constexpr auto operator()(const N&) const {
        constexpr bool whole = sizeof(N) == 0;
        static_assert(whole,
                      "weir::take: it takes how many records it lets through, a whole number, as in weir::take(10)");
        return broken{};
    }
};

}  // namespace detail

inline constexpr detail::take_fn take{};

}  // namespace weir
