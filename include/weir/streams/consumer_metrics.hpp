// SPDX-License-Identifier: BSL-1.0
// What a consumer counts: by the names of the Kinesis Client Library, and what it counts beyond them. Sums since the
// consumer was made, but where it says "now".
#pragma once

#include <cstdint>

namespace weir {

// NOLINTBEGIN(readability-identifier-naming): names of the service
struct consumer_metrics {
    // RenewAllLeases
    std::uint64_t CurrentLeases = 0;  // now
    std::uint64_t LostLeases = 0;
    // TakeLeases; of the last look, but TakenLeases
    std::uint64_t NumWorkers = 0;
    std::uint64_t NeededLeases = 0;
    std::uint64_t LeasesToTake = 0;
    std::uint64_t TakenLeases = 0;
    std::uint64_t TotalLeases = 0;
    std::uint64_t ExpiredLeases = 0;
    std::uint64_t LeaseSpillover = 0;  // free leases that `max_leases` leaves to others
    std::uint64_t VeryOldLeases = 0;
    // ShardSyncTask
    std::uint64_t ShardSyncTaskSuccess = 0;
    std::uint64_t CreateLeaseSuccess = 0;
    std::uint64_t NumStreamsWithPartialLeases = 0;  // now: 1 while the leases leave a hole
    // ProcessTask, over all shards
    std::uint64_t RecordsProcessed = 0;
    std::uint64_t DataBytesProcessed = 0;
    std::int64_t MillisBehindLatest = 0;  // now: of the shard that is furthest behind
    std::uint64_t ExpiredIterator = 0;
    std::uint64_t ProcessRecordsTime = 0;  // RecordProcessor.processRecords.Time, in microseconds
    std::uint64_t GetRecordsTime = 0;      // KinesisDataFetcher.getRecords.Time
    // Beyond the KCL's
    std::uint64_t RecordsMissed = 0;       // retention took them before they were read
    std::uint64_t UserRecordsDropped = 0;  // of aggregates that belong to another shard (C03)
    std::uint64_t BatchFailures = 0;
    std::uint64_t RecordsToSideOutput = 0;
    std::uint64_t ShardEndsWithoutCheckpoint = 0;  // C08
    std::uint64_t CallbackFailures = 0;            // of the processor's other calls
    std::uint64_t ReadFailures = 0;
    std::uint64_t Subscriptions = 0;  // `fan_out`: made, and made again
    std::uint64_t StoreFailures = 0;
    std::uint64_t LeasesDeleted = 0;
    std::uint64_t HandOvers = 0;
    std::uint64_t StalledShards = 0;  // now
};
// NOLINTEND(readability-identifier-naming)

}  // namespace weir
