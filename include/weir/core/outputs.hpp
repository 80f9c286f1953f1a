// SPDX-License-Identifier: BSL-1.0
// Named outputs: `on<"late">(sink)` decides the output of that name of the nearest stage before it. What it
// leads to is fused in place and receives all signals.
#pragma once

#include <type_traits>
#include <utility>

#include "../support/fixed_string.hpp"
#include "concepts.hpp"

namespace weir {

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
