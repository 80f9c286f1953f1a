// SPDX-License-Identifier: BSL-1.0
// A consumer's claim on one shard and how far it has come: a row of the lease table, with the fields of the Kinesis
// Client Library. A value; what may change it is in lease_table.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "extended_sequence_number.hpp"
#include "hash_key.hpp"
#include "shard_id.hpp"

namespace weir {

/// What a row says; each follows from its fields.
enum class lease_state : unsigned char {
    unassigned,    // no owner
    owned,         // by a worker that processes, or has died
    handing_over,  // to `owner`, while `checkpoint_owner` still processes (C19)
    completed      // its checkpoint is SHARD_END
};

struct lease {
    shard_id shard;                                     // leaseKey
    std::string owner = {};                             // leaseOwner; empty: none
    std::uint64_t counter = 0;                          // leaseCounter: raised by each write of an owner (C13)
    std::uint64_t owner_switches_since_checkpoint = 0;  // ownerSwitchesSinceCheckpoint
    extended_sequence_number checkpoint = {};           // checkpoint, checkpointSubSequenceNumber
    std::optional<extended_sequence_number> pending_checkpoint = {};  // pendingCheckpoint, ..SubSequenceNumber (C07)
    std::string pending_checkpoint_state = {};                        // pendingCheckpointState
    std::vector<shard_id> parents = {};                               // parentShardId
    std::vector<shard_id> children = {};                              // childShardIds: known at the shard's end
    hash_range keys = {};                                             // startingHashKey, endingHashKey
    double throughput_kbps = 0;                                       // throughputKBps
    std::string checkpoint_owner = {};                                // checkpointOwner: during a hand-over (C19)

    [[nodiscard]] bool completed() const noexcept { return checkpoint == extended_sequence_number::shard_end(); }
    [[nodiscard]] lease_state state() const noexcept {
        if (completed()) return lease_state::completed;
        if (owner.empty()) return lease_state::unassigned;
        return checkpoint_owner.empty() ? lease_state::owned : lease_state::handing_over;
    }
    /// Who may renew and checkpoint it.
    [[nodiscard]] const std::string& writer() const noexcept {
        return checkpoint_owner.empty() ? owner : checkpoint_owner;
    }
    friend bool operator==(const lease&, const lease&) = default;
};

}  // namespace weir
