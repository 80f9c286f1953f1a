// SPDX-License-Identifier: BSL-1.0
// Retained, sharded streams within the process, with the semantics of Amazon Kinesis Data Streams.
#pragma once

#include "streams/aggregate_reader.hpp"
#include "streams/aggregate_writer.hpp"
#include "streams/data_stream.hpp"
#include "streams/fan_out.hpp"
#include "streams/from_stream.hpp"
#include "streams/hash_key.hpp"
#include "streams/operations.hpp"
#include "streams/partition_key.hpp"
#include "streams/producer.hpp"
#include "streams/producer_options.hpp"
#include "streams/registry.hpp"
#include "streams/retained.hpp"
#include "streams/sequence_number.hpp"
#include "streams/shard_id.hpp"
#include "streams/stream_meta.hpp"
#include "streams/stream_options.hpp"
#include "streams/to_stream.hpp"
#include "streams/token_bucket.hpp"
#include "streams/user_record_result.hpp"
