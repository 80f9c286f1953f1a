// SPDX-License-Identifier: BSL-1.0
// missed_records: each position once, as a set of them has it.
#include <weir/streams/detail/missed_records.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>

#include "../support/catch.hpp"

using weir::detail::missed_records;

TEST_CASE("missed_records: gaps that touch, overlap and hold each other", "[streams]") {
    missed_records m;
    const weir::shard_id a{1};
    CHECK(m.add(a, 10, 20) == 10);
    CHECK(m.add(a, 10, 20) == 0);
    CHECK(m.add(a, 20, 25) == 5);
    CHECK(m.add(a, 5, 10) == 5);
    CHECK(m.add(a, 0, 30) == 10);
    CHECK(m.add(a, 40, 50) == 10);
    CHECK(m.add(a, 45, 45) == 0);
    CHECK(m.add({2}, 0, 30) == 30);  // another shard
    CHECK(m.add(a, 0, 100) == 60);
}

TEST_CASE("missed_records: it knows so many gaps and no more", "[streams]") {
    missed_records m;
    for (std::uint64_t i = 0; i <= missed_records::most_gaps; ++i) REQUIRE(m.add({1}, 10 * i, 10 * i + 5) == 5);
    CHECK(m.add({1}, 10, 15) == 0);
    CHECK(m.add({1}, 0, 5) == 5);  // forgotten
}

TEST_CASE("missed_records: random gaps, against a set of positions", "[streams]") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        missed_records m;
        std::set<std::uint64_t> known;
        for (int i = 0; i < 60; ++i) {
            const std::uint64_t first = random() % 300;
            const std::uint64_t end = first + random() % 40;
            std::uint64_t fresh = 0;
            for (std::uint64_t p = first; p < end; ++p) fresh += known.insert(p).second;
            REQUIRE(m.add({7}, first, end) == fresh);
        }
    }
}
