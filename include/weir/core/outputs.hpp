// SPDX-License-Identifier: BSL-1.0
// Named outputs: `on<"late">(sink)` decides the output of that name of the nearest stage before it. What it
// leads to is fused in place and receives all signals.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../support/fixed_string.hpp"
#include "../support/pack.hpp"
#include "concepts.hpp"

namespace weir {

template <class Out, class... Parts>
class pipeline;

namespace detail {

/// `on<Name>(target)`, until `operator|` has found its stage.
template <fixed_string Name, class Target>
struct on_piece {
    static constexpr auto name = Name;
    Target target;
};

/// `on_rest(target)`: all outputs still open.
template <class Target>
struct rest_piece {
    Target target;
};

/// One output of a stage with what it leads to.
template <fixed_string Name, class Target>
struct decision {
    static constexpr auto name = Name;
    Target target;
};

/// A stage in a pipeline, with what was decided about its outputs.
template <class Stage, class... Decisions>
struct part;
template <class Stage>
struct part<Stage> {
    using stage_type = Stage;
    Stage stage;
};
template <class Stage, class First, class... Rest>
struct part<Stage, First, Rest...> {
    using stage_type = Stage;
    part<Stage, Rest...> rest;
    First decided;
};

template <fixed_string Name, class Names>
inline constexpr bool names_output = false;
template <fixed_string Name, fixed_string... Names>
inline constexpr bool names_output<Name, output_names<Names...>> = ((Name == Names) || ...);

template <class T>
struct outputs_of {
    using type = output_names<>;
};
template <stage T>
struct outputs_of<T> {
    using type = typename T::outputs;
};

/// Whether the stage has an output of that name which nobody decided yet.
template <fixed_string Name, class Part>
inline constexpr bool open_output = false;
template <fixed_string Name, class Stage, class... Decisions>
inline constexpr bool open_output<Name, part<Stage, Decisions...>> =
    names_output<Name, typename outputs_of<Stage>::type> && !((Name == Decisions::name) || ...);

template <class Part>
inline constexpr bool has_open_output = false;
template <class Stage, class... Decisions>
inline constexpr bool has_open_output<part<Stage, Decisions...>> = outputs_of<Stage>::type::count
                                                                   > sizeof...(Decisions);

// --- what an output leads to ------------------------------------------------------------------------------

/// The stream that leaves a piece, for the one that reaches it.
template <class Piece, class In>
struct out_of {
    using type = void;
};
template <stage Piece, class In>
    requires(!std::is_void_v<In>)
struct out_of<Piece, In> {
    using type = decltype(std::declval<const Piece&>().out(std::declval<const In&>()));
};
template <source Piece>
struct out_of<Piece, void> {
    using type = decltype(std::declval<const Piece&>().out());
};

/// The stream that reaches part I behind `In`; void where the pipeline has no source yet.
template <std::size_t I, class In, class... Parts>
struct reaching {
    using type = In;
};
template <std::size_t I, class In, class First, class... Rest>
    requires(I > 0)
struct reaching<I, In, First, Rest...>
    : reaching<I - 1, typename out_of<typename First::stage_type, In>::type, Rest...> {};

/// The stream that leaves a stage by a named output; void where nothing is known to reach the stage yet.
template <fixed_string Name, class Stage, class In>
struct side_of {
    using type = decltype(std::declval<const Stage&>().template side<Name>(std::declval<const In&>()));
};
template <fixed_string Name, class Stage>
struct side_of<Name, Stage, void> {
    using type = void;
};
template <std::size_t I, fixed_string Name, class... Parts>
struct side_at
    : side_of<Name, typename pack_type<I, Parts...>::stage_type, typename reaching<I, void, Parts...>::type> {};

template <class Pipeline>
inline constexpr bool ends_in_sink = false;
template <class Out, class... Parts>
    requires(!pipeline<Out, Parts...>::has_source)
inline constexpr bool ends_in_sink<pipeline<Out, Parts...>> = pipeline<Out, Parts...>::has_sink;

/// The first stage or sink of a branch: checked by itself, because each function between costs three lines of a
/// message.
template <class Target>
struct branch_begin {
    using type = Target;
};
template <class Out, class First, class... Rest>
struct branch_begin<pipeline<Out, First, Rest...>> {
    using type = typename First::stage_type;
};
template <class Target>
using first_of_branch = typename branch_begin<Target>::type;

/// Stands for the first stage of a branch while it is not known what will reach it.
struct takes_all {
    template <class In>
    static constexpr bool accepts() {
        return true;
    }
};
template <class In, class Target>
using first_for = typename branch_begin<std::conditional_t<std::is_void_v<In>, takes_all, Target>>::type;

template <class In, class First, class... Rest>
constexpr bool chain_accepts();

/// Whether a sink, or `stage | ... | sink`, takes the stream `In`; where not, its own stage says why.
template <class In, class Target>
struct target_check {
    static constexpr bool accepts() { return Target::template accepts<In>(); }
};
template <class In, class Out, class... Parts>
    requires(!std::is_void_v<In>)
struct target_check<In, pipeline<Out, Parts...>> {
    static constexpr bool accepts() { return chain_accepts<In, Parts...>(); }
};
template <class Target>
struct target_check<void, Target> {
    static constexpr bool accepts() { return true; }
};

/// Whether what was decided about a part's outputs takes them; where nothing is known to reach the part yet, it may.
template <class In, class Stage, class... Decisions>
constexpr bool decisions_fit(const part<Stage, Decisions...>*) {
    constexpr bool begin =
        (first_for<typename side_of<Decisions::name, Stage, In>::type,
                   decltype(Decisions::target)>::template accepts<typename side_of<Decisions::name, Stage, In>::type>()
         && ...);
    if constexpr (begin) {
        return (target_check<typename side_of<Decisions::name, Stage, In>::type, decltype(Decisions::target)>::accepts()
                && ...);
    } else {
        return false;
    }
}

template <class In, class First, class... Rest>
constexpr bool chain_accepts() {
    constexpr bool fits = First::stage_type::template accepts<In>();
    if constexpr (fits) {
        constexpr bool sides_fit = decisions_fit<In>(static_cast<const First*>(nullptr));
        if constexpr (sides_fit && sizeof...(Rest) != 0) {
            return chain_accepts<typename out_of<typename First::stage_type, In>::type, Rest...>();
        } else {
            return sides_fit;
        }
    } else {
        return false;
    }
}

/// The stream that leaves by the first output that is open, for the first message of `on_rest`.
template <class In, class Part, class Names>
struct open_side {
    using type = void;
};
template <class In, class Part, fixed_string Name, fixed_string... More>
struct open_side<In, Part, output_names<Name, More...>> : open_side<In, Part, output_names<More...>> {};
template <class In, class Part, fixed_string Name, fixed_string... More>
    requires open_output<Name, Part>
struct open_side<In, Part, output_names<Name, More...>> : side_of<Name, typename Part::stage_type, In> {};

template <class In, class... Parts>
struct first_open_side {
    using type = void;
};
template <class In, class First, class... Rest>
struct first_open_side<In, First, Rest...>
    : std::conditional_t<has_open_output<First>,
                         open_side<In, First, typename outputs_of<typename First::stage_type>::type>,
                         first_open_side<typename out_of<typename First::stage_type, In>::type, Rest...>> {};

/// Whether the target of `on_rest` takes what leaves by every output that is open.
template <class Target, fixed_string Name, class In, class Part>
constexpr bool open_fits() {
    if constexpr (open_output<Name, Part>) {
        return target_check<typename side_of<Name, typename Part::stage_type, In>::type, Target>::accepts();
    } else {
        return true;
    }
}
template <class Target, class In, class Part, fixed_string... Names>
constexpr bool open_ones_fit(output_names<Names...>) {
    return (open_fits<Target, Names, In, Part>() && ...);
}
template <class Target, std::size_t... I, class... Parts>
constexpr bool rest_fits(std::index_sequence<I...>, const pack<Parts...>*) {
    return (open_ones_fit<Target, typename reaching<I, void, Parts...>::type, Parts>(
                typename outputs_of<typename Parts::stage_type>::type{})
            && ...);
}

// --- the receivers ----------------------------------------------------------------------------------------

template <class Receiver>
struct sides_of {
    using type = tags<>;
};
template <class Receiver>
    requires requires { typename Receiver::side_needs; }
struct sides_of<Receiver> {
    using type = typename Receiver::side_needs;
};
template <class Receiver>
using needs_of_sides = typename sides_of<Receiver>::type;

/// Joins a receiver and one side output of its stage. Generic: a stage only says `put_to<"late">(...)`.
template <fixed_string Name, class Side, class Next>
struct side_receiver {
    using needs = tags_union<typename Next::needs, typename Side::needs>;
    /// Of the side outputs alone: a stage that makes new records asks for these beside its own.
    using side_needs = tags_union<needs_of_sides<Next>, typename Side::needs>;

    Side side;
    Next next;
    bool side_full = false;
    bool next_full = false;
    bool side_done = false;
    bool next_done = false;
    // Records for a branch that had answered `done`.
    std::uint64_t next_skipped = 0;
    std::uint64_t side_skipped = 0;

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        if (next_done) [[unlikely]]
            return skip(next_skipped);
        return main_answer(next.put(static_cast<V&&>(value), meta));
    }

    template <fixed_string Output, class V, class M>
    flow put_to(V&& value, const M& meta) {
        if constexpr (Output == Name) {
            if (side_done) return skip(side_skipped);
            return side_answer(side.put(static_cast<V&&>(value), meta));
        } else {
            return main_answer(next.template put_to<Output>(static_cast<V&&>(value), meta));
        }
    }

    flow advance(instant watermark) {
        return both([&](auto& r) { return r.advance(watermark); });
    }
    flow idle() {
        return both([](auto& r) { return r.idle(); });
    }
    /// Reaches both; of one that answered `done` only its state is asked (that it is done is a state too).
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        side_answer(side.snapshot(side_done ? barrier{} : at, out));
        main_answer(next.snapshot(next_done ? barrier{} : at, out));
        return answer();
    }
    template <class Reader>
    void restore(Reader& in) {
        side.restore(in);
        next.restore(in);
    }
    /// `finish()` reaches both, also the one that answered `done`.
    flow finish() {
        side_answer(side.finish());
        main_answer(next.finish());
        return answer();
    }
    WEIR_COLD flow resume() {
        if (side_full) {
            side_full = false;
            side_answer(side.resume());
        }
        if (next_full) {
            next_full = false;
            main_answer(next.resume());
        }
        return answer();
    }
    [[nodiscard]] instant due() const {
        const instant a = side_done ? instant::max() : side.due();
        const instant b = next_done ? instant::max() : next.due();
        return a < b ? a : b;
    }
    flow tick(instant now) {
        if (!side_done && side.due() <= now) side_answer(side.tick(now));
        if (!next_done && next.due() <= now) main_answer(next.tick(now));
        return answer();
    }
    [[nodiscard]] std::int64_t grain() const { return common_grain(side.grain(), next.grain()); }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.side(Name.text, side_skipped, [this](Ledger& l) { side.account(l); });
        ledger.skipped(next_skipped);
        next.account(ledger);
    }

  private:
    WEIR_COLD static flow skip(std::uint64_t& count) noexcept {
        ++count;
        return flow::more;
    }
    template <class Call>
    flow both(Call call) {
        if (!side_done) side_answer(call(side));
        if (!next_done) main_answer(call(next));
        return answer();
    }
    WEIR_INLINE flow main_answer(flow f) noexcept {
        if (f == flow::more) [[likely]]
            return f;
        next_full = f == flow::full;
        next_done = next_done || f == flow::done;
        return answer();
    }
    flow side_answer(flow f) noexcept {
        side_full = f == flow::full;
        side_done = side_done || f == flow::done;
        return answer();
    }
    [[nodiscard]] flow answer() const noexcept {
        if (side_full || next_full) return flow::full;
        return side_done && next_done ? flow::done : flow::more;
    }
};

}  // namespace detail

/// Decides the output `Name` of the nearest stage before it: a sink, `stage | ... | sink`, `discard` (counted)
/// or `stop` (the first record ends the pipeline with an error).
template <fixed_string Name, class Target>
[[nodiscard]] constexpr auto on(Target target) {
    return detail::on_piece<Name, Target>{static_cast<Target&&>(target)};
}

/// Decides every output that is still open before it.
template <class Target>
[[nodiscard]] constexpr auto on_rest(Target target) {
    return detail::rest_piece<Target>{static_cast<Target&&>(target)};
}

}  // namespace weir
