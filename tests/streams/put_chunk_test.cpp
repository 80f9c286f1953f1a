// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/streams/detail/put_chunk.hpp>

#include <cstddef>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using weir::detail::put_chunk;
using weir::detail::put_groups;

namespace {

struct counted {
    static inline int alive = 0;
    explicit counted(int n) : value(n) {
        if (n < 0) throw std::runtime_error("negative");
        ++alive;
    }
    counted(const counted& o) : value(o.value) { ++alive; }
    counted& operator=(const counted&) = default;
    ~counted() { --alive; }
    int value;
};

}  // namespace

TEST_CASE("put_chunk holds what was made in it, and ends just that") {
    {
        put_chunk<counted> c;
        for (int i = 0; i < 256; ++i) c.add([&] { return counted(i); });
        REQUIRE(c.size() == 256);
        CHECK(c[0].value == 0);
        CHECK(c[255].value == 255);
        CHECK(counted::alive == 256);
    }
    CHECK(counted::alive == 0);
    {
        put_chunk<counted> c;
        c.add([] { return counted(1); });
        CHECK_THROWS_AS(c.add([] { return counted(-1); }), std::runtime_error);
        CHECK(c.size() == 1);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("put_groups gathers by group, each in the order of its records, as a map does") {
    const auto seed = GENERATE(range(0U, 200U));
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const std::size_t groups = std::size_t{1} + random() % (seed % 2 == 0 ? 8 : 1'000);  // more than there are places
    const std::size_t n = random() % 257;
    std::map<std::size_t, std::vector<put_groups::index>> expected;
    put_groups g;
    for (std::size_t i = 0; i < n; ++i) {
        if (random() % 10 == 0) continue;  // refused
        const std::size_t group = random() % groups;
        g.add(i, group);
        expected[group].push_back(static_cast<put_groups::index>(i));
    }
    std::vector<std::vector<put_groups::index>> found;
    g.each([&](std::span<const put_groups::index> together) { found.emplace_back(together.begin(), together.end()); });
    REQUIRE(found.size() == expected.size());
    std::map<put_groups::index, std::vector<put_groups::index>> by_first;
    for (const auto& [group, all] : expected) by_first[all.front()] = all;
    for (const auto& each : found) CHECK(by_first[each.front()] == each);
}
