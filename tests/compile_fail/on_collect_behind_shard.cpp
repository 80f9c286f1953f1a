// error: weir::collect: behind shard\(n\).*merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/route.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> low;
    const auto is_low = [](int x) { return x < 2; };
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::route<"low">(is_low) | weir::on<"low">(weir::collect(low)) | weir::discard;
#else
    auto p =
        weir::from(v) | as_sharded{} | weir::route<"low">(is_low) | weir::on<"low">(weir::collect(low)) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(low);
    static_cast<void>(is_low);
}
