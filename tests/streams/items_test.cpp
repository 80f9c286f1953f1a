// SPDX-License-Identifier: BSL-1.0
// The clauses of numbered items that the other tests leave out: K02, K04, K08, K12, K20, K22, K24, K26, K31, K36, P02,
// P05, P08, C02, C18. All on a virtual clock.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>
#include <weir/streams/consumer.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/detail/shard_limiter.hpp>
#include <weir/streams/fan_out.hpp>
#include <weir/streams/memory_lease_store.hpp>
#include <weir/streams/producer.hpp>

#include "support/catch.hpp"

namespace {

using weir::errc;
using weir::hash_key;
using weir::instant;
using weir::put_entry;
using weir::shard_id;
using stream_type = weir::data_stream<weir::bytes>;
using texts = std::vector<std::string>;

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t second = 1'000'000;
constexpr instant start{1'700'000'000 * second};

struct world {
    weir::virtual_clock time{start};
    stream_type stream;
    explicit world(weir::stream_options o = {}) : stream("s", with(std::move(o), time)) {}
    static weir::stream_options with(weir::stream_options o, const weir::clock& time) {
        o.time = &time;
        return o;
    }
    weir::shard_iterator iterator(std::uint32_t shard, const weir::iterator_start& from = weir::trim_horizon) const {
        return stream.get_shard_iterator({shard}, from).value();
    }
};

}  // namespace

// ---- Kinesis Data Streams. ---------------------------------------------------------------------------------------

TEST_CASE("items: K02, a stream of three shards, by id, name and range", "[streams]") {
    const world w({.shards = 3});
    const auto shards = w.stream.list_shards().value().shards;
    REQUIRE(shards.size() == 3);
    const texts starts{"0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"};
    for (std::uint32_t i = 0; i != 3; ++i) {
        CHECK(to_string(shards[i].id) == "shardId-00000000000" + std::to_string(i));
        CHECK(to_string(shards[i].keys.first) == starts[i]);
        CHECK(shards[i].open());
        CHECK_FALSE(shards[i].parent);
    }
    CHECK(shards[2].keys.last == hash_key::max());
}

TEST_CASE("items: K08, ten megabytes a request where nothing else is said", "[streams]") {
    const world w;
    const std::string megabyte(1'048'576 - 1, 'd');
    std::vector<put_entry> all(10, {megabyte, "k"});
    CHECK(w.stream.put_records(all).value().failed == 0);
    all.push_back({"", "k"});
    CHECK(w.stream.put_records(all).error().code == errc::invalid_argument);
    CHECK(w.stream.get_records(w.iterator(0)).value().records.size() == 10);
}

TEST_CASE("items: K20, either of two shards to merge may be the unknown one", "[streams]") {
    const world w({.shards = 2});
    CHECK(w.stream.merge_shards({7}, {0}).error().code == errc::resource_not_found);
    CHECK(w.stream.merge_shards({0}, {7}).error().code == errc::resource_not_found);
    CHECK(w.stream.list_shards().value().shards.size() == 2);
}

TEST_CASE("items: K22, ten thousand records a page where nothing else is said", "[streams]") {
    const world w;
    const std::vector<put_entry> some(500, {"x", "k"});
    for (int i = 0; i != 21; ++i) REQUIRE(w.stream.put_records(some).value().failed == 0);
    const auto page = w.stream.get_records(w.iterator(0)).value();
    CHECK(page.records.size() == 10'000);
    CHECK(page.millis_behind_latest > 0);
    CHECK(w.stream.get_records(*page.next).value().records.size() == 500);
}

TEST_CASE("items: K24, behind by no more than the age of what was read last, whatever the pages", "[streams]") {
    for (std::uint32_t seed = 1; seed != 20; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        world w({.segment_records = 8});
        for (int i = 0; i != 200; ++i) {
            REQUIRE(w.stream.put_record("x", "k"));
            w.time.advance(static_cast<std::int64_t>(random() % 3) * 700 * ms);
        }
        auto it = w.iterator(0);
        std::size_t seen = 0;
        for (;;) {
            w.time.advance(static_cast<std::int64_t>(random() % 2) * 100);
            const auto page = w.stream.get_records(it, 1 + random() % 30).value();
            seen += page.records.size();
            if (seen == 200) {
                CHECK(page.millis_behind_latest == 0);
                break;
            }
            REQUIRE_FALSE(page.records.empty());
            CHECK(page.millis_behind_latest > 0);
            const std::int64_t age = (w.time.now().us - page.records.back().arrival.us) / ms;
            CHECK(page.millis_behind_latest <= std::max<std::int64_t>(age, 1));
            it = *page.next;
        }
    }
}

TEST_CASE("items: K26 K31, both parents of a merge name the child with both; reads and puts go on meanwhile",
          "[streams]") {
    world w({.shards = 2, .update_time = std::chrono::milliseconds(1'000)});
    const auto ranges = weir::equal_ranges(2);
    for (const auto& r : ranges) REQUIRE(w.stream.put_record("before", "k", {.explicit_hash_key = r.first}));
    const auto tip = w.iterator(1, weir::latest);
    REQUIRE(w.stream.merge_shards({1}, {0}));
    REQUIRE(w.stream.describe_stream_summary().status == weir::stream_status::updating);
    for (const auto& r : ranges) {
        CHECK(w.stream.put_record("after", "k", {.explicit_hash_key = r.first}).value().shard == shard_id{2});
    }
    for (std::uint32_t parent : {0U, 1U}) {
        const auto page = w.stream.get_records(w.iterator(parent)).value();
        CHECK(page.records.size() == 1);
        CHECK(page.millis_behind_latest == 0);
        CHECK_FALSE(page.next);
        REQUIRE(page.children.size() == 1);
        CHECK(page.children[0].id == shard_id{2});
        CHECK(page.children[0].parents == std::vector<shard_id>{{1}, {0}});
        CHECK(page.children[0].keys == weir::hash_range{});
    }
    const auto at_tip = w.stream.get_records(tip).value();
    CHECK(at_tip.records.empty());
    CHECK(at_tip.children.size() == 1);
    CHECK(w.stream.get_records(w.iterator(2)).value().records.size() == 2);
}

TEST_CASE("items: K26, page by page a closed shard ends within finitely many", "[streams]") {
    world w({.segment_records = 4});
    for (int i = 0; i != 50; ++i) REQUIRE(w.stream.put_record(std::to_string(i), "k"));
    REQUIRE(w.stream.split_shard({0}, hash_key{1, 0}));
    for (const std::size_t limit : {std::size_t{1}, std::size_t{7}, std::size_t{50}}) {
        std::optional<weir::shard_iterator> it = w.iterator(0);
        int next = 0;
        std::size_t calls = 0;
        while (it) {
            const auto page = w.stream.get_records(*it, limit).value();
            for (const auto& r : page.records) CHECK(r.data == std::to_string(next++));
            it = page.next;
            CHECK(page.children.empty() == it.has_value());
            REQUIRE(++calls <= 51);
        }
        CHECK(next == 50);
    }
}

TEST_CASE("items: K12 K36, subscriptions one behind the other lose nothing and repeat nothing", "[streams]") {
    for (std::uint32_t seed = 1; seed != 20; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        world w({.segment_records = 8});
        const auto who = weir::register_stream_consumer(w.stream, "a").value();
        weir::iterator_start from = weir::trim_horizon;
        std::optional<weir::sequence_number> before;
        texts got;
        int put = 0;
        bool open = true;
        for (int life = 0; open; ++life) {
            auto sub = weir::subscribe_to_shard(w.stream, who, {0}, from).value();
            for (;;) {
                if (life < 6) {
                    for (auto n = random() % 4; n != 0; --n) REQUIRE(w.stream.put_record(std::to_string(put++), "k"));
                } else if (w.stream.list_shards().value().shards.size() == 1) {
                    REQUIRE(w.stream.split_shard({0}, hash_key{1, 0}));
                }
                w.time.advance(static_cast<std::int64_t>(random() % 60) * second);
                const auto event = sub.next();
                if (!event) {
                    CHECK(event.error().code == errc::shutdown);
                    break;
                }
                if (!*event) continue;
                for (const auto& r : (*event)->records) {
                    if (before) CHECK(*before < r.number);
                    got.push_back(r.data);
                }
                if (!(*event)->continuation) {
                    CHECK((*event)->children.size() == 2);
                    open = false;
                    break;
                }
                CHECK((*event)->children.empty());
                if (before) CHECK(*before <= *(*event)->continuation);
                before = (*event)->continuation;
                from = weir::after_sequence_number(*before);
            }
        }
        texts want;
        for (int i = 0; i != put; ++i) want.push_back(std::to_string(i));
        CHECK(got == want);
    }
}

// ---- The producer. -----------------------------------------------------------------------------------------------

namespace {

weir::detail::pending_ptr pending(std::string data, std::int64_t deadline_ms, std::uint64_t order) {
    auto r = std::make_shared<weir::detail::pending_record>();
    r->key = "k";
    r->data = std::move(data);
    r->deadline = {deadline_ms * ms};
    r->expires = instant::max();
    r->order = order;
    return r;
}
template <class Records>
texts data_of(const Records& records) {
    texts out;
    for (const auto& r : records) out.push_back(r->data);
    return out;
}

/// Stores all, and knows no shards.
struct unmapped {
    std::shared_ptr<std::size_t> stored = std::make_shared<std::size_t>(0);
    weir::result<weir::put_records_result> put_records(std::span<const put_entry> entries) const {
        weir::put_records_result out;
        for (std::size_t i = 0; i != entries.size(); ++i) {
            out.entries.push_back({weir::put_record_result{{0}, {1, ++*stored, 1, {0}}}});
        }
        return out;
    }
    weir::result<weir::shard_list> list_shards(const weir::shard_filter&) const {
        return weir::error{errc::io, "no answer", {}};
    }
};

}  // namespace

TEST_CASE("items: P02, what a real aggregate's fields say is what comes back", "[streams]") {
    weir::aggregate_writer out;
    const hash_key explicit_key = hash_key::parse("38486495867508399078159723846051807020").value();
    out.add("fc03dd88-3e79-448a-b01a-7cf1bd47b784", explicit_key, "RECORD 22 peeobhczbzdmskboupgyq\n");
    out.add("cae41b1c-ea61-43f2-90be-b8755ebf88e2", {}, "RECORD 23 uswkxftxroeusscxsjhno\n");
    weir::aggregate_reader reader;
    const std::string payload = out.finish();
    const auto got = reader.read(payload, "a");
    REQUIRE(got.size() == 2);
    CHECK(got[0].partition_key == "fc03dd88-3e79-448a-b01a-7cf1bd47b784");
    CHECK(got[0].explicit_hash_key == explicit_key);
    CHECK(got[0].data == "RECORD 22 peeobhczbzdmskboupgyq\n");
    CHECK(got[1].data == "RECORD 23 uswkxftxroeusscxsjhno\n");
    CHECK_FALSE(got[1].explicit_hash_key);
}

TEST_CASE("items: P05, an aggregate has the most urgent; what is left keeps its own deadline", "[streams]") {
    weir::detail::shard_aggregator a;
    const std::vector<std::int64_t> deadlines{50, 20, 90, 20, 70, 10};
    for (std::size_t i = 0; i != deadlines.size(); ++i) {
        a.add(pending(std::to_string(deadlines[i]) + "/" + std::to_string(i), deadlines[i], i));
    }
    CHECK(a.deadline() == instant{10 * ms});
    CHECK(a.full(6, 1'000));
    CHECK_FALSE(a.full(7, 1'000));
    CHECK(data_of(a.flush(3, 1'000)) == texts{"10/5", "20/1", "20/3"});
    CHECK(a.deadline() == instant{50 * ms});
    CHECK_FALSE(a.full(4, 1'000));
    CHECK(data_of(a.flush(100, 1)) == texts{"50/0"});  // at least one, however large
    CHECK(data_of(a.flush(100, 1'000)) == texts{"70/4", "90/2"});
    CHECK(a.empty());
    CHECK(a.deadline() == instant::max());

    // By size: what leaves is no larger than it may be when it is written.
    std::mt19937 random(3);
    for (std::uint64_t i = 0; i != 200; ++i) {
        a.add(pending(std::string(random() % 120, 'd'), static_cast<std::int64_t>(random() % 50), i));
    }
    instant last = instant::min();
    std::size_t n = 0;
    while (!a.empty()) {
        const instant first = a.deadline();
        const auto some = a.flush(100, 500);
        CHECK(some.front()->deadline == first);
        for (const auto& r : some) {
            CHECK_FALSE(r->deadline < last);
            last = r->deadline;
        }
        n += some.size();
        if (some.size() > 1) CHECK(weir::detail::put_together(some, shard_id{0}).aggregate.size() <= 500);
    }
    CHECK(n == 200);
}

TEST_CASE("items: P08, the earliest deadline first; an unknown shard has no limit; too late is Expired", "[streams]") {
    weir::detail::shard_limiter limiter(100, false, {});
    const std::vector<std::int64_t> deadlines{50, 20, 90, 10};
    for (std::size_t i = 0; i != deadlines.size(); ++i) {
        limiter.add(weir::detail::put_together({pending(std::to_string(deadlines[i]), deadlines[i], i)}, shard_id{0}));
    }
    texts order;
    while (auto r = limiter.next({})) order.emplace_back(r->data());
    CHECK(order == texts{"10", "20", "50", "90"});

    weir::virtual_clock time{start};
    const unmapped none;
    weir::producer<unmapped> free(none, {.aggregation = false, .rate_limit = 1, .time = &time});
    for (int i = 0; i != 2'500; ++i) REQUIRE(free.put("k", "x"));
    free.flush();
    free.step();  // five calls, and the clock stands still
    CHECK(*none.stored == 2'500);

    const world w;
    weir::virtual_clock slow_time{start};
    weir::producer<stream_type> slow(w.stream, {.aggregation = false, .rate_limit = 1, .time = &slow_time});
    std::vector<weir::put_outcome> all;
    for (int i = 0; i != 1'500; ++i) all.push_back(slow.put("k", "x").value());
    for (int i = 0; i != 400; ++i) {
        slow.step();
        slow_time.advance(100 * ms);
    }
    REQUIRE(slow.pending_records() == 0);
    std::size_t good = 0;
    for (const auto& o : all) {
        REQUIRE(o.ready());
        if (o.get().successful) {
            ++good;
        } else {
            REQUIRE(o.get().attempts.size() == 1);
            CHECK(o.get().attempts[0].error_code == "Expired");
        }
    }
    // 1,000 at once, then 10 a second until the time to live of 30 seconds is over.
    CHECK(good >= 1'290);
    CHECK(good <= 1'300);
    CHECK(slow.metrics().UserRecordExpired == 1'500 - good);
}

// ---- The consumer. -----------------------------------------------------------------------------------------------

namespace {

struct notes {
    texts calls;
    std::vector<weir::consumer_record> seen;
    texts data;
    bool ends = true;  // shard_ended checkpoints
};
struct scribe {
    notes* to;
    void initialize(const weir::initialization_input&) const { to->calls.emplace_back("init"); }
    void process_records(std::span<const weir::consumer_record> records, weir::checkpointer& at) const {
        for (const auto& r : records) {
            to->seen.push_back(r);
            to->data.emplace_back(r.data);
        }
        static_cast<void>(at.checkpoint());
    }
    void lease_lost() const { to->calls.emplace_back("lost"); }
    void shard_ended(weir::checkpointer& at) const {
        to->calls.emplace_back("end");
        if (to->ends) static_cast<void>(at.checkpoint());
    }
    void shutdown_requested(weir::checkpointer&) const { to->calls.emplace_back("shutdown"); }
};
struct reading : world {
    weir::memory_lease_store leases;
    notes said;

    auto worker() {
        return weir::consumer(stream, leases, [to = &said](shard_id) { return scribe{to}; }, {.worker = "a"});
    }
    template <class Worker>
    void go(Worker& a, std::int64_t us) {
        for (; us > 0; us -= 250 * ms) {
            time.advance(250 * ms);
            for (int i = 0; i != 20 && a.step(time.now()); ++i) {}
        }
    }
    void steal() { REQUIRE(weir::lease_table(leases).take(leases.get({0}).value().value(), "thief").value()); }
};

}  // namespace

TEST_CASE("items: C02, user records have the arrival of what they came in, and their own keys", "[streams]") {
    reading w;
    weir::aggregate_writer out;
    const hash_key explicit_key{1, 2};
    out.add("a", explicit_key, "0");
    out.add("b", {}, "1");
    w.time.advance(3 * second);
    const auto put = w.stream.put_record(out.finish(), "a").value();
    const instant arrival = w.time.now();
    auto a = w.worker();
    w.go(a, 5 * second);
    CHECK(w.said.data == texts{"0", "1"});
    REQUIRE(w.said.seen.size() == 2);
    for (std::size_t i = 0; i != 2; ++i) {
        CHECK(w.said.seen[i].arrival == arrival);
        CHECK(w.said.seen[i].number.number() == put.number);
        CHECK(w.said.seen[i].number.sub() == static_cast<std::int64_t>(i));
    }
    CHECK(w.said.seen[0].explicit_hash_key == explicit_key);
    CHECK_FALSE(w.said.seen[1].explicit_hash_key);
}

TEST_CASE("items: C18, reasons only escalate: asked to end, at its end, lost", "[streams]") {
    reading w;
    auto a = w.worker();
    REQUIRE(w.stream.put_record("x", "k"));
    w.go(a, 5 * second);
    SECTION("asked, and lost before it let go") {
        a.request_shutdown();
        w.steal();
        w.go(a, second);
        CHECK(w.said.calls.back() == "lost");
        CHECK(std::ranges::count(w.said.calls, "end") == 0);
        CHECK(std::ranges::count(w.said.calls, "lost") == 1);
    }
    SECTION("at its end, then asked: it is not asked to shut down beside that") {
        w.said.ends = false;
        REQUIRE(w.stream.split_shard({0}, hash_key{1, 0}));
        w.go(a, 5 * second);
        REQUIRE(w.said.calls.back() == "end");
        REQUIRE(a.shards().size() == 1);
        CHECK(a.shards()[0].reason == weir::shutdown_reason::shard_end);
        a.request_shutdown();
        w.go(a, 60 * second);
        CHECK(a.shut_down());
        CHECK(std::ranges::count(w.said.calls, "shutdown") == 0);
        CHECK(std::ranges::count(w.said.calls, "lost") == 0);
        CHECK_FALSE(w.leases.get({0}).value()->completed());
    }
    SECTION("at its end, then lost: never its end again") {
        w.said.ends = false;
        REQUIRE(w.stream.split_shard({0}, hash_key{1, 0}));
        w.go(a, 5 * second);
        const auto ends = std::ranges::count(w.said.calls, "end");
        REQUIRE(ends > 0);
        w.steal();
        w.go(a, 8 * second);
        CHECK(w.said.calls.back() == "lost");
        CHECK(std::ranges::count(w.said.calls, "lost") == 1);
        CHECK(std::ranges::count(w.said.calls, "shutdown") == 0);
        CHECK_FALSE(w.leases.get({0}).value()->completed());
    }
}
