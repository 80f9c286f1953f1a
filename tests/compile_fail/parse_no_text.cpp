// error: weir::parse: the records that reach it are no text
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/csv.hpp>

#include <string>
#include <vector>

struct point {
    int x;
    int y;
};

int main() {
#ifdef WEIR_TWIN
    std::vector<std::string> lines;
#else
    std::vector<int> lines;
#endif
    std::vector<point> out;
    auto p = weir::from(lines) | weir::parse<point>(weir::formats::csv) | weir::on<"failed">(weir::discard)
             | weir::collect(out);
    static_cast<void>(p);
}
