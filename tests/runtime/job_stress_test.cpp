// SPDX-License-Identifier: BSL-1.0
// Pipelines that are stopped, drained, made to throw and destroyed at random moments while application threads put and
// get: none hangs, and every put answered true is delivered, dropped by who wanted no more, or counted as abandoned
// (runtime.md, E).
#include "support/catch.hpp"

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "waiting.hpp"

namespace {

enum class ending { natural, drain, stop, throws, destroy, close_outlet };

struct plan {
    ending how = ending::natural;
    std::size_t capacity = 1;
    std::size_t shards = 0;  // 0: no shard
    unsigned after = 0;      // accepted records, then it happens
    int poison = -1;
    bool limited = false;  // the pipeline wants no more by itself
};

struct outcome {
    std::uint64_t accepted = 0;
    std::uint64_t got = 0;
    weir::report report;
};

constexpr int records = 60;  // of each putter

template <class Pipeline>
outcome play(Pipeline pipeline, weir::inlet<int> in, weir::outlet<long> out, const plan& p, weir::runtime& rt) {
    std::atomic<std::uint64_t> accepted{0};
    std::atomic<std::uint64_t> got{0};
    outcome result;
    std::thread getter;
    std::vector<std::thread> putters;
    {
        weir::job job = weir::start(std::move(pipeline), rt);
        getter = std::thread([&] {
            while (out.get().has_value()) got.fetch_add(1, std::memory_order_relaxed);
        });
        for (int t = 0; t < 2; ++t) {
            putters.emplace_back([&, t] {
                for (int i = 0; i < records; ++i) {
                    if (t == 0 && i % 10 == 0) {
                        const std::vector<int> some(3, i);
                        const std::size_t n = in.put_range(some);
                        accepted.fetch_add(n, std::memory_order_relaxed);
                        if (n != some.size()) return;
                    }
                    if (!in.put(i)) return;
                    accepted.fetch_add(1, std::memory_order_relaxed);
                }
            });
        }
        while (accepted.load(std::memory_order_relaxed) < p.after && !in.closed()) std::this_thread::yield();
        switch (p.how) {
        case ending::natural:
            for (std::thread& t : putters) t.join();
            putters.clear();
            in.close();
            break;
        case ending::drain:
            job.drain();
            break;
        case ending::stop:
            job.stop();
            break;
        case ending::throws:
            break;  // a record does it
        case ending::destroy:
            break;
        case ending::close_outlet:
            out.close();
            break;
        }
        if (p.how != ending::destroy) result.report = job.wait();
    }
    for (std::thread& t : putters) t.join();
    getter.join();
    result.accepted = accepted.load();
    result.got = got.load();
    while (out.try_get()) ++result.got;  // what came while a closed outlet's getter had left
    return result;
}

outcome play(const plan& p, weir::runtime& rt) {
    weir::inlet<int> in{p.capacity};
    weir::outlet<long> out{p.capacity};
    const auto work = [poison = p.poison](int i) {
        if (i == poison) throw std::runtime_error("poison");
        return static_cast<long>(i);
    };
    const weir::edge_options rings{.capacity = p.capacity};
    if (p.limited) {
        auto both = weir::shared(weir::take(20) | weir::to(out), rings);
        return play(weir::from(in) | weir::map(work) | weir::route<"odd">([](long i) { return i % 2 != 0; })
                        | weir::on<"odd">(both) | weir::shard(p.shards + 1, rings) | both,
                    in, out, p, rt);
    }
    if (p.shards == 0) return play(weir::from(in) | weir::map(work).on_own_thread() | weir::to(out), in, out, p, rt);
    return play(weir::from(in) | weir::shard(p.shards, rings) | weir::map(work) | weir::merge(rings) | weir::to(out),
                in, out, p, rt);
}

void check(const plan& p, const outcome& o) {
    const weir::report& r = o.report;
    CHECK(o.got <= o.accepted);
    if (p.how == ending::destroy) return;
    CHECK(r.unbalanced == 0);
    CHECK(o.accepted == r.delivered() + r.dropped() + r.abandoned);
    CHECK(o.got == r.delivered());  // what stands in the outlet is got after the end
    const bool poisoned = r.error != nullptr;
    if (p.how == ending::throws && !p.limited) CHECK(poisoned);
    if (poisoned) {
        CHECK(p.how == ending::throws);
        CHECK(!r.finished);
        CHECK(r.message == "poison");
        CHECK(r.failed_stage.substr(0, 3) == "map");
    } else if (p.how != ending::stop) {
        CHECK(r.finished);
    }
    if (p.limited) {
        CHECK(o.got <= 20);
    } else if (p.how == ending::natural || p.how == ending::drain) {
        CHECK(r.abandoned == 0);
        CHECK(r.dropped() == 0);
    }
}

void many_rounds(unsigned rounds, std::mt19937& random) {
    auto rt = std::make_unique<weir::runtime>(weir::runtime_options{.workers = 2, .oversubscribe = true});
    for (unsigned round = 0; round < rounds; ++round) {
        if (round % 50 == 0) {
            // Also ones that do not spin before they sleep.
            const std::int64_t spin = random() % 2 == 0 ? 0 : 10;
            rt = std::make_unique<weir::runtime>(weir::runtime_options{
                .workers = 1 + static_cast<unsigned>(random() % 3), .oversubscribe = true, .spin_us = spin});
        }
        const std::size_t capacities[] = {1, 2, 64};
        plan p;
        p.how = static_cast<ending>(random() % 6);
        p.capacity = capacities[random() % 3];
        p.limited = random() % 4 == 0;
        p.shards = random() % (p.limited ? 4 : 5);  // two to six tasks
        p.after = static_cast<unsigned>(random() % 100);
        if (p.how == ending::throws) p.poison = static_cast<int>(random() % records);
        CAPTURE(round, static_cast<int>(p.how), p.capacity, p.shards, p.after, p.poison, p.limited);
        const outcome o = play(p, *rt);
        check(p, o);
    }
}

}  // namespace

TEST_CASE("pipelines that end in every way at every moment") {
    const unsigned rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 10'000 : 1'000;
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const weir_test::watchdog dog("a pipeline of seed " + std::to_string(seed),
                                  std::chrono::minutes(rounds == 1'000 ? 4 : 50));
    weir_test::in_both_wake_modes([&] { many_rounds(rounds, random); });
}
