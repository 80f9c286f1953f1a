// error: weir::collect: the container does not take this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    std::vector<int*> other;
    static_cast<void>(other);
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::collect(out);
#else
    auto p = weir::from(v) | weir::collect(other);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
