// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/failure.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

using namespace weir_test;

namespace {

struct tick {
    std::string venue;
    int symbol = 0;
    long price = 0;
};

const std::vector<tick> ticks{{"x", 1, 10}, {"y", 2, 20}, {"x", 3, 30}};

/// The key that a stage sees, as a stage's function would be given it.
template <class Pipeline>
using key_seen = weir::meta_value<typename Pipeline::out_stream::meta_type, weir::meta_of::key,
                                  typename Pipeline::out_stream::value_type>;

struct pair_of_ints {
    int first;
    int second;
};

constexpr auto by_venue = weir::key_by<&tick::venue>();
constexpr auto by_both = weir::key_by<&tick::venue, &tick::symbol>();

}  // namespace

// A key of fields is a projection: it stores nothing, whoever asks.
static_assert(std::is_empty_v<decltype(by_venue)::entry>);
static_assert(std::is_same_v<key_seen<decltype(weir::from(ticks) | by_venue)>, std::string>);
static_assert(std::is_same_v<key_seen<decltype(weir::from(ticks) | by_both)>, std::tuple<std::string, int>>);
static_assert((weir::detail::member_key<&pair_of_ints::second>{}(pair_of_ints{1, 7})) == 7);
// Small fields by value, others by reference.
static_assert(std::is_same_v<decltype(weir::detail::member_key<&tick::price>{}(ticks[0])), long>);
static_assert(std::is_same_v<decltype(weir::detail::member_key<&tick::venue>{}(ticks[0])), const std::string&>);

TEST_CASE("key_by: one field, read from the record while it is unchanged") {
    std::vector<std::string> keys;
    std::vector<tick> out;
    drive(weir::from(ticks) | by_venue | weir::filter([&](const tick& t, auto m) {
              static_assert(std::is_same_v<decltype(m.key()), const std::string&>);
              CHECK(&m.key() == &t.venue);
              keys.push_back(m.key());
              return true;
          })
          | weir::collect(out));
    CHECK(keys == std::vector<std::string>{"x", "y", "x"});
}

TEST_CASE("key_by: the key travels with a record that map changes") {
    std::string keys;
    std::vector<long> out;
    drive(weir::from(ticks) | by_venue | weir::map([](const tick& t) { return t.price; })
          | weir::map([](long p) { return p * 2; }) | weir::map([&](long p, auto m) {
                keys += m.key();
                return p;
            })
          | weir::collect(out));
    CHECK(keys == "xyx");
    CHECK(out == std::vector<long>{20, 40, 60});
}

TEST_CASE("key_by: the key outlives a record that is given away") {
    std::vector<tick> mine = ticks;
    std::string keys;
    std::vector<std::string> out;
    drive(weir::from(std::move(mine)) | by_venue | weir::map([](tick&& t) { return std::move(t.venue) + "!"; })
          | weir::map([&](std::string&& s, auto m) {
                keys += m.key();
                return std::move(s);
            })
          | weir::collect(out));
    CHECK(keys == "xyx");
    CHECK(out == std::vector<std::string>{"x!", "y!", "x!"});
}

TEST_CASE("key_by: several fields") {
    std::vector<std::tuple<std::string, int>> keys;
    std::vector<long> out;
    drive(weir::from(ticks) | by_both | weir::map([](const tick& t) { return t.price; })
          | weir::map([&](long p, auto m) {
                keys.push_back(m.key());
                return p;
            })
          | weir::collect(out));
    CHECK(keys == std::vector<std::tuple<std::string, int>>{{"x", 1}, {"y", 2}, {"x", 3}});
}

TEST_CASE("key_by: a computed key is computed once a record") {
    int calls = 0;
    std::vector<long> keys;
    std::vector<tick> out;
    const auto l = drive(weir::from(ticks) | weir::key_by<"decade">([&](const tick& t) {
                             ++calls;
                             return t.price / 10;
                         })
                         | weir::filter([&](const tick&, auto m) {
                               keys.push_back(m.key());
                               return m.key() != 2;
                           })
                         | weir::filter([&](const tick&, auto m) { return m.key() != 99; }) | weir::collect(out));
    CHECK(calls == 3);
    CHECK(keys == std::vector<long>{1, 2, 3});
    CHECK(out.size() == 2);
    CHECK(l.stages.at("2").dropped == 1);
}

TEST_CASE("key_by: the last one counts, and may be made of the one before") {
    std::vector<long> keys;
    std::vector<tick> out;
    drive(weir::from(ticks) | by_venue
          | weir::key_by<"length">([](const tick& t, auto m) { return static_cast<long>(m.key().size()) + t.price; })
          | weir::filter([&](const tick&, auto m) {
                keys.push_back(m.key());
                return true;
            })
          | weir::collect(out));
    CHECK(keys == std::vector<long>{11, 21, 31});
}

TEST_CASE("key_by: a function that throws is named, or its record goes to failed") {
    const auto thrower = [](const tick& t) -> long {
        if (t.symbol == 2) throw std::runtime_error("no key");
        return t.symbol;
    };
    std::vector<tick> out;
    CHECK_THROWS_AS(drive(weir::from(ticks) | weir::key_by<"k">(thrower) | weir::collect(out)), std::runtime_error);
    CHECK(blamed() == "key_by at 1");
    out.clear();
    std::vector<weir::failure<tick>> failed;
    const auto l = drive(weir::from(ticks) | weir::key_by<"k">(thrower).catch_failed()
                         | weir::on<"failed">(weir::collect(failed)) | weir::collect(out));
    CHECK(out.size() == 2);
    REQUIRE(failed.size() == 1);
    CHECK(failed[0].value.symbol == 2);
    CHECK(failed[0].why == "no key");
    CHECK(l.stages.at("1").failed == 1);
}

TEST_CASE("key_by: signals pass, and full is obeyed") {
    slow_log<tick> log;
    drive(weir::from(ticks) | by_venue | weir::key_by<"p">([](const tick& t) { return t.price; })
              | slow_sink<tick>(log, {.full_every = 1, .resumes = 3}),
          2);
    CHECK(log.records.size() == 3);
    CHECK(log.resumes == 9);
    CHECK(log.finishes == 1);
}

TEST_CASE("key_by behind a shard makes the flow unpartitioned") {
    const auto keyed = weir::from(ticks) | by_venue;
    const auto sharded = weir::from(ticks) | by_venue | as_sharded{};
    const auto again = weir::from(ticks) | by_venue | as_sharded{} | weir::key_by<&tick::symbol>();
    CHECK(decltype(keyed)::out_stream::partitioning == weir::partition::one);
    CHECK(decltype(sharded)::out_stream::partitioning == weir::partition::by_key);
    CHECK(decltype(again)::out_stream::partitioning == weir::partition::unkeyed);
}
