// SPDX-License-Identifier: BSL-1.0
// stage.on_own_thread(): the stage, and all fused behind it, in a task with a thread of its own: for a stage that takes
// long, so that it holds nobody else up.
//
//     | weir::map(slow_lookup).on_own_thread() | ...
#pragma once

#include "../../core/pipeline.hpp"
#include "mesh.hpp"

namespace weir::detail {

template <class Stage>
struct own_thread_stage : stage_base<own_thread_stage<Stage>> {
    using outputs = typename Stage::outputs;
    static constexpr bool crosses_tasks = true;

    Stage stage;
    placement where;

    own_thread_stage(Stage s, int core)
        : stage(static_cast<Stage&&>(s)),
          where(core < 0 ? placement::on_own_thread() : placement::pinned_to(static_cast<unsigned>(core))) {
        this->path = stage.path;
    }

    template <class In>
    using moved = behind_edge<In, In::partitioning>;

    template <bool Decided>
    static constexpr bool outputs_decided() {
        return Stage::template outputs_decided<Decided>();
    }
    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain, "weir: on_own_thread() stands before shard(n) or behind merge(), where there is one "
                                 "chain; behind shard(n) each shard is a task already");
        if constexpr (one_chain) return Stage::template accepts<moved<In>>();
        return false;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return stage.out(moved<In>{in.window});
    }
    template <fixed_string Name, class In>
    [[nodiscard]] auto side(const In& in) const {
        return stage.template side<Name>(moved<In>{in.window});
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In& in, MakeNext make_next) {
        return bind_mesh<In, tags<>>(
            "on_own_thread", 1, edge_options{}, where, route_to_first{}, b,
            [this, in, make_next](auto there) { return stage.bind(there, moved<In>{in.window}, make_next); }, false);
    }
};

}  // namespace weir::detail
