// SPDX-License-Identifier: BSL-1.0
// For tests of what crosses tasks: records, the grid of ring sizes and seeds, and sinks that exist once per shard.
#pragma once

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace weir_test {

using micros = std::chrono::sys_time<std::chrono::microseconds>;

struct event {
    micros time;
    int key = 0;
    int n = 0;
    friend bool operator==(const event&, const event&) = default;
};

/// `count` events of `keys` keys, numbered, `step` us apart and up to `disorder` us out of order.
inline std::vector<event> make_events(int count, int keys, std::int64_t step = 700, std::int64_t disorder = 5'000,
                                      unsigned seed = 1) {
    std::mt19937 random(seed);
    std::vector<event> out;
    out.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        const std::int64_t jitter =
            disorder == 0 ? 0 : static_cast<std::int64_t>(random() % static_cast<unsigned>(disorder));
        out.push_back({micros(std::chrono::microseconds(i * step + jitter)),
                       static_cast<int>(random() % static_cast<unsigned>(keys)), i});
    }
    return out;
}

/// Calls `test(capacity, seed)` for rings of 1, 2, 3, 8 and 1,024 slots and a few seeds of the simulation; more at
/// night.
template <class Test>
void for_capacities_and_seeds(Test test) {
    const std::uint64_t seeds = std::getenv("WEIR_NIGHTLY") != nullptr ? 100 : 6;
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1'024U}) {
        for (std::uint64_t seed = 1; seed <= seeds; ++seed) test(capacity, seed);
    }
}

/// Everything that came in is accounted for, and nothing is left anywhere.
inline bool whole(const weir::report& r) { return r.finished && !r.error && r.unbalanced == 0 && r.abandoned == 0; }

/// One vector per shard: a sink that may exist n times.
template <class T>
struct per_shard_log {
    std::vector<std::vector<T>> of;
    explicit per_shard_log(std::size_t shards) : of(shards) {}
};

template <class T>
struct log_receiver : weir::end_of_signals<log_receiver<T>> {
    using needs = weir::tags<>;
    const weir::stage_info* stage;
    std::vector<T>* to;
    std::uint64_t taken = 0;

    template <class V, class M>
    weir::flow put(V&& value, const M&) {
        to->push_back(static_cast<V&&>(value));
        ++taken;
        return weir::flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

template <class T>
struct log_sink : weir::sink_base<log_sink<T>> {
    static constexpr bool per_shard = true;
    per_shard_log<T>* to;

    explicit log_sink(per_shard_log<T>& log) : to(&log) {}
    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) {
        return log_receiver<T>{{}, b.info("log"), &to->of.at(b.shard())};
    }
};

}  // namespace weir_test
