// error: weir: this is no whole pipeline.*ends in a sink
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/simulated.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    weir::simulated there(1);
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::discard;
#else
    auto p = weir::from(v);
#endif
    static_cast<void>(weir::run(p, there));
}
