// error: weir::for_each: the function cannot be called with this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::for_each([](int) {});
#else
    auto p = weir::from(v) | weir::for_each([](int, int, int) {});
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
