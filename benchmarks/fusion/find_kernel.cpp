// SPDX-License-Identifier: BSL-1.0
#include "kernels.hpp"

namespace fusion {
namespace {

template <ours::way How>
kernel ours_for(chain c) {
    switch (c) {
    case chain::map_filter:
        return &ours::map_filter<How>;
    case chain::take_while:
        return &ours::take_while<How>;
    case chain::flat_map:
        return &ours::flat_map<How>;
    case chain::keyed_fold:
        return &ours::keyed_fold<How>;
    case chain::wide_records:
        return &ours::wide_records<How>;
    case chain::int_windows:
        return &ours::int_windows<How>;
    case chain::text_windows:
        return &ours::text_windows<How>;
    case chain::merged:
        return &ours::merged<How>;
    }
    return nullptr;
}

kernel hand_for(chain c) {
    constexpr kernel all[chains] = {&hand::map_filter,   &hand::take_while,  &hand::flat_map,     &hand::keyed_fold,
                                    &hand::wide_records, &hand::int_windows, &hand::text_windows, &hand::merged};
    return all[static_cast<std::size_t>(c)];
}

}  // namespace

kernel find_kernel(chain c, competitor who) {
    const auto at = static_cast<std::size_t>(c);
    constexpr kernel ranges[chains] = {&range_v3::map_filter, &range_v3::take_while, &range_v3::flat_map, nullptr,
                                       &range_v3::wide_records};
    constexpr kernel views[chains] = {&std_views::map_filter, &std_views::take_while, &std_views::flat_map, nullptr,
                                      &std_views::wide_records};
    constexpr kernel functions[chains] = {&function::map_filter, &function::take_while, &function::flat_map,
                                          &function::keyed_fold, &function::wide_records};
    switch (who) {
    case competitor::hand:
        return hand_for(c);
    case competitor::caller:
        return ours_for<ours::way::caller>(c);
    case competitor::task:
        return ours_for<ours::way::task>(c);
    case competitor::worker:
        return ours_for<ours::way::worker>(c);
    case competitor::range_v3:
        return ranges[at];
    case competitor::std_views:
        return views[at];
    case competitor::function:
        return functions[at];
    }
    return nullptr;
}

}  // namespace fusion
