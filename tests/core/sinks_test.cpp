// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sinks/per_shard.hpp>
#include <weir/core/sinks/stop.hpp>
#include <weir/core/sinks/write_to.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>

#include <iterator>
#include <queue>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace weir_test;

TEST_CASE("for_each calls as the stream says, with the meta where asked", "[core]") {
    struct row {
        std::string host;
        int n;
    };
    std::vector<row> v{{"a", 1}, {"b", 2}};
    std::string seen;
    const auto l = drive(weir::from(v) | weir::key_by<&row::host>()
                         | weir::for_each([&](const row& r, auto m) { seen += m.key() + std::to_string(r.n); }));
    CHECK(seen == "a1b2");
    CHECK(l.sinks.at("2") == 2);

    int sum = 0;
    std::vector<only_moves> given;
    given.emplace_back(4);
    drive(weir::from(std::move(given)) | weir::for_each([&](only_moves x) { sum += x.n; }));
    CHECK(sum == 4);

    std::vector<int> one{1};
    CHECK_THROWS_AS(drive(weir::from(one) | weir::for_each([](int) { throw std::runtime_error("x"); })),
                    std::runtime_error);
    CHECK(blamed() == "for_each at 1");
}

TEST_CASE("collect appends by push_back, insert or emplace", "[core]") {
    std::vector<int> v{3, 1, 3};
    std::vector<long> longs;
    std::set<int> set;
    std::queue<int> queue;
    drive(weir::from(v) | weir::collect(longs));
    drive(weir::from(v) | weir::collect(set));
    const auto l = drive(weir::from(v) | weir::collect(queue));
    CHECK(longs == std::vector<long>{3, 1, 3});
    CHECK(set == std::set{1, 3});
    CHECK(queue.size() == 3);
    CHECK(l.sinks.at("1") == 3);
    std::vector<only_moves> given;
    given.emplace_back(4);
    std::vector<only_moves> kept;
    drive(weir::from(std::move(given)) | weir::collect(kept));
    CHECK(kept.at(0) == 4);
}

TEST_CASE("write_to writes through an output iterator", "[core]") {
    std::vector<int> v{3, 1, 3};
    std::vector<int> out;
    const auto l = drive(weir::from(v) | weir::write_to(std::back_inserter(out)));
    CHECK(out == v);
    CHECK(l.sinks.at("1") == 3);
    int place[3] = {};
    drive(weir::from(v) | weir::write_to(&place[0]));
    CHECK(place[1] == 1);
}

TEST_CASE("discard counts", "[core]") {
    std::vector<int> v{3, 1, 3};
    CHECK(drive(weir::from(v) | weir::discard).sinks.at("1") == 3);
    CHECK(drive(weir::from(v) | weir::discard.named("nothing")).sinks.at("nothing") == 3);
}

TEST_CASE("stop ends the pipeline and says where and why", "[core]") {
    std::vector<int> v{1, 2, 3};
    std::vector<long> out;
    auto f = [](int x) {
        if (x == 2) throw std::runtime_error("no two");
        return 1L * x;
    };
    CHECK_THROWS_WITH(
        drive(weir::from(v) | weir::map(f).catch_failed() | weir::on<"failed">(weir::stop) | weir::collect(out)),
        "stopped by a record at 1.failed.0: no two");
    CHECK(out == std::vector<long>{1});
    CHECK(blamed() == "stop at 1.failed.0");
    try {
        drive(weir::from(v) | weir::map([](int x) { return weir::failure<int>{x, "bad", {7, 3, 0}}; }) | weir::stop);
        FAIL("it went on");
    } catch (const weir::stopped_by_record& e) {
        CHECK(std::string(e.what()) == "stopped by a record at 2: bad (line 7, column 3)");
        CHECK(e.where() == weir::place{7, 3, 0});
    }
    CHECK_NOTHROW(drive(weir::from(std::vector<int>{}) | weir::stop));
}

TEST_CASE("per_shard makes a sink for each shard", "[core]") {
    std::vector<int> v{1, 2};
    std::vector<std::vector<long>> rows(1);
    std::vector<std::uint32_t> shards;
    auto p = weir::from(v) | as_sharded{} | weir::per_shard([&](std::uint32_t shard) {
                 shards.push_back(shard);
                 return weir::map([](int x) { return 2L * x; }) | weir::collect(rows[shard]);
             });
    const auto l = drive(p);
    CHECK(rows[0] == std::vector<long>{2, 4});
    CHECK(shards == std::vector<std::uint32_t>{0});
    CHECK(l.sinks.at("2.each.1") == 2);
    slow_log<int> log;
    drive(weir::from(v) | as_sharded{}
          | weir::per_shard([&](std::uint32_t) { return slow_sink<int>(log, {1, 2, SIZE_MAX, true, 0}); }));
    CHECK(log.records == v);
    CHECK(log.finishes == 1);
}
