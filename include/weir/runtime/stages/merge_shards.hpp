// SPDX-License-Identifier: BSL-1.0
// merge(): the shards before it become one chain again, in a task of its own.
//
//     | weir::shard(4) | ... | weir::merge() | weir::collect(out)
//
// By arrival: records of one shard keep their order, those of different shards come as they come. The watermark is the
// least of the shards'; an idle shard is left out. `merge(a, b, ...)` of several sources is another thing:
// `core/stages/merge.hpp`.
#pragma once

#include "../../core/pipeline.hpp"
#include "mesh.hpp"

namespace weir {
namespace detail {

struct merge_shards_stage : stage_base<merge_shards_stage> {
    static constexpr bool crosses_tasks = true;
    edge_options options;

    constexpr explicit merge_shards_stage(edge_options o) : options(o) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool sharded = In::sharded;
        static_assert(sharded, "weir::merge: there are no shards before merge() to join; leave it out, or give it the "
                               "sources to join as merge(a, b)");
        constexpr bool crosses = crosses_edge<In>();
        static_assert(crosses, "weir::merge: records are lent here and cannot be copied; map them to something that "
                               "can be copied or moved");
        return sharded && crosses;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return behind_edge<In, partition::one>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return bind_mesh<In, tags<>>("merge", 1, options, placement{}, route_to_first{}, b, make_next, false);
    }
};

}  // namespace detail

[[nodiscard]] inline auto merge(edge_options options = {}) { return detail::merge_shards_stage(options); }

}  // namespace weir
