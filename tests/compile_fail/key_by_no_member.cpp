// error: weir::key_by: the record at this place has no such member
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>

#include <string>
#include <vector>

struct hit {
    std::string host;
};
struct other {
    std::string host;
};

int main() {
    const std::vector<hit> v;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::key_by<&hit::host>() | weir::discard;
#else
    auto p = weir::from(v) | weir::key_by<&other::host>() | weir::discard;
#endif
    static_cast<void>(p);
}
