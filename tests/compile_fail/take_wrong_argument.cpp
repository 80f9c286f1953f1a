// error: weir::take: it takes how many records it .*a whole number
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/take.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::take(2) | weir::discard;
#else
    auto p = weir::from(v) | weir::take("2") | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
