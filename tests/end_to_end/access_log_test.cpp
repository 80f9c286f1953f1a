// SPDX-License-Identifier: BSL-1.0
// The main job on the real log of a web server, against a computation that shares nothing with it but the parser.
#include "support/catch.hpp"

#include <weir/weir.hpp>

#include <range/v3/algorithm/sort.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk_by.hpp>
#include <range/v3/view/transform.hpp>

#include <cstdlib>
#include <string>
#include <tuple>
#include <vector>

using namespace std::chrono_literals;

namespace {

const std::string log_file = std::string(WEIR_DATA_DIR) + "/access.log";

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status;
    long bytes;
};

struct usage {
    std::string host;
    weir::window_bounds window;
    long hits;
    long bytes;
};

using row = std::tuple<std::int64_t, std::string, long, long>;

row row_of(const usage& u) { return {u.window.start.time_since_epoch().count(), u.host, u.hits, u.bytes}; }

std::vector<row> sorted(const std::vector<usage>& results) {
    auto rows = results | ranges::views::transform(row_of) | ranges::to<std::vector>();
    ranges::sort(rows);
    return rows;
}

std::vector<hit> parsed_log() {
    std::vector<hit> hits;
    weir::report r = weir::run(weir::from(weir::lines(log_file)) | weir::parse<hit>(weir::formats::combined_log)
                               | weir::on<"failed">(weir::discard) | weir::collect(hits));
    REQUIRE(r.finished);
    REQUIRE(r.failed() == 1);
    return hits;
}

/// Sort, then group: no window, no table, no watermark.
std::vector<row> by_sorting(const std::vector<hit>& hits, std::chrono::seconds size) {
    using key = std::tuple<std::int64_t, std::string, long>;
    std::vector<key> keys;
    for (const hit& h : hits) {
        const auto t = h.time.time_since_epoch();
        keys.emplace_back((t - t % size).count() * 1'000'000, h.host, h.bytes);
    }
    ranges::sort(keys);
    const auto same = [](const key& a, const key& b) {
        return std::get<0>(a) == std::get<0>(b) && std::get<1>(a) == std::get<1>(b);
    };
    std::vector<row> rows;
    for (auto&& group : keys | ranges::views::chunk_by(same)) {
        row out{std::get<0>(*group.begin()), std::get<1>(*group.begin()), 0, 0};
        for (const key& k : group) {
            ++std::get<2>(out);
            std::get<3>(out) += std::get<2>(k);
        }
        rows.push_back(out);
    }
    return rows;
}

auto traffic(std::size_t shards, std::size_t capacity, std::chrono::seconds window, std::chrono::seconds bound,
             std::vector<usage>& out) {
    return weir::from(weir::lines(log_file)) | weir::parse<hit>(weir::formats::combined_log)
           | weir::on<"failed">(weir::discard) | weir::event_time<&hit::time>(weir::out_of_order_by(bound))
           | weir::key_by<&hit::host>() | weir::shard(shards, {.capacity = capacity}) | weir::tumble(window)
           | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>()) | weir::on<"late">(weir::discard)
           | weir::merge({.capacity = capacity}) | weir::collect(out);
}

void check_counts(const weir::report& r, std::uint64_t late) {
    CHECK(r.finished);
    CHECK(r.message == "");
    CHECK(r.taken() == 10'000);
    CHECK(r.failed() == 1);
    CHECK(r.late() == late);
    CHECK(r.unbalanced == 0);
    CHECK(r.abandoned == 0);
    // input lines = delivered (into windows) + late + failed
    CHECK(r.taken() == r.of("aggregate").counts.absorbed + r.late() + r.failed());
}

std::uint64_t last_seed() { return std::getenv("WEIR_NIGHTLY") != nullptr ? 200 : 20; }

}  // namespace

TEST_CASE("the log has 9,999 records and one line that is cut off") {
    std::vector<weir::failure<std::string>> bad;
    weir::report r = weir::run(weir::from(weir::lines(log_file)) | weir::parse<hit>(weir::formats::combined_log)
                               | weir::on<"failed">(weir::collect(bad)) | weir::discard);
    CHECK(r.finished);
    CHECK(r.of("parse").passed == 9'999);
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].where.line == 8'899);
    CHECK(bad[0].where.column > 1);
    CHECK(!bad[0].why.empty());
}

TEST_CASE("per-minute traffic equals sort and group, for every number of shards and ring size") {
    const std::vector<row> expected = by_sorting(parsed_log(), 60s);
    REQUIRE(expected.size() == 3'052);
    for (const std::size_t shards : {1U, 2U, 4U, 16U}) {
        for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1'024U}) {
            CAPTURE(shards, capacity);
            std::vector<usage> out;
            check_counts(weir::run(traffic(shards, capacity, 60s, 60s, out)), 0);
            CHECK(sorted(out) == expected);
        }
    }
}

TEST_CASE("what is late depends on the records alone") {
    for (const std::size_t shards : {1U, 2U, 4U, 16U}) {
        for (const std::size_t capacity : {1U, 3U, 1'024U}) {
            CAPTURE(shards, capacity);
            std::vector<usage> out;
            check_counts(weir::run(traffic(shards, capacity, 10s, 30s, out)), 3'135);
        }
    }
}

TEST_CASE("the same under every simulated schedule") {
    const std::vector<row> expected = by_sorting(parsed_log(), 60s);
    for (std::uint64_t seed = 1; seed <= last_seed(); ++seed) {
        const std::size_t shards = std::size_t{1} << (seed % 5);
        const std::size_t capacity = seed % 3 == 0 ? 1'024 : 1 + seed % 8;
        CAPTURE(seed, shards, capacity);
        weir::simulated on{seed};
        std::vector<usage> minute;
        check_counts(weir::run(traffic(shards, capacity, 60s, 60s, minute), on), 0);
        CHECK(sorted(minute) == expected);
        weir::simulated again{seed};
        std::vector<usage> ten;
        check_counts(weir::run(traffic(shards, capacity, 10s, 30s, ten), again), 3'135);
    }
}
