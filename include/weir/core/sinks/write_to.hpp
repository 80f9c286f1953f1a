// SPDX-License-Identifier: BSL-1.0
// write_to(it): writes every record through an output iterator, `*it++ = record`.
//
//     | weir::write_to(std::ostream_iterator<long>(out, "\n"));
//
// What `it` refers to must outlive the run and have room. Each run starts with a copy of `it`. Refused behind
// shard(n), where several threads would write: put | merge() before it, or per_shard(f).
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class It, class Ref>
concept writable_with = requires(It& it, Ref r) { *it++ = static_cast<Ref>(r); };

template <class It>
struct write_to_receiver : end_of_signals<write_to_receiver<It>> {
    using needs = tags<>;

    const stage_info* stage;
    It at;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            *at++ = static_cast<V&&>(value);
        } catch (...) {
            blame(stage);
            throw;
        }
        ++taken;
        return flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

template <class It>
struct write_to_sink : sink_base<write_to_sink<It>> {
    It it;

    constexpr explicit write_to_sink(It where) : it(static_cast<It&&>(where)) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::write_to: behind shard(n) several threads would write; put | merge() before it, or "
                      "per_shard(f)");
        constexpr bool writable = writable_with<It, typename In::reference>;
        static_assert(writable, "weir::write_to: the records cannot be written by *it++ = record; give it an output "
                                "iterator for the record's type, or weir::map before it");
        return one_chain && writable;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return write_to_receiver<It>{{}, b.info("write_to"), copy_or_move(it)};
    }
};

struct write_to_fn {
    template <class It>
    [[nodiscard]] constexpr auto operator()(It it) const {
        return write_to_sink<It>(static_cast<It&&>(it));
    }
};

}  // namespace detail

inline constexpr detail::write_to_fn write_to{};

}  // namespace weir
