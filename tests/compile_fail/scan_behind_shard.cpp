// error: weir::scan: behind shard\(n\).*merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/scan.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::scan(0, [](int s, int x) { return s + x; }) | weir::collect(out);
#else
    auto p = weir::from(v) | as_sharded{} | weir::scan(0, [](int s, int x) { return s + x; }) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
