// SPDX-License-Identifier: BSL-1.0
// What a transaction coordinator needs of a topic, whatever its records' type.
#pragma once

#include <cstdint>

#include "../../support/result.hpp"

namespace weir {

class transactional_log {
  public:
    transactional_log() = default;
    transactional_log(const transactional_log&) = delete;
    transactional_log& operator=(const transactional_log&) = delete;
    virtual ~transactional_log() = default;
    /// The partition is in the producer's transaction from now on, and takes its transactional batches.
    virtual result<void> allow(std::uint32_t partition, std::int64_t producer_id, std::int16_t epoch) = 0;
    /// Writes the control record that ends it.
    virtual void end(std::uint32_t partition, std::int64_t producer_id, std::int16_t epoch, bool commit) = 0;
};

}  // namespace weir
