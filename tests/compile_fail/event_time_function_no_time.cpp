// error: weir::event_time: the function must return a time point of std::chrono::system_clock
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
    const weir::out_of_order_by bound(std::chrono::seconds(5));
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::event_time([](const hit& h) { return h.time; }, bound) | weir::discard;
#else
    auto p = weir::from(v) | weir::event_time([](const hit& h) { return h.status; }, bound) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(bound);
}
