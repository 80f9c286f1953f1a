// SPDX-License-Identifier: BSL-1.0
// brief_lock: one thread at a time, and each sees what the one before did.
#include <weir/runtime/brief_lock.hpp>

#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "../support/catch.hpp"

TEST_CASE("brief_lock: try_lock does not wait", "[runtime]") {
    weir::detail::brief_lock lock;
    REQUIRE(lock.try_lock());
    CHECK_FALSE(lock.try_lock());
    lock.unlock();
    CHECK(lock.try_lock());
    lock.unlock();
}

TEST_CASE("brief_lock: threads count together", "[runtime][threads]") {
    weir::detail::brief_lock lock;
    std::uint64_t n = 0;  // plain: the lock guards it
    std::vector<std::thread> pool;
    for (int t = 0; t < 4; ++t) {
        pool.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) {
                const std::lock_guard hold(lock);
                ++n;
            }
        });
    }
    for (std::thread& t : pool) t.join();
    CHECK(n == 40'000);
}
