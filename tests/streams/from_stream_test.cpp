// SPDX-License-Identifier: BSL-1.0
// A stream as the end and the beginning of pipelines: order and keyed state across reshards, ends, drains, checkpoints.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <weir/analytics.hpp>
#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/streams/from_stream.hpp>
#include <weir/streams/to_stream.hpp>

#include "streams/hits.hpp"
#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::hash_key;
using weir::instant;
using weir_test::hit;
using weir_test::hits_stream;
using weir_test::traffic;
using weir_test::usage;

auto per_second(const hits_stream& from, std::vector<usage>& out, weir::stream_read_options options = {}) {
    return weir::from(from, options) | weir::event_time<&hit::time>(weir::out_of_order_by(1s)) | weir::tumble(1s)
           | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>()) | weir::on<"late">(weir::stop)
           | weir::merge() | weir::collect(out);
}

/// One random split, merge or change of the number of shards.
void reshard(const hits_stream& s, std::mt19937_64& random) {
    auto open = s.list_shards({.kind = weir::shard_filter::type::at_latest}).value().shards;
    std::ranges::sort(open, {}, [](const auto& d) { return d.keys.first; });
    const std::size_t i = random() % open.size();
    switch (random() % 3) {
    case 0:
        static_cast<void>(s.split_shard(open[i].id, hash_key{random(), random()}));
        break;
    case 1:
        if (i + 1 < open.size()) static_cast<void>(s.merge_shards(open[i].id, open[i + 1].id));
        break;
    default:
        static_cast<void>(s.update_shard_count(static_cast<std::uint32_t>(1 + random() % 6)));
    }
}

std::vector<usage> sorted(std::vector<usage> all) {
    std::ranges::sort(all, {}, [](const usage& u) { return std::tuple(u.host, u.window.start); });
    return all;
}

}  // namespace

TEST_CASE("from(stream): the same windows whatever splits and merges while they are open", "[streams]") {
    const std::uint64_t seeds = std::getenv("WEIR_NIGHTLY") != nullptr ? 1'000 : 25;
    const std::vector<hit> all = traffic(5, 2'000);
    std::vector<usage> expected;
    {
        weir::simulated on(1);
        const hits_stream s("hits", {.shards = 1, .time = &on.time()});
        REQUIRE(weir::run(weir::from(all) | weir::to(s), on));
        s.close();
        REQUIRE(weir::run(per_second(s, expected), on));
        REQUIRE(expected.size() > 1'000);
    }
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        weir::simulated on(seed);
        weir::stream_options options{.shards = static_cast<std::uint32_t>(1 + random() % 5), .segment_records = 16};
        options.limits.updates_per_day = 1'000;
        options.time = &on.time();
        const hits_stream s("hits", options);
        std::vector<usage> got;
        weir::job reading = weir::start(per_second(s, got, {.chains = static_cast<std::uint32_t>(random() % 5)}), on);
        const auto with_reshards = weir::tap([&](const hit&) {
            if (random() % 40 == 0) reshard(s, random);
        });
        const weir::report put = weir::run(weir::from(all) | with_reshards | weir::to(s), on);
        REQUIRE(put);
        CHECK(put.of("to").passed == all.size());
        CHECK(put.unbalanced == 0);
        s.close();
        const weir::report done = reading.wait();
        REQUIRE(done);
        CHECK(done.taken() == all.size());
        CHECK(done.unbalanced == 0);
        CHECK(sorted(got) == sorted(expected));
    }
}

TEST_CASE("from(stream): real threads, four writers' chains, reshards beside them", "[streams]") {
    const std::vector<hit> all = traffic(6, 20'000);
    weir::stream_options options{.shards = 3, .segment_records = 128};
    options.limits.updates_per_day = 1'000;
    const hits_stream s("hits", options);
    std::map<std::string, std::vector<long>> got;
    std::map<std::string, std::vector<long>> expected;
    std::vector<hit> numbered = all;
    for (hit& h : numbered) {
        h.bytes = static_cast<long>(expected[h.host].size());
        expected[h.host].push_back(h.bytes);
    }
    weir::job reading = weir::start(weir::from(s) | weir::merge()
                                    | weir::for_each([&](const hit& h) { got[h.host].push_back(h.bytes); }));
    weir::job writing = weir::start(weir::from(numbered) | weir::key_by<&hit::host>() | weir::shard(4) | weir::to(s));
    std::mt19937_64 random(3);
    while (!writing.wait_for(1ms)) reshard(s, random);
    REQUIRE(writing.wait());
    s.close();
    const weir::report done = reading.wait();
    REQUIRE(done);
    CHECK(done.unbalanced == 0);
    CHECK(got == expected);
}

TEST_CASE("from(stream): where it starts, and that a drain ends it", "[streams]") {
    weir::simulated on(7);
    const hits_stream s("hits", {.shards = 2, .time = &on.time()});
    const auto put = [&](int n) {
        for (int i = 0; i < n; ++i) REQUIRE(s.put_record({{}, "h" + std::to_string(i), 1}));
    };
    const auto count = [&](weir::stream_read_options options) {
        return weir::from(s, options) | weir::merge() | weir::discard;
    };
    put(10);
    const instant between{on.time().now().us + 5'000'000};
    weir::job from_horizon = weir::start(count({.name = "horizon"}), on);
    weir::job from_tip = weir::start(count({.start = weir::latest}), on);
    // Time passes: a pipeline that ticks once.
    REQUIRE(weir::run(weir::from(weir::interval(10s)) | weir::take(1) | weir::discard, on));
    put(7);
    weir::job from_time = weir::start(count({.start = weir::at_timestamp(between)}), on);
    for (weir::job* j : {&from_horizon, &from_tip, &from_time}) {
        REQUIRE_FALSE(j->wait_for(1s));  // nothing ends it by itself
        j->drain();
    }
    CHECK(from_horizon.wait().taken() == 17);
    CHECK(from_tip.wait().taken() == 7);
    CHECK(from_time.wait().taken() == 7);
    CHECK_THROWS_AS(count({.start = weir::at_sequence_number({})}), std::invalid_argument);
}

TEST_CASE("from(stream): a checkpoint has the place in every shard, also across a reshard", "[streams]") {
    weir::simulated on(9);
    const std::vector<hit> all = traffic(8, 600);
    const hits_stream s("hits", {.shards = 2, .segment_records = 16, .time = &on.time()});
    const auto put = [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) REQUIRE(s.put_record(all[i]));
    };
    std::vector<usage> first_part;
    std::vector<usage> second_part;
    std::string saved;
    put(0, 300);
    REQUIRE(s.split_shard({0}, hash_key{1, 0}));
    put(300, 400);
    {
        weir::job reading = weir::start(per_second(s, first_part, {.chains = 3}), on);
        REQUIRE_FALSE(reading.wait_for(1s));
        saved = reading.checkpoint().value();
        reading.stop();
        static_cast<void>(reading.wait());
    }
    REQUIRE(s.merge_shards({1}, {3}));
    put(400, 600);
    s.close();
    const weir::report done = weir::run(per_second(s, second_part, {.chains = 3}), {.on = &on, .restore = saved});
    REQUIRE(done);
    CHECK(done.taken() == 200);
    std::vector<usage> whole;
    const hits_stream again("again", {.time = &on.time()});
    REQUIRE(weir::run(weir::from(all) | weir::to(again), on));
    again.close();
    REQUIRE(weir::run(per_second(again, whole), on));
    first_part.insert(first_part.end(), second_part.begin(), second_part.end());
    CHECK(sorted(first_part) == sorted(whole));
}

TEST_CASE("from(stream): the key, number and arrival beside each record; bytes", "[streams]") {
    weir::simulated on(11);
    const weir::data_stream<weir::bytes> s("raw", {.shards = 2, .time = &on.time()});
    const auto one = s.put_record("data", "key").value();
    s.close();
    struct seen {
        std::string text;
        weir::sequence_number number;
        instant arrival;
    };
    using asked = weir::meta<weir::meta_of::sequence_number, weir::meta_of::arrival_time>;
    std::vector<seen> got;
    std::vector<std::string> keys;
    REQUIRE(weir::run(weir::from(s) | weir::tap([&](const weir::keyed_bytes&, auto m) { keys.push_back(m.key()); })
                          | weir::map([](const weir::keyed_bytes& r, asked m) {
                                return seen{r.partition_key + "=" + r.data, m.sequence_number(), m.arrival_time()};
                            })
                          | weir::merge() | weir::collect(got),
                      on));
    REQUIRE(got.size() == 1);
    CHECK(got[0].text == "key=data");
    CHECK(got[0].number == one.number);
    CHECK(got[0].arrival == instant{});
    CHECK(keys == std::vector<std::string>{"key"});
}

TEST_CASE("from(stream): what retention takes first is counted as dropped", "[streams]") {
    weir::simulated on(13);
    const hits_stream s("hits", {.retained_bytes = 1, .segment_records = 8, .time = &on.time()});
    weir::job reading = weir::start(weir::from(s) | weir::merge() | weir::discard, on);
    for (int i = 0; i < 100; ++i) REQUIRE(s.put_record({{}, "h", 1}));
    s.close();
    const weir::report done = reading.wait();
    REQUIRE(done);
    CHECK(done.dropped() > 50);
    CHECK(done.dropped() + done.delivered() >= 100);
}

TEST_CASE("from(stream): what several chains of a shard miss is dropped once", "[streams]") {
    weir::simulated on(13);
    const hits_stream s("hits", {.retained_bytes = 1, .segment_records = 8, .time = &on.time()});
    for (int i = 0; i < 100; ++i) REQUIRE(s.put_record({{}, "h", 1}));
    weir::job reading = weir::start(weir::from(s, {.chains = 5}) | weir::merge() | weir::discard, on);
    s.close();
    const weir::report done = reading.wait();
    REQUIRE(done);
    CHECK(done.dropped() == 0);  // it began behind them

    const hits_stream t("hits", {.retained_bytes = 1, .segment_records = 8, .time = &on.time()});
    weir::job late = weir::start(weir::from(t, {.chains = 5}) | weir::merge() | weir::discard, on);
    for (int i = 0; i < 100; ++i) REQUIRE(t.put_record({{}, "h", 1}));
    t.close();
    const weir::report told = late.wait();
    REQUIRE(told);
    CHECK(told.dropped() + told.delivered() == 100);  // all five were as late
}

TEST_CASE("to(stream): a quota makes the pipeline wait; a closed stream ends it", "[streams]") {
    weir::simulated on(15);
    weir::stream_options options{.capacity = weir::capacity_mode::provisioned, .time = &on.time()};
    const hits_stream s("hits", options);
    const std::vector<hit> all = traffic(1, 5'000);
    const instant before = on.time().now();
    const weir::report put = weir::run(weir::from(all) | weir::to(s), on);
    REQUIRE(put);
    CHECK(put.delivered() == 5'000);
    CHECK(on.time().now().us - before.us >= 3'900'000);
    CHECK(on.time().now().us - before.us <= 5'000'000);
    s.close();
    const weir::report refused = weir::run(weir::from(all) | weir::to(s), on);
    CHECK(refused.delivered() == 0);
    CHECK(refused.dropped() > 0);
    CHECK(refused.unbalanced == 0);

    const weir::data_stream<weir::bytes> raw("raw", {.time = &on.time()});
    const std::vector<weir::keyed_bytes> bad{{"k", "x"}, {"", "x"}};
    const weir::report failed = weir::start(weir::from(bad) | weir::to(raw), on).wait();
    CHECK_FALSE(failed);
    CHECK(failed.failed_stage.find("to") != std::string::npos);
    CHECK(failed.message.find("partition key") != std::string::npos);
}
