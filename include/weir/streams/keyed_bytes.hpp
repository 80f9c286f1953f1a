// SPDX-License-Identifier: BSL-1.0
// A record of a stream of bytes, as its shards hold it.
#pragma once

#include <string>

namespace weir {

struct keyed_bytes {
    std::string partition_key;
    std::string data;

    friend bool operator==(const keyed_bytes&, const keyed_bytes&) = default;
};

}  // namespace weir
