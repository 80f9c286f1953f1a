// SPDX-License-Identifier: BSL-1.0
// What a user gives a consumer for each shard, as the Kinesis Client Library's record processors: an object with
//
//   initialize(initialization_input)             once, before the first records
//   process_records(span of records, checkpointer&)   void, or result<void>: an error or an exception fails the batch,
//                                                which comes again from behind the last checkpoint; never an empty span
//   lease_lost()                                 another worker has the shard: no checkpoint can be made (C18)
//   shard_ended(checkpointer&)                   all records were processed; must call checkpoint(), or is called again
//                                                (C08)
//   shutdown_requested(checkpointer&)            the lease is about to be handed over or let go: a last checkpoint
//
// One thread at a time. What records refer to is good during the call. At least once: records behind the last
// checkpoint come again to the shard's next owner.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "../support/instant.hpp"
#include "checkpointer.hpp"
#include "data_stream.hpp"
#include "hash_key.hpp"
#include "shard_id.hpp"

namespace weir {

/// A record of bytes: a user record where it came in an aggregate.
struct consumer_record {
    extended_sequence_number number;
    instant arrival;
    std::string_view partition_key;
    std::optional<hash_key> explicit_hash_key = {};
    std::string_view data;
};

/// A record of a stream of T.
template <class T>
struct typed_consumer_record {
    extended_sequence_number number;
    instant arrival;
    const T* data;
};

struct initialization_input {
    shard_id shard;
    extended_sequence_number start;                        // the checkpoint
    std::optional<extended_sequence_number> pending = {};  // what a predecessor prepared (C07)
    std::string pending_state = {};
};

namespace detail {

template <class Record>
struct delivered_as {
    using type = consumer_record;
};
template <class T>
struct delivered_as<typed_record<T>> {
    using type = typed_consumer_record<T>;
};

}  // namespace detail

/// What a processor gets of a stream whose pages have these records.
template <class Record>
using consumed = typename detail::delivered_as<Record>::type;

template <class P, class Delivered = consumer_record>
concept record_processor =
    requires(P& p, const initialization_input& in, std::span<const Delivered> records, checkpointer& at) {
        p.initialize(in);
        p.process_records(records, at);
        p.lease_lost();
        p.shard_ended(at);
        p.shutdown_requested(at);
    };

}  // namespace weir
