// error: weir::scan: the key was changed behind shard\(n\).*shard\(n\)
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/scan.hpp>

#include <vector>

#include "as_sharded.hpp"

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    struct row {
        int host;
        int port;
    };
    std::vector<row> rows;
    static_cast<void>(rows);
#ifdef WEIR_TWIN
    auto p = weir::from(rows) | weir::key_by<&row::host>() | as_sharded{}
             | weir::scan(0, [](int s, const row&) { return s; }) | weir::discard;
#else
    auto p = weir::from(rows) | as_sharded{} | weir::key_by<&row::host>()
             | weir::scan(0, [](int s, const row&) { return s; }) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
