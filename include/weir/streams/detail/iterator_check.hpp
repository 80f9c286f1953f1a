// SPDX-License-Identifier: BSL-1.0
// What an iterator's start must be (K19), for a stream and for who reads its folder: the same is refused, in the same
// words.
#pragma once

#include <cstdint>
#include <string>

#include "../operations.hpp"

namespace weir::detail {

[[nodiscard]] constexpr bool starts_by_number(iterator_type kind) noexcept {
    return kind == iterator_type::at_sequence_number || kind == iterator_type::after_sequence_number;
}

[[nodiscard]] inline error foreign_number(const std::string& stream, shard_id shard, const sequence_number& number) {
    return {errc::invalid_argument, "the sequence number is of another shard, or of none",
            stream + "/" + to_string(shard) + ", " + to_string(number)};
}

/// `errc::invalid_argument` unless it has what its type needs and no more, a number is of this shard, which was
/// created in that second, and a time is not in the future.
[[nodiscard]] inline result<void> check_iterator(const iterator_start& start, const std::string& stream, shard_id shard,
                                                 std::uint64_t created, instant now) {
    const bool by_number = starts_by_number(start.kind);
    const bool by_time = start.kind == iterator_type::at_timestamp;
    if (by_number != start.number.has_value() || by_time != start.time.has_value()) {
        return error{errc::invalid_argument,
                     by_number ? "this iterator type needs a starting sequence number, and no time"
                     : by_time ? "at_timestamp needs a time, and no sequence number"
                               : "trim_horizon and latest take neither a sequence number nor a time",
                     stream + "/" + to_string(shard)};
    }
    if (by_time && *start.time > now) {
        return error{errc::invalid_argument, "an iterator's time must not lie in the future", stream};
    }
    if (by_number && (start.number->shard() != shard || start.number->shard_created() != created)) {
        return foreign_number(stream, shard, *start.number);
    }
    return {};
}

}  // namespace weir::detail
