// error: weir: a source stands only at the beginning; use weir::merge
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/merge.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
#ifdef WEIR_TWIN
    auto p = weir::merge(weir::from(v), weir::from(v)) | weir::discard;
#else
    auto p = weir::from(v) | weir::from(v) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
}
