// SPDX-License-Identifier: BSL-1.0
// Where the workers of one application keep their leases: a table of rows by shard, written under conditions, several
// rows in one atomic step. memory_lease_store.hpp is within the process, connectors/sqlite.hpp a file that processes
// share. A store knows nothing of what a lease means: lease_table.hpp turns take, renew, checkpoint and the others into
// these writes, so that the rules are written once.
//
//   list     all rows, by shard. One moment of the table.
//   get      one row, or nothing.
//   commit   all of the writes, in their order, or none of them. True: done. False: a condition did not hold, nothing
//            has changed. Other workers see all of it or nothing.
//
// Errors are of the store itself (`errc::io`, `errc::resource_in_use`, `errc::damaged`); whether a write happened is
// unknown only for `errc::io`, and a worker then reads the row again.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../support/result.hpp"
#include "lease.hpp"

namespace weir {

struct lease_write {
    enum class action : unsigned char {
        create,            // the row is absent
        create_if_absent,  // a row that is there stays as it is; no condition
        replace,           // the row has this counter, owner and checkpoint owner
        erase,             // likewise
        require            // the row is there; nothing is written
    };
    action what = action::create;
    lease row;
    // What the row was when it was read: `replace` and `erase`.
    std::uint64_t counter = 0;
    std::string owner = {};
    std::string checkpoint_owner = {};

    [[nodiscard]] static lease_write replaces(const lease& seen, lease next) {
        return {action::replace, std::move(next), seen.counter, seen.owner, seen.checkpoint_owner};
    }
    [[nodiscard]] static lease_write erases(const lease& seen) {
        return {action::erase, seen, seen.counter, seen.owner, seen.checkpoint_owner};
    }
    /// Whether it may be done to `now`, the row's present value.
    [[nodiscard]] bool allowed(const lease* now) const noexcept {
        switch (what) {
        case action::create:
            return now == nullptr;
        case action::create_if_absent:
            return true;
        case action::require:
            return now != nullptr;
        case action::replace:
        case action::erase:
            break;
        }
        return now != nullptr && now->counter == counter && now->owner == owner
               && now->checkpoint_owner == checkpoint_owner;
    }
};

template <class S>
concept lease_store = requires(S& s, shard_id shard, std::span<const lease_write> writes) {
    { s.list() } -> std::same_as<result<std::vector<lease>>>;
    { s.get(shard) } -> std::same_as<result<std::optional<lease>>>;
    { s.commit(writes) } -> std::same_as<result<bool>>;
};

}  // namespace weir
