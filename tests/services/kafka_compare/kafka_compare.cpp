// SPDX-License-Identifier: BSL-1.0
// One script of operations against a real Kafka broker, by librdkafka, and against weir's topics; what is visible is
// printed side by side and must be equal: T14 and T16 (transactions), T18 (retention), T20 and T21 (compaction), T06
// and T10 (groups). `kafka_compare HOST:PORT`; exit status 1 where anything differs.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/streams/topics/topic_consumer.hpp>
#include <weir/streams/topics/transaction_coordinator.hpp>

namespace {

using lines = std::vector<std::string>;
using setting = std::vector<std::pair<std::string, std::string>>;
using text_topic = weir::topic<std::string>;

std::int64_t now_ms() { return weir::system_clock_source().now().us / 1000; }
const std::string run_id = std::to_string(now_ms());
std::string servers;
int failures = 0;

/// Of weir's side of the script: what must not fail.
template <class R>
void must(const R& r) {
    if (r) return;
    std::fprintf(stderr, "weir: %s\n", r.error().message.c_str());
    std::exit(2);
}

void compare(const std::string& what, const lines& broker, const lines& mine) {
    const bool same = broker == mine;
    failures += same ? 0 : 1;
    std::printf("%-52s %s\n", what.c_str(), same ? "equal" : "DIFFERENT");
    const auto show = [](const char* who, const lines& all) {
        std::printf("    %-7s", who);
        for (const auto& l : all) std::printf(" %s", l.c_str());
        std::printf("\n");
    };
    show("broker", broker);
    if (!same) show("weir", mine);
    std::fflush(stdout);
}

struct free_kafka {
    void operator()(rd_kafka_t* rk) const { rd_kafka_destroy(rk); }
};
using handle = std::unique_ptr<rd_kafka_t, free_kafka>;

handle make(rd_kafka_type_t type, const setting& settings) {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char text[512];
    const auto set = [&](const std::string& k, const std::string& v) {
        if (rd_kafka_conf_set(conf, k.c_str(), v.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK) {
            std::fprintf(stderr, "%s\n", text);
            std::exit(2);
        }
    };
    set("bootstrap.servers", servers);
    set("log_level", "0");
    for (const auto& [k, v] : settings) set(k, v);
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* m, void*) {
            *static_cast<rd_kafka_resp_err_t*>(m->_private) = m->err;
        });
    }
    rd_kafka_t* const rk = rd_kafka_new(type, conf, text, sizeof text);
    if (rk == nullptr) std::exit(2);
    return handle(rk);
}

std::string create(rd_kafka_t* rk, const std::string& base, int partitions, const setting& settings) {
    const std::string name = base + "-" + run_id;
    char text[512];
    rd_kafka_NewTopic_t* t = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, text, sizeof text);
    for (const auto& [k, v] : settings) rd_kafka_NewTopic_set_config(t, k.c_str(), v.c_str());
    rd_kafka_queue_t* const q = rd_kafka_queue_new(rk);
    rd_kafka_CreateTopics(rk, &t, 1, nullptr, q);
    rd_kafka_event_t* const e = rd_kafka_queue_poll(q, 20'000);
    std::size_t n = 0;
    const rd_kafka_topic_result_t** const all =
        e != nullptr ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(e), &n) : nullptr;
    if (n != 1 || rd_kafka_topic_result_error(all[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        std::fprintf(stderr, "cannot create %s: %s\n", name.c_str(),
                     n == 1 ? rd_kafka_topic_result_error_string(all[0]) : "");
        std::exit(2);
    }
    rd_kafka_event_destroy(e);
    rd_kafka_queue_destroy(q);
    rd_kafka_NewTopic_destroy(t);
    return name;
}

/// One record in a batch of its own; what became of it.
std::string produce(rd_kafka_t* rk, const std::string& topic, const char* key, const char* value, std::int64_t time,
                    std::size_t value_size) {
    rd_kafka_resp_err_t outcome = RD_KAFKA_RESP_ERR__TIMED_OUT;
    const std::size_t key_size = key != nullptr ? std::strlen(key) : 0;
    const rd_kafka_resp_err_t e =
        rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_KEY(key, key_size),
                          RD_KAFKA_V_VALUE(const_cast<char*>(value), value_size), RD_KAFKA_V_TIMESTAMP(time),
                          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&outcome), RD_KAFKA_V_END);
    if (e != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2name(e);
    rd_kafka_flush(rk, 20'000);
    return outcome == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : rd_kafka_err2name(outcome);
}

lines read_broker(const std::string& topic, bool committed) {
    const handle rk = make(RD_KAFKA_CONSUMER, {{"group.id", "reader-" + run_id},
                                               {"enable.partition.eof", "true"},
                                               {"auto.offset.reset", "earliest"},
                                               {"enable.auto.commit", "false"},
                                               {"isolation.level", committed ? "read_committed" : "read_uncommitted"}});
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(rk.get(), list);
    rd_kafka_topic_partition_list_destroy(list);
    lines out;
    for (bool end = false; !end;) {
        rd_kafka_message_t* const m = rd_kafka_consumer_poll(rk.get(), 10'000);
        if (m == nullptr) break;
        end = m->err != RD_KAFKA_RESP_ERR_NO_ERROR;
        if (!end) {
            std::string key = m->key != nullptr ? std::string(static_cast<const char*>(m->key), m->key_len) : "-";
            std::string value = m->payload != nullptr ? std::string(static_cast<const char*>(m->payload), m->len) : "-";
            out.push_back(std::to_string(m->offset) + ":" + key + "=" + value.substr(0, 8));
        }
        rd_kafka_message_destroy(m);
    }
    rd_kafka_consumer_close(rk.get());
    return out;
}
lines read_mine(const text_topic& t, bool committed) {
    lines out;
    const auto b = t.offsets(0).value();
    const auto page =
        t.fetch(0, b.start,
                {committed ? weir::isolation_level::read_committed : weir::isolation_level::read_uncommitted, 100'000})
            .value();
    for (const auto& r : page.records) {
        out.push_back(std::to_string(r.offset) + ":" + r.key.value_or("-") + "=" + r.value.value_or("-").substr(0, 8));
    }
    return out;
}
lines bounds_broker(rd_kafka_t* rk, const std::string& topic) {
    std::int64_t low = -1;
    std::int64_t high = -1;
    rd_kafka_query_watermark_offsets(rk, topic.c_str(), 0, &low, &high, 10'000);
    return {std::to_string(low), std::to_string(high)};
}
lines bounds_mine(const text_topic& t) {
    const auto b = t.offsets(0).value();
    return {std::to_string(b.start), std::to_string(b.end)};
}
template <class Done>
void wait_for(Done done) {
    for (int i = 0; i != 80 && !done(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(500));
}

weir::topic_record<std::string> record(const char* key, const char* value, std::int64_t time, std::size_t size) {
    weir::topic_record<std::string> r;
    if (key != nullptr) r.key = key;
    if (value != nullptr) r.value = std::string(value, size);
    r.time = weir::instant{time * 1000};
    return r;
}
std::string name_of(weir::errc e) {
    switch (e) {
    case weir::errc::invalid_record:
        return "INVALID_RECORD";
    case weir::errc::message_too_large:
        return "MSG_SIZE_TOO_LARGE";
    case weir::errc::invalid_producer_epoch:
    case weir::errc::producer_fenced:
        return "fenced";
    default:
        return "error " + std::to_string(static_cast<int>(e));
    }
}
std::string same_fence(const std::string& e) {
    return e == "_FENCED" || e == "PRODUCER_FENCED" || e == "INVALID_PRODUCER_EPOCH" || e == "_PURGE_QUEUE" ? "fenced"
                                                                                                            : e;
}
std::string taken(rd_kafka_error_t* e) {
    const std::string name = e != nullptr ? rd_kafka_error_name(e) : "ok";
    if (e != nullptr) rd_kafka_error_destroy(e);
    return name;
}

void transactions(rd_kafka_t* plain) {
    const std::string t = create(plain, "tx", 1, {});
    const text_topic mine("tx");
    weir::transaction_coordinator c;
    const std::int64_t now = now_ms();
    const auto both_plain = [&](const char* v) {
        produce(plain, t, nullptr, v, now, std::strlen(v));
        must(mine.produce(0, record(nullptr, v, now, std::strlen(v))));
    };
    const std::string id = "id-" + run_id;
    const auto client = [&] {
        handle h = make(RD_KAFKA_PRODUCER, {{"transactional.id", id}, {"linger.ms", "0"}});
        const std::string e = taken(rd_kafka_init_transactions(h.get(), 30'000));
        if (e != "ok") std::printf("init_transactions: %s\n", e.c_str());
        return h;
    };
    const auto init = [&] {
        auto me = c.init_producer(id);
        return me ? *me : c.init_producer(id).value();
    };
    const auto send = [&](rd_kafka_t* rk, const weir::producer_identity& me, const char* v) {
        const std::string theirs = produce(rk, t, "k", v, now, std::strlen(v));
        std::string ours = "ok";
        if (auto ok = c.add_partition(id, me, mine, 0); !ok) ours = name_of(ok.error().code);
        if (auto ok = mine.produce(0, record("k", v, now, std::strlen(v)), {me.id, me.epoch, -1, true}); !ok) {
            ours = name_of(ok.error().code);
        }
        return std::pair(same_fence(theirs), ours);
    };
    both_plain("before");
    const handle a = client();
    const auto my_a = init();
    rd_kafka_error_t* e = rd_kafka_begin_transaction(a.get());
    if (e != nullptr) rd_kafka_error_destroy(e);
    send(a.get(), my_a, "a1");
    send(a.get(), my_a, "a2");
    both_plain("behind");
    compare("T16 open transaction, read_committed", read_broker(t, true), read_mine(mine, true));
    compare("T16 open transaction, read_uncommitted", read_broker(t, false), read_mine(mine, false));
    const handle b = client();
    const auto my_b = init();
    compare("T14 fenced: the open transaction is aborted", read_broker(t, true), read_mine(mine, true));
    const auto zombie = send(a.get(), my_a, "zombie");
    compare("T14 the zombie's write", {zombie.first}, {zombie.second});
    auto ended = c.end(id, my_a, true);
    compare("T14 the zombie's commit", {same_fence(taken(rd_kafka_commit_transaction(a.get(), 10'000)))},
            {ended ? "ok" : name_of(ended.error().code)});
    for (const bool commit : {true, false, true}) {
        taken(rd_kafka_begin_transaction(b.get()));
        send(b.get(), my_b, commit ? "yes" : "no");
        both_plain("p");
        const std::string theirs =
            taken(commit ? rd_kafka_commit_transaction(b.get(), 10'000) : rd_kafka_abort_transaction(b.get(), 10'000));
        compare(commit ? "commit" : "abort", {theirs}, {c.end(id, my_b, commit) ? "ok" : "error"});
    }
    compare("T14, T16 at the end, read_committed", read_broker(t, true), read_mine(mine, true));
    compare("T05 at the end, read_uncommitted", read_broker(t, false), read_mine(mine, false));
    compare("T05 bounds, control records counted", bounds_broker(plain, t), bounds_mine(mine));
}

void compaction(rd_kafka_t* plain) {
    const std::string t = create(plain, "cp", 1,
                                 {{"cleanup.policy", "compact"},
                                  {"segment.ms", "1000"},
                                  {"min.cleanable.dirty.ratio", "0.001"},
                                  {"delete.retention.ms", "600000"}});
    const text_topic mine(
        "cp", {.cleanup = weir::cleanup_policy::compact, .segment_ms = 1'000, .delete_retention_ms = 600'000});
    std::int64_t time = now_ms() - 600'000;
    const auto both = [&](const char* key, const char* value) {
        time += 400;
        const std::string theirs = produce(plain, t, key, value, time, value != nullptr ? std::strlen(value) : 0);
        auto ours = mine.produce(0, record(key, value, time, value != nullptr ? std::strlen(value) : 0));
        return std::pair(theirs, ours ? std::string("ok") : name_of(ours.error().code));
    };
    const char* const keys[] = {"a", "b", "a", "c", "b", "d", "a", "e", "c", "f", "a", "b", "g"};
    int i = 0;
    for (const char* k : keys) both(k, ++i % 5 == 0 ? nullptr : std::to_string(i).c_str());
    must(mine.compact(0));
    lines got;
    wait_for([&] { return (got = read_broker(t, false)) == read_mine(mine, false); });
    compare("T20, T21 compacted: last of each key, active left", got, read_mine(mine, false));
    compare("T20 bounds", bounds_broker(plain, t), bounds_mine(mine));
    const auto keyless = both(nullptr, "x");
    compare("T21 a record without a key", {keyless.first}, {keyless.second});
    const handle big = make(RD_KAFKA_PRODUCER, {{"message.max.bytes", "4000000"}});
    const std::string large(1'048'600, 'x');
    auto ours = mine.produce(0, record("k", large.data(), time, large.size()));
    compare("T21 a record that is too large", {produce(big.get(), t, "k", large.data(), time, large.size())},
            {ours ? "ok" : name_of(ours.error().code)});
}

void retention(rd_kafka_t* plain) {
    const std::string t = create(plain, "rt", 1, {{"retention.ms", "100000"}, {"segment.ms", "1000"}});
    const text_topic mine("rt", {.retention_ms = 100'000, .segment_ms = 1'000});
    const std::int64_t now = now_ms();
    for (const std::int64_t age : {300'000, 290'000, 20'000, 200'000, 10'000, 0}) {
        produce(plain, t, "k", "v", now - age, 1);
        must(mine.produce(0, record("k", "v", now - age, 1)));
    }
    mine.maintain();
    lines got;
    wait_for([&] { return (got = bounds_broker(plain, t)) == bounds_mine(mine); });
    compare("T18 by time: whole segments, to the first that stays", got, bounds_mine(mine));
    compare("T18 what is left", read_broker(t, false), read_mine(mine, false));

    const std::string u = create(plain, "rb", 1, {{"retention.bytes", "1500"}, {"segment.ms", "1000"}});
    const text_topic by_bytes("rb", {.retention_bytes = 1'500, .segment_ms = 1'000});
    const std::string value(400, 'x');
    for (std::int64_t i = 0; i != 10; ++i) {
        produce(plain, u, "k", value.data(), now - 50'000 + 2'000 * i, value.size());
        must(by_bytes.produce(0, record("k", value.data(), now - 50'000 + 2'000 * i, value.size())));
    }
    by_bytes.maintain();
    wait_for([&] { return (got = bounds_broker(plain, u)) == bounds_mine(by_bytes); });
    compare("retention by bytes", got, bounds_mine(by_bytes));
}

void groups(rd_kafka_t* plain) {
    const std::string t = create(plain, "gr", 7, {});
    const text_topic mine("gr", {.partitions = 7});
    for (const auto how : {weir::assignor::range, weir::assignor::round_robin, weir::assignor::cooperative_sticky}) {
        const std::string name(weir::to_string(how));
        lines theirs;
        {
            handle members[2];
            rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
            rd_kafka_topic_partition_list_add(list, t.c_str(), RD_KAFKA_PARTITION_UA);
            for (handle& m : members) {
                m = make(RD_KAFKA_CONSUMER, {{"group.id", "g-" + name + run_id},
                                             {"partition.assignment.strategy", name},
                                             {"heartbeat.interval.ms", "300"},
                                             {"session.timeout.ms", "6000"}});
                rd_kafka_poll_set_consumer(m.get());
                rd_kafka_subscribe(m.get(), list);
            }
            rd_kafka_topic_partition_list_destroy(list);
            const auto look = [&] {
                theirs.clear();
                std::size_t n = 0;
                for (handle& m : members) {
                    rd_kafka_message_t* const got = rd_kafka_consumer_poll(m.get(), 50);
                    if (got != nullptr) rd_kafka_message_destroy(got);
                    rd_kafka_topic_partition_list_t* has = nullptr;
                    rd_kafka_assignment(m.get(), &has);
                    theirs.push_back(std::to_string(has->cnt));
                    n += has->cnt > 0 ? static_cast<std::size_t>(has->cnt) : 0;
                    rd_kafka_topic_partition_list_destroy(has);
                }
                std::ranges::sort(theirs);
                return n == 7 && theirs[0] != "0";
            };
            wait_for(look);
            for (handle& m : members) rd_kafka_consumer_close(m.get());
        }
        weir::group_coordinator coordinator(weir::system_clock_source(), 0);
        weir::topic_consumer<std::string> a(mine, coordinator, {.group = "g", .assignors = {how}});
        weir::topic_consumer<std::string> b(mine, coordinator, {.group = "g", .assignors = {how}});
        for (int i = 0; i != 10; ++i) {
            for (auto* c : {&a, &b}) must(c->poll([](std::uint32_t, const auto&) {}));
        }
        lines ours{std::to_string(a.positions().size()), std::to_string(b.positions().size())};
        std::ranges::sort(ours);
        compare("T10 " + name + ": 7 partitions, 2 members", theirs, ours);
    }
    // T06, T09: what a group without members commits, and what it has then.
    const handle one = make(RD_KAFKA_CONSUMER, {{"group.id", "c-" + run_id}, {"enable.auto.commit", "false"}});
    weir::group_coordinator coordinator;
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, t.c_str(), 0)->offset = 5;
    const rd_kafka_resp_err_t e = rd_kafka_commit(one.get(), list, 0);
    rd_kafka_topic_partition_list_add(list, t.c_str(), 1);
    rd_kafka_committed(one.get(), list, 10'000);
    const auto text = [](std::int64_t offset) { return offset < 0 ? std::string("none") : std::to_string(offset); };
    const lines theirs{e == RD_KAFKA_RESP_ERR_NO_ERROR ? "ok" : rd_kafka_err2name(e), text(list->elems[0].offset),
                       text(list->elems[1].offset)};
    rd_kafka_topic_partition_list_destroy(list);
    auto ok = coordinator.commit({"c"}, {{{"gr", 0}, 5}});
    compare("T06, T09 committed by an empty group, and none", theirs,
            {ok ? "ok" : "error", text(coordinator.committed("c", {"gr", 0}).value().value_or(-1)),
             text(coordinator.committed("c", {"gr", 1}).value().value_or(-1))});
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: kafka_compare HOST:PORT\n");
        return 2;
    }
    servers = argv[1];
    const handle plain = make(RD_KAFKA_PRODUCER, {{"linger.ms", "0"}});
    transactions(plain.get());
    compaction(plain.get());
    retention(plain.get());
    groups(plain.get());
    std::printf("%d differences\n", failures);
    return failures == 0 ? 0 : 1;
}
