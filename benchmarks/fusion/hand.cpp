// SPDX-License-Identifier: BSL-1.0
// The hand-written loops of the simple chains: same functions, same table, same counters.
#include <weir/support/flat_table.hpp>

#include "kernels.hpp"

namespace fusion::hand {
namespace {

using table = weir::flat_table<std::int64_t, std::int64_t>;

[[gnu::noinline]] table::entry_type* begin(table& sums, std::int64_t key) {
    return sums.try_emplace(key, std::int64_t{0}).first;
}

}  // namespace

// The counters are locals, and `[[unlikely]]` keeps the test a branch: both make the loops shorter.
outcome map_filter(const inputs& in) {
    std::int64_t sum = 0;
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    for (const std::int32_t x : in.ints) {
        const std::int64_t y = x * 3L;
        if ((y & 1) != 0) [[unlikely]] {
            ++dropped;
            continue;
        }
        ++taken;
        sum += y + 1;
    }
    return {sum, taken, dropped};
}

outcome take_while(const inputs& in) {
    std::int64_t sum = 0;
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    for (const std::int32_t x : in.ints) {
        const std::int64_t y = x * 3L;
        if ((y & 1) != 0) [[unlikely]] {
            ++dropped;
            continue;
        }
        const std::int64_t z = y + 1;
        if (z >= 1'000'000) [[unlikely]]
            break;
        ++taken;
        sum += z;
    }
    return {sum, taken, dropped};
}

outcome flat_map(const inputs& in) {
    outcome out;
    for (const std::int32_t x : in.ints) {
        ++out.absorbed;
        const std::int32_t parts[3] = {x, x + 1, x + 2};
        for (const std::int32_t p : parts) {
            ++out.made;
            if ((p & 1) != 0) {
                ++out.dropped;
            } else {
                ++out.taken;
                out.result += p;
            }
        }
    }
    return out;
}

outcome keyed_fold(const inputs& in) {
    std::int64_t folded = 0;
    std::uint64_t taken = 0;
    table sums;
    for (const tick& t : in.ticks) {
        auto* e = sums.find(t.key);
        if (e == nullptr) [[unlikely]]
            e = begin(sums, t.key);
        e->value += t.value;
        ++taken;
        folded ^= e->value;
    }
    return {folded, taken};
}

outcome wide_records(const inputs& in) {
    std::int64_t sum = 0;
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    for (const wide& w : in.wides) {
        wide x = w;
        x.a *= 3;
        if ((x.a & 1) != 0) [[unlikely]] {
            ++dropped;
            continue;
        }
        x.a += 1;
        ++taken;
        sum += x.a;
    }
    return {sum, taken, dropped};
}

}  // namespace fusion::hand
