// SPDX-License-Identifier: BSL-1.0
// What carries records between tasks.
#pragma once

#include "buffers/append_right.hpp"
#include "buffers/blocking.hpp"
#include "buffers/broadcast_ring.hpp"
#include "buffers/byte_ring.hpp"
#include "buffers/channel.hpp"
#include "buffers/checks.hpp"
#include "buffers/concepts.hpp"
#include "buffers/in_slot_ring.hpp"
#include "buffers/mpsc_ring.hpp"
#include "buffers/parking.hpp"
#include "buffers/shard_log.hpp"
#include "buffers/signal_ring.hpp"
#include "buffers/spsc_ring.hpp"
#include "buffers/wait_strategy.hpp"
