// error: weir::drop_while: behind shard\(n\).*merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/drop_while.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::drop_while([](int x) { return x > 1; }) | weir::collect(out);
#else
    auto p = weir::from(v) | as_sharded{} | weir::drop_while([](int x) { return x > 1; }) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
