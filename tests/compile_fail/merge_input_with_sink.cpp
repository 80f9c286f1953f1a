// error: weir::merge: each input needs a source and no sink
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/merge.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
#ifdef WEIR_TWIN
    auto p = weir::merge(weir::from(v), weir::from(v)) | weir::collect(out);
#else
    auto p = weir::merge(weir::from(v), weir::from(v) | weir::collect(out)) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
