// error: weir::shard: records are lent here and cannot be copied into a shard
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/stages/shard.hpp>

#include <utility>
#include <vector>

struct only_moves {
    only_moves() = default;
    only_moves(only_moves&&) = default;
    only_moves& operator=(only_moves&&) = default;
    int n = 0;
};

int main() {
    std::vector<only_moves> v(3);
#ifdef WEIR_TWIN
    auto p = weir::from(std::move(v)) | weir::shard(2) | weir::discard;
#else
    auto p = weir::from(v) | weir::shard(2) | weir::discard;
#endif
    static_cast<void>(p);
}
