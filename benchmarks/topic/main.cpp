// SPDX-License-Identifier: BSL-1.0
// Producing 100-byte records into one partition and consuming them, beside librdkafka with its own mock cluster in the
// process and with a real broker on loopback (WEIR_TEST_KAFKA=HOST:PORT). What librdkafka needs to connect and to find
// its topic is not counted: producing ends with the last acknowledgement, consuming runs from the first record on.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <weir/streams/topics/topic.hpp>

#include "../support/bench.hpp"

#ifdef BENCH_HAS_RDKAFKA
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#endif

namespace {

using body = std::array<char, 100>;
using topic = weir::topic<body>;

double ours(std::uint64_t items, std::size_t span, bool idempotent, bool& whole) {
    const topic t("t", {.reserve_records = items});  // as the broker's page cache: not counted
    std::vector<topic::record> batch(span);
    std::int32_t sequence = 0;
    const double start = bench::now_ns();
    for (std::uint64_t i = 0; i < items; i += span) {
        for (topic::record& r : batch) r.value.emplace();
        const weir::producer_stamp by{idempotent ? 1 : -1, 0, idempotent ? sequence : -1, false};
        static_cast<void>(t.append(0, batch, by));
        sequence += static_cast<std::int32_t>(span);
    }
    std::uint64_t n = 0;
    std::int64_t next = 0;
    while (n < items) {
        const std::uint64_t before = n;
        auto at = t.visit(0, next, [&](const topic::record& r) {
            bench::keep(&*r.value);
            ++n;
        });
        if (!at || n == before) break;
        next = *at;
    }
    whole = whole && n == items;
    return bench::now_ns() - start;
}

#ifdef BENCH_HAS_RDKAFKA
struct freed {
    void operator()(rd_kafka_t* rk) const { rd_kafka_destroy(rk); }
};
using handle = std::unique_ptr<rd_kafka_t, freed>;

handle client(rd_kafka_type_t type, const std::string& servers) {
    char text[256];
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", servers.c_str(), text, sizeof text);
    rd_kafka_conf_set(conf, "log_level", "0", text, sizeof text);
    rd_kafka_conf_set(conf, "group.id", "bench", text, sizeof text);
    rd_kafka_conf_set(conf, "queue.buffering.max.messages", "1000000", text, sizeof text);
    return handle(rd_kafka_new(type, conf, text, sizeof text));
}

/// Nanoseconds for `items` records.
double by_librdkafka(const std::string& servers, std::uint64_t items, bool& whole) {
    static const std::string run = std::to_string(weir::system_clock_source().now().us);
    static int number = 0;
    const std::string name = "bench-" + run + "-" + std::to_string(++number);
    double ns = 0;
    {
        const handle p = client(RD_KAFKA_PRODUCER, servers);
        body value{};
        const auto send = [&] {
            rd_kafka_producev(p.get(), RD_KAFKA_V_TOPIC(name.c_str()), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_END);
        };
        send();  // makes the topic
        rd_kafka_flush(p.get(), 30'000);
        const double start = bench::now_ns();
        for (std::uint64_t i = 0; i != items; ++i) send();
        rd_kafka_flush(p.get(), 60'000);
        ns += bench::now_ns() - start;
        whole = whole && rd_kafka_outq_len(p.get()) == 0;
    }
    const handle c = client(RD_KAFKA_CONSUMER, servers);
    rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name.c_str(), 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(c.get(), list);
    rd_kafka_topic_partition_list_destroy(list);
    double start = 0;
    std::uint64_t n = 0;
    while (n <= items) {
        rd_kafka_message_t* const m = rd_kafka_consumer_poll(c.get(), 10'000);
        if (m == nullptr) break;
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR && ++n == 1) start = bench::now_ns();
        rd_kafka_message_destroy(m);
    }
    ns += bench::now_ns() - start;
    whole = whole && n == items + 1;
    rd_kafka_consumer_close(c.get());
    return ns;
}
#endif

void against(bench::program& p, const std::string& peer, const std::string& servers, std::uint64_t items,
             double target) {
    for (const bool idempotent : {false, true}) {
        for (const std::size_t span : {std::size_t{1}, std::size_t{100}}) {
            const std::string label = std::string("produce and consume") + (idempotent ? ", idempotent" : "")
                                      + ", batches of " + std::to_string(span) + ", against " + peer;
            bool whole = true;
            const auto mine = [&] { return ours(items, span, idempotent, whole); };
#ifdef BENCH_HAS_RDKAFKA
            if (!servers.empty()) {
                bool theirs = true;
                const auto t = bench::measure(
                    p.runs(7), static_cast<double>(items), bench::named("weir::topic", mine),
                    bench::named("librdkafka, " + peer, [&] { return by_librdkafka(servers, items, theirs); }));
                p.add(label, "ns/record", t[0], t[1], whole && theirs ? target : bench::none, bench::better::less,
                      whole && theirs ? "" : "A RECORD IS MISSING");
                continue;
            }
#endif
            const auto t = bench::measure(p.runs(7), static_cast<double>(items), bench::named("weir::topic", mine));
            p.add(label, "ns/record", t[0], {}, target, bench::better::less, "no reference");
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("topic", argc, argv);
    std::string mock;
#ifdef BENCH_HAS_RDKAFKA
    const handle home = client(RD_KAFKA_PRODUCER, "");
    rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(home.get(), 1);
    mock = rd_kafka_mock_cluster_bootstraps(cluster);
#endif
    const char* const broker = std::getenv("WEIR_TEST_KAFKA");
    against(p, "the mock cluster", mock, 20'000, bench::none);  // its log holds 5 MiB
    against(p, "a broker on loopback", broker != nullptr ? broker : "", p.size(200'000, 4), 20);
#ifdef BENCH_HAS_RDKAFKA
    rd_kafka_mock_cluster_destroy(cluster);
#endif
    return p.finish();
}
