// SPDX-License-Identifier: BSL-1.0
// Records as bytes and back: what snapshots keep, and streams with a byte format carry. Fields in their order, without
// names: for bytes that the same program reads again. Integers as zigzag varints, text counted, ranges counted,
// optionals with a mark, times and durations as their count, nested structs in place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/byte_io.hpp"
#include "../support/pack.hpp"
#include "fields.hpp"

namespace weir {
namespace detail {

template <class T>
concept codec_time = requires(const T& t) { t.time_since_epoch().count(); };
template <class T>
concept codec_duration = requires(const T& t) { t.count(); } && !codec_time<T>;
template <class T>
concept codec_tuple = requires { std::tuple_size<T>::value; };
/// A std::array of any size, which as a tuple would be too long for clang.
template <class T>
concept codec_array = std::is_bounded_array_v<T> || (codec_tuple<T> && requires(T& t) { t[0]; });
template <class T>
concept codec_optional = requires(const T& t) {
    t.has_value();
    *t;
};
template <class T>
concept codec_growing = requires(T& t) {
    t.emplace_back();
    t.size();
};

[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t n) noexcept {
    return (static_cast<std::uint64_t>(n) << 1U) ^ static_cast<std::uint64_t>(n >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t n) noexcept {
    return static_cast<std::int64_t>(n >> 1U) ^ -static_cast<std::int64_t>(n & 1U);
}

}  // namespace detail

template <class T>
void encode(byte_writer& out, const T& value) {
    if constexpr (std::is_floating_point_v<T>) {
        out.fixed(value);
    } else if constexpr (std::is_enum_v<T>) {
        encode(out, static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_unsigned_v<T>) {
        out.varint(value);
    } else if constexpr (std::is_integral_v<T>) {
        out.varint(detail::zigzag(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
        out.text(value);
    } else if constexpr (detail::codec_time<T>) {
        encode(out, value.time_since_epoch().count());
    } else if constexpr (detail::codec_duration<T>) {
        encode(out, value.count());
    } else if constexpr (detail::codec_optional<T>) {
        out.varint(value.has_value() ? 1 : 0);
        if (value.has_value()) encode(out, *value);
    } else if constexpr (detail::codec_growing<T>) {
        out.varint(value.size());
        for (const auto& each : value) encode(out, each);
    } else if constexpr (detail::codec_array<T>) {
        for (const auto& each : value) encode(out, each);
    } else if constexpr (detail::codec_tuple<T>) {
        std::apply([&](const auto&... each) { (encode(out, each), ...); }, value);
    } else if constexpr (detail::is_pack<T>) {
        detail::all_elements(value, [&](const auto& each) { return encode(out, each), true; });
    } else {
        for_each_field(value, [&](std::string_view, const auto& field) { encode(out, field); });
    }
}

/// False where the bytes are not those of a `T`; the value is then unspecified.
template <class T>
bool decode(byte_reader& in, T& value) {
    if constexpr (std::is_floating_point_v<T>) {
        value = in.fixed<T>();
    } else if constexpr (std::is_enum_v<T>) {
        std::underlying_type_t<T> number{};
        if (!decode(in, number)) return false;
        value = static_cast<T>(number);
    } else if constexpr (std::is_unsigned_v<T>) {
        const std::uint64_t n = in.varint();
        value = static_cast<T>(n);
        if (static_cast<std::uint64_t>(value) != n) in.fail();
    } else if constexpr (std::is_integral_v<T>) {
        const std::int64_t n = detail::unzigzag(in.varint());
        value = static_cast<T>(n);
        if (static_cast<std::int64_t>(value) != n) in.fail();
    } else if constexpr (std::is_same_v<T, std::string>) {
        value.assign(in.text());
    } else if constexpr (detail::codec_time<T>) {
        typename T::rep count{};
        if (!decode(in, count)) return false;
        value = T(typename T::duration(count));
    } else if constexpr (detail::codec_duration<T>) {
        typename T::rep count{};
        if (!decode(in, count)) return false;
        value = T(count);
    } else if constexpr (detail::codec_optional<T>) {
        const std::uint64_t there = in.varint();
        if (there > 1) in.fail();
        value.reset();
        if (there == 1) return decode(in, value.emplace());
    } else if constexpr (detail::codec_growing<T>) {
        std::uint64_t n = in.varint();
        value.clear();
        if (n > in.left()) in.fail();  // an element takes a byte at least: no count makes us allocate more
        for (; n > 0 && in.ok(); --n) {
            if (!decode(in, value.emplace_back())) return false;
        }
    } else if constexpr (detail::codec_array<T>) {
        for (auto& each : value) {
            if (!decode(in, each)) return false;
        }
    } else if constexpr (detail::codec_tuple<T>) {
        return std::apply([&](auto&... each) { return (decode(in, each) && ...); }, value);
    } else if constexpr (detail::is_pack<T>) {
        return detail::all_elements(value, [&](auto& each) { return decode(in, each); });
    } else {
        bool good = true;
        for_each_field(value, [&](std::string_view, auto& field) { good = good && decode(in, field); });
        return good;
    }
    return in.ok();
}

}  // namespace weir
