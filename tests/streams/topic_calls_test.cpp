// SPDX-License-Identifier: BSL-1.0
// Every call of topics, consumers, coordinators and tables that the other tests leave out, and what each refuses (T02,
// T05 to T07, T09, T11, T12, T14, T16, T18, T20, T21).
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <weir/streams/topics/table_view.hpp>
#include <weir/streams/topics/topic_consumer.hpp>
#include <weir/streams/topics/transaction_coordinator.hpp>

#include "support/catch.hpp"

namespace {

using weir::errc;
using weir::instant;
using text_topic = weir::topic<std::string>;
using text_table = weir::table_view<std::string>;
using record = text_topic::record;
using consumer = weir::topic_consumer<std::string>;
using texts = std::vector<std::string>;
constexpr std::int64_t ms = 1'000;

instant at(std::int64_t milliseconds) { return {milliseconds * ms}; }
record keyed(std::optional<std::string> key, std::optional<std::string> value, std::optional<instant> t = {}) {
    record r;
    r.key = std::move(key);
    r.value = std::move(value);
    r.time = t;
    return r;
}
record plain(std::string value, std::optional<instant> t = {}) { return keyed({}, std::move(value), t); }

template <class Result>
std::optional<errc> code(const Result& r) {
    return r ? std::nullopt : std::optional(r.error().code);
}

struct broker {
    weir::virtual_clock time{at(1'000'000)};
    weir::transaction_coordinator transactions{time};
    weir::group_coordinator groups{time, 0};
    text_topic topic{"t", {.partitions = 2, .time = &time}};

    std::unique_ptr<consumer> member(weir::offset_reset reset = weir::offset_reset::to_earliest,
                                     std::size_t max_records = 500) {
        return std::make_unique<consumer>(
            topic, groups,
            weir::topic_consumer_options{
                .group = "g", .reset = reset, .auto_commit = false, .max_records = max_records});
    }
    weir::producer_identity producer(const std::string& id) { return transactions.init_producer(id).value(); }
};
texts poll(consumer& c) {
    texts got;
    REQUIRE(c.poll([&](std::uint32_t, const record& r) { got.push_back(*r.value); }));
    return got;
}
std::optional<errc> failing_poll(consumer& c) {
    return code(c.poll([](std::uint32_t, const record&) {}));
}

}  // namespace

// ---- Topics. -----------------------------------------------------------------------------------------------------

TEST_CASE("topic: what it is, and what a partition that is not there gives", "[streams]") {
    const broker b;
    CHECK(b.topic.name() == "t");
    CHECK(b.topic.options().partitions == 2);
    CHECK(&b.topic.time() == &b.time);
    CHECK(b.topic.partitions() == 2);
    const text_topic same = b.topic;  // NOLINT(performance-unnecessary-copy-initialization): copies are the same topic
    REQUIRE(same.add_partitions(3));
    CHECK(b.topic.partitions() == 3);

    constexpr auto unknown = errc::unknown_topic_or_partition;
    std::vector<record> one(1, plain("x"));
    CHECK(code(b.topic.produce(3, plain("x"))) == unknown);
    CHECK(code(b.topic.append(3, one)) == unknown);
    CHECK(code(b.topic.fetch(3, 0)) == unknown);
    CHECK(code(b.topic.visit(3, 0, [](const record&) {})) == unknown);
    CHECK(code(b.topic.offsets(3)) == unknown);
    CHECK(code(b.topic.offset_for_time(3, at(0))) == unknown);
    CHECK(code(b.topic.delete_records(3, 0)) == unknown);
    CHECK(code(b.topic.compact(3)) == unknown);
    CHECK(code(b.topic.roll(3)) == unknown);
    CHECK(code(b.topic.segments(3)) == unknown);
    CHECK(code(b.topic.transactional()->allow(3, 1, 0)) == unknown);
    CHECK(b.topic.produce(2, plain("x")));
}

TEST_CASE("topic: T01 T02, partition_for says where produce puts a record", "[streams]") {
    for (const auto by : {weir::partitioner::murmur2, weir::partitioner::fnv1a, weir::partitioner::consistent}) {
        const text_topic t("t", {.partitions = 17, .by = by});
        for (const char* const key : {"kafka", "1234", "", "foobar"}) {
            const std::uint32_t p = t.partition_for(keyed(key, "v"));
            CHECK(p == weir::partition_of(by, key, 17));
            CHECK(t.produce(keyed(key, "v")).value().partition == p);
        }
    }
    // T02: where a null or empty key has no hash, it goes where records without a key go.
    const text_topic random("t", {.partitions = 3, .by = weir::partitioner::consistent_random, .sticky_bytes = 1});
    std::set<std::uint32_t> seen;
    for (int i = 0; i != 10; ++i)
        seen.insert(random.partition_for(keyed(i % 2 == 0 ? std::optional("") : std::nullopt, "v")));
    CHECK(seen.size() == 3);
}

TEST_CASE("topic: how many partitions there can be, and records that are reserved for", "[streams]") {
    const text_topic t("t", {.max_partitions = 2, .reserve_records = 10'000});
    CHECK(code(t.add_partitions(3)) == errc::invalid_argument);
    REQUIRE(t.add_partitions(2));
    CHECK(t.produce(1, plain("x")).value().offset == 0);
    CHECK_THROWS_AS(text_topic("t", {.partitions = 3, .max_partitions = 2}), std::invalid_argument);
    CHECK_THROWS_AS(text_topic("t", {.segment_bytes = 0}), std::invalid_argument);
    CHECK_THROWS_AS(text_topic("t", {.sticky_bytes = 0}), std::invalid_argument);
}

TEST_CASE("topic: T12 T16, batches that are none change nothing", "[streams]") {
    broker b;
    std::vector<record> none;
    CHECK(code(b.topic.append(0, none)) == errc::invalid_record);
    const auto by = [&](const weir::producer_stamp& s) { return code(b.topic.produce(0, plain("x"), s)); };
    // Nobody cannot be in a transaction, nor count; a producer has an epoch.
    CHECK(by({.transactional = true}) == errc::invalid_record);
    CHECK(by({.first_sequence = 0}) == errc::invalid_record);
    CHECK(by({.producer_id = 1}) == errc::invalid_record);
    CHECK(by({.producer_id = 1, .first_sequence = 0}) == errc::invalid_record);
    CHECK(b.topic.offsets(0).value().end == 0);
    // T21: all of a batch or nothing, by size and by its worst record.
    const text_topic compacted("c", {.cleanup = weir::cleanup_policy::compact, .max_message_bytes = 200});
    std::vector<record> two{keyed("a", "v"), plain("v")};
    CHECK(code(compacted.append(0, two)) == errc::invalid_record);
    two = {keyed("a", std::string(60, 'v')), keyed("b", std::string(90, 'v'))};
    CHECK(code(compacted.append(0, two)) == errc::message_too_large);
    CHECK(compacted.offsets(0).value().end == 0);
    two = {keyed("a", "v"), keyed("b", "w")};
    CHECK(compacted.append(0, two).value() == 0);
    CHECK(compacted.offsets(0).value().end == 2);
}

TEST_CASE("topic: T12, a producer of its own id is idempotent without transactions", "[streams]") {
    broker b;
    const auto one = b.transactions.new_producer();
    const auto two = b.transactions.new_producer();
    const auto named = b.producer("x");
    CHECK(one.epoch == 0);
    CHECK(two.epoch == 0);
    CHECK(std::set<std::int64_t>{one.id, two.id, named.id}.size() == 3);
    const auto send = [&](const weir::producer_identity& who, std::int32_t sequence, bool transactional = false) {
        return b.topic.produce(0, plain("x"), {who.id, who.epoch, sequence, transactional});
    };
    CHECK(send(one, 0).value().offset == 0);
    CHECK(send(two, 0).value().offset == 1);
    CHECK(send(one, 0).value().offset == 0);  // again: the first is what it was
    CHECK(send(one, 1).value().offset == 2);
    CHECK(code(send(one, 3)) == errc::out_of_order_sequence_number);
    // No coordinator knows it: nothing to begin, nothing to end.
    CHECK(code(send(one, 2, true)) == errc::invalid_txn_state);
    CHECK(code(b.transactions.add_partition("one", one, b.topic, 0)) == errc::invalid_argument);
    CHECK(code(b.transactions.end("one", one, true)) == errc::invalid_argument);
    CHECK(b.topic.offsets(0).value().end == 3);
}

TEST_CASE("topic: T12, a producer that was silent for producer.id.expiration is forgotten", "[streams]") {
    weir::virtual_clock time{at(0)};
    const text_topic t("t", {.producer_id_expiration_ms = 100, .time = &time});
    const auto send = [&](std::int64_t id, std::int32_t sequence) {
        return t.produce(0, plain("x"), {id, 0, sequence, false});
    };
    REQUIRE(send(1, 0));
    REQUIRE(send(2, 0));
    time.set(at(60));
    REQUIRE(send(2, 1));
    time.set(at(100));
    t.maintain();
    CHECK(send(1, 0).value().offset == 0);  // not yet: a repetition, which is no use of it
    time.set(at(101));
    t.maintain();
    CHECK(send(1, 7).value().offset == 3);  // of one that nobody knows any sequence is a beginning
    CHECK(code(send(2, 7)) == errc::out_of_order_sequence_number);
}

TEST_CASE("topic: T07 T18, time is the log's where the topic says so, and segments end by it", "[streams]") {
    weir::virtual_clock time{at(500)};
    const text_topic t("t", {.timestamps = weir::timestamp_type::log_append_time, .segment_ms = 50, .time = &time});
    REQUIRE(t.produce(plain("a", at(7))));
    CHECK(t.fetch(0, 0).value().records[0].time == at(500));
    time.set(at(550));
    REQUIRE(t.produce(plain("b", at(7))));
    CHECK(t.segments(0).value() == 1);  // 50 is not over 50
    time.set(at(551));
    REQUIRE(t.produce(plain("c", at(7))));
    CHECK(t.segments(0).value() == 2);
    CHECK(t.offset_for_time(0, at(501)).value()->offset == 1);
    CHECK(t.offset_for_time(0, at(551)).value()->time == at(551));
    CHECK_FALSE(t.offset_for_time(0, at(552)).value());
    // Below the log's start nothing is found.
    REQUIRE(t.delete_records(0, 2));
    CHECK(t.offset_for_time(0, at(0)).value()->offset == 2);
    CHECK(t.fetch(0, 2).value().log_start == 2);
}

TEST_CASE("topic: T18 T20, compact and delete: the latest of each key, as long as retention keeps it", "[streams]") {
    weir::virtual_clock time{at(0)};
    const text_topic t("t", {.cleanup = weir::cleanup_policy::compact_and_delete, .retention_ms = 100, .time = &time});
    for (const char* const key : {"a", "b", "a"}) REQUIRE(t.produce(keyed(key, "v", time.now())));
    REQUIRE(t.roll(0));
    time.set(at(50));
    REQUIRE(t.produce(keyed("c", "v", time.now())));
    CHECK(t.compact(0).value() == 1);
    const auto offsets = [&] {
        std::vector<std::int64_t> out;
        for (const auto& r : t.fetch(0, t.offsets(0).value().start).value().records) out.push_back(r.offset);
        return out;
    };
    CHECK(offsets() == std::vector<std::int64_t>{1, 2, 3});
    time.set(at(101));
    t.maintain();
    CHECK(offsets() == std::vector<std::int64_t>{3});
    CHECK(code(t.fetch(0, 2)) == errc::offset_out_of_range);
    CHECK(code(t.produce(plain("x"))) == errc::invalid_record);
}

// ---- Consumers. --------------------------------------------------------------------------------------------------

TEST_CASE("topic_consumer: T06, seek: there and back, and by time", "[streams]") {
    broker b;
    for (int i = 0; i != 6; ++i) {
        REQUIRE(b.topic.produce(0, plain(std::to_string(i), at(1'000'000 + 10 * i))));
    }
    const auto c = b.member();
    CHECK(c->generation() == -1);
    CHECK(code(c->seek(0, 1)) == errc::unknown_topic_or_partition);  // nothing is assigned yet
    CHECK(poll(*c) == texts{"0", "1", "2", "3", "4", "5"});
    CHECK(c->generation() == 1);
    REQUIRE(c->seek(0, 4));
    CHECK(c->positions().at(0) == 4);
    CHECK(poll(*c) == texts{"4", "5"});
    REQUIRE(c->seek(0, 2));
    REQUIRE(c->commit());  // what would be read next
    CHECK(b.groups.committed("g", {"t", 0}).value() == 2);
    CHECK(poll(*c) == texts{"2", "3", "4", "5"});

    const auto found = b.topic.offset_for_time(0, at(1'000'025)).value();
    REQUIRE(found);
    REQUIRE(c->seek(0, found->offset));
    CHECK(poll(*c) == texts{"3", "4", "5"});

    CHECK(code(c->seek(2, 0)) == errc::unknown_topic_or_partition);
    CHECK(code(c->seek(0, -1)) == errc::invalid_argument);
    CHECK(c->positions().at(0) == 6);
    // Outside of the log: where `reset` says.
    REQUIRE(c->seek(0, 7));
    CHECK(poll(*c) == texts{"0", "1", "2", "3", "4", "5"});
    REQUIRE(b.topic.delete_records(0, 3));
    REQUIRE(c->seek(0, 1));
    CHECK(poll(*c) == texts{"3", "4", "5"});
    // To the end: nothing, then what comes.
    REQUIRE(c->seek(0, 6));
    CHECK(poll(*c).empty());
    REQUIRE(c->close());
    CHECK(c->generation() == -1);
    CHECK(code(c->seek(0, 3)) == errc::unknown_topic_or_partition);
    CHECK(c->close());  // again: there is nothing to leave
}

TEST_CASE("topic_consumer: T06, without a committed offset and without a reset one seeks", "[streams]") {
    broker b;
    for (std::uint32_t p = 0; p != 2; ++p) REQUIRE(b.topic.produce(p, plain(std::to_string(p))));
    const auto c = b.member(weir::offset_reset::none);
    CHECK(failing_poll(*c) == errc::offset_out_of_range);
    CHECK(c->positions() == std::map<std::uint32_t, std::int64_t>{{0, -1}, {1, -1}});
    REQUIRE(c->commit());  // nothing was read, so nothing is committed
    CHECK(b.groups.committed("g", {"t", 0}).value() == std::nullopt);
    CHECK(c->progress().second.empty());
    REQUIRE(c->seek(0, 0));
    REQUIRE(c->seek(1, 0));
    CHECK(poll(*c).size() == 2);
    REQUIRE(c->commit());
    // What is committed goes from the log: an error that stays until one seeks.
    REQUIRE(b.topic.produce(0, plain("2")));
    REQUIRE(b.topic.delete_records(0, 2));
    CHECK(failing_poll(*c) == errc::offset_out_of_range);
    REQUIRE(c->seek(0, b.topic.offsets(0).value().start));
    CHECK(poll(*c).empty());
}

TEST_CASE("topic_consumer: a busy partition does not keep the others from being read", "[streams]") {
    broker b;
    for (std::uint32_t i = 0; i != 20; ++i) REQUIRE(b.topic.produce(i % 2, plain(std::to_string(i % 2))));
    const auto c = b.member(weir::offset_reset::to_earliest, 4);
    CHECK(poll(*c) == texts(4, "0"));
    CHECK(poll(*c) == texts(4, "1"));
    CHECK(poll(*c) == texts(4, "0"));
    CHECK(poll(*c) == texts(4, "1"));
    CHECK(poll(*c) == texts{"0", "0", "1", "1"});
}

TEST_CASE("topic_consumer: T10, partitions that a topic gets are divided too", "[streams]") {
    for (const auto how : {weir::assignor::range, weir::assignor::cooperative_sticky}) {
        INFO(weir::to_string(how));
        broker b;
        const auto make = [&] {
            return std::make_unique<consumer>(b.topic, b.groups,
                                              weir::topic_consumer_options{.group = "g",
                                                                           .assignors = {how},
                                                                           .reset = weir::offset_reset::to_earliest});
        };
        const auto one = make();
        const auto two = make();
        const auto settle = [&] {
            for (int i = 0; i != 8; ++i) {
                poll(*one);
                poll(*two);
            }
        };
        settle();
        CHECK(one->positions().size() == 1);
        CHECK(two->positions().size() == 1);
        const std::int32_t before = one->generation();
        settle();
        CHECK(one->generation() == before);
        REQUIRE(b.topic.add_partitions(6));
        REQUIRE(b.topic.produce(5, plain("x")));
        texts got;
        for (int i = 0; i != 8; ++i) {
            for (const auto* c : {&one, &two}) {
                for (auto& text : poll(**c)) got.push_back(std::move(text));
            }
        }
        CHECK(got == texts{"x"});
        CHECK(one->positions().size() == 3);
        CHECK(two->positions().size() == 3);
        CHECK(one->generation() == two->generation());
        CHECK(one->generation() > before);
        const std::int32_t after = one->generation();
        settle();
        CHECK(one->generation() == after);
    }
}

TEST_CASE("topic_consumer: T11, of two of one instance the older is told", "[streams]") {
    broker b;
    REQUIRE(b.topic.produce(0, plain("x")));
    const auto make = [&] {
        return std::make_unique<consumer>(
            b.topic, b.groups,
            weir::topic_consumer_options{.group = "g", .instance = "i", .reset = weir::offset_reset::to_earliest});
    };
    const auto older = make();
    CHECK(poll(*older) == texts{"x"});
    REQUIRE(older->commit());
    const auto newer = make();
    CHECK(poll(*newer).empty());
    CHECK(newer->generation() == 1);  // no rebalance
    CHECK(code(older->keep_alive()) == errc::fenced_instance_id);
    CHECK(code(older->commit()) == errc::fenced_instance_id);
    CHECK(failing_poll(*older) == errc::fenced_instance_id);
    CHECK(older->positions().empty());
    CHECK(poll(*newer).empty());
}

// ---- Groups. -----------------------------------------------------------------------------------------------------

TEST_CASE("groups: T09, what is refused leaves no trace", "[streams]") {
    broker b;
    const auto dead = [&] { return b.groups.describe("g").state == weir::group_state::dead; };
    CHECK(code(b.groups.join({.group = "g", .member = "who"})) == errc::unknown_member_id);
    CHECK(code(b.groups.join({.group = "g", .assignors = {}})) == errc::inconsistent_group_protocol);
    CHECK(code(b.groups.leave({"g", "who"})) == errc::unknown_member_id);
    CHECK(code(b.groups.heartbeat({"g", "who", 1})) == errc::unknown_member_id);
    CHECK(code(b.groups.sync({"g", "who", 1})) == errc::unknown_member_id);
    CHECK(code(b.groups.commit({"g", "who", 1}, {{{"t", 0}, 1}})) == errc::unknown_member_id);
    CHECK(code(b.groups.remove_group("g")) == errc::resource_not_found);
    CHECK(dead());
    const auto me = b.groups.join({.group = "g"}).value();
    const weir::group_identity who{"g", me.member, 1};
    CHECK(code(b.groups.sync({"g", me.member, 0})) == errc::illegal_generation);
    CHECK(code(b.groups.heartbeat({"g", me.member, 2})) == errc::illegal_generation);
    CHECK(b.groups.sync(who).value() == std::nullopt);  // the leader has not said
    CHECK(code(b.groups.join({.group = "g", .member = me.member, .instance = "i"})) == std::nullopt);
    CHECK(code(b.groups.join({.group = "g", .member = me.member, .assignors = {}}))
          == errc::inconsistent_group_protocol);
    REQUIRE(b.groups.leave(who));
    CHECK(code(b.groups.leave(who)) == errc::unknown_member_id);
}

TEST_CASE("groups: T09 T14, a transaction's offsets keep their group", "[streams]") {
    broker b;
    const weir::topic_partition_name p{"in", 0};
    const auto me = b.producer("x");
    // Refused: no such transactional id, or a fenced producer; nothing is pending then.
    CHECK(code(b.groups.commit_in_transaction(b.transactions, "y", me, {"g"}, {{p, 1}})) == errc::invalid_argument);
    CHECK(code(b.groups.commit_in_transaction(b.transactions, "x", weir::producer_identity{me.id, 9}, {"g"}, {{p, 1}}))
          == errc::producer_fenced);
    CHECK(b.groups.committed("g", p, true).value() == std::nullopt);
    for (const bool commits : {false, true}) {
        REQUIRE(b.groups.commit_in_transaction(b.transactions, "x", me, {"g"}, {{p, 5}}));
        CHECK(code(b.groups.committed("g", p, true)) == errc::concurrent_transactions);
        CHECK(b.groups.committed("g", p).value() == std::nullopt);
        CHECK(code(b.groups.remove_group("g")) == errc::resource_in_use);
        REQUIRE(b.transactions.end("x", me, commits));
        CHECK(b.groups.committed("g", p, true).value() == (commits ? std::optional<std::int64_t>(5) : std::nullopt));
    }
    REQUIRE(b.groups.remove_group("g"));
    CHECK(b.groups.committed("g", p, true).value() == std::nullopt);
}

// ---- Transactions. -----------------------------------------------------------------------------------------------

TEST_CASE("transactions: T14, the state of an id through its life", "[streams]") {
    broker b;
    using state = weir::transaction_state;
    const auto now = [&] { return b.transactions.state("x"); };
    CHECK_FALSE(now());
    CHECK_FALSE(b.transactions.init_producer("x", 900'001));
    CHECK_FALSE(now());
    const auto me = b.transactions.init_producer("x", 100).value();
    CHECK(now() == state::empty);
    CHECK(code(b.transactions.end("x", me, true)) == errc::invalid_txn_state);
    CHECK(code(b.transactions.end("x", me, false)) == errc::invalid_txn_state);
    CHECK(code(b.transactions.add_partition("x", me, b.topic, 9)) == errc::unknown_topic_or_partition);
    CHECK(now() == state::empty);
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
    CHECK(now() == state::ongoing);
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));  // again: it is in it
    REQUIRE(b.transactions.end("x", me, true));
    CHECK(now() == state::committed);
    CHECK(b.topic.offsets(0).value().end == 1);  // one control record
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
    REQUIRE(b.transactions.end("x", me, false));
    CHECK(now() == state::aborted);
    CHECK(b.transactions.end("x", me, false));
    CHECK(code(b.transactions.end("x", me, true)) == errc::invalid_txn_state);
    // Too long open: the next call of its producer ends it.
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
    b.time.advance(101 * ms);
    CHECK(now() == state::ongoing);
    CHECK(code(b.transactions.add_partition("x", me, b.topic, 1)) == errc::producer_fenced);
    CHECK(now() == state::aborted);
    CHECK(b.transactions.init_producer("x").value().epoch > me.epoch);
    CHECK(now() == state::empty);
    weir::transaction_coordinator strict(b.time, 10);
    CHECK(strict.init_producer("x", 10));
    CHECK(code(strict.init_producer("x", 11)) == errc::invalid_transaction_timeout);
}

namespace {

/// A topic that looks at the coordinator while its control record is written.
struct spy final : weir::transactional_log {
    weir::transaction_coordinator* at = nullptr;
    weir::producer_identity who;
    std::optional<weir::transaction_state> seen;
    std::vector<std::optional<errc>> said;

    weir::result<void> allow(std::uint32_t, std::int64_t, std::int16_t) override { return {}; }
    void end(std::uint32_t, std::int64_t, std::int16_t, bool) override {
        seen = at->state("x");
        said = {code(at->init_producer("x")), code(at->end("x", who, true)), code(at->add_offsets("x", who, {}))};
    }
};
struct spied_topic {
    std::shared_ptr<spy> log;
    std::shared_ptr<weir::transactional_log> transactional() const { return log; }
};

}  // namespace

TEST_CASE("transactions: T14, while control records are written every call for the id is told to come again",
          "[streams]") {
    weir::transaction_coordinator coordinator;
    const spied_topic topic{std::make_shared<spy>()};
    topic.log->at = &coordinator;
    topic.log->who = coordinator.init_producer("x").value();
    REQUIRE(coordinator.add_partition("x", topic.log->who, topic, 0));
    REQUIRE(coordinator.end("x", topic.log->who, true));
    CHECK(topic.log->seen == weir::transaction_state::preparing);
    CHECK(topic.log->said == std::vector<std::optional<errc>>(3, errc::concurrent_transactions));
    CHECK(coordinator.state("x") == weir::transaction_state::committed);
}

TEST_CASE("transactions: T17, add_offsets says once how it ended", "[streams]") {
    broker b;
    texts said;
    const auto tell = [&](bool commits) { said.emplace_back(commits ? "commit" : "abort"); };
    CHECK(code(b.transactions.add_offsets("x", {1, 0}, tell)) == errc::invalid_argument);
    const auto me = b.producer("x");
    CHECK(code(b.transactions.add_offsets("x", {me.id, 7}, tell)) == errc::producer_fenced);
    for (const bool commits : {true, false}) {
        REQUIRE(b.transactions.add_offsets("x", me, tell));  // offsets alone are a transaction
        CHECK(b.transactions.state("x") == weir::transaction_state::ongoing);
        REQUIRE(b.transactions.end("x", me, commits));
        REQUIRE(b.transactions.end("x", me, commits));
    }
    REQUIRE(b.transactions.add_offsets("x", me, tell));
    CHECK(code(b.transactions.init_producer("x")) == errc::concurrent_transactions);
    CHECK(said == texts{"commit", "abort", "abort"});
}

// ---- Tables. -----------------------------------------------------------------------------------------------------

TEST_CASE("table_view: T20 T21, records without a key are counted, tombstones take out", "[streams]") {
    broker b;
    text_table table(b.topic);
    CHECK(table.refresh().value() == 0);
    CHECK(table.keyless() == 0);
    REQUIRE(b.topic.produce(0, keyed("a", "1")));
    REQUIRE(b.topic.produce(0, plain("nobody's")));
    REQUIRE(b.topic.produce(1, keyed("", "empty is a key")));
    REQUIRE(b.topic.produce(1, keyed({}, {})));  // neither key nor value
    CHECK(table.find("a") == std::nullopt);      // until it is refreshed
    CHECK(table.refresh().value() == 4);
    CHECK(table.keyless() == 2);
    CHECK(table.size() == 2);
    CHECK(table.find("a") == "1");
    CHECK(table.find("") == "empty is a key");
    REQUIRE(b.topic.produce(0, keyed("a", {})));
    REQUIRE(b.topic.produce(0, keyed("none", {})));
    REQUIRE(b.topic.add_partitions(3));
    REQUIRE(b.topic.produce(2, keyed("b", "2")));
    CHECK(table.refresh().value() == 3);
    CHECK(table.find("a") == std::nullopt);
    CHECK(table.find("b") == "2");
    CHECK(table.size() == 2);
    CHECK(table.keyless() == 2);
}

TEST_CASE("table_view: T18, what retention took before it was read is said, and the rest is there", "[streams]") {
    broker b;
    text_table table(b.topic);
    for (int i = 0; i != 5; ++i) REQUIRE(b.topic.produce(0, keyed(std::to_string(i), "v")));
    REQUIRE(table.refresh());
    REQUIRE(b.topic.delete_records(0, 3));
    REQUIRE(table.refresh());
    CHECK(table.missed() == 0);  // that had been read
    for (int i = 5; i != 10; ++i) REQUIRE(b.topic.produce(0, keyed(std::to_string(i), "v")));
    REQUIRE(b.topic.delete_records(0, 8));
    CHECK(table.refresh().value() == 2);
    CHECK(table.missed() == 1);
    CHECK(table.size() == 7);
    CHECK(table.find("7") == std::nullopt);
    CHECK(table.find("9") == "v");
    text_table late(b.topic);
    CHECK(late.refresh().value() == 2);
    CHECK(late.missed() == 1);
}

TEST_CASE("table_view: T16, read_committed has neither what is open nor what was aborted", "[streams]") {
    broker b;
    text_table table(b.topic, weir::isolation_level::read_committed);
    text_table all(b.topic);
    const auto me = b.producer("x");
    const auto round = [&](const char* value, std::optional<bool> commits) {
        REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
        REQUIRE(b.topic.produce(0, keyed("k", value), {me.id, me.epoch, -1, true}));
        if (commits) REQUIRE(b.transactions.end("x", me, *commits));
        REQUIRE(table.refresh());
        REQUIRE(all.refresh());
        CHECK(all.find("k") == value);
    };
    round("1", true);
    CHECK(table.find("k") == "1");
    round("2", false);
    CHECK(table.find("k") == "1");
    round("3", std::nullopt);
    REQUIRE(b.topic.produce(0, keyed("other", "v")));
    REQUIRE(table.refresh());
    CHECK(table.find("k") == "1");
    CHECK(table.find("other") == std::nullopt);  // behind the open one
    REQUIRE(b.transactions.end("x", me, true));
    REQUIRE(table.refresh());
    CHECK(table.find("k") == "3");
    CHECK(table.find("other") == "v");
}
