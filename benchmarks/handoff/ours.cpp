// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sinks/per_shard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/stages/shard.hpp>

#include <map>
#include <memory>
#include <ranges>

#include "load.hpp"

namespace handoff {

outcome ours(const order& o) {
    static std::map<unsigned, std::unique_ptr<weir::threads>> runtimes;  // threads stay from run to run, as a peer's do
    auto& on = runtimes[o.workers];
    if (on == nullptr) on = std::make_unique<weir::threads>(weir::runtime_options{.workers = o.workers});

    std::vector<consumer> consumers(o.shards, consumer(o.rounds));
    const auto start = now_ns();
    auto numbers = std::views::iota(std::uint64_t{1}, o.records + 1)
                   | std::views::transform([](std::uint64_t number) { return make(number); });
    const weir::report done =
        weir::run(weir::from(numbers) | weir::key_by<&record::key>() | weir::shard(o.shards)
                      | weir::per_shard([&](std::uint32_t shard) {
                            return weir::for_each([to = &consumers[shard]](const record& r) { to->take(r); });
                        }),
                  *on);
    const auto ns = static_cast<double>(now_ns() - start);
    outcome out = summarize(ns, o, consumers);
    out.whole = out.whole && done;
    return out;
}

}  // namespace handoff
