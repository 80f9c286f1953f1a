// SPDX-License-Identifier: BSL-1.0
// FastFlow, a record at a time: the source is a farm's emitter and picks the worker by key.
#include "load.hpp"

#if __has_include(<ff/ff.hpp>)
#include <ff/ff.hpp>

#include <memory>

namespace handoff {

namespace {

struct source_node : ff::ff_monode_t<record> {
    explicit source_node(const order& asked) : o(asked) {}
    record* svc(record*) override {
        for (std::uint64_t number = 1; number <= o.records; ++number) {
            auto* r = new record;
            make(*r, number);
            ff_send_out_to(r, static_cast<int>(shard_of(r->key, o.shards)));
        }
        return EOS;
    }
    const order& o;
};

struct shard_node : ff::ff_node_t<record> {
    explicit shard_node(consumer& to) : c(to) {}
    record* svc(record* r) override {
        c.take(*r);
        delete r;
        return GO_ON;
    }
    consumer& c;
};

}  // namespace

bool has_fastflow() noexcept { return true; }

outcome fastflow(const order& o) {
    std::vector<consumer> consumers(o.shards, consumer(o.rounds));
    source_node source(o);
    std::vector<std::unique_ptr<ff::ff_node>> workers;
    for (consumer& c : consumers) workers.push_back(std::make_unique<shard_node>(c));
    ff::ff_Farm<> farm(std::move(workers), source);
    farm.remove_collector();
    farm.no_mapping();
    const auto start = now_ns();
    if (farm.run_and_wait_end() < 0) return {};
    return summarize(static_cast<double>(now_ns() - start), o, consumers);
}

}  // namespace handoff

#else

namespace handoff {
bool has_fastflow() noexcept { return false; }
outcome fastflow(const order&) { return {}; }
}  // namespace handoff

#endif
