// SPDX-License-Identifier: BSL-1.0
// oneTBB's flow graph: one serial node per shard, and the source a node too, so that every thread can work. A batch
// that was consumed goes back to the source, which then makes another.
#include "load.hpp"

#if __has_include(<tbb/flow_graph.h>)
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <memory>

namespace handoff {

namespace {

struct batch {
    std::unique_ptr<record[]> records;
    std::size_t size = 0;
};

}  // namespace

outcome tbb_graph(const order& o) {
    namespace graph = tbb::flow;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, o.workers);
    tbb::task_arena arena(static_cast<int>(o.workers));
    std::vector<consumer> consumers(o.shards, consumer(o.rounds));
    const std::size_t spare = o.shards + 4;  // beside the one that each shard fills
    std::vector<batch> batches(o.shards + spare);
    for (batch& b : batches) {
        b.records = std::make_unique<record[]>(o.batch);
        for (std::size_t i = 0; i < o.batch; ++i) b.records[i].key = 0;  // its pages are there before the clock runs
    }

    double ns = 0;
    arena.execute([&] {
        graph::graph g;
        std::vector<std::unique_ptr<graph::function_node<batch*, batch*>>> shards;
        for (std::size_t s = 0; s < o.shards; ++s) {
            shards.push_back(std::make_unique<graph::function_node<batch*, batch*>>(g, graph::serial, [&, s](batch* b) {
                for (std::size_t i = 0; i < b->size; ++i) consumers[s].take(b->records[i]);
                b->size = 0;
                return b;
            }));
        }
        std::vector<batch*> open;
        for (std::size_t s = 0; s < o.shards; ++s) open.push_back(&batches[s]);
        std::uint64_t next = 1;
        // An empty batch comes in; records are made until some shard's batch is full, which then goes out.
        graph::function_node<batch*> source(g, graph::serial, [&](batch* empty) {
            while (next <= o.records) {
                const std::uint64_t number = next++;
                record r;
                make(r, number);
                const std::size_t s = shard_of(r.key, o.shards);
                batch*& b = open[s];
                b->records[b->size] = r;
                if (++b->size == o.batch) {
                    shards[s]->try_put(b);
                    b = empty;
                    if (next > o.records) break;
                    return;
                }
            }
            for (std::size_t s = 0; s < o.shards; ++s) {
                if (open[s] == nullptr || open[s]->size == 0) continue;
                shards[s]->try_put(open[s]);
                open[s] = nullptr;
            }
        });
        for (auto& s : shards) graph::make_edge(*s, source);
        const auto start = now_ns();
        for (std::size_t i = 0; i < spare; ++i) source.try_put(&batches[o.shards + i]);
        g.wait_for_all();
        ns = static_cast<double>(now_ns() - start);
    });
    return summarize(ns, o, consumers);
}

}  // namespace handoff

#else

namespace handoff {
outcome tbb_graph(const order&) { return {}; }
}  // namespace handoff

#endif
