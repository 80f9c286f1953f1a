// error: weir::parse: the format's rename<...> names a member of another struct
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
struct other {
    int status;
};

int main() {
    std::vector<std::string> lines;
    std::vector<hit> out;
#ifdef WEIR_TWIN
    constexpr auto format = weir::formats::combined_log.rename<"status", &hit::status>();
#else
    constexpr auto format = weir::formats::combined_log.rename<"status", &other::status>();
#endif
    auto p = weir::from(lines) | weir::parse<hit>(format) | weir::on<"failed">(weir::discard) | weir::collect(out);
    static_cast<void>(p);
}
