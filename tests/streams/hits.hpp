// SPDX-License-Identifier: BSL-1.0
// Hits of hosts in event time with some disorder, and what a host's window comes to: the input and output of the tests
// of pipelines that begin with a stream.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <weir/core.hpp>
#include <weir/streams/data_stream.hpp>

namespace weir_test {

struct hit {
    std::chrono::sys_time<std::chrono::microseconds> time;
    std::string host;
    long bytes = 0;
};
struct usage {
    std::string host;
    weir::window_bounds window;
    long hits = 0;
    long bytes = 0;
    bool operator==(const usage&) const = default;
    auto operator<=>(const usage& other) const {
        return std::tuple(host, window.start, hits, bytes)
               <=> std::tuple(other.host, other.window.start, other.hits, other.bytes);
    }
};
using hits_stream = weir::data_stream<hit, &hit::host>;

/// 20 a second, up to 0.4 s late.
inline std::vector<hit> traffic(std::uint64_t seed, int n) {
    std::mt19937_64 random(seed);
    std::vector<hit> all;
    for (int i = 0; i < n; ++i) {
        const std::int64_t us = i * std::int64_t{50'000} - static_cast<std::int64_t>(random() % 400'000);
        all.push_back({hit{}.time + std::chrono::microseconds(us + 1'000'000), "h" + std::to_string(random() % 23),
                       static_cast<long>(random() % 1'000)});
    }
    return all;
}

}  // namespace weir_test
