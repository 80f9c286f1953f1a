// SPDX-License-Identifier: BSL-1.0
// Formatters: what `to_string` and Kinesis print (K02, K04, K12, C04), and the lines for people.
#include "support/catch.hpp"

#include <weir/streams/data_stream.hpp>
#include <weir/streams/format.hpp>
#include <weir/streams/producer_metrics.hpp>
#include <weir/streams/topics/format.hpp>
#include <weir/streams/topics/group_coordinator.hpp>
#include <weir/streams/topics/topic.hpp>
#include <weir/streams/topics/topic_consumer.hpp>
#include <weir/streams/topics/transaction_coordinator.hpp>
#include <weir/support/clock.hpp>

#include <random>
#include <string>

namespace {

const weir::sequence_number number(1'700'000'000, 5, 1'700'000'100, {1});
const std::string number_text = to_string(number);

}  // namespace

TEST_CASE("keys, ranges, shards and sequence numbers are formatted as to_string prints them", "[streams]") {
    std::mt19937_64 random(11);
    for (int i = 0; i < 50; ++i) {
        const weir::hash_key key{random(), random()};
        const weir::hash_range range{weir::hash_key::min(), key};
        const weir::sequence_number n(random() >> 30U, random() >> 20U, random() >> 30U,
                                      {static_cast<std::uint32_t>(random() >> 40U)});
        CHECK(fmt::format("{}", key) == to_string(key));
        CHECK(fmt::format("{}", range) == "0.." + to_string(key));
        CHECK(weir::sequence_number::parse(fmt::format("{}", n)).value() == n);
        CHECK(fmt::format("{}", weir::extended_sequence_number(n, i))
              == to_string(weir::extended_sequence_number(n, i)));
    }
    CHECK(fmt::format("{}", weir::shard_id{7}) == "shardId-000000000007");
    CHECK(fmt::format("[{:>22}]", weir::shard_id{7}) == "[  shardId-000000000007]");
    CHECK(fmt::format("{} {}", weir::extended_sequence_number::shard_end(), weir::extended_sequence_number())
          == "SHARD_END TRIM_HORIZON");
}

TEST_CASE("states and modes of streams are formatted by name", "[streams]") {
    CHECK(fmt::format("{} {}", weir::stream_status::updating, weir::capacity_mode::on_demand) == "updating on_demand");
    CHECK(fmt::format("{} {}", weir::consumer_state::waiting_on_parent_shards, weir::shutdown_reason::lease_lost)
          == "waiting_on_parent_shards lease_lost");
    CHECK(fmt::format("{} {}", weir::lease_state::handing_over, weir::batch_failure::side_output)
          == "handing_over side_output");
    CHECK(fmt::format("{} {}", weir::producer_overflow::drop_newest, weir::storage_overflow::block)
          == "drop_newest block");
    CHECK(fmt::format("{}", weir::iterator_start{weir::iterator_type::trim_horizon}) == "trim_horizon");
    CHECK(fmt::format("{}", weir::at_sequence_number(number)) == "at_sequence_number " + number_text);
    CHECK(fmt::format("{}", weir::at_timestamp({0})) == "at_timestamp 1970-01-01T00:00:00Z");
}

TEST_CASE("a stream's answers are formatted as lines", "[streams]") {
    const weir::virtual_clock clock{weir::instant{1'700'000'000'000'000}};
    const weir::data_stream<weir::bytes> s("hits", {.shards = 2, .time = &clock});
    const weir::put_record_result put = s.put_record("data", "key").value();
    CHECK(fmt::format("{}", put) == to_string(put.shard) + ' ' + to_string(put.number));
    CHECK(fmt::format("{}", s.describe_stream_summary())
          == "hits: active, 2 open shards, unlimited, 24 h retained, records of at most 1048576 bytes, created "
             "2023-11-14T22:13:20Z");
    REQUIRE(s.merge_shards({0}, {1}));
    const weir::shard_list list = s.list_shards().value();
    REQUIRE(list.shards.size() == 3);
    CHECK(fmt::format("{}", list.shards[0])
          == "shardId-000000000000 0..170141183460469231731687303715884105727, closed");
    CHECK(fmt::format("{}", list.shards[2])
          == "shardId-000000000002 0..340282366920938463463374607431768211455, open, child of shardId-000000000000 and "
             "shardId-000000000001");
    const auto it = s.get_shard_iterator({2}, weir::trim_horizon).value();
    CHECK(fmt::format("{}", it) == "shardId-000000000002 at 0, issued 2023-11-14T22:13:20Z");
    CHECK(fmt::format("{}", weir::child_shard{{4}, {{1}, {2}}, {}})
          == "shardId-000000000004 0..340282366920938463463374607431768211455, child of shardId-000000000001 and "
             "shardId-000000000002");
    CHECK(fmt::format("{}", weir::put_entry_result{put, weir::errc::io, ""}) == fmt::format("{}", put));
    CHECK(fmt::format("{}", weir::put_entry_result{{}, weir::errc::closed, "it is closed"}) == "closed: it is closed");
    CHECK(fmt::format("{}", weir::shard_count{2, 4}) == "2 to 4 shards");
}

TEST_CASE("what producers and consumers say is formatted as lines", "[streams]") {
    weir::user_record_result r;
    CHECK(fmt::format("{}", r) == "failed, 0 attempts");
    r.attempts.push_back({10, 2, false, "Expired", "too old"});
    CHECK(fmt::format("{}", r.attempts[0]) == "failed after 10 us, took 2 us: Expired: too old");
    CHECK(fmt::format("{}", r) == "failed, 1 attempts; the last failed after 10 us, took 2 us: Expired: too old");
    r.attempts.push_back({5, 1, true, "", ""});
    r.successful = true;
    r.shard = weir::shard_id{1};
    r.number = number;
    CHECK(fmt::format("{}", r) == "stored shardId-000000000001 " + number_text + ", 2 attempts");

    weir::lease l{.shard = {3}};
    CHECK(fmt::format("{}", l) == "shardId-000000000003: unassigned, counter 0, checkpoint TRIM_HORIZON");
    l.owner = "worker-1";
    l.counter = 9;
    l.pending_checkpoint = weir::extended_sequence_number(number, 2);
    CHECK(fmt::format("{}", l)
          == "shardId-000000000003: owned by worker-1, counter 9, checkpoint TRIM_HORIZON, pending " + number_text
                 + ":2");

    weir::shard_progress p{.shard = {3}};
    CHECK(fmt::format("{}", p)
          == "shardId-000000000003: waiting_on_parent_shards, checkpoint TRIM_HORIZON, 0 ms behind");
    p.reason = weir::shutdown_reason::requested;
    p.stalled = true;
    p.failures = 2;
    p.last_error = "no";
    CHECK(fmt::format("{}", p)
          == "shardId-000000000003: waiting_on_parent_shards, checkpoint TRIM_HORIZON, 0 ms behind, requested, stalled "
             "since 1970-01-01T00:00:00Z, 2 failures: no");

    weir::consumer_metrics m;
    m.TakenLeases = 4;
    CHECK(fmt::format("{}", m).find("CurrentLeases 0, LostLeases 0, NumWorkers 0") == 0);
    CHECK(fmt::format("{}", m).find(", TakenLeases 4, ") != std::string::npos);
    weir::producer_metrics made;
    made.ErrorsByCode["InternalFailure"] = 2;
    CHECK(fmt::format("{}", made).find("ErrorsByCode {InternalFailure 2}, AllErrors 0") != std::string::npos);
}

TEST_CASE("what topics say is formatted by Kafka's names", "[streams]") {
    CHECK(fmt::format("{}", weir::topic_partition_name{"clicks", 3}) == "clicks-3");
    CHECK(fmt::format("{}", weir::topic_position{3, 17}) == "partition 3, offset 17");
    CHECK(fmt::format("{} {}", weir::assignor::round_robin, weir::assignor::cooperative_sticky)
          == "roundrobin cooperative-sticky");
    CHECK(fmt::format("{} {}", weir::cleanup_policy::compact_and_delete, weir::timestamp_type::log_append_time)
          == "compact_and_delete log_append_time");
    CHECK(fmt::format("{} {}", weir::change_op::update, weir::topic_record_kind::abort_marker)
          == "update abort_marker");
    CHECK(fmt::format("{} {}", weir::isolation_level::read_committed, weir::partitioner::fnv1a)
          == "read_committed fnv1a");
    CHECK(fmt::format("{} {}", weir::group_state::stable, weir::transaction_state::preparing) == "stable preparing");
    CHECK(fmt::format("{}", weir::offset_reset::to_latest) == "to_latest");
}
