// SPDX-License-Identifier: BSL-1.0
// shard(n): n lock-free shards, one fused chain behind each.
//
//     | weir::key_by<&hit::host>() | weir::shard(4) | ... one chain per shard ...
//     | weir::shard(4, {.capacity = 4096})
//
// Records of one key go to one shard, in their order; the hash that routes uses other bits than the tables do. An
// unkeyed flow goes round robin. All that follows exists n times, up to `merge()`, so a stage with one global meaning
// refuses to stand there. A full ring makes the source wait; a slow shard holds back all (`full`: any has no room).
// A view of text becomes a `std::string` in the ring; all else is moved, or copied where it was only lent.
#pragma once

#include <cstddef>
#include <stdexcept>

#include "../../core/pipeline.hpp"
#include "../../support/hash.hpp"
#include "mesh.hpp"

namespace weir {
namespace detail {

struct route_by_key {
    template <class V, class M, class W>
    WEIR_INLINE std::size_t operator()(const V& value, const M& meta, const W& writer) const {
        const std::size_t n = writer.size();
        if (n == 1) return 0;
        const std::uint64_t h = route_hash(read_meta<meta_of::key>(meta, value));
        return static_cast<std::size_t>((static_cast<uint128>(h) * n) >> 64U);
    }
};

struct route_round_robin {
    std::size_t turn = 0;
    template <class V, class M, class W>
    WEIR_INLINE std::size_t operator()(const V&, const M&, const W& writer) noexcept {
        if (++turn >= writer.size()) turn = 0;
        return turn;
    }
};

struct shard_stage : stage_base<shard_stage> {
    static constexpr bool crosses_tasks = true;
    std::size_t count;
    edge_options options;

    shard_stage(std::size_t n, edge_options o) : count(n), options(o) {
        if (n == 0 || n > 65'536) {
            throw std::invalid_argument("weir::shard: a flow has 1 to 65,536 shards; give shard(n) such a number");
        }
    }

    template <class In>
    static constexpr bool accepts() {
        constexpr bool crosses = crosses_edge<In>();
        static_assert(crosses, "weir::shard: records are lent here and cannot be copied into a shard; give them, as "
                               "from(std::move(range)) does, or map them to something that can be copied");
        return crosses;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        return behind_edge<In, In::keyed ? partition::by_key : partition::unkeyed>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        if constexpr (In::keyed) {
            return bind_mesh<In, tags<meta_of::key>>("shard", count, options, placement{}, route_by_key{}, b, make_next,
                                                     true);
        } else {
            return bind_mesh<In, tags<>>("shard", count, options, placement{}, route_round_robin{}, b, make_next, true);
        }
    }
};

}  // namespace detail

/// Throws std::invalid_argument for a number that is not 1 to 65,536.
[[nodiscard]] inline auto shard(std::size_t n, edge_options options = {}) { return detail::shard_stage(n, options); }

}  // namespace weir
