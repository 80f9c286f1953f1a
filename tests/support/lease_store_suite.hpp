// SPDX-License-Identifier: BSL-1.0
// What every lease store must do, written once: the operations of lease_table over an empty store.
#pragma once

#include <weir/streams/lease_table.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace weir_test {

inline weir::extended_sequence_number checkpoint_at(std::uint64_t index, std::int64_t sub = 0) {
    return weir::extended_sequence_number(weir::sequence_number(1'700'000'000, index, 1'700'000'000, {0}), sub);
}
inline weir::lease lease_row(std::uint32_t shard) {
    weir::lease l;
    l.shard = {shard};
    return l;
}

template <weir::lease_store Store>
void all_fields_are_kept(Store& store) {
    weir::lease l = lease_row(4'000'000'000U);
    l.owner = "worker ' \"; drop table lease; --";
    l.counter = ~std::uint64_t{0} >> 1U;
    l.owner_switches_since_checkpoint = 3;
    l.checkpoint = checkpoint_at(7, 9);
    l.pending_checkpoint = checkpoint_at(8);
    l.pending_checkpoint_state = std::string("a\0b\xff", 4);
    l.parents = {{1}, {2}};
    l.children = {{5}};
    l.keys = {{1, 2}, weir::hash_key::max()};
    l.throughput_kbps = 12.5;
    l.checkpoint_owner = "other";
    REQUIRE(weir::lease_table(store).create(l).value());
    CHECK(store.get(l.shard).value() == l);
    CHECK(store.list().value() == std::vector{l});
    for (const auto& p :
         {weir::extended_sequence_number::latest(), weir::extended_sequence_number::at_timestamp(),
          weir::extended_sequence_number::trim_horizon(), weir::extended_sequence_number::shard_end()}) {
        weir::lease next = l;
        next.checkpoint = p;
        next.pending_checkpoint.reset();
        const weir::lease_write w = weir::lease_write::replaces(l, next);
        REQUIRE(store.commit(std::span(&w, 1)).value());
        CHECK(store.get(l.shard).value() == next);
    }
}

/// C13
template <weir::lease_store Store>
void writes_are_conditional(Store& store) {
    const weir::lease_table table(store);
    const weir::lease fresh = lease_row(0);
    CHECK(table.create(fresh).value());
    CHECK_FALSE(table.create(fresh).value());
    CHECK_FALSE(table.take(lease_row(1), "a").value().has_value());  // no such row
    CHECK_FALSE(store.get({1}).value().has_value());

    const weir::lease a = table.take(fresh, "a").value().value();
    CHECK(a.counter == fresh.counter + 1);
    CHECK(a.owner == "a");
    CHECK(a.owner_switches_since_checkpoint == 1);
    CHECK_FALSE(table.take(fresh, "b").value().has_value());
    const weir::lease renewed = table.renew(a).value().value();
    CHECK(renewed.counter == a.counter + 1);
    CHECK_FALSE(table.renew(a).value().has_value());

    const weir::lease b = table.take(renewed, "b").value().value();
    CHECK(b.owner_switches_since_checkpoint == 2);
    CHECK_FALSE(table.renew(renewed).value().has_value());
    CHECK_FALSE(table.checkpoint(renewed, checkpoint_at(1)).value().has_value());
    CHECK_FALSE(table.prepare(renewed, checkpoint_at(1), "s").value().has_value());
    CHECK_FALSE(table.release(renewed).value().has_value());
    CHECK_FALSE(table.complete(renewed, {}).value().has_value());
    CHECK_FALSE(table.erase(renewed).value());
    CHECK(store.get({0}).value() == b);

    const weir::lease moved = table.checkpoint(b, checkpoint_at(5, 2)).value().value();
    CHECK(moved.counter == b.counter + 1);
    CHECK(table.checkpoint(moved, checkpoint_at(5, 1)).error().code == weir::errc::invalid_argument);
    const weir::lease free = table.release(moved).value().value();
    CHECK(free.state() == weir::lease_state::unassigned);
    CHECK(table.erase(free).value());
    CHECK(store.list().value().empty());

    // A row that was deleted and made again is not the old owner's, whatever its counter.
    CHECK(table.create(fresh).value());
    const weir::lease other = table.take(fresh, "c").value().value();
    CHECK(other.counter == a.counter);
    CHECK_FALSE(table.renew(a).value().has_value());
}

/// C07
template <weir::lease_store Store>
void pending_checkpoints(Store& store) {
    const weir::lease_table table(store);
    REQUIRE(table.create(lease_row(0)).value());
    const weir::lease a = table.take(lease_row(0), "a").value().value();
    const weir::lease prepared = table.prepare(a, checkpoint_at(9), "state").value().value();
    CHECK(prepared.checkpoint == a.checkpoint);
    CHECK(prepared.pending_checkpoint == checkpoint_at(9));
    CHECK(prepared.pending_checkpoint_state == "state");
    CHECK(prepared.owner_switches_since_checkpoint == 1);
    const weir::lease done = table.checkpoint(prepared, checkpoint_at(9)).value().value();
    CHECK(done.checkpoint == checkpoint_at(9));
    CHECK_FALSE(done.pending_checkpoint.has_value());
    CHECK(done.pending_checkpoint_state.empty());
    CHECK(done.owner_switches_since_checkpoint == 0);
    CHECK(store.get({0}).value() == done);
}

/// C10
template <weir::lease_store Store>
void children_come_with_the_end(Store& store) {
    const weir::lease_table table(store);
    for (std::uint32_t i = 0; i < 2; ++i) REQUIRE(table.create(lease_row(i)).value());
    const weir::child_shard merged{{2}, {{0}, {1}}, {}};
    const weir::lease a = table.take(lease_row(0), "a").value().value();
    // Not by one who has lost the lease: neither the end nor the children.
    const weir::lease b = table.take(a, "b").value().value();
    CHECK_FALSE(table.complete(a, std::vector{merged}).value().has_value());
    CHECK(store.list().value().size() == 2);

    const weir::lease ended = table.complete(b, std::vector{merged}).value().value();
    CHECK(ended.state() == weir::lease_state::completed);
    CHECK(ended.children == std::vector{weir::shard_id{2}});
    const weir::lease child = store.get({2}).value().value();
    CHECK(child.checkpoint == weir::extended_sequence_number::trim_horizon());
    CHECK(child.parents == merged.parents);
    CHECK(child.owner.empty());
    // The other parent's end leaves the child as it has become.
    const weir::lease taken = table.take(child, "c").value().value();
    const weir::lease second = table.take(lease_row(1), "a").value().value();
    REQUIRE(table.complete(second, std::vector{merged}).value().has_value());
    CHECK(store.get({2}).value() == taken);

    // With one parent's lease only, nothing is made and the shard does not end.
    REQUIRE(table.create(lease_row(5)).value());
    const weir::lease lone = table.take(lease_row(5), "a").value().value();
    const auto refused = table.complete(lone, std::vector{weir::child_shard{{7}, {{5}, {6}}, {}}});
    CHECK(refused.error().code == weir::errc::resource_not_found);
    CHECK(store.get({5}).value() == lone);
    CHECK_FALSE(store.get({7}).value().has_value());

    // All or none: the first write is undone when the second is refused.
    const std::vector<weir::lease_write> both{{weir::lease_write::action::create, lease_row(9)},
                                              {weir::lease_write::action::create, lease_row(5)}};
    CHECK_FALSE(store.commit(both).value());
    CHECK_FALSE(store.get({9}).value().has_value());
}

/// C19
template <weir::lease_store Store>
void hand_over(Store& store) {
    const weir::lease_table table(store);
    REQUIRE(table.create(lease_row(0)).value());
    const weir::lease a = table.take(lease_row(0), "a").value().value();
    const weir::lease given = table.hand_over(a, "b").value().value();
    CHECK(given.owner == "b");
    CHECK(given.checkpoint_owner == "a");
    CHECK(given.writer() == "a");
    CHECK(given.state() == weir::lease_state::handing_over);
    CHECK_FALSE(table.hand_over(given, "c").value().has_value());  // one at a time
    const weir::lease renewed = table.renew(given).value().value();
    const weir::lease moved = table.checkpoint(renewed, checkpoint_at(3)).value().value();
    const weir::lease over = table.release(moved).value().value();
    CHECK(over.owner == "b");
    CHECK(over.checkpoint_owner.empty());
    CHECK(over.counter == moved.counter + 1);
    CHECK(over.checkpoint == checkpoint_at(3));
    CHECK_FALSE(table.checkpoint(moved, checkpoint_at(4)).value().has_value());
    const weir::lease asked = table.hand_over(over, "c").value().value();
    const weir::lease kept = table.cancel(asked).value().value();
    CHECK(kept.owner == "b");
    CHECK(kept.state() == weir::lease_state::owned);
    CHECK_FALSE(table.cancel(kept).value().has_value());
    // Taking ends a hand-over whose workers have both died.
    const weir::lease again = table.hand_over(kept, "c").value().value();
    CHECK(table.take(again, "d").value()->state() == weir::lease_state::owned);
}

/// Of many who take the same row at once one gets it; `stores` are of one table.
template <weir::lease_store Store>
void one_taker_wins(std::vector<Store*> stores, int rounds) {
    REQUIRE(weir::lease_table(*stores[0]).create(lease_row(0)).value());
    for (int round = 0; round < rounds; ++round) {
        const weir::lease seen = stores[0]->get({0}).value().value();
        std::atomic<int> won{0};
        std::atomic<int> errors{0};
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < stores.size(); ++i) {
            threads.emplace_back([&, i] {
                const auto got = weir::lease_table(*stores[i]).take(seen, std::to_string(i));
                errors += !got;
                won += got && *got;
            });
        }
        for (std::thread& t : threads) t.join();
        CHECK(errors == 0);
        CHECK(won == 1);
        CHECK(stores[0]->get({0}).value()->counter == seen.counter + 1);
    }
}

}  // namespace weir_test
