// SPDX-License-Identifier: BSL-1.0
// per_shard(f): behind shard(n), a sink of its own for each shard: `f(shard_index)` makes it, and it may be one that
// exists once elsewhere.
//
//     | weir::per_shard([&](std::uint32_t shard) { return weir::collect(rows[shard]); });
//
// `f` is called once per shard and run, from the thread that sets the pipeline up; what it returns (a sink, or
// stage | ... | sink) lives as long as the run, and runs on the shard's thread.
#pragma once

#include "../../support/box.hpp"
#include "../chain_check.hpp"

namespace weir {
namespace detail {

template <class Made, class Receiver>
struct per_shard_receiver {
    using needs = typename Receiver::needs;

    box<Made> made;  // what the receiver was bound from
    Receiver inner;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        return inner.put(static_cast<V&&>(value), meta);
    }
    flow advance(instant watermark) { return inner.advance(watermark); }
    flow idle() { return inner.idle(); }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        return inner.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        inner.restore(in);
    }
    flow finish() { return inner.finish(); }
    flow resume() { return inner.resume(); }
    [[nodiscard]] instant due() const { return inner.due(); }
    flow tick(instant now) { return inner.tick(now); }
    [[nodiscard]] std::int64_t grain() const { return inner.grain(); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        inner.account(ledger);
    }
};

template <class F>
struct per_shard_sink : sink_base<per_shard_sink<F>> {
    static constexpr bool per_shard = true;
    F f;

    constexpr explicit per_shard_sink(F factory) : f(static_cast<F&&>(factory)) {}

    template <class In>
    using alone = with_partition<In, partition::one>;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool makes = requires(F& make) { lift(make(std::uint32_t{})); };
        static_assert(makes, "weir::per_shard: it takes a function that is called with the shard's index and returns a "
                             "sink");
        if constexpr (makes) {
            using made = decltype(lift(std::declval<F&>()(std::uint32_t{})));
            constexpr bool ends = ends_in_sink<made>;
            static_assert(ends, "weir::per_shard: the function must return a sink, or stage | ... | sink");
            if constexpr (ends) {
                constexpr bool begins = first_of_branch<made>::template accepts<alone<In>>();
                if constexpr (begins) return branch_accepts<alone<In>>(static_cast<const made*>(nullptr));
            }
        }
        return false;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In& in) {
        using made = decltype(lift(f(std::uint32_t{})));
        auto kept = box<made>::from([&] { return lift(f(static_cast<std::uint32_t>(b.shard()))); });
        using bound = decltype(bind_from<0>(kept->parts(), b, alone<In>{in.window}));
        made* parts = &*kept;
        return per_shard_receiver<made, bound>{static_cast<box<made>&&>(kept),
                                               bind_from<0>(parts->parts(), b.side("each"), alone<In>{in.window})};
    }
};

struct per_shard_fn {
    template <class F>
    [[nodiscard]] constexpr auto operator()(F factory) const {
        return per_shard_sink<F>(static_cast<F&&>(factory));
    }
};

}  // namespace detail

inline constexpr detail::per_shard_fn per_shard{};

}  // namespace weir
