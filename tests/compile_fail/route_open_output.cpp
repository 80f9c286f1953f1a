// error: weir.*output.*on<
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/route.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::on<"low">(weir::discard)
             | weir::collect(out);
#else
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
