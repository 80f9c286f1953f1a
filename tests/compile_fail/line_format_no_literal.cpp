// error: weir::line_format: two fields need a literal text between them
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/line_format.hpp>

#include <string>
#include <vector>

struct row {
    int a;
    int b;
};

int main() {
    std::vector<std::string> lines;
#ifdef WEIR_TWIN
    constexpr auto format = weir::line_format<"{a}-{b}">;
#else
    constexpr auto format = weir::line_format<"{a}{b}">;
#endif
    auto p = weir::from(lines) | weir::parse<row>(format) | weir::on<"failed">(weir::discard) | weir::discard;
    static_cast<void>(p);
}
