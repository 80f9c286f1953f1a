// error: weir::collect: .*merge\(\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/runtime/stages/merge_shards.hpp>
#include <weir/streams/from_stream.hpp>

#include <string>
#include <vector>

struct hit {
    std::string host;
    int status;
};

int main() {
    const weir::data_stream<hit, &hit::host> hits("hits");
    std::vector<hit> out;
#ifdef WEIR_TWIN
    auto p = weir::from(hits) | weir::merge() | weir::collect(out);
#else
    auto p = weir::from(hits) | weir::collect(out);
#endif
    static_cast<void>(p);
    static_cast<void>(hits);
    static_cast<void>(out);
}
