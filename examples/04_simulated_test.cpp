// SPDX-License-Identifier: BSL-1.0
// Testing a pipeline: the same code, run by weir::simulated. All tasks share the caller's thread, in an order that the
// seed decides, on a clock that the test owns. So every schedule can be tried, a failure is repeated by its seed, a day
// of processing time takes no time, and what would hang is reported.
#include <weir/weir.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct order {
    std::chrono::sys_seconds time;
    std::string symbol;
    long quantity;
};

struct volume {
    std::string symbol;
    weir::window_bounds window;
    long orders;
    long quantity;
};

/// What is tested: it knows of no scheduler, and takes its source and its sink as they come.
auto volume_per_minute(std::size_t shards) {
    return weir::event_time<&order::time>(weir::out_of_order_by(10s)) | weir::key_by<&order::symbol>()
           | weir::shard(shards, {.capacity = 4})  // small rings: a writer that waits is part of the test
           | weir::tumble(1min) | weir::aggregate<volume>(weir::count<"orders">(), weir::sum<&order::quantity>())
           | weir::on<"late">(weir::discard) | weir::merge();
}

using row = std::tuple<std::int64_t, std::string, long, long>;

/// Two application threads' worth of puts and gets, on this thread: each wait lets tasks run.
std::vector<row> play(std::uint64_t seed) {
    weir::simulated world(seed);
    weir::inlet<order> in{2};
    weir::outlet<volume> out{2};
    weir::job job = weir::start(weir::from(in) | volume_per_minute(1 + seed % 4) | weir::to(out), world);

    std::vector<row> rows;
    const auto take = [&](const volume& v) {
        rows.emplace_back(v.window.start.time_since_epoch().count(), v.symbol, v.orders, v.quantity);
    };
    for (int i = 0; i < 300; ++i) {
        in.put({std::chrono::sys_seconds(1'000'000s + std::chrono::seconds(i - i % 7)), i % 3 == 0 ? "EUR" : "USD", i});
        while (const std::optional<volume> v = out.try_get()) take(*v);
    }
    in.close();
    while (const std::optional<volume> v = out.get()) take(*v);
    if (!job.wait()) return {};
    std::sort(rows.begin(), rows.end());
    return rows;
}

bool check(bool good, std::string_view what) {
    fmt::print("{}  {}\n", good ? "ok  " : "FAIL", what);
    return good;
}

}  // namespace

int main() {
    bool all = true;

    // Whatever the schedule, the number of shards and the waits for room: the same windows.
    const std::vector<row> expected = play(1);
    bool same = !expected.empty();
    for (std::uint64_t seed = 2; seed <= 20; ++seed) same = same && play(seed) == expected;
    all &= check(same, fmt::format("20 schedules give the same {} windows", expected.size()));

    // Time is the test's: a day of hourly ticks, at once.
    {
        weir::simulated world(7);
        long ticks = 0;
        const weir::report r = weir::run(
            weir::from(weir::interval(1h)) | weir::take(24) | weir::for_each([&](std::uint64_t) { ++ticks; }), world);
        all &= check(r && ticks == 24 && world.time().now() == weir::instant{86'400'000'000}, "a day has 24 hours");
    }

    // An outlet that nobody empties: on threads this would wait for ever, here it is an error that names the seed.
    {
        weir::simulated world(4'711);
        const std::vector<int> numbers(100, 1);
        weir::outlet<int> out{8};
        weir::job job = weir::start(weir::from(numbers) | weir::to(out), world);
        bool reported = false;
        try {
            static_cast<void>(job.wait());
        } catch (const weir::deadlock_error& e) {
            reported = e.seed() == 4'711;
        }
        all &= check(reported, "a deadlock is reported");
    }
    return all ? 0 : 1;
}
