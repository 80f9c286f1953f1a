// error: weir::from: this is neither a range nor a source; give it
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::discard;
#else
    auto p = weir::from(v.size()) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
