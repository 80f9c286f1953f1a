// SPDX-License-Identifier: BSL-1.0
// Hash keys, ranges, shard ids, sequence numbers: values and their text.
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <weir/streams/hash_key.hpp>
#include <weir/streams/sequence_number.hpp>
#include <weir/streams/shard_id.hpp>

#include "support/catch.hpp"

namespace {

using weir::hash_key;
using weir::hash_range;
using weir::sequence_number;
using weir::shard_id;

#if !defined(__clang__)  // which does not take libstdc++ 12's strings for constants
static_assert(weir::to_string(hash_key::max()).size() == 39);
#endif
static_assert(hash_key{0, ~std::uint64_t{0}}.next() == hash_key{1, 0});
static_assert(hash_key{1, 0}.previous() == hash_key{0, ~std::uint64_t{0}});
static_assert(sequence_number(5, 9, 7, {3}).index() == 9 && sequence_number(5, 9, 7, {3}).shard() == shard_id{3});
static_assert(sizeof(sequence_number) == 24);

TEST_CASE("hash_key: decimal text both ways") {
    CHECK(to_string(hash_key::max()) == "340282366920938463463374607431768211455");
    CHECK(to_string(hash_key{}) == "0");
    CHECK(to_string(hash_key{1, 0}) == "18446744073709551616");
    std::mt19937_64 random(7);
    for (int i = 0; i < 200; ++i) {
        const hash_key key{random() >> (random() % 64), random()};
        CHECK(hash_key::parse(to_string(key)).value() == key);
    }
}

TEST_CASE("hash_key: K04, what is no explicit hash key is refused") {
    for (const char* text : {"340282366920938463463374607431768211456", "-1", "007", "", "12a", " 1", "+1", "1.0",
                             "99999999999999999999999999999999999999999999"}) {
        INFO(text);
        const auto parsed = hash_key::parse(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == weir::errc::invalid_argument);
        CHECK(parsed.error().where == text);
    }
}

TEST_CASE("hash_range: K02, the ring is cut as Kinesis cuts it") {
    const auto three = weir::equal_ranges(3);
    REQUIRE(three.size() == 3);
    CHECK(to_string(three[0].first) == "0");
    CHECK(to_string(three[1].first) == "113427455640312821154458202477256070485");
    CHECK(to_string(three[2].first) == "226854911280625642308916404954512140970");
    CHECK(three[2].last == hash_key::max());
    CHECK(weir::equal_ranges(1) == std::vector<hash_range>{hash_range{}});
    CHECK(to_string(weir::equal_ranges(2)[1].first) == "170141183460469231731687303715884105728");
    for (std::uint32_t n : {1U, 2U, 3U, 4U, 5U, 7U, 16U, 255U, 1000U}) {  // K32: contiguous over the whole ring
        const auto ranges = weir::equal_ranges(n);
        REQUIRE(ranges.size() == n);
        CHECK(ranges.front().first == hash_key::min());
        CHECK(ranges.back().last == hash_key::max());
        for (std::size_t i = 1; i < n; ++i) {
            CHECK(ranges[i - 1].last.next() == ranges[i].first);
            CHECK(ranges[i].adjacent_to(ranges[i - 1]));
        }
    }
    CHECK_FALSE(three[0].adjacent_to(three[2]));
    CHECK(three[1].contains(three[1].first));
    CHECK(three[1].contains(three[1].last));
    CHECK_FALSE(three[1].contains(three[2].first));
}

TEST_CASE("shard_id: text both ways, and what is none") {
    CHECK(to_string(shard_id{0}) == "shardId-000000000000");
    CHECK(to_string(shard_id{4'294'967'295U}) == "shardId-004294967295");
    CHECK(shard_id::parse("shardId-000000000017").value() == shard_id{17});
    for (const char* text : {"", "shardId-", "shardId-00000000001", "shardId-00000000000x", "shard_id-000000000001",
                             "shardId-004294967296", "shardId-0000000000011"}) {
        CHECK_FALSE(shard_id::parse(text));
    }
}

TEST_CASE("sequence_number: K13, real numbers give their shard, another version is refused") {
    CHECK(sequence_number::parse("49587497311274533994574834252742144236107130636007899138").value().shard()
          == shard_id{0});
    CHECK(sequence_number::parse("49585389983312162443796657944872008114154899568972529698").value().shard()
          == shard_id{2});
    CHECK_FALSE(sequence_number::parse("74107425965128755728308386687147091174006956590945533954"));
    for (const char* text : {"", "-1", "01", "x", "49587497311274533994574834252742144236107130636007899139"}) {
        CHECK_FALSE(sequence_number::parse(text));
    }
    CHECK(sequence_number::parse("0").value() == sequence_number{});
}

TEST_CASE("sequence_number: K12, text of any number is read back, and order is that of the integer") {
    const std::uint64_t created = 1'700'000'000;
    std::vector<sequence_number> ascending;
    for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{9}, std::uint64_t{10},
                                      std::uint64_t{1} << 20U, std::uint64_t{1} << 48U, weir::detail::closing_index}) {
        ascending.emplace_back(created, index, created + 5, shard_id{3});
    }
    ascending.emplace_back(created + 1, 0, created + 1, shard_id{0});  // a shard that was made later
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        const std::string text = to_string(ascending[i]);
        CHECK(text.size() == 56);  // 186 bits
        const sequence_number back = sequence_number::parse(text).value();
        CHECK(back == ascending[i]);
        CHECK(back.index() == ascending[i].index());
        CHECK(back.arrival() == ascending[i].arrival());
        CHECK(back.shard_created() == ascending[i].shard_created());
        if (i > 0) CHECK(ascending[i - 1] < ascending[i]);
    }
}

}  // namespace
