// SPDX-License-Identifier: BSL-1.0
// data_stream against the numbered items of Kinesis Data Streams. All on a virtual clock.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <weir/streams/data_stream.hpp>

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::bytes;
using weir::errc;
using weir::hash_key;
using weir::instant;
using weir::iterator_start;
using weir::iterator_type;
using weir::put_entry;
using weir::sequence_number;
using weir::shard_filter;
using weir::shard_id;
using weir::shard_iterator;

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t hour = 3'600 * second;
constexpr instant start{1'700'000'000 * second};

struct world {
    weir::virtual_clock time{start};
    weir::data_stream<bytes> stream;

    explicit world(weir::stream_options o = {}) : stream("s", with(std::move(o), time)) {}
    static weir::stream_options with(weir::stream_options o, const weir::clock& time) {
        o.time = &time;
        return o;
    }
    shard_iterator iterator(std::uint32_t shard, const iterator_start& from = weir::trim_horizon) const {
        return stream.get_shard_iterator({shard}, from).value();
    }
    /// All of a shard from `it` on, page by page; the last page that there was.
    std::vector<weir::stream_record> read(shard_iterator it, std::size_t limit = 10'000) const {
        std::vector<weir::stream_record> all;
        for (;;) {
            auto page = stream.get_records(it, limit).value();
            for (auto& r : page.records) all.push_back(std::move(r));
            if (!page.next || page.millis_behind_latest == 0) return all;
            it = *page.next;
        }
    }
    std::vector<std::string> data(shard_iterator it) const {
        std::vector<std::string> all;
        for (const auto& r : read(it)) all.push_back(r.data);
        return all;
    }
};

using texts = std::vector<std::string>;

hash_key key_in(const weir::hash_range& range) { return range.first; }

// ---- Puts.
// -----------------------------------------------------------------------------------------------------------

TEST_CASE("data_stream: K01 K29, a record goes to the shard that has its key's MD5, or its explicit hash key") {
    const world w({.shards = 4});
    const auto shards = w.stream.list_shards().value().shards;
    for (const char* key : {"abcd", "a", "b", "\xC3\xA9"}) {
        const auto put = w.stream.put_record("x", key).value();
        CHECK(shards[put.shard.index].keys.contains(weir::hash_of(key)));
    }
    CHECK(to_string(weir::hash_of("a")) == "16955237001963240173058271559858726497");
    CHECK(to_string(weir::hash_of("b")) == "195289424170611159128911017612795795343");
    CHECK(to_string(weir::hash_of("\xC3\xA9")) == "136732923097551493579404309126273812335");
    CHECK(weir::hash_of("abcd") == hash_key{0xE2FC714C4727EE93U, 0x95F324CD2E7F331FU});
    for (const auto& s : shards) {
        CHECK(w.stream.put_record("x", "a", {.explicit_hash_key = s.keys.first}).value().shard == s.id);
        CHECK(w.stream.put_record("x", "a", {.explicit_hash_key = s.keys.last}).value().shard == s.id);
    }
}

TEST_CASE("data_stream: K05 K06, keys by characters, data and key by bytes") {
    const world w;
    const auto code = [&](std::string_view data, std::string_view key) {
        const auto r = w.stream.put_record(data, key);
        return r ? std::string("ok") : r.error().code == errc::invalid_argument ? "invalid" : "other";
    };
    CHECK(code("x", "") == "invalid");
    CHECK(code("x", std::string(257, 'k')) == "invalid");
    CHECK(code("x", std::string(256, 'k')) == "ok");
    std::string two_bytes;
    for (int i = 0; i < 256; ++i) two_bytes += "\xC3\xA9";
    CHECK(code("x", two_bytes) == "ok");
    CHECK(code("x", two_bytes + "a") == "invalid");
    for (const char* bad : {"\xFF", "\xC3", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\x80"}) {
        CHECK(code("x", bad) == "invalid");
    }
    CHECK(code("", "k") == "ok");
    CHECK(code(std::string(1'048'576 - 1, 'd'), "k") == "ok");
    CHECK(code(std::string(1'048'576, 'd'), "k") == "invalid");
    const world large({.max_record_size = 10'485'760});
    CHECK(large.stream.put_record(std::string(10'485'759, 'd'), "k"));
    CHECK_FALSE(large.stream.put_record(std::string(10'485'760, 'd'), "k"));
    CHECK_THROWS_AS(world({.max_record_size = 1'048'575}), std::invalid_argument);
    CHECK_THROWS_AS(world({.max_record_size = 10'485'761}), std::invalid_argument);
}

TEST_CASE("data_stream: K04 K07 K08 K09, put_records is all entries' or, where one is none, nobody's") {
    weir::stream_options options;
    options.limits.request_bytes = 5'242'880;
    const world w(options);
    CHECK(w.stream.put_records({}).error().code == errc::invalid_argument);
    CHECK_FALSE(w.stream.put_records(std::vector<put_entry>(501, {"x", "k"})));
    std::vector<put_entry> bad(3, {"x", "k"});
    bad[1].partition_key = "";
    CHECK_FALSE(w.stream.put_records(bad));
    const std::string megabyte(1'048'576 - 1, 'd');
    std::vector<put_entry> exact(5, {megabyte, "k"});
    CHECK(w.stream.put_records(exact).value().failed == 0);
    exact.push_back({"", "k"});
    CHECK_FALSE(w.stream.put_records(exact));
    CHECK(w.read(w.iterator(0)).size() == 5);  // nothing of the refused calls

    const auto answer = w.stream.put_records(std::vector<put_entry>(500, {"x", "k"})).value();
    REQUIRE(answer.entries.size() == 500);
    CHECK(answer.failed == 0);
    for (std::size_t i = 0; i < 500; ++i) {
        REQUIRE(answer.entries[i].stored);
        CHECK(answer.entries[i].message.empty());
        if (i > 0) CHECK(answer.entries[i - 1].stored->number < answer.entries[i].stored->number);
    }
}

TEST_CASE("data_stream: K11, the write quota of a shard, in records and in bytes") {
    world w({.shards = 2, .capacity = weir::capacity_mode::provisioned});
    const auto shards = w.stream.list_shards().value().shards;
    const weir::hash_key here = key_in(shards[0].keys);
    for (int i = 0; i < 1'000; ++i) REQUIRE(w.stream.put_record("x", "k", {.explicit_hash_key = here}));
    const auto refused = w.stream.put_record("x", "k", {.explicit_hash_key = here});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::provisioned_throughput_exceeded);
    CHECK(refused.error().message.find("shardId-000000000000") != std::string::npos);
    CHECK(w.stream.put_record("x", "k", {.explicit_hash_key = key_in(shards[1].keys)}));
    w.time.advance(second);
    CHECK(w.stream.put_record("x", "k", {.explicit_hash_key = here}));

    w.time.advance(second);
    const std::string half(524'287, 'd');
    CHECK(w.stream.put_record(half, "k", {.explicit_hash_key = here}));
    CHECK(w.stream.put_record(half, "k", {.explicit_hash_key = here}));
    CHECK_FALSE(w.stream.put_record("", "k", {.explicit_hash_key = here}));
    w.time.advance(second);
    CHECK(w.stream.put_record("", "k", {.explicit_hash_key = here}));

    // K09: some of a request refused, at their places.
    w.time.advance(second);
    std::vector<put_entry> entries(500, {"x", "k", here});
    CHECK(w.stream.put_records(entries).value().failed == 0);
    entries.resize(400);
    CHECK(w.stream.put_records(entries).value().failed == 0);
    entries.resize(200);
    entries[150].explicit_hash_key = key_in(shards[1].keys);
    const auto answer = w.stream.put_records(entries).value();
    CHECK(answer.failed == 99);
    CHECK(answer.entries[150].stored);
    CHECK(std::ranges::count_if(answer.entries,
                                [](const auto& e) {
                                    return !e.stored && e.code == errc::provisioned_throughput_exceeded
                                           && !e.message.empty();
                                })
          == 99);
}

TEST_CASE("data_stream: K12 K14, numbers ascend in a shard, and follow the one that is given for ordering") {
    const world w;
    std::optional<sequence_number> last;
    for (int i = 0; i < 100; ++i) {
        const auto put = w.stream.put_record("x", "k", {.sequence_number_for_ordering = last}).value();
        if (last) CHECK(*last < put.number);
        CHECK(sequence_number::parse(to_string(put.number)).value() == put.number);
        last = put.number;
    }
    const auto records = w.read(w.iterator(0));
    for (std::size_t i = 1; i < records.size(); ++i) CHECK(records[i - 1].number < records[i].number);
    for (const sequence_number& wrong :
         {sequence_number(last->shard_created(), last->index() + 1, last->arrival(), last->shard()),
          sequence_number(last->shard_created(), 1, last->arrival(), shard_id{1}),
          sequence_number(last->shard_created() + 1, 1, last->arrival(), last->shard()), sequence_number{}}) {
        CHECK(w.stream.put_record("x", "k", {.sequence_number_for_ordering = wrong}).error().code
              == errc::invalid_argument);
    }
    CHECK(w.read(w.iterator(0)).size() == 100);
}

// ---- Reads.
// ----------------------------------------------------------------------------------------------------------

TEST_CASE("data_stream: K15 K16 K17, where the five iterators begin") {
    world w;
    const auto horizon = w.iterator(0);
    const auto at_tip = w.iterator(0, weir::latest);
    const auto first = w.stream.put_record("1", "k").value();
    w.time.advance(10 * second);
    const auto second_put = w.stream.put_record("2", "k").value();
    w.time.advance(10 * second);
    static_cast<void>(w.stream.put_record("3", "k"));
    CHECK(w.data(horizon) == texts{"1", "2", "3"});
    CHECK(w.data(horizon) == texts{"1", "2", "3"});
    CHECK(w.data(at_tip) == texts{"1", "2", "3"});  // issued before them
    CHECK(w.data(w.iterator(0, weir::latest)).empty());
    CHECK(w.data(w.iterator(0, weir::at_sequence_number(second_put.number))) == texts{"2", "3"});
    CHECK(w.data(w.iterator(0, weir::after_sequence_number(second_put.number))) == texts{"3"});
    CHECK(w.data(w.iterator(0, weir::at_timestamp(start))) == texts{"1", "2", "3"});
    CHECK(w.data(w.iterator(0, weir::at_timestamp({start.us + 1}))) == texts{"2", "3"});
    CHECK(w.data(w.iterator(0, weir::at_timestamp({start.us + 10 * second}))) == texts{"2", "3"});
    CHECK(w.data(w.iterator(0, weir::at_timestamp({start.us - hour}))) == texts{"1", "2", "3"});
    CHECK_FALSE(w.stream.get_shard_iterator({0}, weir::at_timestamp({start.us + hour})));
    const auto from_start = w.stream.list_shards().value().shards[0].first;
    CHECK(w.data(w.iterator(0, weir::at_sequence_number(from_start))) == texts{"1", "2", "3"});
    CHECK(w.data(w.iterator(0, weir::after_sequence_number(first.number))) == texts{"2", "3"});
}

TEST_CASE("data_stream: K19 K20, iterators that are none") {
    const world w({.shards = 2});
    const auto put = w.stream.put_record("x", "a").value();
    const shard_id other{put.shard.index == 0 ? 1U : 0U};
    const auto code = [&](shard_id s, iterator_start from) {
        const auto r = w.stream.get_shard_iterator(s, from);
        return r ? errc::io : r.error().code;
    };
    CHECK(code(put.shard, {iterator_type::at_sequence_number, {}, {}}) == errc::invalid_argument);
    CHECK(code(put.shard, {iterator_type::after_sequence_number, {}, {}}) == errc::invalid_argument);
    CHECK(code(put.shard, {iterator_type::latest, put.number, {}}) == errc::invalid_argument);
    CHECK(code(put.shard, {iterator_type::trim_horizon, put.number, {}}) == errc::invalid_argument);
    CHECK(code(put.shard, {iterator_type::at_timestamp, {}, {}}) == errc::invalid_argument);
    CHECK(code(other, weir::at_sequence_number(put.number)) == errc::invalid_argument);
    CHECK(code({7}, weir::trim_horizon) == errc::resource_not_found);
    CHECK(w.stream.split_shard({7}, hash_key::max()).error().code == errc::resource_not_found);
    CHECK(w.stream.merge_shards({0}, {7}).error().code == errc::resource_not_found);
    CHECK(w.stream.get_records(shard_iterator{{7}, 0, start}).error().code == errc::resource_not_found);
}

TEST_CASE("data_stream: K22, pages by number and by bytes; an iterator lives five minutes") {
    world w;
    for (int i = 0; i < 2'500; ++i) static_cast<void>(w.stream.put_record(std::to_string(i), "k"));
    const auto it = w.iterator(0);
    CHECK(w.stream.get_records(it, 0).error().code == errc::invalid_argument);
    CHECK(w.stream.get_records(it, 10'001).error().code == errc::invalid_argument);
    CHECK(w.stream.get_records(it, 10'000).value().records.size() == 2'500);
    const auto some = w.stream.get_records(it, 700).value();
    CHECK(some.records.size() == 700);
    CHECK(w.read(it, 700).size() == 2'500);
    w.time.advance(300 * second);
    CHECK(w.stream.get_records(it));
    w.time.advance(1);
    CHECK(w.stream.get_records(it).error().code == errc::expired_iterator);

    world large;
    const std::string megabyte(1'048'575, 'd');
    for (int i = 0; i < 12; ++i) REQUIRE(large.stream.put_record(megabyte, "k"));
    const auto page = large.stream.get_records(large.iterator(0)).value();
    CHECK(page.records.size() == 10);
    CHECK(page.millis_behind_latest > 0);
    CHECK(large.read(large.iterator(0)).size() == 12);
}

TEST_CASE("data_stream: K23, the read quota: five calls a second, two megabytes a second") {
    world w({.capacity = weir::capacity_mode::provisioned});
    const auto it = w.iterator(0);
    for (int i = 0; i < 5; ++i) REQUIRE(w.stream.get_records(it));
    CHECK(w.stream.get_records(it).error().code == errc::provisioned_throughput_exceeded);
    static_cast<void>(w.stream.put_record("late", "k"));
    w.time.advance(second);
    CHECK(w.stream.get_records(it).value().records.size() == 1);  // nothing was lost by the refusal

    world large({.capacity = weir::capacity_mode::provisioned});
    const std::string megabyte(1'048'575, 'd');
    for (int i = 0; i < 10; ++i) {
        REQUIRE(large.stream.put_record(megabyte, "k"));
        large.time.advance(second);
    }
    const auto from = large.iterator(0);
    CHECK(large.stream.get_records(from).value().records.size() == 10);
    for (int s = 1; s < 5; ++s) {
        large.time.advance(second);
        CHECK(large.stream.get_records(from).error().code == errc::provisioned_throughput_exceeded);
    }
    large.time.advance(second + 1);
    CHECK(large.stream.get_records(from));
}

TEST_CASE("data_stream: K24 K25, how far behind; and nothing at the tip of an open shard") {
    world w;
    auto page = w.stream.get_records(w.iterator(0)).value();
    CHECK(page.records.empty());
    CHECK(page.millis_behind_latest == 0);
    CHECK(page.next);
    CHECK(page.children.empty());
    static_cast<void>(w.stream.put_record("1", "k"));
    w.time.advance(5 * second);
    static_cast<void>(w.stream.put_record("2", "k"));
    w.time.advance(5 * second);
    page = w.stream.get_records(w.iterator(0), 1).value();
    CHECK(page.millis_behind_latest > 0);
    CHECK(page.millis_behind_latest <= 10'000);
    page = w.stream.get_records(*page.next, 1).value();
    CHECK(page.records.size() == 1);
    CHECK(page.millis_behind_latest == 0);
    w.time.advance(100 * second);
    CHECK(w.stream.get_records(*page.next).value().millis_behind_latest == 0);  // idle is not behind
}

// ---- Resharding.
// -----------------------------------------------------------------------------------------------------

TEST_CASE("data_stream: K26 K27, a split: the parent to its end, then its children") {
    world w;
    const auto latest_before = w.iterator(0, weir::latest);
    static_cast<void>(w.stream.put_record("parent", "k"));
    REQUIRE(w.stream.split_shard({0}, hash_key{0x8000'0000'0000'0000U, 0}));
    const auto shards = w.stream.list_shards().value().shards;
    REQUIRE(shards.size() == 3);
    CHECK_FALSE(shards[0].open());
    CHECK(shards[1].keys == weir::hash_range{hash_key::min(), {0x7FFF'FFFF'FFFF'FFFFU, ~std::uint64_t{0}}});
    CHECK(shards[2].keys == weir::hash_range{{0x8000'0000'0000'0000U, 0}, hash_key::max()});
    for (std::size_t i : {1U, 2U}) {
        CHECK(shards[i].open());
        CHECK(shards[i].parent == shard_id{0});
        CHECK_FALSE(shards[i].adjacent_parent);
        CHECK(*shards[0].last < shards[i].first);
    }
    const auto put = w.stream.put_record("child", "k").value();
    CHECK(put.shard != shard_id{0});
    CHECK(w.data(w.iterator(0)) == texts{"parent"});  // K29: it does not grow
    const auto page = w.stream.get_records(w.iterator(0)).value();
    CHECK_FALSE(page.next);
    REQUIRE(page.children.size() == 2);
    CHECK(page.children[0].id == shard_id{1});
    CHECK(page.children[0].parents == std::vector<shard_id>{{0}});
    CHECK(page.children[1].keys == shards[2].keys);
    const auto closed_tip = w.stream.get_records(w.iterator(0, weir::latest)).value();
    CHECK(closed_tip.records.empty());
    CHECK_FALSE(closed_tip.next);
    CHECK(w.data(latest_before) == texts{"parent"});
    const auto at_end = w.stream.get_records(w.iterator(0, weir::at_sequence_number(*shards[0].last))).value();
    CHECK(at_end.records.empty());
    CHECK_FALSE(at_end.next);
}

TEST_CASE("data_stream: K31, what cannot be split or merged, and a stream that is updating") {
    world w({.shards = 3, .update_time = 1'000ms});
    const auto shards = w.stream.list_shards().value().shards;
    CHECK(w.stream.split_shard({0}, shards[0].keys.first).error().code == errc::invalid_argument);
    CHECK(w.stream.split_shard({0}, shards[1].keys.first).error().code == errc::invalid_argument);
    CHECK(w.stream.merge_shards({0}, {2}).error().code == errc::invalid_argument);
    CHECK(w.stream.merge_shards({0}, {0}).error().code == errc::invalid_argument);
    REQUIRE(w.stream.merge_shards({1}, {0}));
    CHECK(w.stream.describe_stream_summary().status == weir::stream_status::updating);
    CHECK(w.stream.split_shard({2}, hash_key::max()).error().code == errc::resource_in_use);
    CHECK(w.stream.put_record("x", "k"));
    w.time.advance(second);
    CHECK(w.stream.describe_stream_summary().status == weir::stream_status::active);
    CHECK(w.stream.split_shard({0}, hash_key{1, 0}).error().code == errc::invalid_argument);
    CHECK(w.stream.merge_shards({0}, {1}).error().code == errc::invalid_argument);
    const auto child = w.stream.list_shards().value().shards[3];
    CHECK(child.parent == shard_id{1});
    CHECK(child.adjacent_parent == shard_id{0});
    CHECK(child.keys == weir::hash_range{hash_key::min(), shards[1].keys.last});
    w.stream.close();
    CHECK(w.stream.split_shard({2}, hash_key::max()).error().code == errc::closed);
    CHECK(w.stream.put_record("x", "k").error().code == errc::closed);
    CHECK(w.stream.put_records(std::vector<put_entry>(2, {"x", "k"})).value().failed == 2);
    CHECK(w.stream.describe_stream_summary().status == weir::stream_status::closed);
}

TEST_CASE("data_stream: K32 K33, random splits, merges and counts leave a whole ring, and lose and reorder nothing") {
    const auto seed = GENERATE(range(1U, 9U));
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    world w({.shards = 2, .segment_records = 8});
    std::map<std::string, int> next;
    std::map<std::string, texts> expected;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 20; ++i) {
            const std::string key = "k" + std::to_string(random() % 16);
            const std::string data = key + ":" + std::to_string(next[key]++);
            REQUIRE(w.stream.put_record(data, key));
            expected[key].push_back(data);
        }
        auto open = w.stream.list_shards({.kind = shard_filter::type::at_latest}).value().shards;
        std::ranges::sort(open, {}, [](const auto& s) { return s.keys.first; });
        const auto& any = open[random() % open.size()];
        switch (random() % 3) {
        case 0: {
            const hash_key at{random(), random()};
            const bool inside = any.keys.first < at && at <= any.keys.last;
            CHECK(w.stream.split_shard(any.id, at).has_value() == inside);
            break;
        }
        case 1:
            if (open.size() > 1) {
                const std::size_t i = random() % (open.size() - 1);
                CHECK(w.stream.merge_shards(open[i].id, open[i + 1].id));
            }
            break;
        default: {
            const auto target = static_cast<std::uint32_t>(1 + random() % 8);
            const auto done = w.stream.update_shard_count(target);
            const bool fits = target <= 2 * open.size() && 2 * target >= open.size();
            if (!fits) CHECK(done.error().code == errc::invalid_argument);
            if (done) {
                CHECK(done->target == target);
                CHECK(w.stream.describe_stream_summary().open_shards == target);
            }
            w.time.advance(3 * hour);
        }
        }
        open = w.stream.list_shards({.kind = shard_filter::type::at_latest}).value().shards;
        std::ranges::sort(open, {}, [](const auto& s) { return s.keys.first; });
        CHECK(open.front().keys.first == hash_key::min());
        CHECK(open.back().keys.last == hash_key::max());
        for (std::size_t i = 1; i < open.size(); ++i) CHECK(open[i - 1].keys.last.next() == open[i].keys.first);
        if (w.time.now().us - start.us > 20 * hour) break;  // before retention takes some
    }
    // By shard id parents come before their children: each key's records in their order, none lost, none twice.
    std::map<std::string, texts> got;
    std::set<sequence_number> numbers;
    for (const auto& s : w.stream.list_shards({}, 10'000).value().shards) {
        for (const auto& r : w.read(w.iterator(s.id.index))) {
            got[r.partition_key].push_back(r.data);
            CHECK(numbers.insert(r.number).second);
            CHECK(s.keys.contains(weir::hash_of(r.partition_key)));
        }
    }
    CHECK(got == expected);
}

TEST_CASE("data_stream: K33, ten updates in a rolling day, equal ranges, none on demand") {
    world w({.shards = 4});
    CHECK(w.stream.update_shard_count(9).error().code == errc::invalid_argument);
    CHECK(w.stream.update_shard_count(1).error().code == errc::invalid_argument);
    CHECK(w.stream.update_shard_count(0).error().code == errc::invalid_argument);
    for (const std::uint32_t n : {8U, 6U, 3U, 6U, 7U, 5U, 10U, 9U, 8U, 4U}) {
        REQUIRE(w.stream.update_shard_count(n));
        const auto open = w.stream.list_shards({.kind = shard_filter::type::at_latest}).value().shards;
        REQUIRE(open.size() == n);
        const auto ranges = weir::equal_ranges(n);
        for (const auto& s : open) CHECK(std::ranges::find(ranges, s.keys) != ranges.end());
    }
    CHECK(w.stream.update_shard_count(8).error().code == errc::limit_exceeded);
    w.time.advance(24 * hour);
    CHECK(w.stream.update_shard_count(8));
    world on_demand({.capacity = weir::capacity_mode::on_demand});
    CHECK(on_demand.stream.update_shard_count(2).error().code == errc::validation);
}

TEST_CASE("data_stream: on_demand splits the shard that is written faster than half a megabyte a second") {
    weir::stream_options options{.shards = 2, .capacity = weir::capacity_mode::on_demand, .segment_records = 16};
    world w(options);
    const std::string data(10'000, 'd');
    const auto busy = w.stream.list_shards().value().shards[0].keys;
    for (int s = 0; s < 130; ++s) {
        for (int i = 0; i < 60; ++i) REQUIRE(w.stream.put_record(data, "k", {.explicit_hash_key = busy.first}));
        REQUIRE(w.stream.put_record(data, "k", {.explicit_hash_key = busy.last.next()}));
        w.time.advance(second);
    }
    const auto shards = w.stream.list_shards().value().shards;
    CHECK(shards.size() > 3);
    CHECK_FALSE(shards[0].open());
    CHECK(shards[1].open());  // the quiet one
    CHECK(shards[2].parent == shard_id{0});
    CHECK(shards[3].keys.first == hash_key{0x4000'0000'0000'0000U, 0});
}

TEST_CASE("data_stream: K34, what list_shards names") {
    world w({.shards = 2});
    using type = shard_filter::type;
    w.time.advance(hour);
    REQUIRE(w.stream.split_shard({0}, hash_key{1, 0}));  // 0 closed at 1 h; 2 and 3 open
    w.time.advance(hour);
    REQUIRE(w.stream.merge_shards({2}, {3}));  // 2 and 3 closed at 2 h; 4 open
    const auto ids = [&](shard_filter f) {
        std::vector<std::uint32_t> out;
        for (const auto& s : w.stream.list_shards(f).value().shards) out.push_back(s.id.index);
        return out;
    };
    using list = std::vector<std::uint32_t>;
    const auto at = [](std::int64_t h) { return instant{start.us + h * hour}; };
    CHECK(ids({}) == list{0, 1, 2, 3, 4});
    CHECK(ids({.kind = type::at_latest}) == list{1, 4});
    CHECK(ids({.kind = type::at_trim_horizon}) == list{0, 1});
    CHECK(ids({.kind = type::after_shard_id, .after = {2}}) == list{3, 4});
    CHECK(ids({.kind = type::at_timestamp, .time = {at(1).us + 1}}) == list{1, 2, 3});
    CHECK(ids({.kind = type::at_timestamp, .time = at(2)}) == list{1, 2, 3, 4});
    CHECK(ids({.kind = type::from_timestamp, .time = {at(1).us + 1}}) == list{1, 2, 3, 4});

    const auto first = w.stream.list_shards({}, 2).value();
    CHECK(first.shards.size() == 2);
    REQUIRE(first.next);
    const auto rest = w.stream.list_shards(*first.next).value();
    CHECK(rest.shards.size() == 3);
    CHECK_FALSE(rest.next);
    CHECK(w.stream.list_shards(*first.next, 0).error().code == errc::invalid_argument);
    CHECK(w.stream.list_shards(*first.next, 10'001).error().code == errc::invalid_argument);
    w.time.advance(300 * second + 1);
    CHECK(w.stream.list_shards(*first.next).error().code == errc::expired_next_token);
    CHECK(w.stream.list_shards({}, 0).error().code == errc::invalid_argument);

    w.time.advance(23 * hour);  // 0 was closed over 24 h ago: expired
    CHECK(ids({}) == list{1, 2, 3, 4});
    CHECK(ids({.kind = type::at_trim_horizon}) == list{1, 2, 3});
}

// ---- Retention.
// ------------------------------------------------------------------------------------------------------

TEST_CASE("data_stream: retention hides by time, at once; longer revives nothing; memory goes by segments") {
    world w({.segment_records = 4});
    for (int i = 0; i < 40; ++i) {
        static_cast<void>(w.stream.put_record(std::to_string(i), "k"));
        w.time.advance(hour);
    }
    const auto it = w.iterator(0);
    const auto visible = w.read(it);
    CHECK(visible.front().data == "16");
    CHECK(visible.size() == 24);
    CHECK(w.stream.core()->find({0})->log().size_approx() < 32);
    CHECK(w.stream.increase_retention_period(24h).error().code == errc::invalid_argument);
    CHECK(w.stream.increase_retention_period(8'761h).error().code == errc::invalid_argument);
    REQUIRE(w.stream.increase_retention_period(48h));
    CHECK(w.read(w.iterator(0)).front().data == "16");
    w.time.advance(10 * hour);
    CHECK(w.read(w.iterator(0)).front().data == "16");
    CHECK(w.stream.decrease_retention_period(23h).error().code == errc::invalid_argument);
    REQUIRE(w.stream.decrease_retention_period(24h));
    CHECK(w.read(w.iterator(0)).front().data == "26");
    CHECK(w.stream.describe_stream_summary().retention == 24h);

    // A slow reader is told.
    const auto old = w.iterator(0);
    const auto before = w.stream.get_records(old, 2).value();
    w.time.advance(5 * hour);
    const auto fresh = w.stream.get_shard_iterator({0}, weir::trim_horizon).value();
    const auto page = w.stream.get_records(shard_iterator{{0}, before.next->position, fresh.issued}).value();
    CHECK(page.records.front().data == "31");
    CHECK(page.missed == 3);
}

TEST_CASE("data_stream: retained_bytes drops whole segments") {
    const world w({.retained_bytes = 10'000, .segment_records = 10});
    for (int i = 0; i < 1'000; ++i) static_cast<void>(w.stream.put_record(std::string(99, 'd'), "k"));
    const auto kept = w.read(w.iterator(0)).size();
    CHECK(kept >= 100);
    CHECK(kept <= 120);
}

// ---- Typed.
// ----------------------------------------------------------------------------------------------------------

struct hit {
    std::string host;
    int status = 0;
    bool operator==(const hit&) const = default;
};

TEST_CASE("data_stream: a typed stream routes by its key members") {
    weir::virtual_clock time{start};
    const weir::data_stream<hit, &hit::host> hits("hits", {.shards = 4, .time = &time});
    const weir::data_stream<hit, &hit::host, &hit::status> by_two("by-two", {.shards = 4, .time = &time});
    const auto one = hits.put_record({"abcd", 200}).value();
    CHECK(hits.list_shards().value().shards[one.shard.index].keys.contains(weir::hash_of("abcd")));
    CHECK(by_two.hash_of_record({"abcd", 200}) == weir::hash_of("abcd|200"));
    const auto it = hits.get_shard_iterator(one.shard, weir::trim_horizon).value();
    const auto page = hits.get_records(it).value();
    REQUIRE(page.records.size() == 1);
    CHECK(page.records[0].data == hit{"abcd", 200});
    CHECK(page.records[0].number == one.number);
    const auto many = hits.put_records(std::vector<hit>(100, hit{"abcd", 404})).value();
    CHECK(many.failed == 0);
    CHECK(hits.get_records(it).value().records.size() == 101);

    // The encoded size counts where there is a quota.
    const weir::data_stream<hit, &hit::host> limited("limited",
                                                     {.capacity = weir::capacity_mode::provisioned, .time = &time});
    CHECK(limited.put_record({std::string(600'000, 'h'), 1}).error().code == errc::invalid_argument);
    CHECK(limited.put_record({std::string(300'000, 'h'), 1}));
    CHECK(limited.put_record({std::string(300'000, 'h'), 1}).error().code == errc::provisioned_throughput_exceeded);
}

TEST_CASE("data_stream: a span for one hash key is stored whole or not at all") {
    weir::virtual_clock time{start};
    using hits = weir::data_stream<hit, &hit::host>;
    const hits all("all", {.shards = 2, .segment_records = 16, .time = &time});
    std::vector<hit> records;
    for (int i = 0; i < 100; ++i) records.push_back({"h", i});
    const auto upper = weir::equal_ranges(2)[1].first;
    const auto put = all.put_span(records, upper).value();
    CHECK(put.shard == shard_id{1});
    CHECK(put.records == 100);
    const auto page = all.get_records(all.get_shard_iterator({1}, weir::trim_horizon).value()).value();
    REQUIRE(page.records.size() == 100);
    CHECK(page.records.front().number == put.first);
    for (int i = 0; i < 100; ++i) CHECK(page.records[static_cast<std::size_t>(i)].data.status == i);
    REQUIRE(all.split_shard({1}, hash_key::max()));
    CHECK(all.put_span(records, upper).value().shard == shard_id{2});
    all.close();
    CHECK(all.put_span(records, upper).error().code == errc::closed);

    const hits limited("limited", {.capacity = weir::capacity_mode::provisioned, .time = &time});
    records.resize(600);
    CHECK(limited.put_span(records, upper));
    CHECK(limited.put_span(records, upper).error().code == errc::provisioned_throughput_exceeded);
    CHECK(limited.get_records(limited.get_shard_iterator({0}, weir::trim_horizon).value()).value().records.size()
          == 600);
}

TEST_CASE("data_stream: names and options that are none") {
    using stream = weir::data_stream<bytes>;
    CHECK_THROWS_AS(stream(""), std::invalid_argument);
    CHECK_THROWS_AS(stream("a b"), std::invalid_argument);
    CHECK_THROWS_AS(stream(std::string(129, 'a')), std::invalid_argument);
    CHECK_NOTHROW(stream(std::string(128, 'a')));
    CHECK_THROWS_AS(stream("s", {.shards = 0}), std::invalid_argument);
    CHECK_THROWS_AS(stream("s", {.retention = 23h}), std::invalid_argument);
    CHECK_THROWS_AS(stream("s", {.retention = 8'761h}), std::invalid_argument);
    CHECK_THROWS_AS(stream("s", {.segment_records = 0}), std::invalid_argument);
}

TEST_CASE("data_stream: threads put while shards split and merge; of each key nothing is lost or out of order") {
    const weir::data_stream<bytes> stream("s", {.shards = 2, .segment_records = 64});
    constexpr int threads = 3;
    constexpr int each = 3'000;
    std::vector<std::thread> putters;
    for (int t = 0; t < threads; ++t) {
        putters.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                const std::string key = std::to_string(t) + "-" + std::to_string(i % 5);
                if (i % 7 == 0) {
                    const std::string text = std::to_string(i);
                    const std::vector<put_entry> one{{text, key}};
                    static_cast<void>(stream.put_records(one));
                } else {
                    static_cast<void>(stream.put_record(std::to_string(i), key));
                }
            }
        });
    }
    std::mt19937_64 random(11);
    for (int i = 0; i < 60; ++i) {
        auto open = stream.list_shards({.kind = shard_filter::type::at_latest}).value().shards;
        std::ranges::sort(open, {}, [](const auto& s) { return s.keys.first; });
        if (open.size() < 4) {
            const auto& s = open[random() % open.size()];
            const auto middle = hash_key{s.keys.first.high / 2 + s.keys.last.high / 2, 1};
            static_cast<void>(stream.split_shard(s.id, middle));
        } else {
            static_cast<void>(stream.merge_shards(open[0].id, open[1].id));
        }
        std::this_thread::yield();
    }
    for (auto& p : putters) p.join();
    std::map<std::string, int> last;
    int total = 0;
    for (const auto& s : stream.list_shards({}, 10'000).value().shards) {
        auto it = stream.get_shard_iterator(s.id, weir::trim_horizon).value();
        for (;;) {
            const auto page = stream.get_records(it).value();
            for (const auto& r : page.records) {
                ++total;
                const int i = std::stoi(r.data);
                const auto [at, fresh] = last.try_emplace(r.partition_key, i);
                if (!fresh) {
                    CHECK(at->second < i);
                    at->second = i;
                }
            }
            if (!page.next || page.millis_behind_latest == 0) break;
            it = *page.next;
        }
    }
    CHECK(total == threads * each);
}

}  // namespace
