// SPDX-License-Identifier: BSL-1.0
// The hand-written loops with windows: same table, same window logic, same late check, same counters.
#include "hand_windows.hpp"

#include <algorithm>

#include "kernels.hpp"

namespace fusion::hand {
namespace {

/// The watermark of one input; it moves when the window of what is expected does.
struct progress {
    std::int64_t watermark = INT64_MIN;
    std::int64_t trip = INT64_MIN;

    void move(std::int64_t time) {
        trip = start_of(time - bound_us) + size + bound_us;
        watermark = time - bound_us - 1;
    }
};

template <class Key, class Ticks>
outcome window_loop(const Ticks& ticks) {
    windows<Key> w;
    progress seen;
    for (const auto& t : ticks) {
        if ((t.value & 7) == 0) {
            ++w.out.dropped;
            continue;
        }
        const std::int64_t time = t.time.time_since_epoch().count();
        w.add(time, t.key, t.value);
        if (time >= seen.trip) [[unlikely]] {
            seen.move(time);
            w.advance(seen.watermark);
        }
    }
    w.advance(INT64_MAX);
    return w.out;
}

}  // namespace

outcome int_windows(const inputs& in) { return window_loop<std::int64_t>(in.ticks); }
outcome text_windows(const inputs& in) { return window_loop<std::string>(in.named); }

outcome merged(const inputs& in) {
    constexpr std::size_t turn = 512;
    windows<std::int64_t> w;
    progress seen[2];
    const tick* at[2] = {in.ticks.data(), in.more_ticks.data()};
    const tick* const end[2] = {at[0] + in.ticks.size(), at[1] + in.more_ticks.size()};
    while (at[0] != end[0] || at[1] != end[1]) {
        for (std::size_t i = 0; i < 2; ++i) {
            const tick* const stop = at[i] + std::min<std::size_t>(turn, static_cast<std::size_t>(end[i] - at[i]));
            for (; at[i] != stop; ++at[i]) {
                const tick& t = *at[i];
                if ((t.value & 7) == 0) {
                    ++w.out.dropped;
                    continue;
                }
                const std::int64_t time = t.time.time_since_epoch().count();
                w.add(time, t.key, t.value);
                if (time >= seen[i].trip) [[unlikely]] {
                    seen[i].move(time);
                    w.advance(std::min(seen[0].watermark, seen[1].watermark));
                }
            }
            if (stop == end[i]) seen[i].watermark = INT64_MAX;
        }
    }
    w.advance(INT64_MAX);
    return w.out;
}

}  // namespace fusion::hand
