// error: weir::map: the function cannot be called with this record; it takes
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int x) { return x + 1; }) | weir::discard;
#else
    auto p = weir::from(v) | weir::map([](const std::string& s) { return s.size(); }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
