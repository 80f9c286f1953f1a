// SPDX-License-Identifier: BSL-1.0
// How sources, stages and sinks compose: the only `operator|`. A pipeline is a value; composing it checks each
// piece against the stream that reaches it, and runs nothing.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "../support/pack.hpp"
#include "concepts.hpp"
#include "outputs.hpp"

namespace weir {

/// Pieces in a row. `In` is the stream that leaves the last of them, or void where there is no source yet.
template <class Out, class... Parts>
class pipeline;

namespace detail {

template <class T>
inline constexpr bool is_pipeline = false;
template <class Out, class... Parts>
inline constexpr bool is_pipeline<pipeline<Out, Parts...>> = true;

template <class T>
inline constexpr bool is_decision = false;
template <fixed_string Name, class Target>
inline constexpr bool is_decision<on_piece<Name, Target>> = true;
template <class Target>
inline constexpr bool is_decision<rest_piece<Target>> = true;

template <class T>
concept piece = source<T> || stage<T> || sink<T> || is_pipeline<T> || is_decision<T> || std::is_same_v<T, broken>;

template <class First, class... Rest>
struct first_part {
    using type = First;
};
template <class First, class... Rest>
struct last_part : last_part<Rest...> {};
template <class Last>
struct last_part<Last> {
    using type = Last;
};

template <class Part>
inline constexpr bool part_is_sink = false;
template <class Stage, class... Decisions>
inline constexpr bool part_is_sink<part<Stage, Decisions...>> = sink<Stage>;
template <class Part>
inline constexpr bool part_is_source = false;
template <class Stage, class... Decisions>
inline constexpr bool part_is_source<part<Stage, Decisions...>> = source<Stage>;

}  // namespace detail

template <class Out, class... Parts>
class [[nodiscard]] pipeline {
    using first_part = typename detail::first_part<Parts...>::type;
    using last_part = typename detail::last_part<Parts...>::type;

  public:
    using out_stream = Out;
    using parts_type = detail::pack<Parts...>;
    static constexpr bool has_source = detail::part_is_source<first_part>;
    static constexpr bool has_sink = detail::part_is_sink<last_part>;
    /// A sink that is a stage too (`tee`) may be followed by more.
    static constexpr bool goes_on = stage<typename last_part::stage_type>;

    constexpr explicit pipeline(Parts&&... parts) : parts_{{{static_cast<Parts&&>(parts)}...}} {}

    /// The pieces, each a `detail::part` (the stage and what was decided about its outputs).
    [[nodiscard]] constexpr parts_type& parts() noexcept { return parts_; }

  private:
    parts_type parts_;
};

namespace detail {

/// A single piece as a pipeline of one.
template <class Piece>
constexpr auto lift(Piece&& piece) {
    using plain = std::remove_cvref_t<Piece>;
    if constexpr (is_pipeline<plain>) {
        return plain(static_cast<Piece&&>(piece));
    } else {
        using out = typename out_of<plain, void>::type;
        return pipeline<out, part<plain>>(part<plain>{static_cast<Piece&&>(piece)});
    }
}

// --- deciding outputs -------------------------------------------------------------------------------------

/// The last part that has an open output of that name; the number of parts where there is none.
template <fixed_string Name, class... Parts>
constexpr std::size_t find_open() {
    constexpr bool open[] = {open_output<Name, Parts>...};
    for (std::size_t i = sizeof...(Parts); i > 0; --i) {
        if (open[i - 1]) return i - 1;
    }
    return sizeof...(Parts);
}

template <class Decision, class Stage, class... Decisions>
constexpr auto decide_part(part<Stage, Decisions...>&& p, Decision&& d) {
    using result = part<Stage, Decision, Decisions...>;
    return result{static_cast<part<Stage, Decisions...>&&>(p), static_cast<Decision&&>(d)};
}

/// `parts` with `decide(part)` in place of each part; `decide` may give another type.
template <class Out, class Decide, std::size_t... I, class... Parts>
constexpr auto decide_each(pack_elements<std::index_sequence<I...>, Parts...>& parts, Decide decide) {
    return pipeline<Out, decltype(decide(std::integral_constant<std::size_t, I>{}, element<I>(parts)))...>(
        decide(std::integral_constant<std::size_t, I>{}, element<I>(parts))...);
}

template <std::size_t At, class Out, class... Parts, class Decision>
constexpr auto decide_at(pipeline<Out, Parts...>& p, Decision&& d) {
    return decide_each<Out>(p.parts(),
                            [&]<std::size_t I, class Part>(std::integral_constant<std::size_t, I>, Part& each) {
                                if constexpr (I == At) {
                                    return decide_part(std::move(each), static_cast<Decision&&>(d));
                                } else {
                                    return Part(std::move(each));
                                }
                            });
}

/// Decides every open output of every part.
template <class Target, class Stage, class... Decisions>
constexpr auto decide_rest(part<Stage, Decisions...>&& p, const Target& target) {
    return [&]<fixed_string... Names>(output_names<Names...>) {
        auto next = [&]<fixed_string Name, fixed_string... More>(auto self, auto&& now, output_names<Name, More...>) {
            auto step = [&] {
                if constexpr (open_output<Name, std::remove_cvref_t<decltype(now)>>) {
                    return decide_part(static_cast<decltype(now)>(now), decision<Name, Target>{target});
                } else {
                    return static_cast<decltype(now)>(now);
                }
            }();
            if constexpr (sizeof...(More) == 0) {
                return step;
            } else {
                return self(self, std::move(step), output_names<More...>{});
            }
        };
        if constexpr (sizeof...(Names) == 0) {
            return std::move(p);
        } else {
            return next(next, std::move(p), output_names<Names...>{});
        }
    }(typename outputs_of<Stage>::type{});
}

// --- appending --------------------------------------------------------------------------------------------

/// Whether all outputs before a main sink are decided; the stage itself says so where not.
template <class Stage, class... Decisions>
constexpr bool check_decided(const part<Stage, Decisions...>*) {
    if constexpr (stage<Stage>) {
        return Stage::template outputs_decided<!has_open_output<part<Stage, Decisions...>>>();
    } else {
        return true;
    }
}

/// The first stage with an open output, or void; void where the next piece is no sink.
template <bool AtSink, class Pipeline>
struct open_stage {
    using type = void;
};
template <class Out, class... Rest, class Stage, class... Decisions>
    requires(has_open_output<part<Stage, Decisions...>>)
struct open_stage<true, pipeline<Out, part<Stage, Decisions...>, Rest...>> {
    using type = Stage;
};
template <class Out, class Second, class... Rest, class Stage, class... Decisions>
    requires(!has_open_output<part<Stage, Decisions...>>)
struct open_stage<true, pipeline<Out, part<Stage, Decisions...>, Second, Rest...>>
    : open_stage<true, pipeline<Out, Second, Rest...>> {};

template <class Out, std::size_t... I, class... Parts, class Right>
constexpr pipeline<Out, Parts..., Right> append(pack_elements<std::index_sequence<I...>, Parts...>& left,
                                                Right& right) {
    return pipeline<Out, Parts..., Right>(std::move(element<I>(left))..., std::move(right));
}

template <class Out, class... Parts, class Stage, class... Decisions>
constexpr auto append_part(pipeline<Out, Parts...>& left, part<Stage, Decisions...>& right) {
    constexpr bool fits = first_for<Out, Stage>::template accepts<Out>();
    constexpr bool ok =
        fits
        && decisions_fit<std::conditional_t<fits, Out, void>>(static_cast<const part<Stage, Decisions...>*>(nullptr));
    if constexpr (!ok) {
        return broken{};
    } else {
        constexpr bool decided = [] {
            if constexpr (sink<Stage>) {
                return (check_decided(static_cast<const Parts*>(nullptr)) && ...);
            } else {
                return true;
            }
        }();
        if constexpr (!decided) {
            return broken{};
        } else {
            return append<typename out_of<Stage, Out>::type>(left.parts(), right);
        }
    }
}

template <std::size_t I, class Left, class Parts>
constexpr auto append_all(Left& left, Parts& parts) {
    if constexpr (std::is_same_v<Left, broken>) {
        return broken{};
    } else {
        auto longer = append_part(left, element<I>(parts));
        if constexpr (I + 1 == Parts::size) {
            return longer;
        } else {
            return append_all<I + 1>(longer, parts);
        }
    }
}

template <class Out, class... Parts, class Rest>
constexpr auto append_decision(pipeline<Out, Parts...>& left, Rest&& rest) {
    using plain = std::remove_cvref_t<Rest>;
    if constexpr (requires { plain::name; }) {
        constexpr std::size_t at = find_open<plain::name, Parts...>();
        constexpr bool found = at < sizeof...(Parts);
        static_assert(found, "weir::on: no stage before it has an open output of this name; put on<\"name\">(...) "
                             "behind the stage that has it (parse and catch_failed: failed, aggregate: late)");
        using target = decltype(plain::target);
        if constexpr (found && !std::is_same_v<target, broken>) {
            constexpr bool ends = sink<target> || ends_in_sink<target>;
            static_assert(ends, "weir::on: what it leads to is no sink; give it one, or stage | ... | sink without a "
                                "source; wrap a function in weir::for_each");
            if constexpr (ends) {
                using side = typename side_at<at, plain::name, Parts...>::type;
                constexpr bool begins = first_for<side, target>::template accepts<side>();
                if constexpr (begins && target_check<side, target>::accepts()) {
                    return decide_at<at>(left, decision<plain::name, target>{static_cast<Rest&&>(rest).target});
                } else {
                    return broken{};
                }
            } else {
                return broken{};
            }
        } else {
            return broken{};
        }
    } else {
        using target = decltype(plain::target);
        constexpr bool ends = sink<target> || ends_in_sink<target>;
        constexpr bool ends_or_refused = ends || std::is_same_v<target, broken>;
        static_assert(ends_or_refused, "weir::on_rest: what it leads to is no sink; give it one, or stage | ... | sink "
                                       "without a source; wrap a function in weir::for_each");
        if constexpr (ends) {
            using side = typename first_open_side<void, Parts...>::type;
            constexpr bool begins = first_for<side, target>::template accepts<side>();
            if constexpr (begins
                          && rest_fits<target>(std::index_sequence_for<Parts...>{},
                                               static_cast<const pack<Parts...>*>(nullptr))) {
                return decide_each<Out>(left.parts(),
                                        [&](auto, auto& each) { return decide_rest(std::move(each), rest.target); });
            } else {
                return broken{};
            }
        } else {
            return broken{};
        }
    }
}

template <class T>
concept weir_piece = piece<std::remove_cvref_t<T>>;

}  // namespace detail

/// Composition. At least one side is a piece of weir; what does not fit refuses to compile, and the first line of
/// the message says which stage and what to do.
template <class Left, class Right>
    requires(detail::weir_piece<Left> || (detail::weir_piece<Right> && !detail::weir_piece<Left>))
[[nodiscard]] constexpr auto operator|(Left&& left, Right&& right) {
    using l = std::remove_cvref_t<Left>;
    using r = std::remove_cvref_t<Right>;
    if constexpr (std::is_same_v<l, detail::broken> || std::is_same_v<r, detail::broken>) {
        return detail::broken{};
    } else {
        constexpr bool left_ok = detail::piece<l>;
        static_assert(left_ok, "weir: what stands left of | is not a source or a stage; begin with weir::from(...)");
        constexpr bool right_ok = detail::piece<r>;
        static_assert(right_ok, "weir: what stands right of | is not a stage or a sink; wrap a function in "
                                "weir::map, weir::filter or weir::for_each");
        if constexpr (left_ok && right_ok) {
            auto lifted = detail::lift(static_cast<Left&&>(left));
            constexpr bool open_ended = !decltype(lifted)::has_sink || decltype(lifted)::goes_on;
            static_assert(open_ended,
                          "weir: nothing can follow a sink; use weir::tee(a, b) to give records to several");
            if constexpr (!open_ended) {
                return detail::broken{};
            } else if constexpr (detail::is_decision<r>) {
                return detail::append_decision(lifted, r(static_cast<Right&&>(right)));
            } else {
                auto right_parts = detail::lift(static_cast<Right&&>(right));
                constexpr bool sourceless = !decltype(right_parts)::has_source;
                static_assert(sourceless, "weir: a source stands only at the beginning; use weir::merge(a, b) for "
                                          "several sources");
                // A single piece is checked here and not in append_part: each function between costs three lines of
                // every message.
                using in = typename decltype(lifted)::out_stream;
                if constexpr (!sourceless) {
                    return detail::broken{};
                } else if constexpr (!detail::is_pipeline<r> && !std::is_void_v<in>) {
                    constexpr bool fits = r::template accepts<in>();
                    using open = typename detail::open_stage<sink<r> && fits, decltype(lifted)>::type;
                    if constexpr (!fits) {
                        return detail::broken{};
                    } else if constexpr (!std::is_void_v<open>) {
                        open::template outputs_decided<false>();
                        return detail::broken{};
                    } else {
                        return detail::append_all<0>(lifted, right_parts.parts());
                    }
                } else {
                    return detail::append_all<0>(lifted, right_parts.parts());
                }
            }
        } else {
            return detail::broken{};
        }
    }
}

// --- binding ----------------------------------------------------------------------------------------------
// From the parts that the running job owns. A user's function is copied into each receiver; one that only moves
// is moved, which `accepts` allows where the receiver exists once.

namespace detail {

template <class Stage>
constexpr Stage& part_stage(part<Stage>& p) {
    return p.stage;
}
template <class Stage, class First, class... Rest>
constexpr Stage& part_stage(part<Stage, First, Rest...>& p) {
    return part_stage(p.rest);
}

template <std::size_t I, class Parts, class Builder, class In>
auto bind_from(Parts& parts, Builder b, In in);

template <class Target, class Builder, class In>
auto bind_target(Target& target, Builder b, const In& in) {
    if constexpr (is_pipeline<Target>) {
        return bind_from<0>(target.parts(), b, in);
    } else {
        return target.bind(b, in);
    }
}

/// Wraps what `make` gives with the side receivers of a part's decisions.
template <class Stage, class In, class Builder, class Make>
auto bind_sides(part<Stage>&, const In&, Builder b, const Make& make) {
    return make(b);
}
template <class Stage, class First, class... Rest, class In, class Builder, class Make>
auto bind_sides(part<Stage, First, Rest...>& p, const In& in, Builder b, const Make& make) {
    const auto side = part_stage(p).template side<First::name>(in);
    auto& target = p.decided.target;
    using side_type = decltype(bind_target(target, b.side(First::name.text), side));
    using next_type = decltype(bind_sides(p.rest, in, b, make));
    return side_receiver<First::name, side_type, next_type>{bind_target(target, b.side(First::name.text), side),
                                                            bind_sides(p.rest, in, b, make)};
}

/// The receiver of part I and of all behind it. `b` is where it stands: task, shard, path.
template <std::size_t I, class Parts, class Builder, class In>
auto bind_from(Parts& parts, Builder b, In in) {
    auto& p = element<I>(parts);
    auto& piece = part_stage(p);
    const Builder here = b.at(I, piece.path);
    if constexpr (I + 1 == Parts::size) {
        return piece.bind(here, in);
    } else {
        const auto out = piece.out(in);
        // Kept by value by stages that make chains while the pipeline runs.
        return piece.bind(here, in, [&parts, &p, in, out](auto builder) {
            return bind_sides(p, in, builder, [&parts, out](auto at) { return bind_from<I + 1>(parts, at, out); });
        });
    }
}

/// What a source is called in counters.
template <class Source>
constexpr const char* kind_of_source() {
    if constexpr (requires { Source::kind; }) {
        return Source::kind;
    } else {
        return "source";
    }
}

/// A copy of a user's function, or the function itself where it only moves.
template <class F>
constexpr F copy_or_move(F& f) {
    if constexpr (std::is_copy_constructible_v<F>) {
        return f;
    } else {
        return static_cast<F&&>(f);
    }
}

}  // namespace detail
}  // namespace weir
