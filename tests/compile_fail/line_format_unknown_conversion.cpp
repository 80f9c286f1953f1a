// error: weir::line_format: a time pattern has a conversion that is not known
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/line_format.hpp>

#include <string>
#include <vector>

struct row {
    std::chrono::sys_seconds time;
};

int main() {
    std::vector<std::string> lines;
#ifdef WEIR_TWIN
    constexpr auto format = weir::line_format<"{time:%d.%m.%Y} {}">;
#else
    constexpr auto format = weir::line_format<"{time:%d.%m.%Q} {}">;
#endif
    auto p = weir::from(lines) | weir::parse<row>(format) | weir::on<"failed">(weir::discard) | weir::discard;
    static_cast<void>(p);
}
