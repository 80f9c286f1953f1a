// SPDX-License-Identifier: BSL-1.0
// What a producer counts: by the names of the Kinesis Producer Library. Sums since the producer was made; times in
// microseconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace weir {

// NOLINTBEGIN(readability-identifier-naming): names of the service
struct producer_metrics {
    std::uint64_t UserRecordsReceived = 0;
    std::uint64_t UserRecordsPending = 0;  // now
    std::uint64_t UserRecordsPut = 0;
    std::uint64_t UserRecordsDataPut = 0;
    std::uint64_t KinesisRecordsPut = 0;
    std::uint64_t KinesisRecordsDataPut = 0;
    std::map<std::string, std::uint64_t> ErrorsByCode = {};
    std::uint64_t AllErrors = 0;
    std::uint64_t RetriesPerRecord = 0;  // the sum over finished records
    std::uint64_t UserRecordExpired = 0;
    std::uint64_t UserRecordDropped = 0;  // by `producer_overflow::drop_newest`
    std::uint64_t BufferingTime = 0;      // the sum, from arrival to the first attempt
    std::uint64_t RequestTime = 0;        // the sum
    std::uint64_t PutRecordsRequests = 0;
    std::uint64_t KinesisRecordsPerPutRecordsRequest = 0;  // the sum
    std::uint64_t UserRecordsPerPutRecordsRequest = 0;     // the sum
};
// NOLINTEND(readability-identifier-naming)

}  // namespace weir
