// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/growing.hpp>

#include <cstdint>
#include <memory>
#include <string>

using weir::detail::growing;

TEST_CASE("growing keeps what is pushed, in order", "[support]") {
    growing<std::string> g;
    CHECK(g.empty());
    for (int i = 0; i < 100; ++i) g.push_back(std::to_string(i));
    REQUIRE(g.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(g[i] == std::to_string(i));
    CHECK(g.front() == "0");
    g.pop_back();
    CHECK(g.back() == "98");
    growing<std::string> moved = std::move(g);
    CHECK(g.empty());
    CHECK(moved.size() == 99);
    moved.clear();
    CHECK(moved.empty());
}

TEST_CASE("growing takes records that only move, and over-aligned ones", "[support]") {
    growing<std::unique_ptr<int>> g;
    for (int i = 0; i < 20; ++i) g.push_back(std::make_unique<int>(i));
    CHECK(*g[19] == 19);
    struct alignas(128) wide {
        int n;
    };
    growing<wide> w;
    for (int i = 0; i < 20; ++i) w.push_back(wide{i});
    CHECK(reinterpret_cast<std::uintptr_t>(&w[3]) % 128 == 0);
    CHECK(w[3].n == 3);
}
