// error: weir::collect: the container does not take this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/route.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> low;
    std::vector<std::string> text;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::on<"low">(weir::collect(low))
             | weir::discard;
#else
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::on<"low">(weir::collect(text))
             | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(low);
    static_cast<void>(text);
}
