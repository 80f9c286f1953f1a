// SPDX-License-Identifier: BSL-1.0
// Bytes in, bytes out: little-endian integers, LEB128 varints, counted strings, floating point bit for bit. The reader
// takes nothing on trust: past the end, or an overlong varint, it fails, stays failed, and gives zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace weir {

class byte_writer {
  public:
    /// Eight, four, two or one bytes, least significant first.
    template <class T>
        requires std::is_integral_v<T> || std::is_floating_point_v<T>
    void fixed(T value) {
        char raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        bytes_.append(raw, sizeof(T));
    }
    /// Seven bits a byte: small numbers are short.
    void varint(std::uint64_t value) {
        while (value >= 0x80) {
            bytes_.push_back(static_cast<char>(value | 0x80U));
            value >>= 7U;
        }
        bytes_.push_back(static_cast<char>(value));
    }
    void text(std::string_view s) {
        varint(s.size());
        bytes_.append(s);
    }
    void raw(std::string_view s) { bytes_.append(s); }

    /// Begins anew; what it has allocated stays.
    void clear() noexcept { bytes_.clear(); }

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] const std::string& bytes() const& noexcept { return bytes_; }
    [[nodiscard]] std::string bytes() && noexcept { return static_cast<std::string&&>(bytes_); }

  private:
    static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weir: written for little-endian machines");
    std::string bytes_;
};

/// Refers to the bytes, which must outlive it.
class byte_reader {
  public:
    explicit byte_reader(std::string_view text) noexcept : left_(text) {}

    template <class T>
        requires std::is_integral_v<T> || std::is_floating_point_v<T>
    [[nodiscard]] T fixed() noexcept {
        T value{};
        const std::string_view raw = take(sizeof(T));
        if (raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
        return value;
    }
    [[nodiscard]] std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const std::string_view one = take(1);
            if (one.empty()) return 0;
            const auto byte = static_cast<unsigned char>(one.front());
            if (shift == 63 && byte > 1) break;
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80) return value;
        }
        fail();
        return 0;
    }
    [[nodiscard]] std::string_view text() noexcept {
        const std::uint64_t size = varint();
        return size > left_.size() ? (fail(), std::string_view{}) : take(static_cast<std::size_t>(size));
    }
    [[nodiscard]] std::string_view take(std::size_t size) noexcept {
        if (size > left_.size()) {
            fail();
            return {};
        }
        const std::string_view out = left_.substr(0, size);
        left_.remove_prefix(size);
        return out;
    }
    void fail() noexcept {
        ok_ = false;
        left_ = {};
    }
    /// Everything asked for was there.
    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t left() const noexcept { return left_.size(); }

  private:
    std::string_view left_;
    bool ok_ = true;
};

}  // namespace weir
