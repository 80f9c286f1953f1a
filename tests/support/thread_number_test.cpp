// SPDX-License-Identifier: BSL-1.0
// thread_number: each thread has its own, for good.
#include <weir/support/thread_number.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

#include "catch.hpp"

TEST_CASE("thread_number: each thread has its own, also one that comes behind another's end", "[support][threads]") {
    using weir::detail::this_thread_number;
    std::vector<std::uint64_t> numbers(16);
    for (std::uint64_t& n : numbers) {
        std::thread([&n] {
            n = this_thread_number();
            if (this_thread_number() != n) n = 0;
        }).join();
    }
    numbers.push_back(this_thread_number());
    std::ranges::sort(numbers);
    CHECK(numbers.front() != 0);
    CHECK(std::ranges::adjacent_find(numbers) == numbers.end());
    CHECK(this_thread_number() == this_thread_number());
}
