// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/growing.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <utility>

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

TEST_CASE("growing: a copy that throws while it grows loses nothing", "[support]") {
    struct heavy {
        static int& alive() {
            static int n = 0;
            return n;
        }
        static int& copies_left() {
            static int n = -1;
            return n;
        }
        std::string text;
        explicit heavy(std::string t) : text(std::move(t)) { ++alive(); }
        heavy(const heavy& other) : text(other.text) {  // the move may throw too, so growth copies
            if (copies_left() >= 0 && copies_left()-- == 0) throw std::bad_alloc();
            ++alive();
        }
        ~heavy() { --alive(); }
    };
    for (int at = 0; at < 8; ++at) {
        {
            growing<heavy> g;
            for (int i = 0; i < 8; ++i) g.push_back(std::to_string(i));
            heavy::copies_left() = at;
            CHECK_THROWS_AS(g.push_back(std::string("more")), std::bad_alloc);
            heavy::copies_left() = -1;
            REQUIRE(g.size() == 8);
            for (std::size_t i = 0; i < 8; ++i) CHECK(g[i].text == std::to_string(i));
            g.push_back(std::string("more"));
            CHECK(g.back().text == "more");
        }
        CHECK(heavy::alive() == 0);
    }
}
