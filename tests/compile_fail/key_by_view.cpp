// error: weir::key_by: a computed key must own its text.*return std::string
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>

#include <string>
#include <string_view>
#include <vector>

int main() {
    const std::vector<std::string> v{"one", "two"};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::key_by<"begin">([](const std::string& s) { return s.substr(0, 2); }) | weir::discard;
#else
    auto p =
        weir::from(v) | weir::key_by<"begin">([](const std::string& s) { return std::string_view(s); }) | weir::discard;
#endif
    static_cast<void>(p);
}
