// error: weir::write_ndjson: a member of the record \(Member\) has a type that JSON has no form for
// SPDX-License-Identifier: BSL-1.0
#include <weir/schema/ndjson.hpp>

#include <string>

struct row {
    std::string name;
#ifdef WEIR_TWIN
    int value;
#else
    int* value;
#endif
};

int main() {
    std::string text;
    weir::write_ndjson(text, row{});
}
