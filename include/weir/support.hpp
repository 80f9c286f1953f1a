// SPDX-License-Identifier: BSL-1.0
// What every part stands on: time, text, files, hashes, tables, results, atomics.
#pragma once

#include "support/atomic.hpp"
#include "support/box.hpp"
#include "support/byte_io.hpp"
#include "support/cache_line.hpp"
#include "support/cell_group.hpp"
#include "support/chrono.hpp"
#include "support/clock.hpp"
#include "support/config.hpp"
#include "support/file.hpp"
#include "support/fixed_string.hpp"
#include "support/fixed_string_view.hpp"
#include "support/flat_table.hpp"
#include "support/growing.hpp"
#include "support/hash.hpp"
#include "support/instant.hpp"
#include "support/interrupt.hpp"
#include "support/literals.hpp"
#include "support/process_seed.hpp"
#include "support/result.hpp"
