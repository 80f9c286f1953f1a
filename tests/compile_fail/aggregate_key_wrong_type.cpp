// error: weir::aggregate: the field named as the key cannot hold it.*key's type
// SPDX-License-Identifier: BSL-1.0
#include <weir/analytics.hpp>
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
    std::string path;
    std::int64_t bytes;
};
struct usage {
    std::string host;
    weir::window_bounds window;
    std::int64_t hits;
    std::int64_t bytes;
};
struct by_number {
    int host;
    std::int64_t hits;
    std::int64_t bytes;
};

int main() {
    const std::vector<hit> hits;
    const weir::out_of_order_by bound(std::chrono::seconds(5));
    const std::chrono::minutes minute(1);
#ifdef WEIR_TWIN
    auto p = weir::from(hits) | weir::event_time<&hit::time>(bound) | weir::key_by<&hit::host>() | weir::tumble(minute)
             | weir::aggregate<usage>(weir::count<"hits">(), weir::sum<&hit::bytes>()) | weir::on<"late">(weir::discard)
             | weir::discard;
#else
    auto p = weir::from(hits) | weir::event_time<&hit::time>(bound) | weir::key_by<&hit::host>() | weir::tumble(minute)
             | weir::aggregate<by_number>(weir::count<"hits">(), weir::sum<&hit::bytes>())
             | weir::on<"late">(weir::discard) | weir::discard;
#endif
    static_cast<void>(p);
    static_cast<void>(bound);
    static_cast<void>(minute);
}
