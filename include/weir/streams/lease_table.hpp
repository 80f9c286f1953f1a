// SPDX-License-Identifier: BSL-1.0
// What may be done with leases, over any lease store. Each operation but `create` takes the lease as its caller last
// saw it and is done only if the row has not changed since; it answers the row as it is then, its counter one higher,
// or nothing where somebody else was faster (C13). Who gets nothing has lost the lease, or looks again.
//
//   create      an absent row
//   take        whoever owned it loses it; ends a hand-over
//   hand_over   `worker` becomes the owner, who has it goes on until it lets go (C19)
//   transfer    ends a hand-over: the owner begins
//   cancel      ends a hand-over: who had it keeps it
//   renew       shows that its writer lives
//   checkpoint  moves on; clears what was pending (C07). Never back: `errc::invalid_argument`
//   prepare     stores what is pending; the checkpoint stays
//   complete    SHARD_END and the leases of the shard's children, in one step: nobody sees the one without the others.
//               A child of two is created only where both parents have leases: else `errc::resource_not_found` (C10)
//   release     its writer lets go; during a hand-over that is `transfer`
//   erase       the row goes
//
// A handle: the store outlives it. As many threads as the store allows.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lease_store.hpp"
#include "operations.hpp"

namespace weir {

template <lease_store Store>
class lease_table {
    using answer = result<std::optional<lease>>;

  public:
    explicit lease_table(Store& store) noexcept : store_(&store) {}
    [[nodiscard]] Store& store() const noexcept { return *store_; }

    result<bool> create(const lease& fresh) const {
        const lease_write w{lease_write::action::create, fresh};
        return store_->commit(std::span(&w, 1));
    }
    answer take(const lease& seen, std::string_view worker) const {
        lease next = seen;
        if (next.owner != worker) ++next.owner_switches_since_checkpoint;
        next.owner = worker;
        next.checkpoint_owner.clear();
        return replace(seen, std::move(next));
    }
    answer hand_over(const lease& seen, std::string_view worker) const {
        if (seen.state() != lease_state::owned) return std::optional<lease>();
        lease next = seen;
        next.checkpoint_owner = seen.owner;
        next.owner = worker;
        return replace(seen, std::move(next));
    }
    answer transfer(const lease& seen) const {
        if (seen.state() != lease_state::handing_over) return std::optional<lease>();
        lease next = seen;
        next.checkpoint_owner.clear();
        ++next.owner_switches_since_checkpoint;
        return replace(seen, std::move(next));
    }
    answer cancel(const lease& seen) const {
        if (seen.state() != lease_state::handing_over) return std::optional<lease>();
        lease next = seen;
        next.owner = std::exchange(next.checkpoint_owner, std::string());
        return replace(seen, std::move(next));
    }
    answer renew(const lease& seen) const { return replace(seen, seen); }
    answer checkpoint(const lease& seen, const extended_sequence_number& to) const {
        if (to < seen.checkpoint) return backwards(seen, to);
        lease next = seen;
        move_to(next, to);
        return replace(seen, std::move(next));
    }
    answer prepare(const lease& seen, const extended_sequence_number& to, std::string_view state) const {
        if (to < seen.checkpoint) return backwards(seen, to);
        lease next = seen;
        next.pending_checkpoint = to;
        next.pending_checkpoint_state = state;
        return replace(seen, std::move(next));
    }
    answer complete(const lease& seen, std::span<const child_shard> children) const {
        lease next = seen;
        move_to(next, extended_sequence_number::shard_end());
        next.owner.clear();
        next.checkpoint_owner.clear();
        next.children.clear();
        for (const child_shard& c : children) next.children.push_back(c.id);
        ++next.counter;
        std::vector<lease_write> writes{lease_write::replaces(seen, next)};
        for (const child_shard& c : children) {
            for (const shard_id parent : c.parents) {
                if (parent == seen.shard) continue;
                const result<std::optional<lease>> other = store_->get(parent);
                if (!other) return other.error();
                if (!*other) {
                    const result<std::optional<lease>> child = store_->get(c.id);
                    if (!child) return child.error();
                    if (*child) continue;  // it was created when both were there
                    return error{errc::resource_not_found,
                                 "the other parent of " + to_string(c.id)
                                     + " has no lease; the shard ends when a shard sync has created it",
                                 to_string(parent)};
                }
                lease there;
                there.shard = parent;
                writes.push_back({lease_write::action::require, there});
            }
            lease child;
            child.shard = c.id;
            child.parents = c.parents;
            child.keys = c.keys;
            writes.push_back({lease_write::action::create_if_absent, child});
        }
        return done(store_->commit(writes), std::move(next));
    }
    answer release(const lease& seen) const {
        if (seen.state() == lease_state::handing_over) return transfer(seen);
        lease next = seen;
        next.owner.clear();
        return replace(seen, std::move(next));
    }
    result<bool> erase(const lease& seen) const {
        const lease_write w = lease_write::erases(seen);
        return store_->commit(std::span(&w, 1));
    }

  private:
    static void move_to(lease& row, const extended_sequence_number& to) {
        row.checkpoint = to;
        row.pending_checkpoint.reset();
        row.pending_checkpoint_state.clear();
        row.owner_switches_since_checkpoint = 0;
    }
    static error backwards(const lease& seen, const extended_sequence_number& to) {
        return {errc::invalid_argument,
                "a checkpoint never goes back: " + to_string(to) + " is before " + to_string(seen.checkpoint),
                to_string(seen.shard)};
    }
    static answer done(const result<bool>& committed, lease&& next) {
        if (!committed) return committed.error();
        return *committed ? std::optional<lease>(std::move(next)) : std::optional<lease>();
    }
    answer replace(const lease& seen, lease next) const {
        next.counter = seen.counter + 1;
        const lease_write w = lease_write::replaces(seen, next);
        return done(store_->commit(std::span(&w, 1)), std::move(next));
    }

    Store* store_;
};

}  // namespace weir
