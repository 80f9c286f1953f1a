// SPDX-License-Identifier: BSL-1.0
// Every pair of stages, with random settings, input, batch and sink, against the same in range-v3.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/drop.hpp>
#include <weir/core/stages/drop_while.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/route.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/take_while.hpp>
#include <weir/core/stages/tee.hpp>

#include <random>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/drop_while.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/repeat_n.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/take_while.hpp>
#include <range/v3/view/transform.hpp>
#include <vector>

using namespace weir_test;
namespace views = ranges::views;

namespace {

using rows = std::vector<int>;

/// Stage number `Op` with the setting k, and what it means.
template <int Op>
auto stage_of(int k) {
    const auto n = static_cast<std::size_t>(k);
    if constexpr (Op == 0) {
        return weir::map([k](int x) { return x * 7 % 101 + k; });
    } else if constexpr (Op == 1) {
        return weir::filter([k](int x) { return x % (k + 2) != 0; });
    } else if constexpr (Op == 2) {
        return weir::take(n * 5);
    } else if constexpr (Op == 3) {
        return weir::drop(n * 3);
    } else if constexpr (Op == 4) {
        return weir::take_while([k](int x) { return x % 31 != k; });
    } else if constexpr (Op == 5) {
        return weir::drop_while([k](int x) { return x % 13 != k; });
    } else if constexpr (Op == 6) {
        return weir::flat_map([k](int x) { return rows(static_cast<std::size_t>(x % (k + 3)), x); });
    } else {
        return weir::flat_map([k](int x) { return views::repeat_n(x + 1, (x + k) % 3); });
    }
}

template <int Op>
rows meaning_of(int k, const rows& in) {
    if constexpr (Op == 0) {
        return in | views::transform([k](int x) { return x * 7 % 101 + k; }) | ranges::to<std::vector>();
    } else if constexpr (Op == 1) {
        return in | views::filter([k](int x) { return x % (k + 2) != 0; }) | ranges::to<std::vector>();
    } else if constexpr (Op == 2) {
        return in | views::take(k * 5) | ranges::to<std::vector>();
    } else if constexpr (Op == 3) {
        return in | views::drop(k * 3) | ranges::to<std::vector>();
    } else if constexpr (Op == 4) {
        return in | views::take_while([k](int x) { return x % 31 != k; }) | ranges::to<std::vector>();
    } else if constexpr (Op == 5) {
        return in | views::drop_while([k](int x) { return x % 13 != k; }) | ranges::to<std::vector>();
    } else if constexpr (Op == 6) {
        return in | views::transform([k](int x) { return views::repeat_n(x, x % (k + 3)); }) | views::join
               | ranges::to<std::vector>();
    } else {
        return in | views::transform([k](int x) { return views::repeat_n(x + 1, (x + k) % 3); }) | views::join
               | ranges::to<std::vector>();
    }
}

/// in + made = passed + absorbed + exits, summed over the stages.
void check_identity(const ledger& l, std::uint64_t passed) {
    std::uint64_t in = l.sinks.at("source");
    std::uint64_t out = passed;
    for (const auto& [path, e] : l.stages) {
        in += e.made;
        out += e.absorbed + e.dropped + e.failed + e.routed;
    }
    for (const auto& [name, n] : l.unwanted) out += n;
    CHECK(in == out);
}

template <int First, int Second>
void compare(std::mt19937& random) {
    for (int round = 0; round < 6; ++round) {
        rows in(random() % 70);
        for (int& x : in) x = static_cast<int>(random() % 100);
        const int a = static_cast<int>(random() % 9);
        const int b = static_cast<int>(random() % 9);
        const std::size_t batch = 1 + random() % 40;
        const slow_options slow{random() % 4, 1 + static_cast<int>(random() % 3), SIZE_MAX, random() % 2 == 0, 0};
        CAPTURE(First, Second, round, a, b, batch, slow.full_every, slow.resumes, in);

        slow_log<int> log;
        const auto l =
            drive(weir::from(in) | stage_of<First>(a) | stage_of<Second>(b) | slow_sink<int>(log, slow), batch);
        const rows expected = meaning_of<Second>(b, meaning_of<First>(a, in));
        CHECK(log.records == expected);
        CHECK(log.finishes == 1);
        check_identity(l, log.records.size());
    }
}

template <int First, int... Second>
void compare_all(std::mt19937& random, std::integer_sequence<int, Second...>) {
    (compare<First, Second>(random), ...);
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("pairs of stages mean what they mean in range-v3", "[core]", ((int First), First), 0, 1, 2, 3, 4,
                       5, 6, 7) {
    const unsigned seed = 20261124U + First;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    compare_all<First>(random, std::make_integer_sequence<int, 8>{});
}

TEST_CASE("a network of tee, route and flat_map with slow ends keeps every record", "[core]") {
    const unsigned seed = 99;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (int round = 0; round < 60; ++round) {
        CAPTURE(round);
        rows in(random() % 50);
        for (int& x : in) x = static_cast<int>(random() % 100);
        auto slow = [&] {
            return slow_options{random() % 4, 1 + static_cast<int>(random() % 3), SIZE_MAX, random() % 2 == 0, 0};
        };
        slow_log<int> low;
        slow_log<int> copy;
        slow_log<int> rest;
        auto is_low = [](int x) { return x < 40; };
        const auto l = drive(weir::from(in) | stage_of<6>(1) | weir::route<"low">(is_low)
                                 | weir::on<"low">(stage_of<7>(2) | slow_sink<int>(low, slow()))
                                 | weir::tee(weir::take(9) | slow_sink<int>(copy, slow())) | stage_of<1>(3)
                                 | slow_sink<int>(rest, slow()),
                             1 + random() % 20);
        const rows many = meaning_of<6>(1, in);
        const rows high = many | views::filter([](int x) { return x >= 40; }) | ranges::to<std::vector>();
        CHECK(low.records == meaning_of<7>(2, many | views::filter(is_low) | ranges::to<std::vector>()));
        CHECK(copy.records == (high | views::take(9) | ranges::to<std::vector>()));
        CHECK(rest.records == meaning_of<1>(3, high));
        CHECK(low.finishes + copy.finishes + rest.finishes == 3);
    }
}
