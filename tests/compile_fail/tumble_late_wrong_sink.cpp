// error: weir::collect: the container does not take this record
// SPDX-License-Identifier: BSL-1.0
#include <weir/analytics.hpp>
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/key_by.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

struct hit {
    std::chrono::sys_seconds time;
    std::string host;
};
struct usage {
    std::string host;
    weir::window_bounds window;
    std::int64_t hits;
};

int main() {
    const std::vector<hit> v;
    std::vector<hit> late;
    std::vector<usage> results;
    const weir::out_of_order_by bound(std::chrono::seconds(5));
    const std::chrono::minutes minute(1);
#ifdef WEIR_TWIN
    auto p = weir::from(v) | weir::event_time<&hit::time>(bound) | weir::key_by<&hit::host>() | weir::tumble(minute)
             | weir::aggregate<usage>(weir::count<"hits">()) | weir::on<"late">(weir::collect(late)) | weir::discard;
#else
    auto p = weir::from(v) | weir::event_time<&hit::time>(bound) | weir::key_by<&hit::host>() | weir::tumble(minute)
             | weir::aggregate<usage>(weir::count<"hits">()) | weir::on<"late">(weir::collect(results)) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(late);
    static_cast<void>(results);
    static_cast<void>(bound);
    static_cast<void>(minute);
}
