// error: weir::generate: it takes a function without parameters
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/generate.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::generate([] { return 1; }) | weir::collect(out);
#else
    auto p = weir::generate([](int x) { return x; }) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
