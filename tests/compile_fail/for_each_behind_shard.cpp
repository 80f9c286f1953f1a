// error: weir::for_each: behind shard\(n\).*merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sinks/per_shard.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | as_sharded{} | weir::per_shard([](std::uint32_t) { return weir::for_each([](int) {}); });
#else
    auto p = weir::from(v) | as_sharded{} | weir::for_each([](int) {});
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
