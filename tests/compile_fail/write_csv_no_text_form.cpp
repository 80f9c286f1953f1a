// error: weir::write_csv: a member of the record \(Member\) has a type that a flat text has no form for
// SPDX-License-Identifier: BSL-1.0
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
    std::string text;
    weir::write_csv(text, row{});
}
