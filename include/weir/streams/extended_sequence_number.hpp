// SPDX-License-Identifier: BSL-1.0
// Where a consumer stands in a shard: a sequence number and the place within an aggregated record, or a position that
// is no number. Ordered as Kinesis's consumers order them: AT_TIMESTAMP < TRIM_HORIZON < LATEST < any number, by the
// integer and then by the place < SHARD_END (C04). Printed: the name of the position, or the number's decimal, with
// `:place` behind it where the place is not 0. A value; the default is TRIM_HORIZON.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "../support/result.hpp"
#include "sequence_number.hpp"

namespace weir {

class extended_sequence_number {
  public:
    enum class position : unsigned char { timestamp, horizon, tip, number, shard_end };

    constexpr extended_sequence_number() noexcept = default;
    /// One that is not `position::number`.
    constexpr explicit extended_sequence_number(position p) noexcept : kind_(p) {}
    /// `sub`: not negative; the one who takes a checkpoint checks it (C06).
    constexpr explicit extended_sequence_number(const sequence_number& n, std::int64_t sub = 0) noexcept
        : kind_(position::number), number_(n), sub_(sub) {}

    [[nodiscard]] static constexpr extended_sequence_number at_timestamp() noexcept {
        return extended_sequence_number(position::timestamp);
    }
    [[nodiscard]] static constexpr extended_sequence_number trim_horizon() noexcept { return {}; }
    [[nodiscard]] static constexpr extended_sequence_number latest() noexcept {
        return extended_sequence_number(position::tip);
    }
    [[nodiscard]] static constexpr extended_sequence_number shard_end() noexcept {
        return extended_sequence_number(position::shard_end);
    }
    /// What `to_string` prints; else `errc::invalid_argument`.
    [[nodiscard]] static result<extended_sequence_number> parse(std::string_view text);

    [[nodiscard]] constexpr position kind() const noexcept { return kind_; }
    [[nodiscard]] constexpr bool is_number() const noexcept { return kind_ == position::number; }
    /// 0 where it is no number.
    [[nodiscard]] constexpr const sequence_number& number() const noexcept { return number_; }
    [[nodiscard]] constexpr std::int64_t sub() const noexcept { return sub_; }

    friend constexpr bool operator==(const extended_sequence_number&,
                                     const extended_sequence_number&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const extended_sequence_number&,
                                                      const extended_sequence_number&) noexcept = default;

  private:
    position kind_ = position::horizon;
    sequence_number number_;
    std::int64_t sub_ = 0;
};

[[nodiscard]] constexpr std::string to_string(const extended_sequence_number& n) {
    switch (n.kind()) {
    case extended_sequence_number::position::timestamp:
        return "AT_TIMESTAMP";
    case extended_sequence_number::position::horizon:
        return "TRIM_HORIZON";
    case extended_sequence_number::position::tip:
        return "LATEST";
    case extended_sequence_number::position::shard_end:
        return "SHARD_END";
    case extended_sequence_number::position::number:
        break;
    }
    std::string text = to_string(n.number());
    if (n.sub() != 0) {
        const auto size = n.sub() < 0 ? 0 - static_cast<std::uint64_t>(n.sub()) : static_cast<std::uint64_t>(n.sub());
        text += (n.sub() < 0 ? ":-" : ":") + detail::decimal({size});
    }
    return text;
}

inline result<extended_sequence_number> extended_sequence_number::parse(std::string_view text) {
    if (text == "AT_TIMESTAMP") return at_timestamp();
    if (text == "TRIM_HORIZON") return trim_horizon();
    if (text == "LATEST") return latest();
    if (text == "SHARD_END") return shard_end();
    const std::size_t colon = text.find(':');
    const result<sequence_number> number = sequence_number::parse(text.substr(0, colon));
    if (!number) return number.error();
    std::uint64_t sub[1] = {0};
    if (colon != std::string_view::npos
        && (!detail::parse_decimal(text.substr(colon + 1), sub) || sub[0] == 0
            || sub[0] > static_cast<std::uint64_t>(INT64_MAX))) {
        return error{errc::invalid_argument, "behind the colon of a checkpoint stands a place of 1 to 2^63 - 1",
                     std::string(text.substr(0, 160))};
    }
    return extended_sequence_number(*number, static_cast<std::int64_t>(sub[0]));
}

}  // namespace weir
