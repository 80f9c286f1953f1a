// SPDX-License-Identifier: BSL-1.0
// shared(sink): one sink for several writers: side outputs, branches, all chains behind a shard.
//
//     auto bad = weir::shared(weir::directory("bad"));
//     source | weir::parse<hit>(...) | weir::on<"failed">(weir::map(to_bad) | bad) | ...
//            | weir::shard(4) | ... | weir::on<"late">(weir::map(to_bad) | bad) | ...
//
// A handle: each copy of it in a pipeline is a writer. The sink (or `stage | ... | sink`) runs in a task of its own
// behind a ring per writer, so it exists once whatever stands before it, and ends when all its writers have ended.
// Records of one writer keep their order; those of several come as they come. It is given the record and no meta. A
// full ring makes its writer wait.
//
// Its writers give records of one type: `shared<T>(sink)` names it, takes all that T can be made from, and refuses the
// rest; without T the first writer's type is it, and another type throws std::logic_error where the pipeline starts.
// Each run has a sink of its own, copied from this one; a sink that only moves serves one run.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../../core/chain_check.hpp"
#include "../../support/atomic.hpp"
#include "mesh.hpp"

namespace weir {
namespace detail {

/// What the handles have in common: the sink that runs are copied from.
template <class Sink>
class shared_origin {
  public:
    explicit shared_origin(Sink s) : sink_(static_cast<Sink&&>(s)) {}

    /// Any thread.
    [[nodiscard]] std::shared_ptr<Sink> for_a_run() {
        if constexpr (std::is_copy_constructible_v<Sink>) {
            return std::make_shared<Sink>(sink_);
        } else {
            if (taken_.exchange(true, memory_order_relaxed)) {
                throw std::logic_error(
                    "weir::shared: its sink holds something that only moves and has had its run; make "
                    "one for each run");
            }
            return std::make_shared<Sink>(static_cast<Sink&&>(sink_));
        }
    }

  private:
    Sink sink_;
    atomic<bool> taken_{false};
};

/// One address per type.
template <class T>
inline constexpr char type_mark{};

/// Who wrote first, and what.
struct shared_record {
    const void* type;
    std::string path;

    shared_record(const void* t, std::string p) : type(t), path(std::move(p)) {}
};

/// `T`: the record's type; void where the writer says.
template <class Sink, class T>
struct shared_sink : sink_base<shared_sink<Sink, T>> {
    static constexpr bool per_shard = true;

    std::shared_ptr<shared_origin<Sink>> origin;
    edge_options options;

    template <class In>
    using record = ring_value<std::conditional_t<std::is_void_v<T>, typename In::value_type, T>>;
    template <class In>
    using received = stream<record<In>, category::given>;

    template <class In>
    static constexpr bool accepts() {
        constexpr bool fits =
            std::is_void_v<T> ? crosses_edge<In>() : std::is_constructible_v<record<In>, typename In::reference>;
        static_assert(fits, "weir::shared: the sink's record cannot be made from this one; map it to the type of "
                            "shared<T>, or, where it is only lent and cannot be copied, to something that can");
        if constexpr (fits) {
            constexpr bool begins = first_of_branch<Sink>::template accepts<received<In>>();
            if constexpr (begins) return branch_accepts<received<In>>(static_cast<const Sink*>(nullptr));
        }
        return false;
    }
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        const Builder here = b.at_place("shared/" + std::to_string(reinterpret_cast<std::uintptr_t>(origin.get())));
        const void* const type = &type_mark<record<In>>;
        const auto first = here.template common<shared_record>("record", type, b.path());
        if (first->type != type) {
            throw std::logic_error("weir::shared: stages " + first->path + " and " + b.path()
                                   + " give one sink records of different types; map both to one type, which "
                                     "shared<T>(sink) can name");
        }
        return bind_mesh<received<In>, tags<>>(
            "shared", 1, options, placement{}, route_to_first{}, here,
            [from = origin](auto there) {
                Sink& mine = there.keep(from->for_a_run());
                return bind_from<0>(mine.parts(), there.side("shared"), received<In>{});
            },
            false);
    }
};

}  // namespace detail

template <class T = void, class Sink>
[[nodiscard]] auto shared(Sink&& sink, edge_options options = {}) {
    using plain = std::remove_cvref_t<Sink>;
    constexpr bool piece = detail::weir_piece<Sink>;
    static_assert(piece, "weir::shared: this is neither a sink nor stage | ... | sink; wrap a function in "
                         "weir::for_each");
    if constexpr (!piece || std::is_same_v<plain, detail::broken>) {
        return detail::broken{};
    } else {
        using whole = decltype(detail::lift(static_cast<Sink&&>(sink)));
        constexpr bool ends = detail::ends_in_sink<whole>;
        static_assert(ends, "weir::shared: it takes what ends in a sink and has no source; add one, such as "
                            "weir::directory(...)");
        if constexpr (ends) {
            return detail::shared_sink<whole, T>{
                {}, std::make_shared<detail::shared_origin<whole>>(detail::lift(static_cast<Sink&&>(sink))), options};
        } else {
            return detail::broken{};
        }
    }
}

}  // namespace weir
