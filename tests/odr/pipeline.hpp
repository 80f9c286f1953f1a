// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/run.hpp>

#include <vector>

inline long sum_of_squares() {
    const std::vector<int> in{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    std::vector<long> out;
    weir::run(weir::from(in) | weir::filter([](int n) { return n % 2 == 0; })
              | weir::map([](int n) { return static_cast<long>(n) * n; }) | weir::collect(out));
    long sum = 0;
    for (const long n : out) sum += n;
    return sum;
}
