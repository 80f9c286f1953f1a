// error: weir::on: no stage before it has an open output of this name; put on<\\?"name\\?">
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/route.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::on<"low">(weir::discard)
             | weir::discard;
#else
    auto p = weir::from(v) | weir::route<"low">([](int x) { return x < 2; }) | weir::on<"late">(weir::discard)
             | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
