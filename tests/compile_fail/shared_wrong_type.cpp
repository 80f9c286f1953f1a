// error: weir::shared: the sink's record cannot be made from this one
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/runtime/stages/shared.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<std::string> out;
    auto text = weir::shared<std::string>(weir::collect(out));
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::map([](int i) { return std::to_string(i); }) | text;
#else
    auto p = weir::from(v) | text;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(text);
}
