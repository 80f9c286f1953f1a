// SPDX-License-Identifier: BSL-1.0
// What a step of a storage's writer came to.
#pragma once

namespace weir {

enum class storage_step : unsigned char {
    progress,  // call again
    idle,      // nothing to do until something is appended
    wait,      // the disk is full: call again after `retry_us`
    failed     // see `failure`
};

}  // namespace weir
