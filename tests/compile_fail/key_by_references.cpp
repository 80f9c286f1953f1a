// error: weir::key_by: a computed key must own its text.*std::tuple of values
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>

#include <string>
#include <tuple>
#include <vector>

struct tick {
    std::string venue;
    std::string symbol;
};

int main() {
    const std::vector<tick> v;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::key_by<"market">([](const tick& t) { return std::tuple(t.venue, t.symbol); })
             | weir::discard;
#else
    auto p = weir::from(v) | weir::key_by<"market">([](const tick& t) { return std::tie(t.venue, t.symbol); })
             | weir::discard;
#endif
    static_cast<void>(p);
}
