// SPDX-License-Identifier: BSL-1.0
// tee(a, b, ...): gives each record to each branch, a sink or `stage | ... | sink`. It ends a pipeline, or is passed
// through.
//
//     source | weir::tee(weir::map(f) | sink1, sink2);              // the end
//     source | weir::tee(sink1) | weir::map(g) | sink2;             // to sink1, and on
//
// Branches run one after the other for each record, in the order written; all but the last (what follows, where
// something does) are lent it, so move-only records work. The slowest decides the pace. A branch that is done gets
// nothing more; when all are, tee is. All signals reach all branches. Each copy beyond the first counts as made.
#pragma once

#include "../branch_name.hpp"
#include "../chain_check.hpp"

namespace weir {
namespace detail {

/// The branches as one receiver each, built in place one inside the other.
template <class... Branches>
struct branch_list;
template <class Here>
struct branch_list<Here> {
    using needs = typename Here::needs;
    static constexpr std::size_t behind = 0;
    Here here;
    bool full = false;
    bool done = false;
    std::uint64_t unwanted = 0;

    template <class Self, class Call>
    WEIR_INLINE static void each(Self& self, Call&& call) {
        call(self, std::true_type{});
    }
};
template <class Here, class Second, class... Rest>
struct branch_list<Here, Second, Rest...> {
    using needs = tags_union<typename branch_list<Second, Rest...>::needs, typename Here::needs>;
    static constexpr std::size_t behind = 1 + sizeof...(Rest);
    Here here;
    branch_list<Second, Rest...> rest;
    bool full = false;
    bool done = false;
    std::uint64_t unwanted = 0;

    template <class Self, class Call>
    WEIR_INLINE static void each(Self& self, Call&& call) {
        call(self, std::false_type{});
        branch_list<Second, Rest...>::each(self.rest, call);
    }
};

/// `Goes_on`: the last of the branches is what follows the stage.
template <bool GoesOn, class... Branches>
struct tee_receiver {
    using list = branch_list<Branches...>;
    using needs = typename list::needs;

    const stage_info* stage;
    list all;
    std::uint64_t taken = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        ++taken;
        bool plain = true;
        list::each(all, [&](auto& branch, auto last) WEIR_INLINE_LAMBDA {
            if (branch.done) [[unlikely]] {
                ++branch.unwanted;
                plain = false;
                return;
            }
            flow f;
            if constexpr (last.value) {
                f = branch.here.put(static_cast<V&&>(value), meta);
            } else {
                f = branch.here.put(static_cast<const std::remove_cvref_t<V>&>(value), meta);
            }
            if (f != flow::more) [[unlikely]] {
                note(branch, f);
                plain = false;
            }
        });
        return plain ? flow::more : answer();
    }

    flow advance(instant watermark) {
        return signal([&](auto& r) { return r.advance(watermark); });
    }
    flow idle() {
        return signal([](auto& r) { return r.idle(); });
    }
    /// Reaches all; of those that are done only their state is asked (that they are done is a state too).
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        list::each(all,
                   [&](auto& branch, auto) { note(branch, branch.here.snapshot(branch.done ? barrier{} : at, out)); });
        return answer();
    }
    template <class Reader>
    void restore(Reader& in) {
        list::each(all, [&](auto& branch, auto) { branch.here.restore(in); });
    }
    /// Reaches all, also those that are done.
    flow finish() {
        list::each(all, [](auto& branch, auto) { note(branch, branch.here.finish()); });
        return answer();
    }
    WEIR_COLD flow resume() {
        list::each(all, [](auto& branch, auto) {
            if (branch.full) note(branch, branch.here.resume());
        });
        return answer();
    }
    [[nodiscard]] instant due() const {
        instant first = instant::max();
        list::each(all, [&](const auto& branch, auto) {
            if (branch.done) return;
            const instant t = branch.here.due();
            if (t < first) first = t;
        });
        return first;
    }
    flow tick(instant now) {
        list::each(all, [&](auto& branch, auto) {
            if (!branch.done && branch.here.due() <= now) note(branch, branch.here.tick(now));
        });
        return answer();
    }
    [[nodiscard]] std::int64_t grain() const {
        std::int64_t all_grains = 0;
        list::each(all, [&](const auto& branch, auto) { all_grains = common_grain(all_grains, branch.here.grain()); });
        return all_grains;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{.made = taken * (sizeof...(Branches) - 1)});
        list::each(all, [&](const auto& branch, auto last) {
            constexpr std::size_t at = sizeof...(Branches) - 1 - std::remove_cvref_t<decltype(branch)>::behind;
            const char* const name = GoesOn && last.value ? "main" : branch_name<at>::text;
            ledger.branch(name, taken, branch.unwanted);
            branch.here.account(ledger);
        });
    }

  private:
    template <class Call>
    flow signal(Call call) {
        list::each(all, [&](auto& branch, auto) {
            if (!branch.done) note(branch, call(branch.here));
        });
        return answer();
    }
    template <class Branch>
    static void note(Branch& branch, flow f) noexcept {
        branch.full = f == flow::full;
        branch.done = branch.done || f == flow::done;
    }
    [[nodiscard]] flow answer() const noexcept {
        bool any_full = false;
        bool all_done = true;
        list::each(all, [&](const auto& branch, auto) {
            any_full = any_full || branch.full;
            all_done = all_done && branch.done;
        });
        return any_full ? flow::full : all_done ? flow::done : flow::more;
    }
};

/// Both a sink and a stage; each branch is a pipeline without a source.
template <class Indexes, class... Branches>
struct tee_stage;
template <std::size_t... Index, class... Branches>
struct tee_stage<std::index_sequence<Index...>, Branches...>
    : stage_base<tee_stage<std::index_sequence<Index...>, Branches...>>, sink_tag {
    static constexpr bool per_shard = true;  // its branches are checked for themselves
    static constexpr std::size_t count = sizeof...(Branches);

    pack<Branches...> branches;

    constexpr explicit tee_stage(Branches&&... b) : branches{{{static_cast<Branches&&>(b)}...}} {}

    template <class In, std::size_t I>
    using given_to = std::conditional_t<I + 1 == count, In, lent_stream<In>>;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool begins = (first_of_branch<Branches>::template accepts<given_to<In, Index>>() && ...);
        if constexpr (begins) {
            return (branch_accepts<given_to<In, Index>>(static_cast<const Branches*>(nullptr)) && ...);
        }
        return false;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return in;
    }

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In& in) {
        using result = tee_receiver<false, decltype(bind_branch<Index, given_to<In, Index>>(b, in))...>;
        return result{b.info("tee"), bind_list<0, typename result::list, given_to<In, count - 1>>(b, in, nullptr)};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In& in, MakeNext make_next) {
        using lent = lent_stream<In>;
        using result = tee_receiver<true, decltype(bind_branch<Index, lent>(b, in))..., decltype(make_next(b))>;
        return result{b.info("tee"), bind_list<0, typename result::list, lent>(b, in, make_next)};
    }

  private:
    template <std::size_t I, class Given, class Builder, class In>
    auto bind_branch(Builder b, const In& in) {
        return bind_from<0>(element<I>(branches).parts(), b.side(branch_name<I>::text), Given{in.window});
    }
    template <std::size_t I, class List, class Last, class Builder, class In, class MakeNext>
    List bind_list(Builder b, const In& in, MakeNext make_next) {
        if constexpr (I == count) {
            return List{make_next(b)};
        } else if constexpr (I + 1 == count && std::is_null_pointer_v<MakeNext>) {
            return List{bind_branch<I, Last>(b, in)};
        } else {
            return List{bind_branch<I, lent_stream<In>>(b, in),
                        bind_list<I + 1, decltype(List::rest), Last>(b, in, make_next)};
        }
    }
};

struct tee_fn {
    template <class... Branches>
    [[nodiscard]] constexpr auto operator()(Branches&&... branches) const {
        constexpr bool any = sizeof...(Branches) != 0;
        static_assert(any, "weir::tee: it has no branch; give it sinks, or stage | ... | sink");
        constexpr bool pieces = (weir_piece<Branches> && ...);
        static_assert(pieces, "weir::tee: a branch is neither a sink nor stage | ... | sink; wrap a function in "
                              "weir::for_each");
        if constexpr (any && pieces) {
            constexpr bool whole = !(std::is_same_v<std::remove_cvref_t<Branches>, broken> || ...);
            if constexpr (whole) {
                constexpr bool end = (ends_in_sink<decltype(lift(static_cast<Branches&&>(branches)))> && ...);
                static_assert(end, "weir::tee: each branch must end in a sink and have no source; add one, or "
                                   "| weir::discard");
                if constexpr (end) {
                    return tee_stage<std::index_sequence_for<Branches...>,
                                     decltype(lift(static_cast<Branches&&>(branches)))...>(
                        lift(static_cast<Branches&&>(branches))...);
                } else {
                    return broken{};
                }
            } else {
                return broken{};
            }
        } else {
            return broken{};
        }
    }
};

}  // namespace detail

inline constexpr detail::tee_fn tee{};

}  // namespace weir
