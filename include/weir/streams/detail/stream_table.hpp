// SPDX-License-Identifier: BSL-1.0
// The file `stream.meta` of a stream's folder: which shards there are and have been. Read whole or refused; replaced by
// a rename, so that a crash leaves the old one or the new one (section 3 of the durability reference).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../buffers/detail/log_io.hpp"
#include "../../support/byte_io.hpp"
#include "../../support/crc32c.hpp"
#include "../stream_storage.hpp"

namespace weir::detail {

inline constexpr std::string_view stream_table_magic = "weirstrm";
inline constexpr std::uint32_t stream_table_version = 1;
inline constexpr const char* stream_table_file = "stream.meta";
inline constexpr std::size_t stream_table_limit = std::size_t{64} << 20U;

[[nodiscard]] inline std::string write_stream_table(const stored_stream& table, std::uint64_t identity) {
    byte_writer out;
    out.raw(stream_table_magic);
    out.fixed(stream_table_version);
    out.fixed(identity);
    out.text(table.name);
    out.fixed(table.created.us);
    out.fixed(table.retention_us);
    out.varint(table.shards.size());
    for (const stored_shard& s : table.shards) {
        out.fixed(s.keys.first.high);
        out.fixed(s.keys.first.low);
        out.fixed(s.keys.last.high);
        out.fixed(s.keys.last.low);
        out.varint(s.created);
        out.fixed(s.made.us);
        out.varint(s.parent ? std::uint64_t{s.parent->index} + 1 : 0);
        out.varint(s.adjacent_parent ? std::uint64_t{s.adjacent_parent->index} + 1 : 0);
        out.varint(s.ended ? 1 : 0);
        if (s.ended) {
            out.fixed(s.ended->us);
            out.varint(s.last->arrival());
            out.varint(s.end);
        }
    }
    out.fixed(crc32c(out.bytes()));
    return std::move(out).bytes();
}

struct read_table {
    stored_stream table;
    std::uint64_t identity = 0;
};

/// Nothing where the bytes are not such a file, whole and consistent.
[[nodiscard]] inline std::optional<read_table> read_stream_table(std::string_view text) {
    if (text.size() < stream_table_magic.size() + 8 || text.substr(0, 8) != stream_table_magic) return std::nullopt;
    const std::string_view body = text.substr(0, text.size() - 4);
    byte_reader tail(text.substr(body.size()));
    if (tail.fixed<std::uint32_t>() != crc32c(body)) return std::nullopt;
    byte_reader in(body.substr(8));
    if (in.fixed<std::uint32_t>() != stream_table_version) return std::nullopt;
    read_table out;
    out.identity = in.fixed<std::uint64_t>();
    out.table.name = in.text();
    out.table.created = {in.fixed<std::int64_t>()};
    out.table.retention_us = in.fixed<std::int64_t>();
    const std::uint64_t n = in.varint();
    const auto earlier = [](std::uint64_t link, std::uint64_t of) -> bool { return link <= of; };
    for (std::uint64_t i = 0; i < n && in.ok(); ++i) {
        stored_shard s;
        s.id = {static_cast<std::uint32_t>(i)};
        s.keys.first.high = in.fixed<std::uint64_t>();
        s.keys.first.low = in.fixed<std::uint64_t>();
        s.keys.last.high = in.fixed<std::uint64_t>();
        s.keys.last.low = in.fixed<std::uint64_t>();
        s.created = in.varint();
        s.made = {in.fixed<std::int64_t>()};
        const std::uint64_t parent = in.varint();
        const std::uint64_t adjacent = in.varint();
        if (!earlier(parent, i) || !earlier(adjacent, i) || s.keys.last < s.keys.first) return std::nullopt;
        if (parent != 0) s.parent = shard_id{static_cast<std::uint32_t>(parent - 1)};
        if (adjacent != 0) s.adjacent_parent = shard_id{static_cast<std::uint32_t>(adjacent - 1)};
        if (in.varint() != 0) {
            s.ended = instant{in.fixed<std::int64_t>()};
            s.last = sequence_number(s.created, closing_index, in.varint(), s.id);
            s.end = in.varint();
        }
        out.table.shards.push_back(s);
    }
    if (!in.ok() || in.left() != 0 || out.table.shards.empty()) return std::nullopt;
    return out;
}

/// The folder's table; nothing: it has none. `errc::damaged`: it is not what was written.
[[nodiscard]] inline result<std::optional<read_table>> load_stream_table(const log_folder_io& io) {
    const auto text = io.load(stream_table_file, stream_table_limit);
    if (!text && text.error().code != errc::too_large) return text.error();
    if (text) {
        if (!*text) return std::optional<read_table>();
        if (auto table = read_stream_table(**text)) return table;
    }
    return error{errc::damaged,
                 "read " + io.path_of(stream_table_file)
                     + ": not a stream's table, or damaged, or of a later version; restore it from a backup",
                 io.path_of(stream_table_file)};
}
[[nodiscard]] inline result<void> store_stream_table(const log_folder_io& io, std::string_view text) {
    return io.replace(stream_table_file, text);
}

[[nodiscard]] inline std::string shard_folder(shard_id shard) { return "shard-" + std::to_string(shard.index); }

}  // namespace weir::detail
