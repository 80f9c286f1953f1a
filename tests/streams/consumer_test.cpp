// SPDX-License-Identifier: BSL-1.0
// consumer against the numbered items of the KCL, over a data_stream and over a scripted one; on a virtual clock but
// for the last.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/aggregate_writer.hpp>
#include <weir/streams/consumer.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/fan_out.hpp>
#include <weir/streams/memory_lease_store.hpp>
#include <weir/streams/stream_folder.hpp>

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::checkpointer;
using weir::consumer_options;
using weir::consumer_record;
using weir::consumer_state;
using weir::errc;
using weir::instant;
using weir::result;
using weir::shard_id;
using position = weir::extended_sequence_number;
using strings = std::vector<std::string>;

constexpr std::int64_t ms = 1'000;
constexpr std::int64_t second = 1'000'000;

/// What the processors of a test did, and how they are to behave.
struct book {
    strings calls;  // "init 0", "end 0", "lost 0", "shutdown 0"
    strings seen;   // data, as processed
    std::map<std::uint32_t, std::vector<position>> positions;
    std::vector<weir::initialization_input> inits;
    std::function<result<void>(std::span<const consumer_record>, checkpointer&)> on_batch =
        [](std::span<const consumer_record>, checkpointer& at) { return at.checkpoint(); };
    std::function<void(checkpointer&)> on_end = [](checkpointer& at) { static_cast<void>(at.checkpoint()); };
    std::function<void(checkpointer&)> on_shutdown = [](checkpointer& at) { static_cast<void>(at.checkpoint()); };
    std::optional<result<void>> after_loss;  // what a checkpoint says then
};
struct scribe {
    book* b;
    std::uint32_t shard;
    checkpointer* last = nullptr;

    void note(const char* what) const { b->calls.push_back(what + (" " + std::to_string(shard))); }
    void initialize(const weir::initialization_input& in) const {
        note("init");
        b->inits.push_back(in);
    }
    result<void> process_records(std::span<const consumer_record> records, checkpointer& at) {
        last = &at;
        const result<void> done = b->on_batch(records, at);
        if (!done) return done;
        for (const consumer_record& r : records) {
            b->seen.emplace_back(r.data);
            b->positions[shard].push_back(r.number);
        }
        return {};
    }
    void lease_lost() const {
        note("lost");
        if (last != nullptr) b->after_loss = last->checkpoint();
    }
    void shard_ended(checkpointer& at) const {
        note("end");
        b->on_end(at);
    }
    void shutdown_requested(checkpointer& at) const {
        note("shutdown");
        b->on_shutdown(at);
    }
};

using stream_type = weir::data_stream<weir::bytes>;
using scribes = std::function<scribe(shard_id)>;
using worker = weir::consumer<stream_type, weir::memory_lease_store, scribes>;

struct world {
    weir::virtual_clock time{{1'700'000'000 * second}};
    stream_type stream;
    weir::memory_lease_store leases;
    std::map<std::string, std::unique_ptr<worker>> workers;
    std::map<std::string, book> books;

    explicit world(std::uint32_t shards = 1, weir::capacity_mode mode = weir::capacity_mode::unlimited)
        : stream("s", {.shards = shards, .capacity = mode, .time = &time}) {}

    worker& join(const std::string& name, consumer_options o = {}) {
        o.worker = name;
        book* const b = &books[name];
        workers[name] =
            std::make_unique<worker>(stream, leases, [b](shard_id s) { return scribe{b, s.index}; }, std::move(o));
        return *workers[name];
    }
    void die(const std::string& name) { workers.erase(name); }
    void go(std::int64_t us, std::int64_t by = 250 * ms) {
        for (std::int64_t passed = 0; passed < us; passed += by) {
            time.advance(by);
            for (int again = 0; again < 20; ++again) {
                bool worked = false;
                for (auto& w : workers) worked = w.second->step(time.now()) || worked;
                if (!worked) break;
            }
        }
    }
    void put(const std::string& data, const std::string& key = "k") {
        REQUIRE(stream.put_record(data, key).has_value());
    }
    weir::lease row(std::uint32_t shard) { return leases.get({shard}).value().value(); }
    [[nodiscard]] std::size_t owned(const std::string& name) {
        std::size_t n = 0;
        for (const weir::lease& l : leases.list().value()) n += !l.completed() && l.owner == name;
        return n;
    }
};
static_assert(weir::detail::fans_out<stream_type>);
static_assert(!weir::detail::fans_out<weir::stream_folder>);  // is polled
std::ptrdiff_t count(const strings& in, const std::string& what) { return std::count(in.begin(), in.end(), what); }

}  // namespace

TEST_CASE("consumer: a lone worker takes all, processes in order and checkpoints (C11, C17)") {
    world w(4);
    strings put;
    for (int i = 0; i < 100; ++i) {
        put.push_back(std::to_string(i));
        w.put(put.back(), "key " + put.back());
    }
    worker& a = w.join("a");
    w.go(5 * second);
    book& b = w.books["a"];
    CHECK(w.owned("a") == 4);
    std::sort(put.begin(), put.end());
    std::sort(b.seen.begin(), b.seen.end());
    CHECK(b.seen == put);
    for (const auto& [shard, positions] : b.positions) {
        CHECK(std::is_sorted(positions.begin(), positions.end()));
        CHECK(w.row(shard).checkpoint == positions.back());
    }
    CHECK(a.metrics().RecordsProcessed == 100);
    CHECK(a.metrics().CurrentLeases == 4);
    CHECK(a.metrics().CreateLeaseSuccess == 4);
    CHECK(a.shards().size() == 4);
    CHECK(a.shards()[0].state == consumer_state::processing);
    // Renewed for as long as it steps.
    const std::uint64_t counter = w.row(0).counter;
    w.go(60 * second);
    CHECK(w.row(0).counter > counter + 10);
    CHECK(a.metrics().LostLeases == 0);
}

TEST_CASE("consumer: LATEST and AT_TIMESTAMP begin there (C11)") {
    world w;
    w.put("old");
    w.join("late", {.start = weir::latest});
    w.go(1 * second);
    w.put("new");
    w.go(3 * second);
    CHECK(w.books["late"].seen == strings{"new"});
    world t;
    t.put("old");
    t.time.advance(10 * second);
    const instant from = t.time.now();
    t.put("at");
    t.time.advance(10 * second);
    t.join("timed", {.start = weir::at_timestamp(from)});
    t.go(3 * second);
    CHECK(t.books["timed"].seen == strings{"at"});
}

TEST_CASE("consumer: what dies is taken over behind the last checkpoint (C13, C14, C18)") {
    world w(2);
    w.join("a");
    for (int i = 0; i < 10; ++i) w.put(std::to_string(i), std::to_string(i));
    w.go(3 * second);
    CHECK(w.books["a"].seen.size() == 10);
    // `a` stands still without knowing: its checkpoints fail, and lease_lost is called, not shard_ended.
    std::unique_ptr<worker> zombie = std::move(w.workers["a"]);
    w.workers.erase("a");
    w.join("b");
    for (int i = 10; i < 20; ++i) w.put(std::to_string(i), std::to_string(i));
    w.go(9 * second);
    for (const std::uint32_t i : {0U, 1U}) CHECK(w.row(i).writer() == "a");  // not before failover has passed
    w.go(40 * second);
    CHECK(w.owned("b") == 2);
    CHECK(w.books["b"].seen.size() == 10);  // none of what was checkpointed
    zombie->step(w.time.now());
    book& a = w.books["a"];
    CHECK(count(a.calls, "lost 0") == 1);
    CHECK(count(a.calls, "lost 1") == 1);
    CHECK(count(a.calls, "end 0") == 0);
    REQUIRE(a.after_loss.has_value());
    CHECK(a.after_loss->error().code == errc::shutdown);
    CHECK(zombie->metrics().LostLeases == 2);
    CHECK(a.seen.size() == 10);
}

TEST_CASE("consumer: a checkpoint by one that was overtaken within a call fails (C13, C18)") {
    world w;
    w.join("a");
    std::optional<result<void>> said;
    w.books["a"].on_batch = [&](std::span<const consumer_record>, checkpointer& at) -> result<void> {
        const weir::lease seen = w.row(0);
        REQUIRE(weir::lease_table(w.leases).take(seen, "thief").value().has_value());
        said = at.checkpoint();
        return *said;
    };
    w.put("x");
    w.go(2 * second);
    REQUIRE(said.has_value());
    CHECK(said->error().code == errc::shutdown);
    CHECK(w.row(0).checkpoint == position::trim_horizon());
    CHECK(w.row(0).owner == "thief");
    CHECK(count(w.books["a"].calls, "lost 0") == 1);
}

TEST_CASE("consumer: a joining worker gets its share, gracefully, and nothing is processed twice (C15, C19)") {
    world w(4);
    w.join("a");
    int n = 0;
    const auto some = [&] {
        for (int i = 0; i < 20; ++i, ++n) w.put(std::to_string(n), "key " + std::to_string(n));
    };
    w.books["a"].on_batch = [](std::span<const consumer_record>, checkpointer&) { return result<void>(); };
    some();
    w.go(5 * second);
    w.join("b");
    for (int i = 0; i < 20; ++i) {
        some();
        w.go(10 * second);
    }
    CHECK(w.owned("a") == 2);
    CHECK(w.owned("b") == 2);
    CHECK(w.workers["a"]->metrics().HandOvers == 2);
    CHECK(w.books["a"].calls.size() == 6);  // four began, two were asked to end; none was lost
    CHECK(w.books["a"].seen.size() + w.books["b"].seen.size() == static_cast<std::size_t>(n));
    for (const weir::lease& l : w.leases.list().value()) CHECK(l.checkpoint_owner.empty());
    // One that is told to leave lets go at once.
    w.workers["b"]->request_shutdown();
    w.go(1 * second);
    CHECK(w.workers["b"]->shut_down());
    CHECK(w.owned("b") == 0);
    w.go(30 * second);
    CHECK(w.owned("a") == 4);
    some();
    w.go(5 * second);
    std::set<std::string> all(w.books["a"].seen.begin(), w.books["a"].seen.end());
    all.insert(w.books["b"].seen.begin(), w.books["b"].seen.end());
    CHECK(all.size() == static_cast<std::size_t>(n));
}

TEST_CASE("consumer: a hand-over from one that died, and to one that died (C19)") {
    world w(2);
    w.join("a");
    w.go(2 * second);
    w.join("b");
    while (w.row(0).state() != weir::lease_state::handing_over && w.row(1).state() != weir::lease_state::handing_over) {
        // Only b steps on once it has asked.
        w.time.advance(250 * ms);
        w.workers["a"]->step(w.time.now());
        w.workers["b"]->step(w.time.now());
    }
    SECTION("the old one") {
        w.die("a");
        w.go(11 * second);
        CHECK(w.owned("b") == 1);
        for (const weir::lease& l : w.leases.list().value()) CHECK(l.checkpoint_owner.empty());
        w.go(40 * second);
        CHECK(w.owned("b") == 2);
    }
    SECTION("the new one leaves in time") {
        w.workers["b"]->request_shutdown();
        w.workers["b"]->step(w.time.now());
        CHECK(w.workers["b"]->shut_down());
        CHECK(w.owned("a") == 2);
        w.die("b");
        w.go(9 * second);
        CHECK(w.workers["a"]->metrics().CurrentLeases == 2);
        CHECK(count(w.books["a"].calls, "shutdown 0") + count(w.books["a"].calls, "shutdown 1") == 0);
    }
    SECTION("the new one") {
        w.die("b");
        w.go(60 * second);
        CHECK(w.owned("a") == 2);
        for (const weir::lease& l : w.leases.list().value()) CHECK(l.checkpoint_owner.empty());
    }
}

TEST_CASE("consumer: children follow their parents, and old leases go (C08, C09, C10, C21)") {
    world w(2);
    w.join("a");
    w.join("b");
    int n = 0;
    const auto some = [&] {
        for (int i = 0; i < 30; ++i, ++n) w.put(std::to_string(n), "key " + std::to_string(n % 50));
    };
    some();
    w.go(30 * second);
    REQUIRE(w.stream.update_shard_count(4).has_value());
    some();
    w.go(2 * second);
    for (const std::uint32_t parent : {0U, 1U}) {
        CHECK(w.row(parent).completed());
        CHECK(w.row(parent).children.size() == 2);
    }
    w.go(90 * second);
    REQUIRE(w.stream.merge_shards({2}, {3}).has_value());
    some();
    w.go(200 * second);
    std::vector<std::uint32_t> left;
    for (const weir::lease& l : w.leases.list().value()) left.push_back(l.shard.index);
    // 0 and 1 are gone since their children have begun; so are 2 and 3 for 6.
    CHECK(left == std::vector<std::uint32_t>{4, 5, 6});
    CHECK(w.workers["a"]->metrics().LeasesDeleted + w.workers["b"]->metrics().LeasesDeleted == 4);
    // Per key in order over both workers: by number, since each record was processed once.
    strings all = w.books["a"].seen;
    all.insert(all.end(), w.books["b"].seen.begin(), w.books["b"].seen.end());
    CHECK(all.size() == static_cast<std::size_t>(n));
    CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
    CHECK(w.owned("a") + w.owned("b") == 3);
}

TEST_CASE("consumer: a child waits for each parent that has a lease (C09)") {
    world w(2);
    w.put("low", "k");
    // Somebody else has shard 1 and does not finish it.
    for (std::uint32_t i = 0; i < 2; ++i) {
        weir::lease l;
        l.shard = {i};
        l.keys = weir::equal_ranges(2)[i];
        REQUIRE(weir::lease_table(w.leases).create(l).value());
    }
    REQUIRE(w.stream.merge_shards({0}, {1}).has_value());
    w.put("merged");
    w.join("a", {.max_leases = 1});
    // Gives shard 0's end its child; the other parent is not taken as long as `max_leases` is full.
    const auto hold_back = [&] {
        const weir::lease other = w.row(1);
        REQUIRE(weir::lease_table(w.leases).take(other, "slow").value().has_value());
    };
    hold_back();
    for (int i = 0; i < 30; ++i) {
        w.go(3 * second);
        if (w.row(1).owner == "slow") REQUIRE(weir::lease_table(w.leases).renew(w.row(1)).value().has_value());
    }
    REQUIRE(w.row(0).completed());
    REQUIRE(w.workers["a"]->shards().size() == 1);
    CHECK(w.workers["a"]->shards()[0].state == consumer_state::waiting_on_parent_shards);
    CHECK_FALSE(w.workers["a"]->shards()[0].stalled);
    CHECK(count(w.books["a"].calls, "init 2") == 0);
    SECTION("until it ends") {
        const weir::lease other = w.row(1);
        REQUIRE(weir::lease_table(w.leases).complete(other, {}).value().has_value());
    }
    SECTION("a missing one does not hold it up") { REQUIRE(weir::lease_table(w.leases).erase(w.row(1)).value()); }
    w.go(12 * second);
    CHECK(count(w.books["a"].calls, "init 2") == 1);
    CHECK(count(w.books["a"].seen, "merged") == 1);
}

TEST_CASE("consumer: a shard's end that is not checkpointed is tried again (C08)") {
    world w;
    worker& a = w.join("a");
    int asked = 0;
    w.books["a"].on_end = [&](checkpointer& at) {
        if (++asked == 2) throw std::runtime_error("not yet");
        if (asked == 4) REQUIRE(at.checkpoint().has_value());
    };
    w.put("x");
    w.go(1 * second);
    REQUIRE(w.stream.update_shard_count(2).has_value());
    w.go(2 * second);
    CHECK(asked == 2);
    CHECK(a.metrics().ShardEndsWithoutCheckpoint == 1);
    CHECK(a.metrics().CallbackFailures == 1);
    CHECK_FALSE(w.row(0).completed());
    CHECK(w.leases.list().value().size() == 1);
    w.go(30 * second);
    CHECK(asked == 4);
    CHECK(w.row(0).completed());
    CHECK(w.leases.list().value().size() == 3);
    CHECK(w.owned("a") == 2);
}

TEST_CASE("consumer: a failing batch is never skipped: retry, side output, stop") {
    world w;
    int fails = 7;
    const auto failing = [&](std::span<const consumer_record> records, checkpointer& at) -> result<void> {
        if (records.front().data == "bad" && fails-- > 0) {
            if (fails % 2 == 0) throw std::runtime_error("cannot");
            return weir::error{errc::io, "cannot", ""};
        }
        return at.checkpoint();
    };
    SECTION("retry, with the checkpoint where it was") {
        worker& a = w.join("a", {.max_records = 1});
        w.books["a"].on_batch = failing;
        for (const char* const d : {"one", "bad", "three"}) w.put(d);
        w.go(5 * second);
        CHECK(w.books["a"].seen == strings{"one"});
        CHECK(a.shards()[0].failures >= 3);
        CHECK(a.shards()[0].last_error.find("cannot") != std::string::npos);
        // Shut down now, and the bad one is the next owner's: shutdown_requested's checkpoint() does not pass it.
        SECTION("and goes on") {
            w.go(120 * second);
            CHECK(w.books["a"].seen == strings{"one", "bad", "three"});
            CHECK(a.metrics().BatchFailures == 7);
        }
        SECTION("and a shutdown does not pass it") {
            a.request_shutdown();
            w.go(1 * second);
            CHECK(w.row(0).checkpoint == w.books["a"].positions[0].back());
            fails = 0;
            w.join("b");
            w.go(3 * second);
            CHECK(w.books["b"].seen == strings{"bad", "three"});
        }
    }
    SECTION("side output") {
        fails = 1'000;
        worker& a =
            w.join("a", {.max_records = 1, .on_failure = weir::batch_failure::side_output, .batch_attempts = 3});
        strings aside;
        bool full = true;
        a.on_failed_batch([&](shard_id, std::span<const consumer_record> records, const weir::error& e) {
            CHECK(e.message.find("cannot") != std::string::npos);
            if (std::exchange(full, false)) throw std::runtime_error("full");  // then it is not taken
            for (const consumer_record& r : records) aside.emplace_back(r.data);
        });
        w.books["a"].on_batch = failing;
        for (const char* const d : {"one", "bad", "three"}) w.put(d);
        w.go(60 * second);
        CHECK(w.books["a"].seen == strings{"one", "three"});
        CHECK(aside == strings{"bad"});
        CHECK(a.metrics().RecordsToSideOutput == 1);
        CHECK(a.metrics().BatchFailures == 4);
    }
    SECTION("stop") {
        worker& a = w.join("a", {.max_records = 1, .on_failure = weir::batch_failure::shut_down, .batch_attempts = 2});
        w.books["a"].on_batch = failing;
        for (const char* const d : {"one", "bad", "three"}) w.put(d);
        w.go(60 * second);
        CHECK(w.books["a"].seen == strings{"one"});
        CHECK(a.shut_down());
        CHECK(a.failure()->message.find("cannot") != std::string::npos);
        CHECK(w.row(0).owner.empty());
        CHECK(w.row(0).checkpoint == w.books["a"].positions[0].back());
    }
    SECTION("side output without a callback") {
        worker& a = w.join("a", {.on_failure = weir::batch_failure::side_output});
        CHECK_THROWS_AS(a.step(w.time.now()), std::invalid_argument);
    }
}

TEST_CASE("consumer: the watchdog says which shard stands still") {
    world w(2);
    worker& a = w.join("a", {.stall_after = 60s});
    std::vector<weir::shard_progress> stalls;
    a.on_stall([&](const weir::shard_progress& p) { stalls.push_back(p); });
    bool stuck = true;
    w.books["a"].on_batch = [&](std::span<const consumer_record>, checkpointer& at) -> result<void> {
        if (stuck) return weir::error{errc::io, "downstream is away", ""};
        return at.checkpoint();
    };
    w.put("x");
    w.go(59 * second);
    CHECK(stalls.empty());
    w.go(10 * second);
    REQUIRE(stalls.size() == 1);  // once, and not for the shard that is idle
    CHECK(stalls[0].last_error.find("downstream is away") != std::string::npos);
    CHECK(a.metrics().StalledShards == 1);
    stuck = false;
    w.go(40 * second);
    CHECK(a.metrics().StalledShards == 0);
    CHECK(w.books["a"].seen == strings{"x"});
}

TEST_CASE("consumer: user records of aggregates, checkpointed one by one (C02, C03, C06)") {
    world w;
    const auto aggregate = [](std::initializer_list<const char*> data) {
        weir::aggregate_writer out;
        for (const char* const d : data) out.add("key", std::nullopt, d);
        return std::string(out.finish());
    };
    w.put(aggregate({"a0", "a1", "a2"}));
    w.put("plain");
    w.put(aggregate({"b0", "b1"}));
    w.join("a");
    w.books["a"].on_batch = [&](std::span<const consumer_record> records, checkpointer& at) -> result<void> {
        CHECK(records.size() == 6);
        CHECK(records[1].number.sub() == 1);
        CHECK(records[0].number.number() == records[2].number.number());
        CHECK(records[1].partition_key == "key");
        return at.checkpoint(records[1].number);
    };
    w.go(1 * second);
    CHECK(w.books["a"].seen == strings{"a0", "a1", "a2", "plain", "b0", "b1"});
    CHECK(w.row(0).checkpoint.sub() == 1);
    w.die("a");
    w.join("b");
    w.books["b"].on_batch = [&](std::span<const consumer_record> records, checkpointer& at) -> result<void> {
        // A batch that fails half-way comes again from behind its checkpoint.
        if (records.front().data == "a2") {
            REQUIRE(at.checkpoint(records[1].number).has_value());
            return weir::error{errc::io, "half-way", ""};
        }
        return at.checkpoint();
    };
    w.go(45 * second);
    CHECK(w.books["b"].seen == strings{"b0", "b1"});

    world split(2);
    const std::string foreign = aggregate({"x", "y"});
    const bool first = weir::equal_ranges(2)[0].contains(weir::hash_of("key"));
    REQUIRE(split.stream.put_record(foreign, "key", {.explicit_hash_key = weir::equal_ranges(2)[first ? 1 : 0].first})
                .has_value());
    worker& a = split.join("a");
    split.go(2 * second);
    CHECK(split.books["a"].seen.empty());
    CHECK(a.metrics().UserRecordsDropped == 2);
}

TEST_CASE("consumer: what was prepared is given to the successor (C07)") {
    world w;
    w.join("a");
    w.books["a"].on_batch = [](std::span<const consumer_record>, checkpointer& at) -> result<void> {
        REQUIRE(at.prepare_checkpoint("half").has_value());
        return {};
    };
    w.put("x");
    w.go(1 * second);
    w.die("a");
    w.join("b");
    w.go(45 * second);
    REQUIRE(w.books["b"].inits.size() == 1);
    CHECK(w.books["b"].inits[0].start == position::trim_horizon());
    CHECK(w.books["b"].inits[0].pending == w.books["a"].positions[0].back());
    CHECK(w.books["b"].inits[0].pending_state == "half");
    CHECK(w.books["b"].seen == strings{"x"});
    CHECK_FALSE(w.row(0).pending_checkpoint.has_value());
}

TEST_CASE("consumer: fan_out has a quota of its own, whatever pollers take (K23, K36, K37)") {
    world w(1, weir::capacity_mode::provisioned);
    w.put("first");
    worker& pushed = w.join("pushed", {.fan_out = "report"});
    w.go(1 * second);
    CHECK(w.books["pushed"].seen == strings{"first"});
    REQUIRE(weir::list_stream_consumers(w.stream).size() == 1);
    CHECK(weir::list_stream_consumers(w.stream)[0].name == "report");
    // Pollers use up the five reads of each second; a polling consumer would be refused.
    std::uint64_t refused = 0;
    for (int i = 0; i < 20; ++i) {
        const auto it = w.stream.get_shard_iterator({0}, weir::latest).value();
        for (int reads = 0; reads < 8; ++reads) refused += w.stream.get_records(it) ? 0U : 1U;
        w.put(std::to_string(i));
        w.go(250 * ms);
        CHECK(w.books["pushed"].seen.back() == std::to_string(i));  // at the next look, not 1.5 s later
    }
    CHECK(refused > 0);
    CHECK(pushed.metrics().ReadFailures == 0);
    CHECK(pushed.metrics().RecordsProcessed == 21);
    CHECK(pushed.metrics().Subscriptions == 1);
}

TEST_CASE("consumer: fan_out subscribes again after five minutes, and after it was deregistered (K36)") {
    world w(2);
    worker& a = w.join("a", {.fan_out = "report"});
    strings put;
    const auto both = [&](int i) {
        for (const char* key : {"1", "2"}) {
            put.push_back(std::to_string(i) + key);
            w.put(put.back(), key);
        }
    };
    for (int i = 0; i < 65; ++i) {
        both(i);
        w.go(10 * second, second);
    }
    CHECK(a.metrics().Subscriptions == 6);  // three of each shard in 650 s
    REQUIRE(weir::deregister_stream_consumer(w.stream, weir::list_stream_consumers(w.stream).at(0)));
    for (int i = 65; i < 68; ++i) {
        both(i);
        w.go(10 * second, second);
    }
    REQUIRE(weir::list_stream_consumers(w.stream).size() == 1);
    strings seen = w.books["a"].seen;
    std::sort(seen.begin(), seen.end());
    std::sort(put.begin(), put.end());
    CHECK(seen == put);  // each once
    CHECK(a.metrics().RecordsMissed == 0);
}

TEST_CASE("consumer: fan_out with workers that die, shards that end, and a tip to begin at (C09, C11, C14)") {
    world w(2);
    w.put("old", "1");
    w.join("a", {.start = weir::latest, .fan_out = "report"});
    w.join("b", {.start = weir::latest, .fan_out = "report"});
    w.go(60 * second, second);
    CHECK(w.owned("a") == 1);
    CHECK(w.owned("b") == 1);
    std::map<std::string, strings> put;
    const auto some = [&](int from, int to) {
        for (int i = from; i < to; ++i) {
            const std::string key = std::to_string(i % 7);
            put[key].push_back(key + ":" + std::to_string(i));
            w.put(put[key].back(), key);
        }
    };
    some(0, 50);
    w.go(5 * second);
    w.die("a");
    some(50, 100);
    REQUIRE(w.stream.split_shard({0}, weir::hash_key{1, 0}));
    some(100, 150);
    w.go(120 * second, second);
    REQUIRE(w.stream.update_shard_count(2));
    some(150, 200);
    w.go(240 * second, second);
    std::map<std::string, strings> got;
    for (const char* name : {"a", "b"}) {
        for (const std::string& data : w.books[name].seen) got[data.substr(0, 1)].push_back(data);
    }
    CHECK(count(w.books["a"].seen, "old") + count(w.books["b"].seen, "old") == 0);
    CHECK(got == put);
    CHECK(w.owned("b") == 2);
}

TEST_CASE("consumer: fan_out is refused where it cannot be") {
    world w;
    CHECK_THROWS_AS(w.join("a", {.fan_out = std::string(129, 'x')}), std::invalid_argument);
    // What a stream has too many of is met when it begins, and told.
    for (int i = 0; i < 20; ++i) REQUIRE(weir::register_stream_consumer(w.stream, "other " + std::to_string(i)));
    worker& a = w.join("a", {.fan_out = "report"});
    w.put("x");
    w.go(20 * second);
    CHECK(w.books["a"].seen.empty());
    CHECK(a.metrics().ReadFailures > 0);
    CHECK(a.shards().at(0).last_error.find("as many as it may") != std::string::npos);
    REQUIRE(weir::deregister_stream_consumer(w.stream, weir::list_stream_consumers(w.stream).at(0)));
    w.go(40 * second);
    CHECK(w.books["a"].seen == strings{"x"});
}

TEST_CASE("consumer: expired iterators and a lease that was deleted by hand (C22)") {
    world w(2);
    int fails = 1;
    worker& a = w.join("a", {.task_backoff = 400s, .longest_backoff = 400s});
    w.books["a"].on_batch = [&](std::span<const consumer_record>, checkpointer& at) -> result<void> {
        if (fails-- > 0) return weir::error{errc::io, "once", ""};
        return at.checkpoint();
    };
    w.put("x");
    w.go(2 * second);
    w.put("y");
    w.go(420 * second, second);
    CHECK(w.books["a"].seen == strings{"x", "y"});  // both of them once
    CHECK(a.metrics().ExpiredIterator == 1);

    REQUIRE(weir::lease_table(w.leases).erase(w.row(1)).value());
    w.go(100 * second, second);
    CHECK(w.leases.list().value().size() == 1);
    w.go(400 * second, second);
    CHECK(w.leases.list().value().size() == 2);
    CHECK(w.owned("a") == 2);
}

namespace {

/// A store and a stream that fail when told to.
struct moody_store {
    weir::memory_lease_store real;
    bool down = false;
    template <class R, class F>
    R or_error(F f) const {
        if (down) return weir::error{errc::io, "down", ""};
        return f();
    }
    result<std::vector<weir::lease>> list() const {
        return or_error<result<std::vector<weir::lease>>>([&] { return real.list(); });
    }
    result<std::optional<weir::lease>> get(shard_id s) const {
        return or_error<result<std::optional<weir::lease>>>([&] { return real.get(s); });
    }
    result<bool> commit(std::span<const weir::lease_write> w) {
        return or_error<result<bool>>([&] { return real.commit(w); });
    }
};

}  // namespace

TEST_CASE("consumer: a store that is away longer than failover costs the leases, not the worker") {
    weir::virtual_clock time{{1'700'000'000 * second}};
    stream_type stream("s", {.shards = 2, .time = &time});
    moody_store leases;
    book b;
    weir::consumer a(stream, leases, [&b](shard_id s) { return scribe{&b, s.index}; }, {.worker = "a"});
    const auto go = [&](std::int64_t us) {
        for (; us > 0; us -= 250 * ms) {
            time.advance(250 * ms);
            for (int i = 0; i < 20 && a.step(time.now()); ++i) {}
        }
    };
    go(2 * second);
    leases.down = true;
    go(6 * second);
    CHECK(b.calls.size() == 2);  // still ours
    CHECK(stream.put_record("x", "k").has_value());
    go(5 * second);
    CHECK(count(b.calls, "lost 0") == 1);
    CHECK(count(b.calls, "lost 1") == 1);
    CHECK(a.metrics().StoreFailures > 0);
    leases.down = false;
    go(40 * second);
    CHECK(a.metrics().CurrentLeases == 2);
    CHECK(count(b.seen, "x") == 1);
}

TEST_CASE("consumer: options that are none") {
    world w;
    CHECK_THROWS_AS(w.join(""), std::invalid_argument);
    CHECK_THROWS_AS(w.join("a", {.start = weir::at_sequence_number({})}), std::invalid_argument);
    CHECK_THROWS_AS(w.join("a", {.handoff_timeout = 1s}), std::invalid_argument);
    CHECK_THROWS_AS(w.join("a", {.max_records = 0}), std::invalid_argument);
    CHECK_THROWS_AS(w.join("a", {.batch_attempts = 0}), std::invalid_argument);
}

namespace {

struct reading {
    std::uint64_t host = 0;
    int value = 0;
};
struct sum_up {
    std::atomic<int>* sum;
    void initialize(const weir::initialization_input&) const {}
    void process_records(std::span<const weir::typed_consumer_record<reading>> records, checkpointer& at) const {
        for (const auto& r : records) *sum += r.data->value;
        at.checkpoint().value();
    }
    void lease_lost() const {}
    void shard_ended(checkpointer& at) const { at.checkpoint().value(); }
    void shutdown_requested(checkpointer& at) const { at.checkpoint().value(); }
};

}  // namespace

TEST_CASE("consumer: threads that run two workers over a typed stream") {
    const weir::data_stream<reading, &reading::host> stream("readings", {.shards = 4});
    weir::memory_lease_store leases;
    std::atomic<int> sum{0};
    const auto make = [&sum](shard_id) { return sum_up{&sum}; };
    const auto options = [](const char* name) {
        return consumer_options{
            .worker = name, .failover = 300ms, .parent_poll = 20ms, .idle_between_reads = 1ms, .handoff_timeout = 2s};
    };
    weir::consumer a(stream, leases, make, options("a"));
    weir::consumer b(stream, leases, make, options("b"));
    {
        std::jthread first([&](std::stop_token stop) { CHECK(a.run(stop)); });
        std::jthread second_one([&](std::stop_token stop) { CHECK(b.run(stop)); });
        for (int i = 0; i < 1'000; ++i) {
            REQUIRE(stream.put_record({static_cast<std::uint64_t>(i), 1}).has_value());
            if (i == 500) REQUIRE(stream.update_shard_count(6).has_value());
        }
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (sum < 1'000 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    }
    CHECK(sum >= 1'000);
    CHECK(a.shut_down());
    CHECK(b.shut_down());
    for (const weir::lease& l : leases.list().value()) {
        CHECK((l.completed() || l.owner.empty() || !l.checkpoint_owner.empty() || l.owner == "a" || l.owner == "b"));
    }
}
