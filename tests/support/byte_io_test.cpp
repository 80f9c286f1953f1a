// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/byte_io.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using weir::byte_reader;
using weir::byte_writer;

namespace {

std::string varint_bytes(std::uint64_t n) {
    byte_writer out;
    out.varint(n);
    return out.bytes();
}

}  // namespace

TEST_CASE("byte_io: numbers are little-endian, bit for bit", "[support]") {
    byte_writer out;
    out.fixed(std::uint32_t{0x0102'0304});
    out.fixed(std::int16_t{-2});
    out.fixed(std::uint8_t{0xFF});
    out.fixed(-0.0);
    CHECK(out.bytes() == std::string("\x04\x03\x02\x01\xFE\xFF\xFF\0\0\0\0\0\0\0\x80", 15));
    CHECK(out.size() == 15);
    byte_reader in(out.bytes());
    CHECK(in.fixed<std::uint32_t>() == 0x0102'0304);
    CHECK(in.fixed<std::int16_t>() == -2);
    CHECK(in.fixed<std::uint8_t>() == 0xFF);
    CHECK(std::signbit(in.fixed<double>()));
    CHECK(in.ok());
    CHECK(in.left() == 0);
}

TEST_CASE("byte_io: varints take seven bits a byte and come back", "[support]") {
    CHECK(varint_bytes(0) == std::string(1, '\0'));
    CHECK(varint_bytes(127) == "\x7F");
    CHECK(varint_bytes(128) == "\x80\x01");
    CHECK(varint_bytes(300) == "\xAC\x02");
    CHECK(varint_bytes(~std::uint64_t{0}).size() == 10);
    for (unsigned bit = 0; bit < 64; ++bit) {
        for (const std::uint64_t n :
             {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1, ~std::uint64_t{0} >> bit}) {
            const std::string bytes = varint_bytes(n);
            byte_reader in(bytes);
            CHECK(in.varint() == n);
            CHECK((in.ok() && in.left() == 0));
        }
    }
}

TEST_CASE("byte_io: text is counted and may hold anything", "[support]") {
    const std::string text("a\0b", 3);
    byte_writer out;
    out.text(text);
    out.text("");
    out.raw("xyz");
    byte_reader in(out.bytes());
    CHECK(in.text() == text);
    CHECK(in.text().empty());
    CHECK(in.take(3) == "xyz");
    CHECK(in.ok());
    CHECK(std::move(out).bytes().size() == 8);
}

TEST_CASE("byte_io: what is cut off or overlong fails, stays failed, and gives zeros", "[support]") {
    const auto fails = [](const std::string& bytes, auto read) {
        byte_reader in(bytes);
        const auto got = read(in);
        CHECK_FALSE(in.ok());
        CHECK(in.left() == 0);
        CHECK(in.template fixed<std::uint8_t>() == 0);
        return got;
    };
    const auto varint = [](byte_reader& in) { return in.varint(); };
    const auto text = [](byte_reader& in) { return in.text(); };
    CHECK(fails("", varint) == 0);
    CHECK(fails("\x80\x80", varint) == 0);
    CHECK(fails(std::string(10, '\x80') + '\x01', varint) == 0);  // eleven bytes
    CHECK(fails(std::string(9, '\xFF') + '\x02', varint) == 0);   // 65 bits
    CHECK(fails("\x05"
                "abcd",
                text)
              .empty());                                                  // one byte short
    CHECK(fails(std::string(9, '\xFF') + '\x01' + "abc", text).empty());  // a length of 2^64 - 1
    CHECK(fails("abc", [](byte_reader& in) { return in.fixed<std::uint32_t>(); }) == 0);
    CHECK(fails("abc", [](byte_reader& in) { return in.take(4); }).empty());
}

TEST_CASE("byte_io: every prefix of what was written fails, and the whole does not", "[support]") {
    std::mt19937_64 random(8);
    byte_writer out;
    out.fixed(random());
    out.varint(random());
    out.text("some text");
    out.fixed(1.5F);
    for (std::size_t size = 0; size <= out.size(); ++size) {
        byte_reader in(std::string_view(out.bytes()).substr(0, size));
        static_cast<void>(in.fixed<std::uint64_t>());
        static_cast<void>(in.varint());
        static_cast<void>(in.text());
        static_cast<void>(in.fixed<float>());
        CHECK(in.ok() == (size == out.size()));
    }
}
