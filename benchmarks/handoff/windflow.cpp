// SPDX-License-Identifier: BSL-1.0
// WindFlow, keyed, by batches: its sink's replicas are the shards. A thread each, as it always has.
#include "load.hpp"

#if __has_include(<windflow.hpp>)
#define NO_DEFAULT_MAPPING  // its pins would put every thread of a second graph on the first one's cores
#define FF_BOUNDED_BUFFER   // without, nothing holds its source back
#include <windflow.hpp>

#include <iostream>
#include <optional>

namespace handoff {

namespace {

/// It greets on standard output at every run.
struct silence {
    silence() = default;
    silence(const silence&) = delete;
    silence& operator=(const silence&) = delete;
    ~silence() { std::cout.rdbuf(before); }
    std::streambuf* const before = std::cout.rdbuf(nullptr);
};

}  // namespace

bool has_windflow() noexcept { return true; }

outcome windflow(const order& o) {
    std::vector<consumer> consumers(o.shards, consumer(o.rounds));
    wf::PipeGraph graph("handoff", wf::Execution_Mode_t::DEFAULT, wf::Time_Policy_t::INGRESS_TIME);
    wf::Source source = wf::Source_Builder([&o](wf::Source_Shipper<record>& shipper) {
                            for (std::uint64_t number = 1; number <= o.records; ++number) shipper.push(make(number));
                        })
                            .withName("source")
                            .withOutputBatchSize(o.batch)
                            .build();
    wf::Sink sink = wf::Sink_Builder([&consumers](std::optional<record>& r, wf::RuntimeContext& where) {
                        if (r.has_value()) consumers[where.getReplicaIndex()].take(*r);
                    })
                        .withName("sink")
                        .withKeyBy([](const record& r) { return r.key; })
                        .withParallelism(o.shards)
                        .build();
    graph.add_source(source).chain_sink(sink);
    const silence quiet;
    const auto start = now_ns();
    graph.run();
    return summarize(static_cast<double>(now_ns() - start), o, consumers);
}

}  // namespace handoff

#else

namespace handoff {
bool has_windflow() noexcept { return false; }
outcome windflow(const order&) { return {}; }
}  // namespace handoff

#endif
