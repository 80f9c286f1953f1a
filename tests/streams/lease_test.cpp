// SPDX-License-Identifier: BSL-1.0
// Positions, leases, the memory store, and what decides about leases: C04, C06 to C15, C17, C21, C22.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <weir/streams/checkpointer.hpp>
#include <weir/streams/detail/lease_taker.hpp>
#include <weir/streams/detail/shard_syncer.hpp>
#include <weir/streams/memory_lease_store.hpp>

#include "support/catch.hpp"
#include "support/lease_store_suite.hpp"

namespace {

using namespace std::chrono_literals;
using weir::errc;
using weir::extended_sequence_number;
using weir::instant;
using weir::lease;
using weir::sequence_number;
using weir::shard_id;
using weir_test::checkpoint_at;
using weir_test::lease_row;

constexpr std::int64_t second = 1'000'000;
using position = extended_sequence_number;

constexpr position number(std::uint64_t index, std::int64_t sub = 0) {
    return position(sequence_number(5, index, 5, {0}), sub);
}
static_assert(position::at_timestamp() < position::trim_horizon());
static_assert(position::trim_horizon() < position::latest());
static_assert(position::latest() < position(sequence_number{}));
static_assert(number(1) < number(1, 1) && number(1, 9) < number(2) && number(9) < number(10));
static_assert(number(~std::uint64_t{0} >> 1U, INT64_MAX) < position::shard_end());
static_assert(position{} == position::trim_horizon());

}  // namespace

TEST_CASE("extended_sequence_number: order, text and back (C04)") {
    const std::vector<position> ascending{position::at_timestamp(),
                                          position::trim_horizon(),
                                          position::latest(),
                                          position(sequence_number{}),
                                          number(9),
                                          number(9, 1),
                                          number(9, INT64_MAX),
                                          number(10),
                                          position::shard_end()};
    CHECK(std::is_sorted(ascending.begin(), ascending.end()));
    for (const position& p : ascending) CHECK(position::parse(to_string(p)).value() == p);
    CHECK(to_string(position::shard_end()) == "SHARD_END");
    CHECK(to_string(number(9, 12)) == to_string(number(9).number()) + ":12");
    CHECK(to_string(number(9)) == to_string(number(9).number()));
    for (const char* const bad : {"", "x", "TRIM_HORIZON ", "shard_end", ":", ":1", "0:", "0:0", "0:01", "0:-1",
                                  "0:1:1", "-1", "0:9223372036854775808", "0:99999999999999999999999"}) {
        CAPTURE(bad);
        CHECK(position::parse(bad).error().code == errc::invalid_argument);
    }
}

TEST_CASE("memory_lease_store: what every store must do (C07, C10, C13, C19)") {
    weir::memory_lease_store store;
    SECTION("fields") { weir_test::all_fields_are_kept(store); }
    SECTION("conditions") { weir_test::writes_are_conditional(store); }
    SECTION("pending") { weir_test::pending_checkpoints(store); }
    SECTION("children") { weir_test::children_come_with_the_end(store); }
    SECTION("hand-over") { weir_test::hand_over(store); }
    SECTION("threads") { weir_test::one_taker_wins(std::vector<weir::memory_lease_store*>(4, &store), 50); }
}

namespace {

struct target final : weir::detail::checkpoint_target {
    std::vector<position> written;
    std::vector<position> prepared;
    bool fails = false;
    weir::result<void> write(const position& to) override {
        if (fails) return weir::error{errc::io, "told to fail", ""};
        written.push_back(to);
        return {};
    }
    weir::result<void> prepare(const position& to, std::string_view) override {
        prepared.push_back(to);
        return {};
    }
};

}  // namespace

TEST_CASE("checkpointer: between the last checkpoint and what was delivered (C06, C07, C08, C18)") {
    target to;
    weir::checkpointer at(to, position::trim_horizon());
    CHECK(at.checkpoint().has_value());  // nothing delivered: as it is
    CHECK(to.written.empty());
    CHECK(at.checkpoint(number(1)).error().code == errc::invalid_argument);
    at.delivered(number(10, 3));
    CHECK(at.checkpoint(number(10, 4)).error().code == errc::invalid_argument);
    CHECK(at.checkpoint(number(10).number(), -1).error().code == errc::invalid_argument);
    CHECK(at.checkpoint(position::shard_end()).error().code == errc::invalid_argument);
    CHECK(at.checkpoint(position::latest()).has_value());  // in between, by the order
    CHECK(at.checkpoint(number(10).number(), 2).has_value());
    CHECK(at.checkpoint(number(10, 1)).error().code == errc::invalid_argument);
    CHECK(at.checkpoint(number(10, 2)).has_value());  // equal: writes nothing
    CHECK(to.written == std::vector{position::latest(), number(10, 2)});
    to.fails = true;
    CHECK(at.checkpoint().error().code == errc::io);
    CHECK(at.last() == number(10, 2));
    to.fails = false;
    CHECK(at.checkpoint().has_value());
    CHECK(to.written.back() == number(10, 3));

    // What fails was not delivered.
    at.delivered(number(20));
    at.undelivered(number(10, 3));
    CHECK(at.checkpoint(number(20)).error().code == errc::invalid_argument);

    at.delivered(number(30));
    const auto pending = at.prepare_checkpoint("s").value();
    CHECK(to.prepared == std::vector{number(30)});
    CHECK(to.written.back() == number(10, 3));
    CHECK(at.prepare_checkpoint(number(31)).error().code == errc::invalid_argument);
    CHECK(pending.checkpoint().has_value());
    CHECK(to.written.back() == number(30));
    CHECK(at.prepare_checkpoint().has_value());  // equal: writes nothing
    CHECK(to.prepared.size() == 1);

    at.delivered(number(40));
    at.at_shard_end();
    CHECK(at.checkpoint(number(41)).error().code == errc::invalid_argument);
    CHECK(at.checkpoint(number(35)).has_value());
    CHECK(at.checkpoint(number(40)).has_value());  // the last record's number stands for the end
    CHECK(to.written.back() == position::shard_end());
    at.close();
    CHECK(at.checkpoint().error().code == errc::shutdown);
    CHECK(at.prepare_checkpoint().error().code == errc::shutdown);
}

namespace {

std::vector<lease> owned(std::initializer_list<const char*> owners) {
    std::vector<lease> all;
    for (const char* const o : owners) {
        lease l = lease_row(static_cast<std::uint32_t>(all.size()));
        l.owner = o;
        l.counter = *o == 0 ? 0 : 1;
        all.push_back(l);
    }
    return all;
}
struct taker {
    weir::consumer_options options;
    weir::consumer_metrics metrics;
    weir::detail::lease_taker decides;

    explicit taker(weir::consumer_options o) : options(std::move(o)), decides(options) {}
    std::vector<weir::detail::lease_taker::choice> at(const std::vector<lease>& all, std::int64_t us) {
        return decides.choose(all, {us}, metrics);
    }
};

}  // namespace

TEST_CASE("lease_taker: free leases by the observer's clock (C14, C17)") {
    taker a({.worker = "a"});
    std::vector<lease> all = owned({"b", "b"});
    // Newly seen and owned: as if just renewed.
    CHECK(a.at(all, 1'000 * second).size() == 1);
    CHECK_FALSE(a.at(all, 1'000 * second)[0].free);  // of b's two one is wanted for balance
    CHECK(a.metrics.ExpiredLeases == 0);
    CHECK(a.at(all, 1'010 * second)[0].free == false);  // exactly failover: not yet
    const auto expired = a.at(all, 1'010 * second + 1);
    REQUIRE(expired.size() == 2);  // nobody else lives, so all are its share
    CHECK(expired[0].free);
    CHECK(a.metrics.ExpiredLeases == 2);
    CHECK(a.metrics.NumWorkers == 1);
    all[0].counter = 2;  // b lives: seen anew
    const auto one = a.at(all, 1'011 * second);
    REQUIRE(one.size() == 1);
    CHECK(one[0].seen.shard == shard_id{1});
    CHECK(a.metrics.VeryOldLeases == 0);

    // Never owned: all at once, whatever the share; so is what was not renewed for three times failover.
    taker b({.worker = "b"});
    CHECK(b.at(owned({"", "", "", "", "x", "y"}), 0).size() == 4);
    CHECK(b.metrics.VeryOldLeases == 4);
    taker c({.worker = "c"});
    std::vector<lease> dead = owned({"d", "d", "d", "d", "e"});
    static_cast<void>(c.at(dead, 0));
    dead[4].counter = 7;
    CHECK(c.at(dead, 20 * second).size() == 3);  // target of 5 among 2 workers
    dead[4].counter = 8;
    CHECK(c.at(dead, 31 * second).size() == 4);
    CHECK(c.metrics.VeryOldLeases == 4);
    taker few({.worker = "f", .max_leases = 2});
    CHECK(few.at(owned({"", "", "", ""}), 0).size() == 2);
    CHECK(few.metrics.LeaseSpillover == 2);
}

TEST_CASE("lease_taker: a fair share (C15)") {
    taker a({.worker = "a", .max_leases_to_steal = 10});
    CHECK(a.at(owned({"b", "c"}), 0).empty());  // as many workers as leases: one each, and nobody has two
    CHECK(a.metrics.NumWorkers == 3);
    CHECK(a.metrics.NeededLeases == 1);
    const auto some = a.at(owned({"b", "b", "b", "b", "b", "c", "c"}), 0);
    CHECK(a.metrics.NeededLeases == 3);  // ceil(7 / 3)
    REQUIRE(some.size() == 2);           // b keeps its own three
    for (const auto& s : some) CHECK(s.seen.owner == "b");
    taker slow({.worker = "a"});
    CHECK(slow.at(owned({"b", "b", "b", "b", "b", "c", "c"}), 0).size() == 1);  // one at a time
    taker capped({.worker = "a", .max_leases = 1, .max_leases_to_steal = 10});
    CHECK(capped.at(owned({"b", "b", "b", "b", "b"}), 0).size() == 1);
    std::vector<lease> done = owned({"b", "b", "b"});
    for (lease& l : done) l.checkpoint = position::shard_end();
    CHECK(a.at(done, 0).empty());
    CHECK(a.metrics.TotalLeases == 0);
    // A lease that is being handed over is nobody's prey.
    std::vector<lease> moving = owned({"b", "b"});
    for (lease& l : moving) l.checkpoint_owner = "x";
    CHECK(a.at(moving, 0).empty());
}

namespace {

weir::shard_description shard(std::uint32_t id, weir::hash_range keys, std::optional<std::uint32_t> parent = {},
                              std::optional<std::uint32_t> adjacent = {}) {
    weir::shard_description s;
    s.id = {id};
    s.keys = keys;
    if (parent) s.parent = shard_id{*parent};
    if (adjacent) s.adjacent_parent = shard_id{*adjacent};
    return s;
}
constexpr weir::hash_range low{{0, 0}, {9, 0}};
constexpr weir::hash_range high{{9, 1}, weir::hash_key::max()};

lease leased(std::uint32_t id, weir::hash_range keys, position checkpoint = {}) {
    lease l = lease_row(id);
    l.keys = keys;
    l.checkpoint = checkpoint;
    return l;
}

}  // namespace

TEST_CASE("shard_syncer: the first leases, and holes (C11, C22)") {
    using weir::detail::first_hole;
    CHECK_FALSE(first_hole({high, low}).has_value());
    CHECK(first_hole({low}) == high);
    CHECK(first_hole({high}) == low);
    CHECK(first_hole({}) == weir::hash_range{});
    CHECK_FALSE(first_hole({{}, low}).has_value());

    const weir::iterator_start latest{weir::iterator_type::latest, {}, {}};
    const weir::iterator_start at{weir::iterator_type::at_timestamp, {}, instant{5}};
    const auto two = weir::detail::initial_leases({shard(3, low, 1), shard(4, high, 1, 2)}, latest).value();
    REQUIRE(two.size() == 2);
    CHECK(two[1].checkpoint == position::latest());
    CHECK(two[1].parents == std::vector{shard_id{1}, shard_id{2}});
    CHECK(two[0].keys == low);
    CHECK(weir::detail::initial_leases({shard(0, {})}, at).value()[0].checkpoint == position::at_timestamp());
    CHECK(weir::detail::initial_leases({shard(3, low)}, latest).error().code == errc::resource_in_use);
    CHECK(weir::detail::initial_filter(latest).kind == weir::shard_filter::type::at_latest);
    CHECK(weir::detail::initial_filter(at).time == instant{5});

    weir::detail::hole_watch watch;
    const std::vector<lease> whole{leased(0, low), leased(1, high)};
    const std::vector<lease> holed{leased(0, low), leased(1, high, position::shard_end())};
    const std::vector<lease> other{leased(1, high)};
    CHECK(watch.observe({}));
    CHECK_FALSE(watch.observe(holed));
    CHECK_FALSE(watch.observe(holed));
    CHECK_FALSE(watch.observe(whole));  // starts anew
    CHECK_FALSE(watch.observe(holed));
    CHECK_FALSE(watch.observe(other));  // another hole
    CHECK_FALSE(watch.observe(holed));
    CHECK_FALSE(watch.observe(holed));
    CHECK(watch.observe(holed));
    CHECK(watch.hole() == high);

    // 0 -> 1, 2; 2's lease was deleted. Not the parent's, whose other child has one.
    const std::vector<weir::shard_description> shards{shard(0, {}), shard(1, low, 0), shard(2, high, 0)};
    const auto again = weir::detail::leases_for(high, {leased(1, low)}, shards, latest);
    REQUIRE(again.size() == 1);
    CHECK(again[0].shard == shard_id{2});
    CHECK(again[0].checkpoint == position::trim_horizon());
    // Nothing known: the oldest comes first, its children with its end.
    const auto oldest = weir::detail::leases_for({}, {leased(9, {}, position::shard_end())}, shards, latest);
    REQUIRE(oldest.size() == 1);
    CHECK(oldest[0].shard == shard_id{0});
}

TEST_CASE("shard_syncer: what may be deleted (C21)") {
    std::vector<lease> all{leased(0, {}, position::shard_end()), leased(1, low, checkpoint_at(1)),
                           leased(2, high, position::trim_horizon())};
    all[0].children = {{1}, {2}};
    all[1].parents = all[2].parents = {{0}};
    CHECK(weir::detail::leases_to_delete(all).empty());  // 2 has not begun
    all[2].checkpoint = position::at_timestamp();
    CHECK(weir::detail::leases_to_delete(all).empty());
    all[2].checkpoint = position::shard_end();
    all[2].children = {{3}};
    all.push_back(leased(3, high, checkpoint_at(9)));
    all[3].parents = {{2}};
    const auto first = weir::detail::leases_to_delete(all);
    REQUIRE(first.size() == 1);  // 2 waits for its own parent's
    CHECK(first[0].shard == shard_id{0});
    all.erase(all.begin());
    REQUIRE(weir::detail::leases_to_delete(all).size() == 1);
    CHECK(weir::detail::leases_to_delete(all)[0].shard == shard_id{2});
    all.pop_back();
    CHECK(weir::detail::leases_to_delete(all).empty());  // a child's lease is missing
}
