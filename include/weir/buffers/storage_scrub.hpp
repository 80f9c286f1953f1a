// SPDX-License-Identifier: BSL-1.0
// What reading over stored records that nobody asks for has come to: one call of it, or all so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "storage_loss.hpp"

namespace weir {

struct storage_scrub {
    static constexpr std::size_t most_found = 1'000;

    std::uint64_t bytes = 0;               // gone over, from the disk
    std::uint64_t segments = 0;            // gone over to their end
    std::uint64_t passes = 0;              // over all sealed segments
    std::uint64_t damaged = 0;             // ranges of records that are lost, each once
    std::uint64_t unread = 0;              // segments that could not be opened, each in each pass
    std::vector<storage_loss> found = {};  // the first 1,000 of `damaged`
    std::string trouble = {};              // of the last one of `unread`: why

    void add(storage_scrub more) {
        bytes += more.bytes;
        segments += more.segments;
        passes += more.passes;
        damaged += more.damaged;
        unread += more.unread;
        for (storage_loss& l : more.found) {
            if (found.size() < most_found) found.push_back(std::move(l));
        }
        if (!more.trouble.empty()) trouble = std::move(more.trouble);
    }
};

}  // namespace weir
