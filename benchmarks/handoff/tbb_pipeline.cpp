// SPDX-License-Identifier: BSL-1.0
// oneTBB's parallel_pipeline: three serial filters. With one shard they make a batch, consume it, and give its memory
// back; with several they make a batch, route its records, and consume each shard's.
#include "load.hpp"

#if __has_include(<tbb/parallel_pipeline.h>)
#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <memory>

namespace handoff {

namespace {

struct batch {
    std::unique_ptr<record[]> records;
    std::size_t size = 0;
    std::vector<std::vector<record>> routed;
};

}  // namespace

bool has_tbb() noexcept { return true; }

outcome tbb_pipeline(const order& o) {
    constexpr std::size_t tokens = 8;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, o.workers);
    tbb::task_arena arena(static_cast<int>(o.workers));
    std::vector<consumer> consumers(o.shards, consumer(o.rounds));
    std::vector<batch> batches(tokens);
    for (batch& b : batches) {
        b.records = std::make_unique<record[]>(o.batch);
        b.routed.resize(o.shards == 1 ? 0 : o.shards);
        for (auto& part : b.routed) part.reserve(o.batch);
    }
    std::size_t turn = 0;
    std::uint64_t next = 1;
    const auto source = tbb::make_filter<void, batch*>(tbb::filter_mode::serial_in_order, [&](tbb::flow_control& flow) {
        if (next > o.records) {
            flow.stop();
            return static_cast<batch*>(nullptr);
        }
        batch& b = batches[turn++ % tokens];  // at most `tokens` are under way, and they end in order
        const std::uint64_t left = o.records - next + 1;
        b.size = left < o.batch ? static_cast<std::size_t>(left) : o.batch;
        for (std::size_t i = 0; i < b.size; ++i) make(b.records[i], next++);
        return &b;
    });
    const auto consume = [&](batch* b) {
        for (std::size_t i = 0; i < b->size; ++i) consumers[0].take(b->records[i]);
        return b;
    };
    const auto route = [&](batch* b) {
        for (auto& part : b->routed) part.clear();
        for (std::size_t i = 0; i < b->size; ++i) {
            const record& r = b->records[i];
            b->routed[shard_of(r.key, o.shards)].push_back(r);
        }
        return b;
    };
    const auto consume_routed = [&](batch* b) {
        for (std::size_t s = 0; s < o.shards; ++s) {
            for (const record& r : b->routed[s]) consumers[s].take(r);
        }
    };
    const auto start = now_ns();
    arena.execute([&] {
        if (o.shards == 1) {
            tbb::parallel_pipeline(
                tokens, source & tbb::make_filter<batch*, batch*>(tbb::filter_mode::serial_in_order, consume)
                            & tbb::make_filter<batch*, void>(tbb::filter_mode::serial_in_order, [](batch*) {}));
        } else {
            tbb::parallel_pipeline(
                tokens, source & tbb::make_filter<batch*, batch*>(tbb::filter_mode::serial_in_order, route)
                            & tbb::make_filter<batch*, void>(tbb::filter_mode::serial_in_order, consume_routed));
        }
    });
    return summarize(static_cast<double>(now_ns() - start), o, consumers);
}

}  // namespace handoff

#else

namespace handoff {
bool has_tbb() noexcept { return false; }
outcome tbb_pipeline(const order&) { return {}; }
}  // namespace handoff

#endif
