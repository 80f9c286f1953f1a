// SPDX-License-Identifier: BSL-1.0
// A record of a stream as a storage keeps it: the partition key where it is text of its own, and a payload of
//
//     hash key, 16 bytes | arrival in us, 8 | order among records of that moment, varint | the record's own bytes
//
// The hash is kept since it may be an explicit one; arrival since the storage's own is when it got there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../schema/codec.hpp"
#include "../../support/byte_io.hpp"
#include "../keyed_bytes.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

/// Of a record of `T`: `key(payload)`, `write(out, payload)`, `read(in, key)`.
template <class T>
struct payload_codec {
    static constexpr bool possible = std::is_aggregate_v<T> && std::is_default_constructible_v<T>;

    [[nodiscard]] static std::string_view key(const T&) noexcept { return {}; }
    static void write(byte_writer& out, const T& payload) {
        if constexpr (possible) encode(out, payload);
    }
    [[nodiscard]] static std::optional<T> read(byte_reader& in, std::string_view /*key*/) {
        if constexpr (possible) {
            T value{};
            if (decode(in, value) && in.left() == 0) return value;
        }
        return std::nullopt;
    }
};
template <>
struct payload_codec<keyed_bytes> {
    static constexpr bool possible = true;

    [[nodiscard]] static std::string_view key(const keyed_bytes& payload) noexcept { return payload.partition_key; }
    static void write(byte_writer& out, const keyed_bytes& payload) { out.raw(payload.data); }
    [[nodiscard]] static std::optional<keyed_bytes> read(byte_reader& in, std::string_view key) {
        return keyed_bytes{std::string(key), std::string(in.take(in.left()))};
    }
};

/// What is in front of a record's own bytes.
struct stored_head {
    hash_key hash;
    put_moment at;
};
inline void write_head(byte_writer& out, const stored_head& head) {
    out.fixed(head.hash.high);
    out.fixed(head.hash.low);
    out.fixed(head.at.arrival.us);
    out.varint(head.at.order);
}
[[nodiscard]] inline stored_head read_head(byte_reader& in) noexcept {
    stored_head head;
    head.hash.high = in.fixed<std::uint64_t>();
    head.hash.low = in.fixed<std::uint64_t>();
    head.at.arrival = {in.fixed<std::int64_t>()};
    head.at.order = in.varint();
    return head;
}

}  // namespace weir::detail
