// SPDX-License-Identifier: BSL-1.0
// Pipelines that are stopped, drained, made to throw and destroyed at random moments while application threads put and
// get: none hangs, and every put answered true is delivered or counted (runtime.md, E).
#include "support/catch.hpp"

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

enum class ending { natural, drain, stop, throws, destroy };

struct outcome {
    std::uint64_t accepted = 0;
    std::uint64_t got = 0;
    weir::report report;
};

template <class Pipeline>
outcome play(Pipeline pipeline, weir::inlet<int> in, weir::outlet<long> out, ending how, unsigned after, int records,
             weir::runtime& rt) {
    outcome result;
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> got{0};
    std::thread getter;
    std::vector<std::thread> putters;
    {
        weir::job job = weir::start(std::move(pipeline), rt);
        getter = std::thread([&] {
            while (out.get().has_value()) got.fetch_add(1, std::memory_order_relaxed);
        });
        for (int t = 0; t < 2; ++t) {
            putters.emplace_back([&] {
                for (int i = 0; i < records; ++i) {
                    if (!in.put(i)) return;
                    accepted.fetch_add(1, std::memory_order_relaxed);
                }
            });
        }
        while (accepted.load(std::memory_order_relaxed) < after && !in.closed()) std::this_thread::yield();
        switch (how) {
            case ending::natural:
                for (std::thread& t : putters) t.join();
                putters.clear();
                in.close();
                break;
            case ending::drain: job.drain(); break;
            case ending::stop: job.stop(); break;
            case ending::throws: break;  // a record does it
            case ending::destroy: break;
        }
        if (how != ending::destroy) result.report = job.wait();
    }
    for (std::thread& t : putters) t.join();
    getter.join();
    result.accepted = accepted.load();
    result.got = got.load();
    return result;
}

}  // namespace

TEST_CASE("pipelines that end in every way at every moment") {
    const unsigned rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 2'000 : 300;
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    weir::runtime rt{{.workers = 2, .oversubscribe = true}};
    for (unsigned round = 0; round < rounds; ++round) {
        const auto how = static_cast<ending>(random() % 5);
        const std::size_t capacities[] = {1, 2, 64};
        const std::size_t capacity = capacities[random() % 3];
        const std::size_t shards = random() % 5;  // 0: two tasks, else shards + 2
        const int records = 200;
        const unsigned after = static_cast<unsigned>(random() % 300);
        const int poison = how == ending::throws ? static_cast<int>(random() % 100) : -1;
        CAPTURE(round, static_cast<int>(how), capacity, shards, after, poison);
        weir::inlet<int> in{capacity};
        weir::outlet<long> out{capacity};
        const auto work = [poison](int i) {
            if (i == poison) throw std::runtime_error("poison");
            return static_cast<long>(i);
        };
        const outcome o = [&] {
            if (shards == 0) {
                return play(weir::from(in) | weir::map(work).on_own_thread() | weir::to(out), in, out, how, after,
                            records, rt);
            }
            return play(weir::from(in) | weir::shard(shards, {.capacity = capacity}) | weir::map(work)
                            | weir::merge({.capacity = capacity}) | weir::to(out),
                        in, out, how, after, records, rt);
        }();
        if (how == ending::destroy) continue;
        const weir::report& r = o.report;
        CHECK(o.got <= o.accepted);
        CHECK(r.unbalanced == 0);
        CHECK(o.accepted == r.delivered() + r.abandoned);
        CHECK(o.got == r.delivered());  // what stands in the outlet is got after the end
        if (how == ending::natural || how == ending::drain) {
            CHECK(r.finished);
            CHECK(r.abandoned == 0);
        }
        if (how == ending::throws) {
            CHECK(!r.finished);
            CHECK(r.message == "poison");
            CHECK(r.failed_stage.substr(0, 3) == "map");
        }
    }
}
