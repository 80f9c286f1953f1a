// SPDX-License-Identifier: BSL-1.0
// The same pipeline in two translation units that include every header: a function that is not inline, or a name
// that means two things, fails at the link or in the comparison.
#include "all_headers.hpp"

#include "pipeline.hpp"

const void* second_map();
long second_sum();

int main() {
    const bool same_objects = static_cast<const void*>(&weir::map) == second_map();
    const bool same_results = sum_of_squares() == second_sum() && second_sum() == 220;
    return same_objects && same_results ? 0 : 1;
}
