// error: weir::event_time: the bound says how late a record may be; give weir::out_of_order_by
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>

#include <chrono>
#include <string>
#include <vector>

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
    int status;
};

int main() {
    const std::vector<hit> v;
#ifdef WEIR_TWIN
    auto p =
        weir::from(v) | weir::event_time<&hit::time>(weir::out_of_order_by(std::chrono::seconds(5))) | weir::discard;
#else
    auto p = weir::from(v) | weir::event_time<&hit::time>(std::chrono::seconds(5)) | weir::discard;
#endif
    static_cast<void>(p);
}
