// error: weir: on_own_thread\(\) stands before shard\(n\) or behind merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/stages/merge_shards.hpp>
#include <weir/runtime/stages/own_thread.hpp>
#include <weir/runtime/stages/shard.hpp>

#include <utility>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    const auto slow = weir::map([](int i) { return i + 1; }).on_own_thread();
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::shard(2) | weir::merge() | slow | weir::discard;
#else
    auto p = weir::from(v) | weir::shard(2) | slow | weir::discard;
#endif
    static_cast<void>(p);
}
