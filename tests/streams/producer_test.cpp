// SPDX-License-Identifier: BSL-1.0
// producer against the numbered items of the KPL, over a scripted stream and over a data_stream; all on a virtual clock
// but for the last.
#include <algorithm>
#include <chrono>
#include <coroutine>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/producer.hpp>

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::errc;
using weir::hash_key;
using weir::instant;

constexpr std::int64_t ms = 1'000;

/// Remembers each call and answers as it is told; else it stores.
struct script {
    struct call {
        std::vector<std::string> data;
        std::vector<std::string> keys;
        std::vector<std::optional<hash_key>> hashes;
    };
    std::vector<weir::hash_range> shards = weir::equal_ranges(2);
    std::uint32_t first_id = 0;  // of those; ids are never used again
    std::vector<call> calls;
    std::deque<weir::errc> errors;  // of the next entries; errc::io: stored
    std::size_t wrong_count = 0;
    std::uint64_t stored = 0;
    std::vector<std::pair<std::string, weir::hash_range>> log;  // what was stored, in its order, and in which range
    bool known = true;
    weir::virtual_clock time{{1'700'000'000'000'000}};
    std::int64_t takes = 0;
};
struct scripted {
    std::shared_ptr<script> s = std::make_shared<script>();

    weir::result<weir::put_records_result> put_records(std::span<const weir::put_entry> entries) const {
        script::call c;
        weir::put_records_result out;
        for (const weir::put_entry& e : entries) {
            c.data.emplace_back(e.data);
            c.keys.emplace_back(e.partition_key);
            c.hashes.push_back(e.explicit_hash_key);
            weir::put_entry_result r;
            weir::errc code = errc::io;
            if (!s->errors.empty()) {
                code = s->errors.front();
                s->errors.pop_front();
            }
            if (code == errc::io) {
                const hash_key h = e.explicit_hash_key ? *e.explicit_hash_key : weir::hash_of(e.partition_key);
                std::uint32_t shard = 0;
                while (!s->shards[shard].contains(h)) ++shard;
                s->log.emplace_back(e.data, s->shards[shard]);
                r.stored = weir::put_record_result{{s->first_id + shard}, {1, ++s->stored, 1, {shard}}};
            } else {
                r.code = code;
                r.message = "told to";
                ++out.failed;
            }
            out.entries.push_back(std::move(r));
        }
        s->calls.push_back(std::move(c));
        s->time.advance(s->takes);
        out.entries.resize(out.entries.size() - s->wrong_count);
        return out;
    }
    weir::result<weir::shard_list> list_shards(const weir::shard_filter&) const {
        if (!s->known) return weir::error{errc::io, "no answer", {}};
        weir::shard_list out;
        for (std::uint32_t i = 0; i < s->shards.size(); ++i)
            out.shards.push_back({{s->first_id + i}, s->shards[i], {}});
        return out;
    }
};
static_assert(weir::record_stream<scripted>);
static_assert(weir::record_stream<weir::data_stream<weir::bytes>>);

struct world {
    scripted stream;
    script& s = *stream.s;
    weir::producer<scripted> out;

    explicit world(weir::producer_options o = {}) : out(stream, with(o, s.time)) {}
    static weir::producer_options with(weir::producer_options o, const weir::clock& time) {
        o.time = &time;
        return o;
    }
    weir::put_outcome put(std::string_view data, std::optional<hash_key> hash = {}, std::string_view key = "k") {
        return out.put(key, data, hash).value();
    }
    void advance(std::int64_t milliseconds) {
        s.time.advance(milliseconds * ms);
        out.step();
    }
};

const hash_key low{0, 1};
const hash_key high{0x9000'0000'0000'0000U, 0};

std::vector<std::string> user_data(const std::string& payload) {
    weir::aggregate_reader reader;
    std::vector<std::string> out;
    for (const auto& r : reader.read(payload, "k")) out.emplace_back(r.data);
    return out;
}
using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("producer: P04, records of different shards are never in one aggregate; without a map nothing is",
          "[streams]") {
    world w;
    w.put("1", low);
    w.put("2", high);
    w.put("3", low);
    w.put("4", high);
    CHECK(w.out.step() != instant::max());
    CHECK(w.s.calls.empty());  // nothing is due
    w.advance(150);
    REQUIRE(w.s.calls.size() == 1);
    REQUIRE(w.s.calls[0].data.size() == 2);
    CHECK(user_data(w.s.calls[0].data[0]) == texts{"1", "3"});
    CHECK(user_data(w.s.calls[0].data[1]) == texts{"2", "4"});
    CHECK(w.s.calls[0].keys == texts{"a", "a"});
    CHECK(w.s.calls[0].hashes[0] == low);
    CHECK(w.s.calls[0].hashes[1] == high);

    world unknown;
    unknown.s.known = false;
    unknown.put("1", low);
    unknown.put("2", low);
    unknown.advance(200);
    REQUIRE(unknown.s.calls.size() == 1);
    CHECK(unknown.s.calls[0].data == texts{"1", "2"});
    CHECK(unknown.out.metrics().ErrorsByCode.at("ListShards") > 0);

    world off({.aggregation = false});
    off.put("1", low);
    off.put("2", low);
    off.advance(200);
    CHECK(off.s.calls.at(0).data == texts{"1", "2"});
}

TEST_CASE("producer: P05, an aggregate leaves at its count, its size, its deadline, or when told", "[streams]") {
    world by_count({.aggregation_max_count = 3});
    for (int i = 0; i < 7; ++i) by_count.put(std::to_string(i), low);
    by_count.out.step();
    by_count.out.flush();
    by_count.out.step();
    texts sizes;
    std::size_t n = 0;
    for (const auto& c : by_count.s.calls) {
        for (const auto& d : c.data) n += user_data(d).size();
    }
    CHECK(n == 7);
    CHECK(by_count.out.metrics().KinesisRecordsPut == 3);

    world by_size({.aggregation_max_size = 1'000});
    for (int i = 0; i < 30; ++i) by_size.put(std::string(100, static_cast<char>('a' + i)), low);
    by_size.out.flush();
    by_size.out.step();
    n = 0;
    for (const auto& c : by_size.s.calls) {
        for (const auto& d : c.data) {
            CHECK(d.size() <= 1'000);
            n += user_data(d).size();
        }
    }
    CHECK(n == 30);

    world by_deadline;
    by_deadline.put("early", low);
    by_deadline.advance(60);
    by_deadline.put("late", low);
    by_deadline.advance(39);
    CHECK(by_deadline.s.calls.empty());
    by_deadline.advance(1 + 20);  // the deadline, and what the collector may add
    REQUIRE(by_deadline.s.calls.size() == 1);
    CHECK(user_data(by_deadline.s.calls[0].data[0]) == texts{"early", "late"});

    world told;
    told.out.flush();
    told.out.step();
    CHECK(told.s.calls.empty());  // never an empty one
    told.put("x", low);
    told.out.flush();
    told.out.step();
    CHECK(told.s.calls.at(0).data == texts{"x"});  // one user record is put as it is
}

TEST_CASE("producer: P06, a giant leaves at once and alone", "[streams]") {
    world w({.aggregation_max_size = 500, .record_max_buffered_time = 0ms});
    w.put("small", low);
    w.put(std::string(600, 'g'), low);
    w.out.step();
    w.advance(100);
    texts all;
    for (const auto& c : w.s.calls) all.insert(all.end(), c.data.begin(), c.data.end());
    std::ranges::sort(all);
    CHECK(all == texts{std::string(600, 'g'), "small"});
}

TEST_CASE("producer: P07, at most 500 records and 5 MiB a call; 256 KiB of one shard are enough", "[streams]") {
    world many({.aggregation = false});
    for (int i = 0; i < 600; ++i) many.put("x", i % 2 == 0 ? low : high);
    many.out.flush();
    many.out.step();
    REQUIRE(many.s.calls.size() == 2);
    CHECK(many.s.calls[0].data.size() == 500);
    CHECK(many.s.calls[1].data.size() == 100);

    world large({.aggregation = false, .collection_max_size = 1'000});
    large.put(std::string(2'000, 'x'), low);
    large.put(std::string(600, 'x'), low);
    large.put(std::string(600, 'x'), low);
    large.out.flush();
    large.out.step();
    REQUIRE(large.s.calls.size() == 3);
    CHECK(large.s.calls[0].data[0].size() == 2'000);

    world heavy({.aggregation = false});
    for (int i = 0; i < 3; ++i) heavy.put(std::string(100'000, 'x'), low);
    heavy.out.step();
    CHECK(heavy.s.calls.size() == 1);  // long before the deadline
}

TEST_CASE("producer: P08, a shard's rate: 1,000 at once, then so many per cent of 1,000 a second", "[streams]") {
    world w({.aggregation = false, .record_max_buffered_time = 0ms, .rate_limit = 50});
    for (int i = 0; i < 2'000; ++i) w.put("x", low);
    w.put("other", high);
    const auto sent = [&] {
        std::size_t n = 0;
        for (const auto& c : w.s.calls) n += c.data.size();
        return n;
    };
    w.out.flush();
    w.out.step();
    CHECK(sent() == 1'001);
    for (int i = 0; i < 10; ++i) {
        w.s.time.advance(100 * ms);
        w.out.flush();
        w.out.step();
    }
    CHECK(sent() == 1'501);

    world bytes({.aggregation = false, .record_max_buffered_time = 0ms, .rate_limit = 100});
    for (int i = 0; i < 12; ++i) bytes.put(std::string(1'048'575, 'x'), low);
    bytes.out.flush();
    bytes.out.step();
    std::size_t n = 0;
    for (const auto& c : bytes.s.calls) n += c.data.size();
    CHECK(n == 10);
    bytes.advance(1'000);
    bytes.out.flush();
    bytes.out.step();
    n = 0;
    for (const auto& c : bytes.s.calls) n += c.data.size();
    CHECK(n == 11);

    // What expires in the limiter's queue is finished as that.
    auto last = bytes.put(std::string(1'048'575, 'x'), low);
    bytes.advance(30'001);
    for (int i = 0; i < 100 && !last.ready(); ++i) bytes.advance(10'000);
    REQUIRE(last.ready());
}

TEST_CASE("producer: P10 P11 P13, throttled, expired, attempts and their times", "[streams]") {
    world strict({.fail_if_throttled = true});
    strict.s.errors = {errc::provisioned_throughput_exceeded};
    const auto throttled = strict.put("x", low);
    strict.out.flush();
    strict.out.step();
    REQUIRE(throttled.ready());
    CHECK_FALSE(throttled.get().successful);
    REQUIRE(throttled.get().attempts.size() == 1);
    CHECK(throttled.get().attempts[0].error_code == "ProvisionedThroughputExceededException");
    strict.s.errors = {errc::io};
    strict.s.errors.front() = errc::not_found;  // any other code is tried again
    const auto other = strict.put("y", low);
    strict.out.flush();
    strict.out.step();
    CHECK_FALSE(other.ready());
    strict.advance(25);
    strict.advance(50);
    REQUIRE(other.ready());
    CHECK(other.get().successful);
    CHECK(other.get().attempts.size() == 2);
    CHECK(strict.out.metrics().RetriesPerRecord == 1);

    world timed;
    timed.s.takes = 5 * ms;
    timed.s.errors = {errc::provisioned_throughput_exceeded};
    const auto put = timed.put("x", low);
    timed.out.flush();
    timed.out.step();  // t .. t + 5
    timed.s.time.advance(6 * ms);
    timed.s.takes = 7 * ms;
    timed.out.flush();
    timed.out.step();  // t + 11 .. t + 18
    REQUIRE(put.ready());
    REQUIRE(put.get().attempts.size() == 2);
    CHECK(put.get().attempts[0].delay == 0);
    CHECK(put.get().attempts[0].duration == 5 * ms);
    CHECK(put.get().attempts[1].delay == 6 * ms);
    CHECK(put.get().attempts[1].duration == 7 * ms);
    CHECK(put.get().successful);
    CHECK(put.get().number);

    world old({.record_ttl = 1'000ms});
    old.s.errors = std::deque<errc>(1'000, errc::provisioned_throughput_exceeded);
    const auto expired = old.put("x", low);
    for (int i = 0; i < 50; ++i) old.advance(25);
    REQUIRE(expired.ready());
    CHECK_FALSE(expired.get().successful);
    CHECK(expired.get().attempts.back().error_code == "Expired");
    CHECK(expired.get().attempts.size() > 2);
    CHECK(old.out.metrics().UserRecordExpired == 1);
    CHECK(old.out.pending_records() == 0);

    world short_answer;
    short_answer.s.wrong_count = 1;
    const auto mismatch = short_answer.put("x", low);
    short_answer.out.flush();
    short_answer.out.step();
    REQUIRE(mismatch.ready());
    CHECK(mismatch.get().attempts.back().error_code == "Record Count Mismatch");
    CHECK(short_answer.s.calls.size() == 1);
    short_answer.s.wrong_count = 0;
}

TEST_CASE("producer: memory is bounded: fail, drop", "[streams]") {
    world fail({.max_buffered_bytes = 100, .overflow = weir::producer_overflow::fail});
    CHECK(fail.out.put("k", std::string(60, 'x')));
    CHECK(fail.out.put("k", std::string(60, 'x')).error().code == errc::limit_exceeded);
    fail.out.flush();
    fail.out.step();
    CHECK(fail.out.put("k", std::string(60, 'x')));
    CHECK(fail.out.put("", "x").error().code == errc::invalid_argument);
    CHECK(fail.out.put("k", std::string(2'000'000, 'x')).error().code == errc::invalid_argument);

    world drop({.max_buffered_bytes = 100, .overflow = weir::producer_overflow::drop_newest});
    drop.put(std::string(60, 'x'));
    const auto dropped = drop.put(std::string(60, 'x'));
    REQUIRE(dropped.ready());
    CHECK_FALSE(dropped.get().successful);
    CHECK(dropped.get().attempts[0].error_code == "Dropped");
    CHECK(drop.out.metrics().UserRecordDropped == 1);
    CHECK(drop.out.metrics().UserRecordsReceived == 2);
}

namespace {
struct detached {
    struct promise_type {
        detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};
detached await(weir::put_outcome o, int& resumed) {
    const weir::user_record_result& r = co_await o;
    if (r.successful) ++resumed;
}
}  // namespace

TEST_CASE("producer: callbacks and coroutines are told once", "[streams]") {
    world w;
    int called = 0;
    int resumed = 0;
    const auto outcome =
        w.out.put("k", "x", {}, [&](const weir::user_record_result& r) { called += r.successful ? 1 : 0; });
    await(*outcome, resumed);
    await(*outcome, resumed);
    CHECK(resumed == 0);
    w.out.flush();
    w.out.step();
    CHECK(called == 1);
    CHECK(resumed == 2);
    await(*outcome, resumed);
    CHECK(resumed == 3);
    CHECK(outcome->wait().successful);
}

TEST_CASE("producer: in order, each key's records are stored in their order, whatever fails", "[streams]") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        world w({.aggregation = random() % 2 == 0,
                 .aggregation_max_size = 200,
                 .record_ttl = 1'000'000ms,
                 .rate_limit = 50,
                 .ordered = true});
        std::map<std::string, int> next;
        std::map<std::string, texts> expected;
        for (int i = 0; i < 300; ++i) {
            const std::string key = "k" + std::to_string(random() % 7);
            const std::string data = key + ":" + std::to_string(next[key]++);
            expected[key].push_back(data);
            w.put(data, {}, key);
            if (random() % 10 == 0) {
                while (random() % 3 != 0) {
                    w.s.errors.push_back(random() % 2 == 0 ? errc::provisioned_throughput_exceeded : errc::io);
                }
                w.advance(static_cast<std::int64_t>(random() % 200));
            }
            if (random() % 100 == 0) {
                w.s.first_id += static_cast<std::uint32_t>(w.s.shards.size());
                w.s.shards = weir::equal_ranges(static_cast<std::uint32_t>(1 + random() % 5));
            }
        }
        w.s.errors.clear();
        for (int i = 0; i < 2'000 && w.out.pending_records() > 0; ++i) w.advance(100);
        REQUIRE(w.out.pending_records() == 0);
        CHECK(w.out.metrics().UserRecordsPut == 300);
        std::map<std::string, texts> got;
        weir::aggregate_reader reader;
        for (const auto& [payload, keys] : w.s.log) {
            for (const auto& r : reader.read_in(keys, payload, "k")) {
                got[std::string(r.data.substr(0, r.data.find(':')))].emplace_back(r.data);
            }
        }
        CHECK(got == expected);
    }
}

TEST_CASE("producer: into a data_stream across reshards; nothing lost, order kept, consumers drop nothing",
          "[streams]") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        weir::virtual_clock time{{1'700'000'000'000'000}};
        weir::stream_options so{
            .shards = 3, .capacity = seed % 2 == 0 ? weir::capacity_mode::provisioned : weir::capacity_mode::unlimited};
        so.limits.write_records = 20;
        so.limits.updates_per_day = 10'000;
        so.limits.reads = 1'000'000;
        so.limits.read_bytes = 1'000'000'000;
        so.time = &time;
        const weir::data_stream<weir::bytes> stream("s", so);
        weir::producer<weir::data_stream<weir::bytes>> out(
            stream, {.aggregation_max_size = 400, .record_ttl = 10'000'000ms, .ordered = true, .time = &time});
        std::map<std::string, texts> expected;
        std::map<std::string, int> next;
        for (int i = 0; i < 1'000; ++i) {
            const std::string key = "k" + std::to_string(random() % 9);
            const std::string data = std::to_string(next[key]++);
            expected[key].push_back(data);
            REQUIRE(out.put(key, data));
            if (random() % 20 == 0) {
                time.advance(static_cast<std::int64_t>(random() % 200) * ms);
                out.step();
            }
            if (random() % 60 == 0)
                static_cast<void>(stream.update_shard_count(static_cast<std::uint32_t>(1 + random() % 6)));
        }
        for (int i = 0; i < 10'000 && out.pending_records() > 0; ++i) {
            time.advance(50 * ms);
            out.step();
        }
        REQUIRE(out.pending_records() == 0);
        CHECK(out.metrics().UserRecordsPut == 1'000);
        std::map<std::string, texts> got;
        weir::aggregate_reader reader;
        for (const auto& s : stream.list_shards({}, 10'000).value().shards) {
            const auto page = stream.get_records(stream.get_shard_iterator(s.id, weir::trim_horizon).value()).value();
            for (const auto& r : page.records) {
                for (const auto& u : reader.read_in(s.keys, r.data, r.partition_key)) {
                    got[std::string(u.partition_key)].emplace_back(u.data);
                }
            }
        }
        for (const auto& [key, data] : expected) {
            INFO(key);
            CHECK(got[key] == data);
        }
        out.close();
    }
}

TEST_CASE("producer: a thread of its own, blocking puts, close", "[streams]") {
    const weir::data_stream<weir::bytes> stream("s", {.shards = 2});
    weir::producer<weir::data_stream<weir::bytes>> out(stream,
                                                       {.record_max_buffered_time = 1ms, .max_buffered_bytes = 2'000});
    out.start();
    std::vector<weir::put_outcome> all;
    for (int i = 0; i < 500; ++i) all.push_back(out.put("k" + std::to_string(i), std::string(50, 'x')).value());
    CHECK(all[0].wait().successful);
    out.close();
    CHECK(std::ranges::all_of(all, [](const auto& o) { return o.ready() && o.get().successful; }));
    CHECK(out.put("k", "x").error().code == errc::closed);
    CHECK(out.metrics().UserRecordsPending == 0);
    stream.close();
    weir::producer<weir::data_stream<weir::bytes>> late(stream);
    const auto refused = late.put("k", "x").value();
    late.close();
    CHECK_FALSE(refused.get().successful);
    CHECK(refused.get().attempts.back().error_code == "Closed");
}
