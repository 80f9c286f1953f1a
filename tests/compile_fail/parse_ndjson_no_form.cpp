// error: weir::parse: the format cannot read text into the type of a member of the record
// SPDX-License-Identifier: BSL-1.0
#include <weir/connectors/json.hpp>

#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>

#include <string>
#include <string_view>
#include <vector>

struct row {
    int number;
#ifdef WEIR_TWIN
    std::string name;
#else
    std::string_view name;
#endif
};

int main() {
    std::vector<std::string> lines;
    auto p =
        weir::from(lines) | weir::parse<row>(weir::formats::ndjson) | weir::on<"failed">(weir::discard) | weir::discard;
    static_cast<void>(p);
}
