// error: weir::map: behind shard\(n\) the function is copied; make it copyable
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>

#include <memory>
#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | as_sharded{} | weir::map([](int x) { return x + 1; }) | weir::discard;
#else
    auto p = weir::from(v) | as_sharded{} | weir::map([own = std::make_unique<int>(1)](int x) { return x + *own; })
             | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
