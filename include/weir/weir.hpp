// SPDX-License-Identifier: BSL-1.0
// The map of weir. A program may include this, a part's umbrella, or single headers. Not in here, since an include of
// this costs what a pipeline needs: streams that keep their records (weir/streams.hpp: data_stream, topic, producer,
// consumer), rings and logs used by themselves (weir/buffers.hpp), hashes, tables and files used by themselves
// (weir/support.hpp), and connectors to other libraries (weir/connectors/). Lower parts never include higher ones.
#pragma once

// Windows over event time and the aggregates computed in them.
#include "analytics.hpp"

// What fuses into one loop: pipelines, sources, stages, sinks, and their outputs.
#include "core.hpp"

// What runs a pipeline: run, start, shards and merges, inlets and outlets, files and standard streams.
#include "runtime.hpp"

// Records: the fields of a user's struct, log lines and CSV in, CSV and NDJSON out.
#include "schema.hpp"

// What numbers may be written as: 64_KiB, 60s.
#include "support/literals.hpp"
