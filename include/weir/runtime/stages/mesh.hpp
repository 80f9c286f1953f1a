// SPDX-License-Identifier: BSL-1.0
// What `shard(n)`, `merge()` behind shards and `.on_own_thread()` have in common: P chains before them and C behind,
// each pair with a channel of its own. The tasks behind are made when the first chain before is bound.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../builder.hpp"
#include "../edge_reader.hpp"
#include "../edge_writer.hpp"

namespace weir {

/// What a writer does whose ring is full. `block` answers `full`, so that the source waits; nothing is lost.
enum class overflow : unsigned char { block };

/// Options of a thread boundary.
struct edge_options {
    std::size_t capacity = 0;  // records per ring; 0: 1,024 or 64 KiB, whichever is less
    weir::overflow overflow = weir::overflow::block;
};

namespace detail {

/// What is kept of a record in a ring: a view of text does not outlive its source, so the text itself is.
template <class T>
using ring_value = std::conditional_t<std::is_same_v<T, std::string_view>, std::string, T>;

/// The stream behind a boundary: given, since the ring hands its records over.
template <class In, partition Partition>
using behind_edge = stream<ring_value<typename In::value_type>, category::given, typename In::meta_type,
                           typename In::window_type, Partition>;

template <class In>
constexpr bool crosses_edge() {
    return In::value_category == category::given ? std::is_move_constructible_v<typename In::value_type>
                                                 : std::is_copy_constructible_v<typename In::value_type>;
}

struct route_to_first {
    template <class V, class M, class W>
    WEIR_INLINE std::size_t operator()(const V&, const M&, const W&) const noexcept {
        return 0;
    }
};

/// The readers of a mesh, one per chain behind it.
template <class Slot>
struct mesh {
    std::vector<std::unique_ptr<edge_reader<Slot>>> readers;
    std::vector<chain_base*> tasks;
    std::vector<std::unique_ptr<edge_writer<Slot>>> writers;
    std::int64_t grain = 0;
};

/// Binds one chain before a mesh of `count` chains behind: makes those, if it is the first, and its channels to them.
/// `Needs` is what those behind need; `Routed` what the route reads on top.
template <class In, class Routed, class Route, class Builder, class MakeNext>
auto bind_mesh(const char* kind, std::size_t count, const edge_options& options, placement where, Route route,
               Builder b, MakeNext make_next, bool shards) {
    using next = decltype(make_next(b));
    using meta = edge_meta<typename In::meta_type, typename next::needs>;
    using slot_type = slot<ring_value<typename In::value_type>, typename meta::stored_set>;
    using cursor = edge_cursor<slot_type, typename meta::read_set>;

    const stage_info* info = b.info(kind);
    const std::shared_ptr<mesh<slot_type>> m = b.template common<mesh<slot_type>>("mesh");
    if (m->readers.empty()) {
        for (std::size_t i = 0; i < count; ++i) {
            m->readers.push_back(std::make_unique<edge_reader<slot_type>>());
            edge_reader<slot_type>* reader = m->readers.back().get();
            const Builder there = shards ? b.in_shard(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(count))
                                         : b.in_shard(0, 1);
            auto& task = there.spawn(where, [&](Builder inside) {
                return driver<cursor, next>([&] { return cursor{reader}; }, [&] { return make_next(inside); });
            });
            m->grain = common_grain(m->grain, task.driver().receiver().grain());
            reader->stands_in(task, there.side("in").info(kind));
            task.add_edge(*reader);
            m->tasks.push_back(&task);
        }
    }
    m->writers.push_back(std::make_unique<edge_writer<slot_type>>());
    edge_writer<slot_type>* writer = m->writers.back().get();
    const std::size_t capacity = options.capacity != 0 ? options.capacity : default_capacity<slot_type>;
    for (std::size_t i = 0; i < m->readers.size(); ++i) {
        auto e = std::make_shared<edge<slot_type>>(capacity);
        e->writer = b.make_waker();
        e->reader = m->tasks[i]->make_waker();
        m->readers[i]->add(e);
        writer->add(std::move(e));
    }
    b.task().add_edge(*writer);
    return edge_receiver<slot_type, typename meta::stored_set, tags_union<typename next::needs, Routed>, Route>{
        info, writer, std::move(route), m->grain, shards};
}

}  // namespace detail
}  // namespace weir
