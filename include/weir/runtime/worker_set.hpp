// SPDX-License-Identifier: BSL-1.0
// What the workers of one scheduler share, and the constants of their policy.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../support/atomic.hpp"
#include "../support/clock.hpp"
#include "scheduler.hpp"
#include "waker.hpp"

namespace weir::detail {

/// A step is sized to take about as long; one that takes longer holds up what waits beside it.
inline constexpr std::int64_t step_target_ns = 50'000;
inline constexpr std::uint32_t largest_step = 1'024;
/// A record that costs so much more than to carry it to the farthest core that its task may move at once.
inline constexpr std::int64_t dear_record_ns = 1'000;
inline constexpr std::uint32_t rounds_before_sleep = 64;
/// Between two looks of an idle worker at the tasks of the others.
inline constexpr std::int64_t steal_pause_ns = 1'000;

class worker;

/// What the workers of one scheduler share. Outlives its threads, for late wakers.
class worker_set final : public wake_domain {
  public:
    void ready(wake_node& node) noexcept override;
    /// Wakes one sleeping worker, if there is one, to take over what `busy` can not get to.
    void wake_another(const worker& busy) noexcept;

    std::vector<std::shared_ptr<worker>> workers;  // fixed before the first thread
    /// Shared workers asleep or about to be. (3) fetch_add(0) of who is held up -> (4) fetch_add of the sleeper,
    /// acq_rel on one word: the sleeper sees the one held up and does not sleep, or it sees the sleeper and wakes it.
    atomic<std::uint32_t> parked{0};
    atomic<bool> exiting{false};
    const scheduler* owner = nullptr;
    const clock* time = nullptr;
    std::int64_t spin_ns = 10'000;
    std::vector<unsigned> pins;  // empty: unpinned
};

}  // namespace weir::detail
