// SPDX-License-Identifier: BSL-1.0
// Topics: partitioners, offsets, retention, compaction, idempotence (T01, T02, T05 to T07, T12, T18, T20, T21).
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <weir/streams/topics/topic.hpp>

#include "support/catch.hpp"

namespace {

using weir::errc;
using weir::instant;
using text_topic = weir::topic<std::string>;
using record = text_topic::record;
constexpr std::int64_t ms = 1'000;

instant at(std::int64_t milliseconds) { return {milliseconds * ms}; }
record keyed(std::string key, std::optional<std::string> value, std::optional<instant> t = {}) {
    record r;
    r.key = std::move(key);
    r.value = std::move(value);
    r.time = t;
    return r;
}
record plain(std::string value, std::optional<instant> t = {}) {
    record r;
    r.value = std::move(value);
    r.time = t;
    return r;
}
std::vector<std::int64_t> offsets_of(const text_topic& t, std::int64_t from) {
    std::vector<std::int64_t> out;
    for (const auto& r : t.fetch(0, from, {.max_records = 100'000}).value().records) out.push_back(r.offset);
    return out;
}
using list = std::vector<std::int64_t>;

static_assert(weir::murmur2("21") == static_cast<std::uint32_t>(-973932308));
static_assert(weir::partition_of(weir::partitioner::murmur2, "kafka", 17) == 14);

}  // namespace

TEST_CASE("partitioner: T01, murmur2 and its partitions as Java and librdkafka have them", "[streams]") {
    const auto hash = [](std::string_view s) { return static_cast<std::int32_t>(weir::murmur2(s)); };
    CHECK(hash("21") == -973932308);
    CHECK(hash("foobar") == -790332482);
    CHECK(hash("a-little-bit-long-string") == -985981536);
    CHECK(hash("abc") == 479470107);
    CHECK(weir::murmur2("kafka") == 0xd067cf64U);
    CHECK(weir::murmur2("1234") == 0x9fc97b14U);
    CHECK(weir::murmur2("") == 0x106e08d9U);
    const auto of = [](std::string_view key, std::uint32_t n) {
        return weir::partition_of(weir::partitioner::murmur2_random, key, n);
    };
    CHECK(of("kafka", 17) == 14);
    CHECK(of("1234", 17) == 1);
    CHECK(of("", 17) == 11);
    CHECK(of("foobar", 10) == 6);
    CHECK(of("abc", 10) == 7);
}

TEST_CASE("partitioner: T02, fnv1a, crc32, and what has no partition", "[streams]") {
    using weir::partitioner;
    CHECK(weir::detail::fnv1a_absolute("kafka") == 0x0d33c4e1U);
    CHECK(weir::detail::fnv1a_absolute("") == 0x7ee3623bU);
    CHECK(weir::detail::crc32_of("23456") == 0xb1b451d7U);
    CHECK(weir::detail::crc32_of("hejsan") == 0xd077037eU);
    CHECK(weir::partition_of(partitioner::consistent, "hejsan", 17) == 0xd077037eU % 17);
    CHECK(weir::partition_of(partitioner::fnv1a, "kafka", 17) == 0x0d33c4e1U % 17);
    CHECK(weir::partition_of(partitioner::consistent, std::nullopt, 17) == 0);
    CHECK_FALSE(weir::partition_of(partitioner::consistent_random, "", 17));
    CHECK_FALSE(weir::partition_of(partitioner::consistent_random, std::nullopt, 17));
    CHECK_FALSE(weir::partition_of(partitioner::murmur2, std::nullopt, 17));
}

TEST_CASE("topic: T02, records without a key stick to a partition for a batch's bytes", "[streams]") {
    weir::virtual_clock time;
    const text_topic t("t", {.partitions = 3, .sticky_bytes = 1'000, .time = &time});
    std::vector<std::uint32_t> went;
    for (int i = 0; i != 300; ++i) went.push_back(t.produce(plain(std::string(92, 'x'))).value().partition);
    std::size_t changes = 0;
    for (std::size_t i = 1; i != went.size(); ++i) changes += went[i] != went[i - 1] ? 1U : 0U;
    CHECK(changes >= 25);  // 300 records of about 100 bytes, 10 a batch
    CHECK(changes <= 30);
    for (std::uint32_t p = 0; p != 3; ++p) CHECK(t.offsets(p).value().end >= 80);
}

TEST_CASE("topic: names, and partitions that only grow", "[streams]") {
    CHECK(weir::check_topic_name("a.b_C-9"));
    CHECK(weir::check_topic_name(std::string(249, 'a')));
    for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string("a b"),
                                   std::string("é"), std::string(250, 'a')}) {
        CHECK(weir::check_topic_name(bad).error().code == errc::invalid_topic);
    }
    CHECK_THROWS_AS(text_topic(".."), std::invalid_argument);
    CHECK_THROWS_AS(text_topic("t", {.partitions = 0}), std::invalid_argument);
    const text_topic t("t", {.partitions = 2});
    CHECK(t.produce(2, plain("x")).error().code == errc::unknown_topic_or_partition);
    CHECK(t.add_partitions(2).error().code == errc::invalid_argument);
    CHECK(t.add_partitions(1).error().code == errc::invalid_argument);
    REQUIRE(t.add_partitions(3));
    CHECK(t.produce(2, plain("x")).value().offset == 0);
}

TEST_CASE("topic: T05 and T06, dense offsets, headers, and what is out of range", "[streams]") {
    weir::virtual_clock time{at(5)};
    const text_topic t("t", {.time = &time});
    for (int i = 0; i != 10; ++i) CHECK(t.produce(plain(std::to_string(i))).value().offset == i);
    record r = keyed("k", std::nullopt, at(77));
    r.headers = {{"a", "1"}, {"b", std::nullopt}};
    CHECK(t.produce(r).value().offset == 10);
    const auto page = t.fetch(0, 8).value();
    REQUIRE(page.records.size() == 3);
    CHECK(page.next == 11);
    CHECK(page.high_watermark == 11);
    CHECK(*page.records[0].value == "8");
    CHECK(*page.records[0].time == at(5));
    CHECK(page.records[2].headers == r.headers);
    CHECK(*page.records[2].time == at(77));
    CHECK(t.fetch(0, 11).value().records.empty());
    CHECK(t.fetch(0, 12).error().code == errc::offset_out_of_range);
    CHECK(t.fetch(0, -1).error().code == errc::offset_out_of_range);
    CHECK(t.delete_records(0, 4).value() == 4);
    CHECK(t.delete_records(0, 2).value() == 4);
    CHECK(t.delete_records(0, 12).error().code == errc::offset_out_of_range);
    CHECK(t.fetch(0, 3).error().code == errc::offset_out_of_range);
    CHECK(t.fetch(0, 4, {.max_records = 2}).value().next == 6);
    CHECK(t.produce(plain("x")).value().offset == 11);
}

TEST_CASE("topic: T07, the earliest offset of a time or later, in records that are not in order", "[streams]") {
    const text_topic t("t", {.segment_bytes = 200});
    const std::vector<std::int64_t> times = {10, 30, 20, 40, 35, 60};
    for (const auto when : times) REQUIRE(t.produce(plain(std::string(50, 'v'), at(when))));
    CHECK(t.segments(0).value() > 2);
    for (std::int64_t ask = 0; ask <= 61; ++ask) {
        const auto found = t.offset_for_time(0, at(ask)).value();
        std::optional<std::int64_t> want;
        for (std::size_t i = 0; i != times.size() && !want; ++i) {
            if (times[i] >= ask) want = static_cast<std::int64_t>(i);
        }
        REQUIRE(found.has_value() == want.has_value());
        if (want) CHECK(found->offset == *want);
    }
}

TEST_CASE("topic: T12, a repeated batch of the last five is acknowledged and not appended", "[streams]") {
    const text_topic t("t");
    const auto send = [&](std::int16_t epoch, std::int32_t first, std::size_t n) {
        std::vector<record> batch(n, plain("x"));
        return t.append(0, batch, {.producer_id = 7, .epoch = epoch, .first_sequence = first});
    };
    for (int i = 0; i != 7; ++i) CHECK(send(0, 2 * i, 2).value() == 2 * i);
    for (int i = 2; i != 7; ++i) CHECK(send(0, 2 * i, 2).value() == 2 * i);
    CHECK(t.offsets(0).value().end == 14);
    CHECK(send(0, 2, 2).error().code == errc::out_of_order_sequence_number);   // the sixth last
    CHECK(send(0, 12, 1).error().code == errc::out_of_order_sequence_number);  // not the same batch
    CHECK(send(0, 15, 2).error().code == errc::out_of_order_sequence_number);
    CHECK(send(1, 3, 1).error().code == errc::out_of_order_sequence_number);
    CHECK(t.offsets(0).value().end == 14);
    CHECK(send(1, 0, 1).value() == 14);  // complaint 10: a new epoch goes on, nothing is dead
    CHECK(send(0, 14, 1).error().code == errc::invalid_producer_epoch);
    // Sequence numbers wrap behind 2^31 - 1.
    std::vector<record> two(2, plain("x"));
    CHECK(t.append(0, two, {.producer_id = 8, .epoch = 0, .first_sequence = 2147483646}).value() == 15);
    two.assign(2, plain("x"));
    CHECK(t.append(0, two, {.producer_id = 8, .epoch = 0, .first_sequence = 0}).value() == 17);
}

TEST_CASE("topic: T18, retention by time goes by whole segments and stops at the first that stays", "[streams]") {
    weir::virtual_clock time{at(0)};
    const text_topic t("t", {.retention_ms = 100, .segment_bytes = 150, .time = &time});
    // A record has 61 + 60 bytes or so: one a segment.
    for (const std::int64_t when : {10, 50, 20, 90}) REQUIRE(t.produce(plain(std::string(50, 'v'), at(when))));
    REQUIRE(t.segments(0).value() == 4);
    const auto start_at = [&](std::int64_t now) {
        time.set(at(now));
        t.maintain();
        return t.offsets(0).value().start;
    };
    CHECK(start_at(110) == 0);  // equal keeps
    CHECK(start_at(111) == 1);
    CHECK(start_at(130) == 1);  // 20 is too old, but behind 50, which stays
    CHECK(start_at(151) == 3);
    CHECK(start_at(191) == 4);  // the active one too, when all of it is too old
    CHECK(t.segments(0).value() == 1);
    CHECK(t.fetch(0, 3).error().code == errc::offset_out_of_range);
    CHECK(t.produce(plain("x")).value().offset == 4);
    const text_topic kept("k", {.retention_ms = -1, .segment_bytes = 150, .time = &time});
    REQUIRE(kept.produce(plain("x", at(0))));
    time.set(at(1'000'000'000'000));
    kept.maintain();
    CHECK(kept.offsets(0).value().start == 0);
}

TEST_CASE("topic: retention by bytes keeps at least so many", "[streams]") {
    const text_topic t("t", {.retention_ms = -1, .retention_bytes = 300, .segment_bytes = 150});
    for (int i = 0; i != 10; ++i) REQUIRE(t.produce(plain(std::string(50, 'v'))));  // 118 bytes each
    t.maintain();
    CHECK(t.offsets(0).value().start == 7);  // 3 * 118 >= 300 > 2 * 118
}

TEST_CASE("topic: T20, compaction against a map, by random scripts, while an old reader's view holds", "[streams]") {
    for (std::uint32_t seed = 1; seed != 40; ++seed) {
        INFO("seed " << seed);
        std::mt19937 random(seed);
        weir::virtual_clock time{at(0)};
        const text_topic t("t", {.cleanup = weir::cleanup_policy::compact,
                                 .segment_bytes = 700,
                                 .delete_retention_ms = 1'000'000,
                                 .log_segment_records = 8,
                                 .time = &time});
        std::vector<record> all;
        std::size_t clean = 0;  // how many of `all` the last compaction could see
        for (int step = 0; step != 60; ++step) {
            if (random() % 6 == 0) {
                if (random() % 2 == 0) {
                    REQUIRE(t.roll(0));
                    clean = all.size();
                    REQUIRE(t.compact(0));
                } else {
                    t.maintain();
                }
            } else {
                for (auto n = random() % 5 + 1; n != 0; --n) {
                    auto value = random() % 5 == 0 ? std::nullopt : std::optional(std::to_string(random() % 100));
                    all.push_back(keyed(std::to_string(random() % 10), std::move(value), at(step)));
                    CHECK(t.produce(0, all.back()).value().offset == static_cast<std::int64_t>(all.size()) - 1);
                }
            }
            const auto page = t.fetch(0, 0, {.max_records = 100'000}).value();
            std::map<std::string, std::optional<std::string>> got;
            std::map<std::string, std::optional<std::string>> want;
            std::map<std::string, std::size_t> in_clean;
            std::int64_t before = -1;
            for (const record& r : page.records) {
                REQUIRE(r.offset > before);
                before = r.offset;
                REQUIRE(r.value == all[static_cast<std::size_t>(r.offset)].value);
                got[*r.key] = r.value;
                if (r.offset < static_cast<std::int64_t>(clean)) ++in_clean[*r.key];
            }
            for (const record& r : all) want[*r.key] = r.value;
            REQUIRE(got == want);
            for (const auto& [key, n] : in_clean) REQUIRE(n == 1);
            REQUIRE(page.next == static_cast<std::int64_t>(all.size()));
        }
    }
}

TEST_CASE("topic: T20, offsets stay, the active segment is left alone, a removed offset gives the next", "[streams]") {
    const text_topic t("t", {.cleanup = weir::cleanup_policy::compact});
    for (const char* key : {"a", "b", "a", "c", "b"}) REQUIRE(t.produce(keyed(key, "v")));
    CHECK(t.compact(0).value() == 0);  // all is active
    REQUIRE(t.roll(0));
    REQUIRE(t.produce(keyed("c", "w")));
    REQUIRE(t.produce(keyed("c", "x")));
    CHECK(t.compact(0).value() == 2);
    CHECK(offsets_of(t, 0) == list{2, 3, 4, 5, 6});
    CHECK(offsets_of(t, 1) == list{2, 3, 4, 5, 6});
    REQUIRE(t.roll(0));
    CHECK(t.compact(0).value() == 2);
    CHECK(offsets_of(t, 0) == list{2, 4, 6});
    CHECK(offsets_of(t, 3) == list{4, 6});
    CHECK(t.offsets(0).value().start == 0);
}

TEST_CASE("topic: T21, a tombstone is readable for delete.retention.ms, and what a topic refuses", "[streams]") {
    weir::virtual_clock time{at(0)};
    const text_topic t("t", {.cleanup = weir::cleanup_policy::compact, .delete_retention_ms = 100, .time = &time});
    REQUIRE(t.produce(keyed("a", "v")));
    REQUIRE(t.produce(keyed("a", std::nullopt)));
    REQUIRE(t.produce(keyed("b", "v")));
    time.set(at(50));
    REQUIRE(t.roll(0));
    CHECK(t.compact(0).value() == 1);
    CHECK(offsets_of(t, 0) == list{1, 2});
    time.set(at(150));
    CHECK(t.compact(0).value() == 0);  // 100 ms from its first cleaning, not from its time
    time.set(at(151));
    t.maintain();  // due, whatever the ratio
    CHECK(offsets_of(t, 0) == list{2});
    CHECK(t.produce(plain("x")).error().code == errc::invalid_record);

    const text_topic small("s");
    // 61 of the batch, 3 + 1 + 3 + 1 of the record, and its length's 3.
    CHECK(small.produce(plain(std::string(1'048'588 - 72, 'x'))));
    CHECK(small.produce(plain(std::string(1'048'588 - 71, 'x'))).error().code == errc::message_too_large);
    CHECK(small.offsets(0).value().end == 1);
}

TEST_CASE("topic: threads that produce, read, compact and retain at once", "[streams]") {
    weir::virtual_clock time{at(0)};
    const text_topic t(
        "t",
        {.cleanup = weir::cleanup_policy::compact, .segment_bytes = 4'000, .log_segment_records = 64, .time = &time});
    constexpr int each = 3'000;
    std::vector<std::thread> producers;
    weir::atomic<int> running{2};
    for (int who = 0; who != 2; ++who) {
        producers.emplace_back([&, who] {
            for (int i = 0; i != each; ++i) {
                static_cast<void>(
                    t.produce(keyed(std::to_string(who) + "." + std::to_string(i % 50), std::to_string(i))));
            }
            running.fetch_sub(1, weir::memory_order_release);
        });
    }
    std::thread cleaner([&] {
        while (running.load(weir::memory_order_acquire) != 0) t.maintain();
    });
    bool ordered = true;
    std::map<std::string, std::string> table;
    std::int64_t next = 0;
    for (bool last = false; !last;) {
        last = running.load(weir::memory_order_acquire) == 0;
        std::int64_t before = next - 1;
        next = t.visit(0, next,
                       [&](const record& r) {
                           ordered = ordered && r.offset > before;
                           before = r.offset;
                           table[*r.key] = *r.value;
                       },
                       {.max_records = 1'000'000})
                   .value();
    }
    for (auto& p : producers) p.join();
    cleaner.join();
    CHECK(ordered);
    CHECK(next == 2 * each);
    CHECK(table.size() == 100);
    for (const auto& [key, value] : table) {
        CHECK(std::stoi(value) == each - 50 + std::stoi(key.substr(2)));
    }
}
