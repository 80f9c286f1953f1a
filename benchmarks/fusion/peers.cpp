// SPDX-License-Identifier: BSL-1.0
// The chains with range-v3, std::views and std::function. Views pull and count nothing; their map may run twice.
#include <array>
#include <functional>
#include <ranges>

#include <range/v3/view/filter.hpp>
#include <range/v3/view/for_each.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/take_while.hpp>
#include <range/v3/view/transform.hpp>

#include <weir/support/flat_table.hpp>

#include "kernels.hpp"

namespace fusion {
namespace {

const auto triple = [](std::int32_t x) { return x * 3L; };
const auto even = [](std::int64_t x) { return (x & 1) == 0; };
const auto plus_one = [](std::int64_t x) { return x + 1; };
const auto small = [](std::int64_t x) { return x < 1'000'000; };
const auto three = [](std::int32_t x) { return std::array<std::int32_t, 3>{x, x + 1, x + 2}; };
const auto triple_wide = [](const wide& w) {
    wide x = w;
    x.a *= 3;
    return x;
};
const auto even_wide = [](const wide& w) { return (w.a & 1) == 0; };
const auto plus_wide = [](wide w) {
    w.a += 1;
    return w;
};

template <class View>
outcome sum_of(View&& view) {
    outcome out;
    for (const std::int64_t x : view) {
        ++out.taken;
        out.result += x;
    }
    return out;
}
template <class View>
outcome sum_of_wides(View&& view) {
    outcome out;
    for (auto&& w : view) {
        ++out.taken;
        out.result += w.a;
    }
    return out;
}

}  // namespace

namespace range_v3 {
namespace views = ::ranges::views;
outcome map_filter(const inputs& in) {
    return sum_of(in.ints | views::transform(triple) | views::filter(even) | views::transform(plus_one));
}
outcome take_while(const inputs& in) {
    return sum_of(in.ints | views::transform(triple) | views::filter(even) | views::transform(plus_one)
                  | views::take_while(small));
}
outcome flat_map(const inputs& in) {
    return sum_of(in.ints | views::transform(three) | views::join | views::filter(even));
}
outcome wide_records(const inputs& in) {
    return sum_of_wides(in.wides | views::transform(triple_wide) | views::filter(even_wide)
                        | views::transform(plus_wide));
}
}  // namespace range_v3

namespace std_views {
namespace views = std::views;
outcome map_filter(const inputs& in) {
    return sum_of(in.ints | views::transform(triple) | views::filter(even) | views::transform(plus_one));
}
outcome take_while(const inputs& in) {
    return sum_of(in.ints | views::transform(triple) | views::filter(even) | views::transform(plus_one)
                  | views::take_while(small));
}
outcome flat_map(const inputs& in) {
    return sum_of(in.ints | views::transform(three) | views::join | views::filter(even));
}
outcome wide_records(const inputs& in) {
    return sum_of_wides(in.wides | views::transform(triple_wide) | views::filter(even_wide)
                        | views::transform(plus_wide));
}
}  // namespace std_views

namespace function {
namespace {

/// A stage as a std::function that calls the next.
template <class T>
using next = std::function<void(T)>;

next<std::int64_t> adder(outcome& out) {
    return [&out](std::int64_t x) {
        ++out.taken;
        out.result += x;
    };
}
template <class T, class P>
next<T> filtered(outcome& out, P wanted, next<T> then) {
    return [&out, wanted, then = std::move(then)](T x) {
        if (wanted(x)) {
            then(static_cast<T&&>(x));
        } else {
            ++out.dropped;
        }
    };
}
template <class T, class F, class U>
next<T> mapped(F f, next<U> then) {
    return [f, then = std::move(then)](T x) { then(f(static_cast<T&&>(x))); };
}

}  // namespace

outcome map_filter(const inputs& in) {
    outcome out;
    const next<std::int32_t> first =
        mapped<std::int32_t>(triple, filtered<std::int64_t>(out, even, mapped<std::int64_t>(plus_one, adder(out))));
    for (const std::int32_t x : in.ints) first(x);
    return out;
}
outcome take_while(const inputs& in) {
    outcome out;
    bool over = false;
    const next<std::int64_t> last = [&over, then = adder(out)](std::int64_t x) {
        if (small(x)) {
            then(x);
        } else {
            over = true;
        }
    };
    const next<std::int32_t> first =
        mapped<std::int32_t>(triple, filtered<std::int64_t>(out, even, mapped<std::int64_t>(plus_one, last)));
    for (const std::int32_t x : in.ints) {
        first(x);
        if (over) break;
    }
    return out;
}
outcome flat_map(const inputs& in) {
    outcome out;
    const next<std::int32_t> first = [then = filtered<std::int64_t>(out, even, adder(out))](std::int32_t x) {
        for (const std::int32_t p : three(x)) then(p);
    };
    for (const std::int32_t x : in.ints) first(x);
    return out;
}
outcome keyed_fold(const inputs& in) {
    outcome out;
    weir::flat_table<std::int64_t, std::int64_t> sums;
    const next<std::int64_t> last = [&out](std::int64_t x) {
        ++out.taken;
        out.result ^= x;
    };
    const next<const tick&> first = [&sums, then = last](const tick& t) {
        auto& e = *sums.try_emplace(std::int64_t{t.key}, std::int64_t{0}).first;
        then(e.value += t.value);
    };
    for (const tick& t : in.ticks) first(t);
    return out;
}
outcome wide_records(const inputs& in) {
    outcome out;
    const next<wide> last = [then = adder(out)](const wide& w) { then(w.a); };
    const next<const wide&> first =
        mapped<const wide&>(triple_wide, filtered<wide>(out, even_wide, mapped<wide>(plus_wide, last)));
    for (const wide& w : in.wides) first(w);
    return out;
}
}  // namespace function

}  // namespace fusion
