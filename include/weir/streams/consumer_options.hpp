// SPDX-License-Identifier: BSL-1.0
// How a consumer takes leases, reads and goes on after failures: the settings of the Kinesis Client Library and its
// defaults, but that a failing batch is never skipped. `check` throws std::invalid_argument, naming the field.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "../support/clock.hpp"
#include "operations.hpp"

namespace weir {

/// What becomes of a batch whose processing fails.
enum class batch_failure : unsigned char {
    retry,        // again, with a growing pause, for as long as it fails
    side_output,  // after `batch_attempts` it is given to `on_failed_batch`, and counted; then the next one
    shut_down     // after `batch_attempts` the consumer lets go of all leases; `failure()` says why
};

struct consumer_options {
    std::string worker = {};    // its name; unique among the workers of a lease store
    iterator_start start = {};  // where there are no leases yet: trim_horizon, latest or at_timestamp (C11)
    std::chrono::milliseconds failover{10'000};           // a lease not renewed for longer is free (C14)
    std::chrono::milliseconds shard_sync{120'000};        // between looks for holes (C22); the first after half of it
    std::chrono::milliseconds parent_poll{10'000};        // C09
    std::chrono::milliseconds idle_between_reads{1'500};  // where the last page was at the tip
    std::chrono::milliseconds task_backoff{500};          // after a failure; doubled up to `longest_backoff`
    std::chrono::milliseconds longest_backoff{30'000};
    std::chrono::milliseconds lease_cleanup{60'000};    // C21
    std::chrono::milliseconds handoff_timeout{30'000};  // C19; longer than `failover`
    std::chrono::milliseconds stall_after{300'000};     // no progress of a shard for so long is reported
    bool graceful_handoff = true;  // a lease taken for balance is handed over; else its owner loses it, and the new one
                                   // begins after `failover`
    std::size_t max_leases = SIZE_MAX;    // maxLeasesForWorker
    std::size_t max_leases_to_steal = 1;  // at a time
    std::size_t max_records = 10'000;     // of one read
    std::string fan_out = {};             // a registered consumer's name: shards are pushed to it, with a quota of its
                                          // own (K36); registered where it is not. Empty: shards are polled
    bool deaggregate = true;              // KPL aggregates are delivered as their user records
    batch_failure on_failure = batch_failure::retry;
    std::uint32_t batch_attempts = 5;
    const clock* time = nullptr;  // `run` takes the wall clock where none is given

    void check() const;
    [[nodiscard]] std::int64_t renew_interval() const noexcept {
        const std::int64_t us = std::chrono::microseconds(failover).count() / 3 - 25'000;
        return us > 1'000 ? us : 1'000;
    }
    [[nodiscard]] std::int64_t take_interval() const noexcept {
        return 2 * (std::chrono::microseconds(failover).count() + 25'000);
    }
};

inline void consumer_options::check() const {
    const auto require = [](bool good, const char* field, const char* bounds) {
        if (!good) throw std::invalid_argument(std::string("weir::consumer_options: ") + field + " must be " + bounds);
    };
    require(!worker.empty(), "worker", "a name of its own");
    require(start.kind == iterator_type::trim_horizon || start.kind == iterator_type::latest
                || (start.kind == iterator_type::at_timestamp && start.time.has_value()),
            "start", "trim_horizon, latest or at_timestamp(time)");
    require(failover.count() >= 10, "failover", "at least 10 ms");
    require(handoff_timeout > failover, "handoff_timeout", "longer than failover");
    require(shard_sync.count() > 0 && parent_poll.count() > 0 && lease_cleanup.count() > 0 && stall_after.count() > 0,
            "shard_sync, parent_poll, lease_cleanup and stall_after", "above 0");
    require(task_backoff.count() > 0 && longest_backoff >= task_backoff && idle_between_reads.count() >= 0,
            "task_backoff", "above 0, and longest_backoff not below it");
    require(max_leases >= 1 && max_leases_to_steal >= 1, "max_leases and max_leases_to_steal", "at least 1");
    require(max_records >= 1 && max_records <= 10'000, "max_records", "1 to 10,000");
    require(fan_out.size() <= 128, "fan_out", "a name of at most 128 characters, or empty");
    require(batch_attempts >= 1, "batch_attempts", "at least 1");
}

}  // namespace weir
