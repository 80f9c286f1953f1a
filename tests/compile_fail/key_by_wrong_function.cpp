// error: weir::key_by: the function cannot be called with this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>

#include <string>
#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::key_by<"odd">([](int i) { return i % 2; }) | weir::discard;
#else
    auto p = weir::from(v) | weir::key_by<"odd">([](const std::string& s) { return s; }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
