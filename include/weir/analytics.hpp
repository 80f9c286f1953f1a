// SPDX-License-Identifier: BSL-1.0
// Windows over event time, and what is computed in them.
#pragma once

#include "analytics/aggregate.hpp"
#include "analytics/aggregates/avg.hpp"
#include "analytics/aggregates/concepts.hpp"
#include "analytics/aggregates/count.hpp"
#include "analytics/aggregates/first_last.hpp"
#include "analytics/aggregates/min_max.hpp"
#include "analytics/aggregates/reduce.hpp"
#include "analytics/aggregates/sum.hpp"
#include "analytics/windows/tumble.hpp"
