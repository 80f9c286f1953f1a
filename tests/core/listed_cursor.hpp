// SPDX-License-Identifier: BSL-1.0
// A cursor over a list, for tests of drivers.
#pragma once

#include <weir/core/concepts.hpp>

#include <cstddef>
#include <vector>

namespace weir_test {

/// Gives the numbers of a list; 0 is a pause, for one pull.
struct listed_cursor {
    std::vector<int> list{};
    weir::instant wakes = weir::instant::max();
    std::size_t next = 0;

    [[nodiscard]] weir::instant due() const { return wakes; }
    template <class Receiver>
    weir::pull_result pull(Receiver& r, std::size_t max_records) {
        for (std::size_t n = 0; n < max_records; ++n) {
            if (next == list.size()) return {weir::pulled::exhausted, n};
            const int x = list[next++];
            if (x == 0) return {weir::pulled::starved, n};
            const weir::flow f = r.put(x, weir::meta_set<>{});
            if (f != weir::flow::more) return {f == weir::flow::full ? weir::pulled::full : weir::pulled::done, n + 1};
        }
        return {weir::pulled::more, max_records};
    }
};

}  // namespace weir_test
