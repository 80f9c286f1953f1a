// SPDX-License-Identifier: BSL-1.0
#include "all_headers.hpp"

#include "pipeline.hpp"

const void* second_map();
long second_sum();

const void* second_map() { return &weir::map; }

long second_sum() { return sum_of_squares(); }
