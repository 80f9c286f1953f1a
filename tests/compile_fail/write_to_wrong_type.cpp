// error: weir::write_to: the records cannot be written
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/write_to.hpp>
#include <weir/core/sources/from.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::write_to(out.begin());
#else
    auto p = weir::from(v) | weir::write_to(static_cast<int**>(nullptr));
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
