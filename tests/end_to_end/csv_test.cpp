// SPDX-License-Identifier: BSL-1.0
// Two real CSV files become hourly averages, against a computation that shares nothing with weir, not even the parser.
#include "support/catch.hpp"

#include <weir/weir.hpp>

#include <range/v3/algorithm/sort.hpp>
#include <range/v3/algorithm/stable_sort.hpp>
#include <range/v3/numeric/accumulate.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk_by.hpp>
#include <range/v3/view/transform.hpp>

#include <cstdlib>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;

namespace {

// In order of time: the machine's readings end before the taxis' begin.
const std::vector<std::string> files = {std::string(WEIR_DATA_DIR) + "/machine_temperature_system_failure.csv",
                                        std::string(WEIR_DATA_DIR) + "/nyc_taxi.csv"};

struct sample {
    std::chrono::sys_seconds timestamp;
    double value;
};
struct reading {
    std::uint32_t series;
    std::chrono::sys_seconds time;
    double value;
};
struct hourly {
    std::uint32_t series;
    weir::window_bounds window;
    double value;
    long samples;
};

/// Series, hour, average, samples.
using row = std::tuple<std::uint32_t, std::int64_t, double, long>;

std::vector<row> sorted(const std::vector<hourly>& results) {
    auto rows = results | ranges::views::transform([](const hourly& h) {
                    return row{h.series, h.window.start.time_since_epoch() / 1h, h.value, h.samples};
                })
                | ranges::to<std::vector>();
    ranges::sort(rows);
    return rows;
}

/// By sscanf and the calendar of std::chrono; sums go in the order of the file, as they do in a window.
std::vector<row> by_grouping() {
    using point = std::tuple<std::uint32_t, std::int64_t, double>;
    std::vector<point> points;
    for (std::uint32_t series = 0; series < files.size(); ++series) {
        std::ifstream file(files[series]);
        REQUIRE(file.is_open());
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            int year = 0;
            unsigned month = 0, day = 0, hour = 0;
            double value = 0;
            REQUIRE(std::sscanf(line.c_str(), "%d-%u-%u %u:%*u:%*u,%lf", &year, &month, &day, &hour, &value) == 5);
            const std::chrono::sys_days date =
                std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
            points.emplace_back(series, date.time_since_epoch() / 1h + hour, value);
        }
    }
    const auto group_of = [](const point& p) { return std::pair(std::get<0>(p), std::get<1>(p)); };
    ranges::stable_sort(points, {}, group_of);
    const auto same = [&](const point& a, const point& b) { return group_of(a) == group_of(b); };
    std::vector<row> rows;
    for (auto&& group : points | ranges::views::chunk_by(same)) {
        const auto values = group | ranges::views::transform([](const point& p) { return std::get<2>(p); });
        const auto n = ranges::distance(group);
        const auto [series, hour] = group_of(*ranges::begin(group));
        rows.emplace_back(series, hour, ranges::accumulate(values, 0.0) / static_cast<double>(n), n);
    }
    return rows;
}

auto averages(std::size_t shards, std::size_t capacity, std::vector<hourly>& out) {
    return weir::from(weir::lines(files)) | weir::parse<sample>(weir::formats::csv) | weir::on<"failed">(weir::stop)
           | weir::map([](const sample& s, weir::meta<weir::meta_of::place> m) {
                 return reading{m.place().file, s.timestamp, s.value};
             })
           | weir::event_time<&reading::time>(weir::out_of_order_by(1h)) | weir::key_by<&reading::series>()
           | weir::shard(shards, {.capacity = capacity}) | weir::tumble(1h)
           | weir::aggregate<hourly>(weir::avg<&reading::value>(), weir::count<"samples">())
           | weir::on<"late">(weir::stop) | weir::merge({.capacity = capacity}) | weir::collect(out);
}

void check_counts(const weir::report& r) {
    CHECK(r.finished);
    CHECK(r.message == "");
    CHECK(r.taken() == 22'696 + 10'321);
    CHECK(r.failed() == 0);
    CHECK(r.late() == 0);
    CHECK(r.unbalanced == 0);
    CHECK(r.of("parse").counts.absorbed == 2);  // a header in each file
}

std::uint64_t last_seed() { return std::getenv("WEIR_NIGHTLY") != nullptr ? 200 : 10; }

}  // namespace

TEST_CASE("csv: hourly averages equal sort and group, for every number of shards and ring size") {
    const std::vector<row> expected = by_grouping();
    REQUIRE(expected.size() == 1'891 + 5'160);
    for (const std::size_t shards : {1U, 2U, 4U, 16U}) {
        for (const std::size_t capacity : {1U, 3U, 1'024U}) {
            CAPTURE(shards, capacity);
            std::vector<hourly> out;
            check_counts(weir::run(averages(shards, capacity, out)));
            CHECK(sorted(out) == expected);
        }
    }
}

TEST_CASE("csv: the same under every simulated schedule") {
    const std::vector<row> expected = by_grouping();
    for (std::uint64_t seed = 1; seed <= last_seed(); ++seed) {
        const std::size_t shards = std::size_t{1} << (seed % 4);
        const std::size_t capacity = seed % 3 == 0 ? 1'024 : 1 + seed % 8;
        CAPTURE(seed, shards, capacity);
        weir::simulated on{seed};
        std::vector<hourly> out;
        check_counts(weir::run(averages(shards, capacity, out), on));
        CHECK(sorted(out) == expected);
    }
}

TEST_CASE("csv: results written as CSV read back") {
    std::vector<hourly> out;
    check_counts(weir::run(averages(2, 64, out)));
    std::vector<std::string> lines(1);
    weir::write_csv_header<hourly>(lines.back());
    for (const hourly& h : out) weir::write_csv(lines.emplace_back(), h);
    for (std::string& line : lines) line.pop_back();
    std::vector<hourly> again;
    const weir::report r = weir::run(weir::from(lines) | weir::parse<hourly>(weir::formats::csv)
                                     | weir::on<"failed">(weir::stop) | weir::collect(again));
    CHECK(r.finished);
    CHECK(sorted(again) == sorted(out));
}
