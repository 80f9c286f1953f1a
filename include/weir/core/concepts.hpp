// SPDX-License-Identifier: BSL-1.0
// What a pipeline is made of. Each concept asks for the least that its author must write; the rest of the
// protocol has defaults (`forward_signals`, `end_of_signals`, `stage_base`, ...).
//
// A stage is a value with two functions. `out(in)` runs forward and gives the stream that leaves it;
// `bind(builder, in, make_next)` runs backward and gives its receiver, where `make_next(builder)` makes the
// next one (`shard` calls it n times; nothing needs to be movable while binding).
// A source has `out()` and `connect(builder)`, which gives a cursor; a sink has `bind(builder, in)`.
#pragma once

#include <concepts>
#include <cstddef>

#include "../support/fixed_string.hpp"
#include "flow.hpp"
#include "receiver.hpp"
#include "stream.hpp"

namespace weir {

/// The names of a stage's outputs beside the main one. Each is decided by `on<"name">(...)`.
template <fixed_string... Names>
struct output_names {
    static constexpr std::size_t count = sizeof...(Names);
};

namespace detail {
struct source_tag {};
struct stage_tag {};
struct sink_tag {};

/// Defined in `runtime/stages/own_thread.hpp`.
template <class Stage>
struct own_thread_stage;

/// What stands where a composition was refused. It swallows the rest, so that one mistake is one message.
struct broken {};
}  // namespace detail

/// Something records come from.
template <class T>
concept source = std::derived_from<T, detail::source_tag>;

/// Something records pass through.
template <class T>
concept stage = std::derived_from<T, detail::stage_tag>;

/// Something records end in.
template <class T>
concept sink = std::derived_from<T, detail::sink_tag>;

/// A receiver of records of this reference type and meta.
template <class R, class Ref, class Set>
concept receiver = requires(R& r, Ref value, const Set& set, instant t) {
    typename R::needs;
    { r.put(static_cast<Ref>(value), set) } -> std::same_as<flow>;
    { r.advance(t) } -> std::same_as<flow>;
    { r.idle() } -> std::same_as<flow>;
    { r.finish() } -> std::same_as<flow>;
    { r.resume() } -> std::same_as<flow>;
    { r.tick(t) } -> std::same_as<flow>;
    { r.due() } -> std::same_as<instant>;
};

/// What a source's `pull` answers.
enum class pulled : unsigned char {
    more,       // as many as were asked for; there may be more
    starved,    // nothing at present; `due()` or the task's waker says when to look again
    exhausted,  // the end: nothing will ever come again
    full,       // the receiver answered `full`
    done        // the receiver answered `done`
};

struct pull_result {
    pulled what = pulled::more;
    std::size_t records = 0;
};

/// What a source's `connect` gives: `pull(receiver, n)` puts at most n records and stops at the first answer that is
/// not `flow::more`. It is called by one thread at a time and must return in bounded time. One that can go on from a
/// checkpoint has `save(const stage_info* source, out) const` and `load(source, in)` (see `save_state`, `load_state`):
/// its place between two calls of `pull`.
template <class C, class Receiver>
concept cursor = requires(C& c, Receiver& r, std::size_t n) {
    { c.pull(r, n) } -> std::same_as<pull_result>;
};

/// Base of a source. `Self` needs `out()` and `connect(builder)`.
template <class Self>
struct source_base : detail::source_tag {
    const char* path = nullptr;
    template <class In>
    static constexpr bool accepts() {
        return true;
    }
};

/// Base of a stage: a name of its own, and the checks it does not make. `Self` needs `out(in)` and
/// `bind(builder, in, make_next)`; a refusal goes into `template <class In> static constexpr bool accepts()`
/// as a `static_assert` on a plain `bool`, and answers false.
template <class Self>
struct stage_base : detail::stage_tag {
    using outputs = output_names<>;
    const char* path = nullptr;

    /// Gives the stage a stable id of its own, for metrics and checkpoints. The text must outlive the pipeline.
    [[nodiscard]] constexpr Self named(const char* name) const& {
        Self copy = static_cast<const Self&>(*this);
        copy.path = name;
        return copy;
    }
    [[nodiscard]] constexpr Self named(const char* name) && {
        path = name;
        return static_cast<Self&&>(*this);
    }

    /// The stage, and all fused behind it, get a thread of their own, bound to `core` where one is given: for a stage
    /// that takes long. Needs `runtime/stages/own_thread.hpp`.
    [[nodiscard]] constexpr auto on_own_thread(int core = -1) const {
        return detail::own_thread_stage<Self>(static_cast<const Self&>(*this), core);
    }

    template <class In>
    static constexpr bool accepts() {
        return true;
    }

    /// Called with whether all outputs are decided when the main sink is attached.
    template <bool Decided>
    static constexpr bool outputs_decided() {
        static_assert(Decided, "weir: a stage's output is open; decide it behind the stage with | on<\"name\">(sink), "
                               "on<\"name\">(discard) or on_rest(discard)");
        return Decided;
    }
};

/// Base of a sink. `Self` needs `bind(builder, in)`; one that may exist once per shard says
/// `static constexpr bool per_shard = true` and asks the builder for its shard.
template <class Self>
struct sink_base : detail::sink_tag {
    static constexpr bool per_shard = false;
    const char* path = nullptr;

    [[nodiscard]] constexpr Self named(const char* name) const& {
        Self copy = static_cast<const Self&>(*this);
        copy.path = name;
        return copy;
    }
    [[nodiscard]] constexpr Self named(const char* name) && {
        path = name;
        return static_cast<Self&&>(*this);
    }

    template <class In>
    static constexpr bool accepts() {
        return true;
    }
};

}  // namespace weir
