// error: weir::to: the outlet's type cannot be made from this record; map it first
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/stages/outlet.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    const weir::outlet<std::string> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int i) { return std::to_string(i); }) | weir::to(out);
#else
    auto p = weir::from(v) | weir::to(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
