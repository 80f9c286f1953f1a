// SPDX-License-Identifier: BSL-1.0
// A stage that makes the type of a stream look as behind `shard`, without one.
#pragma once

#include <weir/core/pipeline.hpp>

struct as_sharded : weir::stage_base<as_sharded> {
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return weir::with_partition<In, weir::partition::by_key>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return make_next(b);
    }
};
