// error: weir::parse: the format cannot read text into the type of a member of the record
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/csv.hpp>

#include <string>
#include <vector>

struct row {
    std::string name;
#ifdef WEIR_TWIN
    int values;
#else
    std::vector<int> values;
#endif
};

int main() {
    std::vector<std::string> lines;
    auto p =
        weir::from(lines) | weir::parse<row>(weir::formats::csv) | weir::on<"failed">(weir::discard) | weir::discard;
    static_cast<void>(p);
}
