// error: weir::merge_by_time: the records have no event time
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/runtime/stages/merge_shards_by_time.hpp>
#include <weir/runtime/stages/shard.hpp>

#include <utility>
#include <vector>

struct row {
    std::chrono::sys_seconds time;
};

int main() {
    std::vector<row> v(3);
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::seconds(1)))
             | weir::shard(2) | weir::merge_by_time() | weir::discard;
#else
    auto p = weir::from(v) | weir::shard(2) | weir::merge_by_time() | weir::discard;
#endif
    static_cast<void>(p);
}
