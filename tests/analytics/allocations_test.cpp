// SPDX-License-Identifier: BSL-1.0
// No allocation per record in steady state: what a run allocates depends on its keys and windows alone.
#include "support/catch.hpp"

#include "analytics/ticks.hpp"
#include "support/counted_new.hpp"

#include <weir/core/sinks/fold.hpp>
#include <weir/core/stages/filter.hpp>

#include <cstddef>

using namespace weir_test;
using namespace std::chrono_literals;

namespace {

struct sample {
    us_time time;
    std::int64_t id;
    std::string host;
    std::int64_t bytes;
};
struct by_id {
    std::int64_t id;
    std::int64_t hits;
    std::int64_t bytes;
};
struct by_host {
    std::string host;
    std::int64_t hits;
    std::int64_t bytes;
};

/// `windows` windows of 1 ms with `each` records in each, over 16 keys.
std::vector<sample> make_samples(std::size_t windows, std::size_t each) {
    std::vector<sample> samples;
    for (std::size_t w = 0; w < windows; ++w) {
        for (std::size_t i = 0; i < each; ++i) {
            const auto time = static_cast<std::int64_t>(w * 1'000 + i % 1'000);
            samples.push_back({at_us(time), static_cast<std::int64_t>(i % 16),
                               "a host of a name too long: " + std::to_string(i % 16), 1});
        }
    }
    return samples;
}

template <class Result, auto Key>
std::size_t allocations_of(std::size_t windows, std::size_t each) {
    const std::vector<sample> samples = make_samples(windows, each);
    std::int64_t total = 0;
    auto p = weir::from(samples) | weir::filter([](const sample& s) { return s.bytes > 0; })
             | weir::event_time<&sample::time>(weir::out_of_order_by(2ms)) | weir::key_by<Key>() | weir::tumble(1ms)
             | weir::aggregate<Result>(weir::count<"hits">(), weir::sum<&sample::bytes>())
             | weir::on<"late">(weir::discard)
             | weir::fold(total, [](std::int64_t sum, const Result& r) { return sum + r.bytes; });
    const std::size_t before = weir_test::allocations;
    drive(std::move(p));
    const std::size_t made = weir_test::allocations - before;
    CHECK(total == static_cast<std::int64_t>(samples.size()));
    return made;
}

}  // namespace

TEST_CASE("allocations: more records of the same keys and windows allocate nothing", "[analytics]") {
    CHECK(allocations_of<by_id, &sample::id>(5, 20'000) == allocations_of<by_id, &sample::id>(5, 200));
    CHECK(allocations_of<by_host, &sample::host>(5, 20'000) == allocations_of<by_host, &sample::host>(5, 200));
}

TEST_CASE("allocations: windows that have fired lend their memory to those that follow", "[analytics]") {
    CHECK(allocations_of<by_id, &sample::id>(500, 50) == allocations_of<by_id, &sample::id>(10, 50));
    // A key of text is copied when it is new in a window, and never else: 16 keys in each of 490 windows more.
    CHECK(allocations_of<by_host, &sample::host>(500, 50) - allocations_of<by_host, &sample::host>(10, 50) == 490 * 16);
}
