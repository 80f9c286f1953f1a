// SPDX-License-Identifier: BSL-1.0
// What a reader of stored records is given: some of them in a row, or why they are not there. Views last until the
// reader's next call.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "../support/clock.hpp"

namespace weir {

struct stored_record {
    std::uint64_t sequence = 0;
    instant arrival;
    std::string_view key;
    std::string_view payload;
    std::uint32_t flags = 0;
};

enum class page_kind : unsigned char {
    records,
    caught_up,   // nothing more yet
    trimmed,     // records `first` to `last` are no longer kept
    data_lost,   // records `first` to `last` are damaged or missing
    unavailable  // too many files are open, or memory is short: ask again, nothing was passed over
};
struct storage_page {
    page_kind kind = page_kind::caught_up;
    std::span<const stored_record> records;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

}  // namespace weir
