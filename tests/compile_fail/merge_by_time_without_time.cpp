// error: weir::merge_by_time: the inputs have no event time.*event_time
// SPDX-License-Identifier: BSL-1.0
#include <weir/core/sinks/collect.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/merge_by_time.hpp>

#include <vector>

int main() {
    std::vector<int> v{1, 2, 3};
    std::vector<int> out;
    struct event {
        std::chrono::sys_seconds time;
    };
    std::vector<event> events;
    std::vector<event> merged;
    static_cast<void>(merged);
    static_cast<void>(events);
#ifdef WEIR_TWIN
    auto p = weir::merge_by_time(
                 weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(std::chrono::seconds(1))),
                 weir::from(events) | weir::event_time<&event::time>(weir::out_of_order_by(std::chrono::seconds(1))))
             | weir::collect(merged);
#else
    auto p = weir::merge_by_time(weir::from(events), weir::from(events)) | weir::collect(merged);
#endif
    static_cast<void>(p);
    static_cast<void>(v);
    static_cast<void>(out);
}
