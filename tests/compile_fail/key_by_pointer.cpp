// error: weir::key_by: a computed key must own its text.*return std::string
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>

#include <string>
#include <vector>

int main() {
    const std::vector<std::string> v{"one", "two"};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::key_by<"all">([](const std::string& s) -> const std::string& { return s; })
             | weir::discard;
#else
    auto p = weir::from(v) | weir::key_by<"all">([](const std::string& s) { return s.c_str(); }) | weir::discard;
#endif
    static_cast<void>(p);
}
