// error: weir::parse: a record has no bit-field
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/csv.hpp>

#include <string>
#include <vector>

#ifdef WEIR_TWIN
struct point {
    int x;
    int y;
};
#else
struct point {
    int x;
    int y : 4;
};
#endif

int main() {
    std::vector<std::string> lines;
    auto p =
        weir::from(lines) | weir::parse<point>(weir::formats::csv) | weir::on<"failed">(weir::discard) | weir::discard;
    static_cast<void>(p);
}
