// error: weir::per_shard: the function must return a sink
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/per_shard.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::per_shard([&](std::uint32_t) { return weir::collect(out); });
#else
    auto p = weir::from(v) | weir::per_shard([](std::uint32_t) { return 1; });
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
