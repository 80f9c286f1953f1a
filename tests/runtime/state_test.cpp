// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/runtime/checkpoint_desk.hpp>
#include <weir/runtime/state.hpp>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using weir::detail::encodable;

namespace {

enum class colour : unsigned char { red, green };
struct point {
    int x = 0;
    double y = 0;
};
struct nested {
    std::string name;
    std::vector<point> path;
    std::optional<colour> paint;
    std::array<long, 3> three{};
    int raw[2] = {};
};
struct tree {
    int n = 0;
    std::vector<tree> kids;
};
struct no_default {
    int n;
    explicit no_default(int i) : n(i) {}
};
struct holds_pointer {
    int n = 0;
    int* p = nullptr;
};

static_assert(encodable<int>() && encodable<bool>() && encodable<double>() && encodable<char>() && encodable<colour>());
static_assert(encodable<std::string>() && encodable<std::vector<std::string>>() && encodable<std::optional<int>>());
static_assert(encodable<std::chrono::sys_seconds>() && encodable<std::chrono::microseconds>());
static_assert(encodable<std::tuple<int, std::string>>() && encodable<std::pair<int, long>>()
              && encodable<std::array<int, 4>>());
static_assert(encodable<point>() && encodable<nested>() && encodable<tree>());
static_assert(!encodable<int*>() && !encodable<holds_pointer>() && !encodable<std::vector<int*>>());
static_assert(!encodable<std::map<int, int>>() && !encodable<std::unique_ptr<int>>() && !encodable<no_default>());
static_assert(!encodable<std::vector<bool>>() && !encodable<std::tuple<const int>>() && !encodable<std::string_view>());

const weir::stage_info first{"scan", "1", 0};
const weir::stage_info second{"take", "2", 3};
const weir::stage_info same_place{"drop", "1", 0};

std::string two_sections() {
    weir::state_writer out;
    out.begin(first);
    out.value(nested{"a", {{1, 2.5}, {3, -0.5}}, colour::green, {7, 8, 9}, {1, 2}});
    out.end();
    out.begin(second);
    out.value(std::uint64_t{12});
    out.end();
    return out.bytes();
}

}  // namespace

TEST_CASE("state: what was written is read again, by stage, in any order") {
    const std::string bytes = two_sections();
    weir::state_reader in(bytes);
    CHECK(in.left_over() == "scan (1)");
    REQUIRE(in.begin(second));
    CHECK(in.take<std::uint64_t>() == 12);
    in.end();
    REQUIRE(in.begin(first));
    const auto n = in.take<nested>();
    in.end();
    CHECK(n.name == "a");
    CHECK(n.path.size() == 2);
    CHECK(n.path.at(1).y == -0.5);
    CHECK(n.paint == colour::green);
    CHECK(n.three[2] == 9);
    CHECK(n.raw[1] == 2);
    CHECK(in.left_over().empty());
    CHECK_FALSE(in.begin({"take", "2", 2}));
}

TEST_CASE("state: another kind of stage, another type, another length is refused") {
    const std::string bytes = two_sections();
    weir::state_reader in(bytes);
    CHECK_THROWS_WITH(in.begin(same_place), Catch::Contains("stage 1 is a drop here and was a scan"));
    REQUIRE(in.begin(second));
    CHECK_THROWS_AS(in.take<nested>(), std::runtime_error);
    REQUIRE(in.begin(first));
    CHECK_THROWS_AS(in.end(), std::runtime_error);
    CHECK_THROWS_AS(in.take<int*>(), std::runtime_error);
}

TEST_CASE("state: two stages of one name cannot be told apart") {
    weir::state_writer out;
    for (int i = 0; i < 2; ++i) {
        out.begin(first);
        out.value(i);
        out.end();
    }
    CHECK_THROWS_WITH(weir::state_reader(out.bytes()), Catch::Contains("two stages are called \"1\""));
}

TEST_CASE("state: a state without bytes is named") {
    weir::state_writer out;
    out.begin(second);
    out.value(5);
    out.end();
    CHECK(out.incomplete().empty());
    out.begin(first);
    out.value(std::map<int, int>{});
    out.end();
    CHECK(out.incomplete() == "scan (1)");
}

TEST_CASE("state: damaged bytes are refused, whatever the damage") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string good = weir::detail::seal_checkpoint(two_sections());
    CHECK(weir::detail::open_checkpoint(good) == two_sections());
    const int rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 200'000 : 3'000;
    for (int round = 0; round < rounds; ++round) {
        std::string bad = good;
        switch (random() % 3) {
        case 0:
            bad.resize(random() % bad.size());
            break;
        case 1:
            bad[random() % bad.size()] ^= static_cast<char>(1U << (random() % 8));
            break;
        default:
            bad.insert(random() % bad.size(), 1, static_cast<char>(random()));
            break;
        }
        if (bad == good) continue;
        CAPTURE(round);
        REQUIRE_THROWS_AS(weir::detail::open_checkpoint(bad), std::runtime_error);
        // Without the seal: no crash, and no allocation that the bytes do not pay for.
        std::string sections = two_sections();
        sections[random() % sections.size()] = static_cast<char>(random());
        try {
            weir::state_reader in(sections);
            if (in.begin(first)) static_cast<void>(in.take<nested>());
            if (in.begin(second)) static_cast<void>(in.take<std::uint64_t>());
        } catch (const std::runtime_error&) {}
    }
    CHECK_THROWS_WITH(weir::detail::open_checkpoint("junk"), Catch::Contains("no checkpoint"));
}
