// error: weir::tee: it has no branch
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/tee.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::tee(weir::collect(out));
#else
    auto p = weir::from(v) | weir::tee();
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
