// SPDX-License-Identifier: BSL-1.0
// What one step of a task answers to whoever schedules it.
#pragma once

#include <cstdint>

#include "../support/instant.hpp"

namespace weir {

struct step_result {
    enum class kind : std::uint8_t {
        progress,    // did something; call again
        idle,        // nothing to do until its waker is notified; all spans published, all slots released
        wait_until,  // the same, or until that processing time
        done         // finished for good
    };
    kind what = kind::progress;
    instant until = instant::max();
    std::uint32_t records = 0;
};

}  // namespace weir
