// SPDX-License-Identifier: BSL-1.0
// A record on its way to a log on disk: bytes, which must stand until `append` returns.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

struct log_record {
    std::string_view key;
    std::string_view payload;
    std::uint32_t flags = 0;  // the caller's own; read back as they are
};

}  // namespace weir
