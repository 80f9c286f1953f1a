// SPDX-License-Identifier: BSL-1.0
// Which shards of a stream's table a filter names, page by page (K34).
#pragma once

#include <cstddef>
#include <optional>

#include "../operations.hpp"
#include "../stream_storage.hpp"

namespace weir::detail {

/// `hidden`: what ended before has expired. `after`: where the page before ended.
[[nodiscard]] inline result<shard_list> list_of(const stored_stream& table, const shard_filter& of,
                                                std::optional<shard_id> after, std::size_t most, instant at,
                                                instant hidden) {
    if (most == 0 || most > 10'000) {
        return error{errc::invalid_argument, "list_shards takes a maximum of 1 to 10,000 results", table.name};
    }
    using type = shard_filter::type;
    const instant oldest = hidden > table.created ? hidden : table.created;
    shard_list out;
    for (const stored_shard& s : table.shards) {
        const bool open = !s.ended;
        if (!open && *s.ended < hidden) continue;  // expired
        if (after && s.id <= *after) continue;
        const instant t = of.kind == type::at_trim_horizon || of.time < oldest ? oldest : of.time;
        const bool alive_since = open || *s.ended >= t;
        bool wanted = true;
        switch (of.kind) {
        case type::from_trim_horizon:
            break;
        case type::at_latest:
            wanted = open;
            break;
        case type::after_shard_id:
            wanted = s.id > of.after;
            break;
        case type::at_trim_horizon:
        case type::at_timestamp:
            wanted = s.made <= t && alive_since;
            break;
        case type::from_timestamp:
            wanted = alive_since;
            break;
        }
        if (!wanted) continue;
        if (out.shards.size() == most) {
            out.next = list_token{of, out.shards.back().id, at};
            break;
        }
        out.shards.push_back(
            {s.id, s.keys, sequence_number(s.created, 0, s.created, s.id), s.last, s.parent, s.adjacent_parent});
    }
    return out;
}

}  // namespace weir::detail
