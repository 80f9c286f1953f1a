// SPDX-License-Identifier: BSL-1.0
// What carries records between tasks.
#pragma once

#include "buffers/channel.hpp"
#include "buffers/signal_ring.hpp"
#include "buffers/spsc_ring.hpp"
