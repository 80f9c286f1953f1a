// SPDX-License-Identifier: BSL-1.0
// Enhanced fan-out (K36, K37), and the registry.
#include <chrono>
#include <string>
#include <vector>

#include <weir/streams/fan_out.hpp>
#include <weir/streams/registry.hpp>

#include "support/catch.hpp"

namespace {

using weir::bytes;
using weir::errc;
using weir::instant;

constexpr std::int64_t second = 1'000'000;

struct world {
    weir::virtual_clock time{{1'700'000'000 * second}};
    weir::data_stream<bytes> stream;
    explicit world(weir::stream_options o = {}) : stream("s", with(std::move(o), time)) {}
    static weir::stream_options with(weir::stream_options o, const weir::clock& time) {
        o.time = &time;
        return o;
    }
    void put(const std::string& data) const { REQUIRE(stream.put_record(data, "k")); }
};
using subscription = weir::shard_subscription<weir::data_stream<bytes>>;

std::vector<std::string> texts(const subscription::event& e) {
    std::vector<std::string> out;
    for (const auto& r : e.records) out.push_back(r.data);
    return out;
}

}  // namespace

TEST_CASE("fan_out: K36, five minutes; behind the continuation nothing is lost and nothing comes twice", "[streams]") {
    world w;
    const auto who = weir::register_stream_consumer(w.stream, "a").value();
    auto sub = weir::subscribe_to_shard(w.stream, who, {0}, weir::trim_horizon).value();
    CHECK_FALSE(sub.next().value());  // nothing yet
    w.put("1");
    w.put("2");
    const auto first = sub.next().value();
    REQUIRE(first);
    CHECK(texts(*first) == std::vector<std::string>{"1", "2"});
    CHECK(first->continuation == first->records.back().number);
    CHECK(first->millis_behind_latest == 0);
    w.time.advance(5 * second);
    const auto quiet = sub.next().value();
    REQUIRE(quiet);
    CHECK(quiet->records.empty());
    CHECK(*first->continuation < *quiet->continuation);
    w.time.advance(295 * second);
    CHECK(sub.next().error().code == errc::shutdown);
    w.put("3");
    auto again =
        weir::subscribe_to_shard(w.stream, who, {0}, weir::after_sequence_number(*quiet->continuation)).value();
    CHECK(texts(*again.next().value()) == std::vector<std::string>{"3"});

    // A closed shard: the last event has children and no continuation.
    w.put("4");
    REQUIRE(w.stream.split_shard({0}, weir::hash_key{1, 0}));
    const auto last = again.next().value();
    REQUIRE(last);
    CHECK(texts(*last) == std::vector<std::string>{"4"});
    CHECK_FALSE(last->continuation);
    CHECK(last->children.size() == 2);
    CHECK(again.next().error().code == errc::shutdown);
}

TEST_CASE("fan_out: K37, who is registered, and which subscription counts", "[streams]") {
    world w({.shards = 2});
    const auto a = weir::register_stream_consumer(w.stream, "a").value();
    const auto b = weir::register_stream_consumer(w.stream, "b").value();
    CHECK(weir::register_stream_consumer(w.stream, "a").error().code == errc::resource_in_use);
    CHECK(weir::register_stream_consumer(w.stream, "").error().code == errc::invalid_argument);
    for (int i = 2; i < 20; ++i) REQUIRE(weir::register_stream_consumer(w.stream, "c" + std::to_string(i)));
    CHECK(weir::register_stream_consumer(w.stream, "one too many").error().code == errc::limit_exceeded);
    CHECK(weir::list_stream_consumers(w.stream).size() == 20);

    auto of_a = weir::subscribe_to_shard(w.stream, a, {0}, weir::trim_horizon).value();
    auto of_b = weir::subscribe_to_shard(w.stream, b, {0}, weir::trim_horizon).value();
    const auto shard = w.stream.list_shards().value().shards[0];
    REQUIRE(w.stream.put_record("x", "k", {.explicit_hash_key = shard.keys.first}));
    CHECK(of_a.next().value()->records.size() == 1);
    CHECK(of_b.next().value()->records.size() == 1);
    CHECK(weir::subscribe_to_shard(w.stream, a, {0}, weir::latest).error().code == errc::resource_in_use);
    CHECK(weir::subscribe_to_shard(w.stream, a, {1}, weir::latest));
    CHECK(weir::subscribe_to_shard(w.stream, a, {9}, weir::latest).error().code == errc::resource_not_found);
    w.time.advance(5 * second);
    auto over = weir::subscribe_to_shard(w.stream, a, {0}, weir::latest).value();
    CHECK(of_a.next().error().code == errc::resource_in_use);
    CHECK(over.next());

    // The same name registered again is another consumer.
    REQUIRE(weir::deregister_stream_consumer(w.stream, a));
    CHECK(over.next().error().code == errc::resource_not_found);
    CHECK(weir::deregister_stream_consumer(w.stream, a).error().code == errc::resource_not_found);
    REQUIRE(weir::register_stream_consumer(w.stream, "a"));
    CHECK(weir::subscribe_to_shard(w.stream, a, {0}, weir::latest).error().code == errc::resource_not_found);
}

TEST_CASE("fan_out: K37, a quota of its own beside the pollers'", "[streams]") {
    world w({.capacity = weir::capacity_mode::provisioned});
    const std::string half_megabyte(500'000, 'd');
    for (int i = 0; i < 12; ++i) {
        w.put(half_megabyte);
        w.time.advance(second / 2);
    }
    const auto who = weir::register_stream_consumer(w.stream, "a").value();
    auto sub = weir::subscribe_to_shard(w.stream, who, {0}, weir::trim_horizon).value();
    CHECK(sub.next().value()->records.size() == 12);  // six megabytes: three seconds' worth
    w.put("x");
    CHECK_FALSE(sub.next().value());
    const auto it = w.stream.get_shard_iterator({0}, weir::latest).value();
    for (int i = 0; i < 5; ++i) CHECK(w.stream.get_records(it));
    CHECK_FALSE(w.stream.get_records(it));
    w.time.advance(second);
    CHECK_FALSE(sub.next().value());
    w.time.advance(second);
    CHECK(texts(*sub.next().value()) == std::vector<std::string>{"x"});
}

TEST_CASE("registry: parts of a program meet by name", "[streams]") {
    weir::registry all;
    using raw = weir::data_stream<bytes>;
    struct hit {
        std::string host;
    };
    using hits = weir::data_stream<hit, &hit::host>;
    const raw made = all.create<raw>("raw", {.shards = 2}).value();
    REQUIRE(all.create<hits>("hits"));
    CHECK(all.create<raw>("raw").error().code == errc::resource_in_use);
    REQUIRE(made.put_record("x", "k"));
    const raw found = all.find<raw>("raw").value();
    CHECK(found.core() == made.core());
    CHECK(all.find<hits>("raw").error().code == errc::invalid_argument);
    CHECK(all.find<raw>("none").error().code == errc::resource_not_found);
    CHECK(all.names() == std::vector<std::string>{"hits", "raw"});
    REQUIRE(all.remove("raw"));
    CHECK(all.remove("raw").error().code == errc::resource_not_found);
    CHECK(found.put_record("y", "k"));  // a handle stays good
    CHECK_THROWS_AS(all.create<raw>("no name"), std::invalid_argument);
    CHECK(&weir::registry::process() == &weir::registry::process());
}
