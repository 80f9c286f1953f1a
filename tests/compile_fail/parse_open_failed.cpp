// error: weir::parse: its output "failed" is open
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/parse.hpp>
#include <weir/schema/formats.hpp>

#include <string>
#include <vector>

struct hit {
    std::string host;
    int status;
};

int main() {
    std::vector<std::string> lines;
    std::vector<hit> out;
#ifdef WEIR_TWIN
    auto p = weir::from(lines) | weir::parse<hit>(weir::formats::combined_log) | weir::on<"failed">(weir::discard)
             | weir::collect(out);
#else
    auto p = weir::from(lines) | weir::parse<hit>(weir::formats::combined_log) | weir::collect(out);
#endif
    static_cast<void>(p);
}
