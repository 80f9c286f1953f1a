// error: weir::to: an outlet takes records from one chain; put \| merge\(\) before it
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sources/from.hpp>
#include <weir/runtime/stages/outlet.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    const weir::outlet<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::to(out);
#else
    auto p = weir::from(v) | as_sharded{} | weir::to(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
