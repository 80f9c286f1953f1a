// SPDX-License-Identifier: BSL-1.0
// The ring that a stream's shards divide: 128-bit hash keys, 0 to 2^128 - 1, and ranges of them, inclusive at both ends
// as Kinesis writes them. A record's place is the MD5 of its partition key, or an explicit hash key (K01, K04). Values;
// text is decimal without leading zeros.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../support/hash.hpp"
#include "../support/result.hpp"

namespace weir {

struct hash_key {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    [[nodiscard]] static constexpr hash_key min() noexcept { return {}; }
    [[nodiscard]] static constexpr hash_key max() noexcept { return {~std::uint64_t{0}, ~std::uint64_t{0}}; }
    /// Sixteen bytes, most significant first.
    [[nodiscard]] static constexpr hash_key from_bytes(const std::uint8_t* bytes) noexcept {
        const auto word = [bytes](std::size_t at) {
            // Written out: g++ 12 sees one load in this, and eight in a loop.
            const auto byte = [&](std::size_t i) { return std::uint64_t{bytes[at + i]} << (56 - 8 * i); };
            return byte(0) | byte(1) | byte(2) | byte(3) | byte(4) | byte(5) | byte(6) | byte(7);
        };
        return {word(0), word(8)};
    }
    /// `0` or `[1-9][0-9]{0,38}`, below 2^128; else `errc::invalid_argument` (K04).
    [[nodiscard]] static result<hash_key> parse(std::string_view text);

    friend constexpr bool operator==(hash_key, hash_key) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(hash_key, hash_key) noexcept = default;

    /// The neighbours on the ring; not of `max()` and `min()`.
    [[nodiscard]] constexpr hash_key next() const noexcept { return {high + (low == ~std::uint64_t{0}), low + 1}; }
    [[nodiscard]] constexpr hash_key previous() const noexcept { return {high - (low == 0), low - 1}; }
};

struct hash_range {
    hash_key first = hash_key::min();
    hash_key last = hash_key::max();

    [[nodiscard]] constexpr bool contains(hash_key key) const noexcept { return first <= key && key <= last; }
    [[nodiscard]] constexpr bool contains(const hash_range& other) const noexcept {
        return first <= other.first && other.last <= last;
    }
    [[nodiscard]] constexpr bool overlaps(const hash_range& other) const noexcept {
        return first <= other.last && other.first <= last;
    }
    /// The two together have no hole and no overlap.
    [[nodiscard]] constexpr bool adjacent_to(const hash_range& other) const noexcept {
        return (last != hash_key::max() && last.next() == other.first)
               || (other.last != hash_key::max() && other.last.next() == first);
    }
    friend constexpr bool operator==(const hash_range&, const hash_range&) noexcept = default;
};

namespace detail {

[[nodiscard]] constexpr uint128 ring_place(hash_key key) noexcept {
    return static_cast<uint128>(key.high) << 64U | key.low;
}
[[nodiscard]] constexpr hash_key key_at(uint128 key) noexcept {
    return {static_cast<std::uint64_t>(key >> 64U), static_cast<std::uint64_t>(key)};
}

/// The decimal digits of up to four 64-bit words, most significant first; at least one digit.
template <std::size_t N>
[[nodiscard]] constexpr std::string decimal(const std::uint64_t (&words)[N]) {
    std::uint64_t left[N];
    for (std::size_t i = 0; i < N; ++i) left[i] = words[i];
    std::string digits;
    for (bool some = true; some;) {
        some = false;
        std::uint64_t rest = 0;
        for (std::uint64_t& word : left) {
            const uint128 part = static_cast<uint128>(rest) << 64U | word;
            word = static_cast<std::uint64_t>(part / 10);
            rest = static_cast<std::uint64_t>(part % 10);
            some = some || word != 0;
        }
        digits.insert(digits.begin(), static_cast<char>('0' + rest));
    }
    return digits;
}

/// `text` into the words; false: not `0|[1-9][0-9]*`, or it does not fit.
template <std::size_t N>
[[nodiscard]] constexpr bool parse_decimal(std::string_view text, std::uint64_t (&words)[N]) noexcept {
    for (std::uint64_t& word : words) word = 0;
    if (text.empty() || (text.front() == '0' && text.size() > 1)) return false;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        auto carry = static_cast<std::uint64_t>(c - '0');
        for (std::size_t i = N; i-- > 0;) {
            const uint128 part = static_cast<uint128>(words[i]) * 10 + carry;
            words[i] = static_cast<std::uint64_t>(part);
            carry = static_cast<std::uint64_t>(part >> 64U);
        }
        if (carry != 0) return false;
    }
    return true;
}

}  // namespace detail

inline result<hash_key> hash_key::parse(std::string_view text) {
    std::uint64_t words[2];
    if (!detail::parse_decimal(text, words)) {
        return error{errc::invalid_argument,
                     "an explicit hash key is a decimal number from 0 to 2^128 - 1 without leading zeros",
                     std::string(text.substr(0, 64))};
    }
    return hash_key{words[0], words[1]};
}

[[nodiscard]] constexpr std::string to_string(hash_key key) { return detail::decimal({key.high, key.low}); }
[[nodiscard]] constexpr std::string to_string(const hash_range& range) {
    return to_string(range.first) + ".." + to_string(range.last);
}

/// `n` > 0 ranges over the whole ring as Kinesis cuts them: floor(2^128 / n) keys each, the last takes the rest (K02).
[[nodiscard]] constexpr std::vector<hash_range> equal_ranges(std::uint32_t n) {
    // floor(2^128 / n) by way of 2^128 - 1, which is representable; n = 1 has one range and no step.
    const detail::uint128 all = ~detail::uint128{0};
    const detail::uint128 step = n == 1 ? all : all / n + (all % n == n - 1);
    std::vector<hash_range> ranges;
    ranges.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i) {
        const detail::uint128 last = i + 1 == n ? all : step * (i + 1) - 1;
        ranges.push_back({detail::key_at(step * i), detail::key_at(last)});
    }
    return ranges;
}

}  // namespace weir
