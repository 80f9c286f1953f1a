// SPDX-License-Identifier: BSL-1.0
// A range of stored records that are not what was durable there.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

struct storage_loss {
    std::string file;  // empty: a file is missing
    std::uint64_t offset = 0;
    std::uint64_t first = 0;  // the first record lost
    std::uint64_t last = 0;
    std::string what;
};

}  // namespace weir
