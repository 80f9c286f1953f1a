// SPDX-License-Identifier: BSL-1.0
// collect(container): appends every record to a container of the caller's: `push_back`, else `insert`, else `emplace`.
//
//     std::vector<usage> rows;
//     source | ... | weir::collect(rows);
//
// The container must outlive the run and is read after it. Given records are moved in, lent ones copied. Refused
// behind shard(n), where several threads would write it: put | merge() before it, or per_shard(f).
#pragma once

#include "../function_stage.hpp"

namespace weir {
namespace detail {

template <class C, class Ref>
concept can_push = requires(C& c, Ref r) { c.push_back(static_cast<Ref>(r)); };
template <class C, class Ref>
concept can_insert = requires(C& c, Ref r) { c.insert(static_cast<Ref>(r)); };
template <class C, class Ref>
concept can_emplace = requires(C& c, Ref r) { c.emplace(static_cast<Ref>(r)); };

template <class C>
struct collect_receiver : end_of_signals<collect_receiver<C>> {
    using needs = tags<>;

    const stage_info* stage;
    C* container;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M&) {
        try {
            if constexpr (can_push<C, V&&>) {
                container->push_back(static_cast<V&&>(value));
            } else if constexpr (can_insert<C, V&&>) {
                container->insert(static_cast<V&&>(value));
            } else {
                container->emplace(static_cast<V&&>(value));
            }
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

template <class C>
struct collect_sink : sink_base<collect_sink<C>> {
    C* container;

    constexpr explicit collect_sink(C* where) : container(where) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain,
                      "weir::collect: behind shard(n) several threads would write the container; put | merge() "
                      "before it, or per_shard(f)");
        using ref = typename In::reference;
        constexpr bool fits = can_push<C, ref> || can_insert<C, ref> || can_emplace<C, ref>;
        static_assert(fits,
                      "weir::collect: the container does not take this record (push_back, insert, emplace); collect "
                      "into a container of the record's type, or weir::map before it");
        return one_chain && fits;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return collect_receiver<C>{{}, b.info("collect"), container};
    }
};

struct collect_fn {
    template <class C>
    [[nodiscard]] constexpr auto operator()(C& container) const {
        constexpr bool writable = !std::is_const_v<C>;
        static_assert(writable, "weir::collect: the container is const; give it one that can be written");
        if constexpr (writable) {
            return collect_sink<C>(&container);
        } else {
            return broken{};
        }
    }
    /// A temporary would be gone when the pipeline runs.
    template <class C>
    void operator()(const C&& container) const = delete;
};

}  // namespace detail

inline constexpr detail::collect_fn collect{};

}  // namespace weir
