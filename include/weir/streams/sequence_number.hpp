// SPDX-License-Identifier: BSL-1.0
// Where a record stands in its stream. Printed, it is the decimal of Kinesis's 186-bit number (version 2), whose hex
// digits are, most significant first,
//
//   2 | 9: second the shard was made | 1: 0 | 16: index in the shard | 2: 0 | 9: second of arrival | 8: shard | 2
//
// so numbers of one shard ascend with the index, and a child's are above its parents', which were made earlier (K12,
// K13). A value of 24 bytes that is ordered as the integer is. The default, 0, is before all others. A record in a log
// does not hold one: it is made from the record's position and arrival.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "../support/result.hpp"
#include "hash_key.hpp"
#include "shard_id.hpp"

namespace weir {

class sequence_number {
  public:
    constexpr sequence_number() noexcept = default;
    /// Seconds since the epoch, below 2^36; more significant bits are not kept.
    constexpr sequence_number(std::uint64_t shard_created, std::uint64_t index, std::uint64_t arrival,
                              shard_id shard) noexcept
        : high_(std::uint64_t{2} << 56U | (shard_created & seconds) << 20U | index >> 48U),
          middle_(index << 16U | (arrival & seconds) >> 28U),
          low_(arrival << 36U | static_cast<std::uint64_t>(shard.index) << 4U | 2U) {}

    /// What `to_string` prints; another version, or what no number is: `errc::invalid_argument`.
    [[nodiscard]] static result<sequence_number> parse(std::string_view text);

    [[nodiscard]] constexpr std::uint64_t shard_created() const noexcept { return high_ >> 20U & seconds; }
    [[nodiscard]] constexpr std::uint64_t index() const noexcept { return high_ << 48U | middle_ >> 16U; }
    [[nodiscard]] constexpr std::uint64_t arrival() const noexcept { return (middle_ & 0xFFU) << 28U | low_ >> 36U; }
    [[nodiscard]] constexpr shard_id shard() const noexcept { return {static_cast<std::uint32_t>(low_ >> 4U)}; }

    [[nodiscard]] friend constexpr std::string to_string(const sequence_number& n) {
        return detail::decimal({n.high_, n.middle_, n.low_});
    }
    friend constexpr bool operator==(const sequence_number&, const sequence_number&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const sequence_number&,
                                                      const sequence_number&) noexcept = default;

  private:
    static constexpr std::uint64_t seconds = (std::uint64_t{1} << 36U) - 1;

    // The number itself, most significant word first: 62 bits of it, 64 and 64.
    std::uint64_t high_ = 0;
    std::uint64_t middle_ = 0;
    std::uint64_t low_ = 0;
};

namespace detail {

/// The index of a closed shard's last number (its end, which no record has).
inline constexpr std::uint64_t closing_index = 0x7FFF'FFFF'FFFF'FFFFU;

}  // namespace detail

inline result<sequence_number> sequence_number::parse(std::string_view text) {
    std::uint64_t words[3];
    if (text.size() > 129 || !detail::parse_decimal(text, words)) {
        return error{errc::invalid_argument,
                     "a sequence number is decimal, without leading zeros and at most 129 digits",
                     std::string(text.substr(0, 64))};
    }
    sequence_number n;
    n.high_ = words[0];
    n.middle_ = words[1];
    n.low_ = words[2];
    if (n != sequence_number{} && (n.high_ >> 56U != 2 || (n.low_ & 0xFU) != 2)) {
        return error{errc::invalid_argument,
                     "not a sequence number of version 2; pass one back as a put or a read gave it", std::string(text)};
    }
    return n;
}

}  // namespace weir
