// error: weir::parse: the format has no field for a member of the record \(Member\)
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
#ifdef WEIR_TWIN
    int status;
#else
    int code;
#endif
};

int main() {
    std::vector<std::string> lines;
    std::vector<hit> out;
    auto p = weir::from(lines) | weir::parse<hit>(weir::formats::combined_log) | weir::on<"failed">(weir::discard)
             | weir::collect(out);
    static_cast<void>(p);
}
