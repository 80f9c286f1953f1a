// error: weir::merge: the inputs give records of different types
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/merge.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    std::vector<long> other;
    static_cast<void>(other);
#ifdef WEIR_TWIN
    auto p = weir::merge(weir::from(v), weir::from(v)) | weir::collect(out);
#else
    auto p = weir::merge(weir::from(v), weir::from(other)) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
