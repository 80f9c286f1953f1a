// error: weir::merge: there are no shards before merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/stages/merge_shards.hpp>
#include <weir/runtime/stages/shard.hpp>

#include <utility>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::shard(2) | weir::merge() | weir::discard;
#else
    auto p = weir::from(v) | weir::merge() | weir::discard;
#endif
    static_cast<void>(p);
}
