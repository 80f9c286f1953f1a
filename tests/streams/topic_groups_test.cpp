// SPDX-License-Identifier: BSL-1.0
// Transactions, groups, assignors, the table view and the fold of changes (T06, T09 to T11, T14, T16, T17, T28).
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <weir/streams/topics/change_event.hpp>
#include <weir/streams/topics/table_view.hpp>
#include <weir/streams/topics/topic_consumer.hpp>
#include <weir/streams/topics/transaction_coordinator.hpp>

#include "support/catch.hpp"

namespace {

using weir::errc;
using text_topic = weir::topic<std::string>;
using record = text_topic::record;
using texts = std::vector<std::string>;
constexpr std::int64_t ms = 1'000;
constexpr weir::fetch_options committed{weir::isolation_level::read_committed, 100'000};

record plain(std::string value) {
    record r;
    r.value = std::move(value);
    return r;
}
record keyed(std::string key, std::optional<std::string> value) {
    record r;
    r.key = std::move(key);
    r.value = std::move(value);
    return r;
}
texts read(const text_topic& t, const weir::fetch_options& how = committed) {
    texts out;
    for (const auto& r : t.fetch(0, t.offsets(0).value().start, how).value().records) out.push_back(*r.value);
    return out;
}
auto send(const text_topic& t, const weir::producer_identity& who, std::string value, bool transactional = true) {
    return t.produce(0, plain(std::move(value)), {who.id, who.epoch, -1, transactional});
}

struct broker {
    weir::virtual_clock time{{1'000'000'000}};
    weir::transaction_coordinator transactions{time};
    weir::group_coordinator groups{time, 0};
    text_topic topic{"t", {.partitions = 1, .time = &time}};
};

}  // namespace

TEST_CASE("transactions: T14, a second producer fences the first and aborts what it had open", "[streams]") {
    broker b;
    const auto first = b.transactions.init_producer("x").value();
    REQUIRE(b.transactions.add_partition("x", first, b.topic, 0));
    REQUIRE(send(b.topic, first, "lost"));
    CHECK(b.transactions.init_producer("x").error().code == errc::concurrent_transactions);
    const auto second = b.transactions.init_producer("x").value();
    CHECK(second.id == first.id);
    CHECK(second.epoch > first.epoch);
    CHECK(send(b.topic, first, "zombie").error().code == errc::invalid_producer_epoch);
    CHECK(b.transactions.add_partition("x", first, b.topic, 0).error().code == errc::producer_fenced);
    CHECK(b.transactions.end("x", first, true).error().code == errc::producer_fenced);
    CHECK(read(b.topic).empty());
    REQUIRE(b.transactions.add_partition("x", second, b.topic, 0));
    CHECK(b.topic.produce(0, plain("gap"), {second.id, second.epoch, 3, true}).error().code
          == errc::out_of_order_sequence_number);  // an epoch begins with sequence 0
    REQUIRE(b.topic.produce(0, plain("kept"), {second.id, second.epoch, 0, true}));
    REQUIRE(b.transactions.end("x", second, true));
    CHECK(b.transactions.end("x", second, true));  // repeated
    CHECK(b.transactions.end("x", second, false).error().code == errc::invalid_txn_state);
    CHECK(read(b.topic) == texts{"kept"});
    CHECK(read(b.topic, {}) == texts{"lost", "kept"});
    CHECK(b.topic.offsets(0).value().end == 4);  // T05: control records have offsets
    CHECK(b.transactions.init_producer("y", 900'000));
    CHECK(b.transactions.init_producer("y", 900'001).error().code == errc::invalid_transaction_timeout);
    CHECK(b.transactions.init_producer("y", 0).error().code == errc::invalid_transaction_timeout);
}

TEST_CASE("transactions: one that is open too long is aborted, and its producer fenced", "[streams]") {
    broker b;
    const auto me = b.transactions.init_producer("x", 100).value();
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
    REQUIRE(send(b.topic, me, "late"));
    b.time.advance(100 * ms);
    CHECK(b.transactions.tick() == 0);
    b.time.advance(1);
    CHECK(b.transactions.tick() == 1);
    CHECK(b.topic.offsets(0).value().last_stable == 2);
    CHECK(b.transactions.end("x", me, true).error().code == errc::producer_fenced);
    CHECK(send(b.topic, me, "later").error().code == errc::invalid_producer_epoch);
    CHECK(read(b.topic).empty());
    CHECK(b.transactions.init_producer("x", 100));  // complaint 10: it can go on
}

TEST_CASE("transactions: T16, nothing behind an open transaction is stable", "[streams]") {
    broker b;
    REQUIRE(b.topic.produce(plain("before")));
    const auto me = b.transactions.init_producer("x").value();
    CHECK(send(b.topic, me, "not added").error().code == errc::invalid_txn_state);
    REQUIRE(b.transactions.add_partition("x", me, b.topic, 0));
    CHECK(b.topic.offsets(0).value().last_stable == 1);  // nothing is written yet
    REQUIRE(send(b.topic, me, "inside"));
    REQUIRE(b.topic.produce(plain("behind")));
    CHECK(read(b.topic) == texts{"before"});
    const auto page = b.topic.fetch(0, 0, committed).value();
    CHECK(page.next == 1);
    CHECK(page.last_stable == 1);
    CHECK(page.high_watermark == 3);
    CHECK(read(b.topic, {}) == texts{"before", "inside", "behind"});
    CHECK(send(b.topic, me, "outside", false).error().code == errc::invalid_txn_state);
    REQUIRE(b.transactions.end("x", me, true));
    CHECK(read(b.topic) == texts{"before", "inside", "behind"});
    CHECK(b.topic.fetch(0, 0, committed).value().next == 4);
    CHECK(send(b.topic, me, "again").error().code == errc::invalid_txn_state);
}

TEST_CASE("transactions: T16 and T20, random scripts against a model, compacted or not", "[streams]") {
    for (std::uint32_t seed = 1; seed != 60; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const bool compacts = seed % 2 == 0;
        weir::virtual_clock time{{1'000'000}};
        weir::transaction_coordinator coordinator(time);
        const text_topic t("t", {.cleanup = compacts ? weir::cleanup_policy::compact : weir::cleanup_policy::delete_old,
                                 .retention_ms = -1,
                                 .segment_bytes = 900,
                                 .log_segment_records = 8,
                                 .time = &time});
        struct written {
            std::int64_t offset;
            std::string key;
            std::string value;
            int fate;  // 0 open, 1 committed, 2 aborted
            std::size_t who;
        };
        std::vector<written> all;
        const texts ids{"a", "b", "c"};
        std::vector<weir::producer_identity> who;
        std::vector<bool> open(3, false);
        for (const auto& id : ids) who.push_back(coordinator.init_producer(id).value());
        for (int step = 0; step != 80; ++step) {
            const std::size_t w = random() % 4;
            const auto what = random() % 10;
            if (w == 3) {
                all.push_back({0, std::to_string(random() % 6), std::to_string(step), 1, w});
                all.back().offset = t.produce(0, keyed(all.back().key, all.back().value)).value().offset;
            } else if (what < 7) {
                REQUIRE(coordinator.add_partition(ids[w], who[w], t, 0));
                open[w] = true;
                all.push_back({0, std::to_string(random() % 6), std::to_string(step), 0, w});
                all.back().offset =
                    t.produce(0, keyed(all.back().key, all.back().value), {who[w].id, who[w].epoch, -1, true})
                        .value()
                        .offset;
            } else if (open[w]) {
                const bool commit = what != 9;
                REQUIRE(coordinator.end(ids[w], who[w], commit));
                open[w] = false;
                for (written& r : all) {
                    if (r.who == w && r.fate == 0) r.fate = commit ? 1 : 2;
                }
            } else if (compacts) {
                REQUIRE(t.compact(0));
            }
            std::int64_t stable = t.offsets(0).value().end;
            for (const written& r : all) {
                if (r.fate == 0) stable = std::min(stable, r.offset);
            }
            REQUIRE(t.offsets(0).value().last_stable == stable);
            const auto page = t.fetch(0, 0, committed).value();
            REQUIRE(page.next == stable);
            std::map<std::string, std::string> want;
            std::map<std::string, std::string> got;
            std::vector<std::int64_t> offsets;
            for (const written& r : all) {
                if (r.fate != 1 || r.offset >= stable) continue;
                want[r.key] = r.value;
                offsets.push_back(r.offset);
            }
            std::vector<std::int64_t> seen;
            for (const record& r : page.records) {
                got[*r.key] = *r.value;
                seen.push_back(r.offset);
            }
            REQUIRE(got == want);
            if (compacts) {
                REQUIRE(std::ranges::includes(offsets, seen));
            } else {
                REQUIRE(seen == offsets);
            }
        }
    }
}

TEST_CASE("groups: T09, who may commit when", "[streams]") {
    broker b;
    const weir::topic_partition_name p{"t", 0};
    const auto commit = [&](const weir::group_identity& who, std::int64_t at) -> std::optional<errc> {
        auto ok = b.groups.commit(who, {{p, at}});
        return ok ? std::nullopt : std::optional(ok.error().code);
    };
    CHECK(b.groups.committed("g", p).value() == std::nullopt);
    CHECK_FALSE(commit({"g"}, 5));  // nobody's group
    CHECK(b.groups.committed("g", p).value() == 5);
    const auto one = b.groups.join({.group = "g"}).value();
    REQUIRE(one.answer);
    CHECK(one.answer->generation == 1);
    CHECK(one.answer->leader == one.member);
    CHECK(b.groups.describe("g").state == weir::group_state::completing_rebalance);
    const weir::group_identity me{"g", one.member, 1};
    CHECK(commit(me, 6) == errc::rebalance_in_progress);
    CHECK(b.groups.heartbeat(me));
    REQUIRE(b.groups.sync(me, weir::group_assignment{{{one.member, {p}}}, false}).value());
    CHECK(b.groups.describe("g").state == weir::group_state::stable);
    CHECK_FALSE(commit(me, 7));
    CHECK(commit({"g", one.member, 0}, 8) == errc::illegal_generation);
    CHECK(commit({"g", "who", 1}, 8) == errc::unknown_member_id);
    CHECK(commit({"g"}, 8) == errc::unknown_member_id);
    CHECK(b.groups.committed("g", p).value() == 7);
    const auto two = b.groups.join({.group = "g"}).value();
    CHECK_FALSE(two.answer);
    CHECK(b.groups.describe("g").state == weir::group_state::preparing_rebalance);
    CHECK_FALSE(commit(me, 9));
    CHECK(b.groups.heartbeat(me).error().code == errc::rebalance_in_progress);
    const auto again = b.groups.join({.group = "g", .member = one.member}).value();
    REQUIRE(again.answer);
    CHECK(again.answer->generation == 2);
    CHECK(again.answer->members.size() == 2);
    CHECK(b.groups.join({.group = "g", .assignors = {weir::assignor::round_robin}}).error().code
          == errc::inconsistent_group_protocol);
    CHECK(b.groups.remove_group("g").error().code == errc::resource_in_use);
    REQUIRE(b.groups.leave({"g", one.member}));
    REQUIRE(b.groups.leave({"g", two.member}));
    CHECK(b.groups.describe("g").state == weir::group_state::empty);
    CHECK(b.groups.remove_group("g"));
    CHECK(b.groups.describe("g").state == weir::group_state::dead);
}

TEST_CASE("groups: the coordinator waits for members, but not for ever", "[streams]") {
    weir::virtual_clock time{{1'000'000}};
    weir::group_coordinator groups(time, 3'000);
    const auto one = groups.join({.group = "g", .rebalance_timeout_ms = 10'000}).value();
    CHECK_FALSE(one.answer);
    const auto two = groups.join({.group = "g", .rebalance_timeout_ms = 10'000}).value();
    time.advance(3'000 * ms);
    CHECK(groups.join({.group = "g", .member = one.member, .rebalance_timeout_ms = 10'000}).value().answer);
    CHECK(groups.describe("g").members.size() == 2);
    const auto three = groups.join({.group = "g", .rebalance_timeout_ms = 10'000}).value();  // one and two do not come
    time.advance(10'000 * ms);
    groups.tick();
    CHECK(groups.describe("g").members == texts{three.member});
    CHECK(groups.heartbeat({"g", two.member, 1}).error().code == errc::unknown_member_id);
}

TEST_CASE("groups: T06 and T10, consumers share the partitions, resume at what is committed, and die", "[streams]") {
    for (const auto how : {weir::assignor::range, weir::assignor::round_robin, weir::assignor::cooperative_sticky}) {
        INFO(weir::to_string(how));
        broker b;
        const text_topic t("t", {.partitions = 6, .time = &b.time});
        for (std::uint32_t i = 0; i != 60; ++i) REQUIRE(t.produce(i % 6, plain(std::to_string(i))));
        using consumer = weir::topic_consumer<std::string>;
        const auto make = [&] {
            return std::make_unique<consumer>(t, b.groups,
                                              weir::topic_consumer_options{.group = "g",
                                                                           .assignors = {how},
                                                                           .reset = weir::offset_reset::to_earliest,
                                                                           .session_timeout_ms = 1'000,

                                                                           .max_poll_interval_ms = 6'000});
        };
        std::multiset<std::string> seen;
        const auto poll = [&](consumer& c) {
            REQUIRE(c.poll([&](std::uint32_t, const record& r) { seen.insert(*r.value); }));
        };
        auto first = make();
        auto second = make();
        const auto settle = [&](const std::vector<consumer*>& all) {
            for (int i = 0; i != 12; ++i) {
                for (consumer* c : all) poll(*c);
            }
            std::map<std::uint32_t, int> owners;
            std::size_t n = 0;
            for (consumer* c : all) {
                CHECK(c->positions().size() == 6 / all.size());
                for (const auto& [p, at] : c->positions()) n += ++owners[p] == 1 ? 1U : 0U;
            }
            CHECK(n == 6);  // each has one owner
        };
        settle({first.get()});
        CHECK(seen.size() == 60);
        settle({first.get(), second.get()});
        CHECK(seen.size() == 60);  // nothing again: given up with its offsets
        REQUIRE(first->commit());
        REQUIRE(second->commit());
        // The first goes silent: its partitions move, its commits fail.
        for (int i = 0; i != 3; ++i) {
            b.time.advance(600 * ms);
            poll(*second);
        }
        settle({second.get()});
        CHECK(first->commit().error().code == errc::unknown_member_id);
        for (std::uint32_t i = 0; i != 6; ++i) REQUIRE(t.produce(i, plain("new")));
        // Complaint 10: heard of while it is at its records, however long that takes.
        REQUIRE(second->poll([&](std::uint32_t, const record& r) {
            b.time.advance(900 * ms);
            CHECK(second->keep_alive());
            seen.insert(*r.value);
        }));
        REQUIRE(second->commit());
        CHECK(seen.count("new") == 6);
        CHECK(seen.size() == 66);
        // Heard of, but not polling: leaves by itself.
        for (int i = 0; i != 9; ++i) {
            b.time.advance(700 * ms);
            REQUIRE(second->keep_alive());
        }
        CHECK(second->commit().error().code == errc::unknown_member_id);
        CHECK(b.groups.describe("g").state == weir::group_state::empty);
        poll(*second);
        settle({second.get(), first.get()});
        REQUIRE(first->close());
        REQUIRE(second->close());
        CHECK(b.groups.describe("g").state == weir::group_state::empty);
    }
}

TEST_CASE("groups: T06, where nothing is committed", "[streams]") {
    broker b;
    REQUIRE(b.topic.produce(plain("old")));
    const auto first_poll = [&](weir::offset_reset reset, const char* group) {
        weir::topic_consumer<std::string> c(b.topic, b.groups, {.group = group, .reset = reset});
        texts got;
        auto n = c.poll([&](std::uint32_t, const record& r) { got.push_back(*r.value); });
        if (!n) return texts{n.error().code == errc::offset_out_of_range ? "none" : "?"};
        REQUIRE(b.topic.produce(plain("new")));
        REQUIRE(c.poll([&](std::uint32_t, const record& r) { got.push_back(*r.value); }));
        return got;
    };
    CHECK(first_poll(weir::offset_reset::to_earliest, "e") == texts{"old", "new"});
    CHECK(first_poll(weir::offset_reset::to_latest, "l") == texts{"new"});
    CHECK(first_poll(weir::offset_reset::none, "n") == texts{"none"});
}

TEST_CASE("groups: T11, a static member comes back without a rebalance; of two the older is fenced", "[streams]") {
    broker b;
    weir::join_request r{.group = "g", .instance = "i", .session_timeout_ms = 1'000};
    const auto one = b.groups.join(r).value();
    const weir::group_identity old{"g", one.member, 1, "i"};
    REQUIRE(b.groups.sync(old, weir::group_assignment{{{one.member, {{"t", 0}}}}, false}).value());
    b.time.advance(900 * ms);
    const auto back = b.groups.join(r).value();
    REQUIRE(back.answer);
    CHECK(back.member != one.member);
    CHECK(back.answer->generation == 1);
    CHECK(b.groups.describe("g").state == weir::group_state::stable);
    const weir::group_identity me{"g", back.member, 1, "i"};
    CHECK(b.groups.sync(me).value() == std::vector<weir::topic_partition_name>{{"t", 0}});
    CHECK(b.groups.heartbeat(old).error().code == errc::fenced_instance_id);
    CHECK(b.groups.commit(old, {{{"t", 0}, 1}}).error().code == errc::fenced_instance_id);
    CHECK(b.groups.heartbeat(me));
    b.time.advance(1'001 * ms);
    CHECK(b.groups.heartbeat(me).error().code == errc::unknown_member_id);
}

TEST_CASE("assignors: range and round robin", "[streams]") {
    const std::map<std::string, std::uint32_t> topics{{"t", 3}, {"u", 3}};
    const std::vector<weir::group_member> two{{"a", {}, {{"t", "u"}, {}, -1}}, {"b", {}, {{"t", "u"}, {}, -1}}};
    using names = std::vector<weir::topic_partition_name>;
    const auto range = weir::assign_partitions(weir::assignor::range, two, topics);
    CHECK(range.of.at("a") == names{{"t", 0}, {"t", 1}, {"u", 0}, {"u", 1}});
    CHECK(range.of.at("b") == names{{"t", 2}, {"u", 2}});
    const auto round = weir::assign_partitions(weir::assignor::round_robin, two, topics);
    CHECK(round.of.at("a") == names{{"t", 0}, {"t", 2}, {"u", 1}});
    CHECK(round.of.at("b") == names{{"t", 1}, {"u", 0}, {"u", 2}});
}

TEST_CASE("assignors: cooperative sticky is balanced, keeps what it can, and gives nothing twice", "[streams]") {
    for (std::uint32_t seed = 1; seed != 100; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        const std::map<std::string, std::uint32_t> topics{{"t", random() % 12 + 1}, {"u", random() % 5 + 1}};
        std::map<std::string, std::vector<weir::topic_partition_name>> owned;
        int generation = 0;
        for (int round = 0; round != 8; ++round) {
            std::vector<std::string> ids;
            for (const char* id : {"a", "b", "c", "d", "e"}) {
                if (random() % 3 != 0) ids.emplace_back(id);
            }
            if (ids.empty()) ids.emplace_back("a");
            for (int pass = 0; pass != 2; ++pass) {
                std::vector<weir::group_member> members;
                std::map<weir::topic_partition_name, std::string> had;
                for (const auto& id : ids) {
                    members.push_back({id, {}, {{"t", "u"}, owned[id], generation}});
                    for (const auto& p : owned[id]) had[p] = id;
                }
                const auto got = weir::assign_partitions(weir::assignor::cooperative_sticky, members, topics);
                std::set<weir::topic_partition_name> given;
                for (const auto& [id, list] : got.of) {
                    for (const auto& p : list) {
                        REQUIRE(given.insert(p).second);
                        REQUIRE((!had.contains(p) || had[p] == id));
                    }
                }
                owned = got.of;
                ++generation;
                if (pass == 1) REQUIRE_FALSE(got.moving);
                if (got.moving) continue;
                REQUIRE(given.size() == topics.at("t") + topics.at("u"));
                std::size_t least = 99;
                std::size_t most = 0;
                for (const auto& id : ids) {
                    least = std::min(least, owned[id].size());
                    most = std::max(most, owned[id].size());
                }
                REQUIRE(most - least <= 1);
            }
        }
    }
}

TEST_CASE("transactions: T17, read, process, write, killed at any point and restarted", "[streams]") {
    for (int kill_at = 0; kill_at != 60; ++kill_at) {
        INFO("killed at step " << kill_at);
        broker b;
        const text_topic out("out", {.time = &b.time});
        for (int i = 0; i != 20; ++i) REQUIRE(b.topic.produce(plain(std::to_string(i))));
        int step = 0;
        bool killed = false;
        const auto dies = [&] { return !killed && step++ == kill_at && (killed = true); };
        const auto run = [&] {  // false: it died
            auto me = b.transactions.init_producer("x");
            if (!me) me = b.transactions.init_producer("x");
            REQUIRE(me);
            weir::topic_consumer<std::string> c(b.topic, b.groups,
                                                {.group = "g",
                                                 .isolation = weir::isolation_level::read_committed,
                                                 .reset = weir::offset_reset::to_earliest,
                                                 .auto_commit = false,
                                                 .session_timeout_ms = 1'000,
                                                 .max_records = 3});
            for (int idle = 0; idle != 3;) {
                std::vector<std::string> batch;
                if (dies()) return false;
                REQUIRE(c.poll([&](std::uint32_t, const record& r) { batch.push_back(*r.value); }));
                if (batch.empty()) {
                    ++idle;
                    continue;
                }
                REQUIRE(b.transactions.add_partition("x", *me, out, 0));
                for (const auto& value : batch) {
                    if (dies()) return false;
                    REQUIRE(send(out, *me, value + "!"));
                }
                const auto [who, offsets] = c.progress();
                REQUIRE(b.groups.commit_in_transaction(b.transactions, "x", *me, who, offsets));
                CHECK(b.groups.committed("g", {"t", 0}, true).error().code == errc::concurrent_transactions);
                if (dies()) return false;
                REQUIRE(b.transactions.end("x", *me, true));
            }
            return true;
        };
        while (!run()) b.time.advance(1'001 * ms);  // its session ends
        texts want;
        for (int i = 0; i != 20; ++i) want.push_back(std::to_string(i) + "!");
        REQUIRE(read(out) == want);
        REQUIRE(b.groups.committed("g", {"t", 0}, true).value() == 20);
    }
}

TEST_CASE("transactions: threads commit and abort while one reads; it sees all of a transaction or nothing",
          "[streams]") {
    weir::transaction_coordinator coordinator;
    const text_topic t("t", {.log_segment_records = 64});
    weir::table_view<std::string> table(t, weir::isolation_level::read_committed);
    weir::group_coordinator groups;
    constexpr int rounds = 300;
    weir::atomic<int> running{3};
    std::vector<std::thread> writers;
    for (int w = 0; w != 3; ++w) {
        writers.emplace_back([&, w] {
            const std::string id = "w" + std::to_string(w);
            const auto me = coordinator.init_producer(id).value();
            for (int i = 0; i != rounds; ++i) {
                static_cast<void>(coordinator.add_partition(id, me, t, 0));
                for (int part = 0; part != 3; ++part) {
                    const std::string key = id + "." + std::to_string(part);
                    static_cast<void>(
                        t.produce(0, keyed(key, std::to_string(i)), {me.id, me.epoch, 3 * i + part, true}));
                }
                const weir::group_offsets done{{{"in", static_cast<std::uint32_t>(w)}, i}};
                static_cast<void>(groups.commit_in_transaction(coordinator, id, me, {"g"}, done));
                static_cast<void>(coordinator.end(id, me, i % 3 != 2));  // i = 2, 5, ... 299 abort
            }
            running.fetch_sub(1, weir::memory_order_release);
        });
    }
    bool whole = true;
    std::map<std::int64_t, int> of;  // committed records seen of each value of each writer
    std::int64_t next = 0;
    for (bool last = false; !last;) {
        last = running.load(weir::memory_order_acquire) == 0;
        const auto page = t.fetch(0, next, committed).value();
        for (const record& r : page.records) {
            whole = whole && std::stoi(*r.value) % 3 != 2;
            ++of[r.producer_id * 1'000 + std::stoi(*r.value)];
        }
        next = page.next;
        static_cast<void>(table.refresh());
    }
    for (auto& w : writers) w.join();
    CHECK(whole);
    CHECK(of.size() == 3 * rounds * 2 / 3);
    for (const auto& [which, n] : of) CHECK(n == 3);
    REQUIRE(table.refresh());
    CHECK(table.size() == 9);
    CHECK(table.find("w1.2") == std::to_string(rounds - 2));
    CHECK(groups.committed("g", {"in", 1}, true).value() == rounds - 2);
    CHECK(t.offsets(0).value().end == 3 * rounds * 4);
}

TEST_CASE("table_view: the latest of each key, compacted or not", "[streams]") {
    weir::virtual_clock time{{1'000'000}};
    const text_topic t("t", {.partitions = 3, .cleanup = weir::cleanup_policy::compact, .time = &time});
    weir::table_view<std::string> early(t);
    std::map<std::string, std::string> want;
    std::mt19937 random(7);
    for (int i = 0; i != 400; ++i) {
        const std::string key = std::to_string(random() % 20);
        if (random() % 4 == 0) {
            want.erase(key);
            REQUIRE(t.produce(keyed(key, std::nullopt)));
        } else {
            want[key] = std::to_string(i);
            REQUIRE(t.produce(keyed(key, std::to_string(i))));
        }
        if (i % 90 == 50) REQUIRE(early.refresh());
    }
    REQUIRE(early.refresh());
    for (std::uint32_t p = 0; p != 3; ++p) {
        REQUIRE(t.roll(p));
        REQUIRE(t.compact(p));
    }
    weir::table_view<std::string> late(t);
    CHECK(late.refresh().value() <= 20);
    for (const auto* view : {&early, &late}) {
        std::map<std::string, std::string> got;
        view->for_each([&](const std::string& k, const std::string& v) { got[k] = v; });
        CHECK(got == want);
        CHECK(view->size() == want.size());
        CHECK(view->find("none") == std::nullopt);
        CHECK(view->missed() == 0);
    }
}

TEST_CASE("change_event: T28, folding the log of changes gives the table", "[streams]") {
    using event = weir::change_event<std::string>;
    using op = weir::change_op;
    weir::change_table<std::string> table;
    const auto apply = [&](const char* key, const std::optional<event>& e) { return table.apply(std::string(key), e); };
    REQUIRE(apply("1", event{op::read, {}, "Ann", 0}));
    REQUIRE(apply("2", event{op::create, {}, "Bob", 0}));
    REQUIRE(apply("2", event{op::update, "Bob", "Rob", 0}));
    CHECK(*table.find("2") == "Rob");
    // A delete, and its tombstone.
    REQUIRE(apply("1", event{op::remove, "Ann", {}, 0}));
    CHECK(table.find("1") == nullptr);
    REQUIRE(apply("1", std::nullopt));
    // The key changes.
    REQUIRE(apply("2", event{op::remove, "Rob", {}, 0}));
    REQUIRE(apply("2", std::nullopt));
    REQUIRE(apply("3", event{op::create, {}, "Rob", 0}));
    CHECK(table.rows() == std::map<std::string, std::string, std::less<>>{{"3", "Rob"}});
    REQUIRE(table.apply(std::nullopt, event{op::message, {}, {}, 0}));
    CHECK(apply("3", event{op::update, "Rob", {}, 0}).error().code == errc::bad_format);
    CHECK(table.apply(std::nullopt, event{op::create, {}, "x", 0}).error().code == errc::bad_format);
    CHECK(table.rows().size() == 1);
    REQUIRE(table.apply(std::nullopt, event{op::truncate, {}, {}, 0}));
    CHECK(table.rows().empty());
}
