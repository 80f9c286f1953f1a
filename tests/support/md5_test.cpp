// SPDX-License-Identifier: BSL-1.0
// MD5 against RFC 1321's vectors, and at every length round a block's end.
#include <weir/support/md5.hpp>

#include <string>

#include "catch.hpp"

namespace {

constexpr auto empty = weir::md5("");
static_assert(empty[0] == 0xd4 && empty[15] == 0x7e);

std::string hex(const weir::md5_digest& sum) {
    std::string out;
    for (const auto b : sum) {
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 15U];
    }
    return out;
}

}  // namespace

TEST_CASE("md5: the vectors of RFC 1321", "[support]") {
    CHECK(hex(weir::md5("")) == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(hex(weir::md5("a")) == "0cc175b9c0f1b6a831c399e269772661");
    CHECK(hex(weir::md5("abc")) == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(hex(weir::md5("message digest")) == "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK(hex(weir::md5("abcdefghijklmnopqrstuvwxyz")) == "c3fcd3d76192e4007dfb496cca67e13b");
    CHECK(hex(weir::md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
          == "d174ab98d277d9f5a5611c2c9f419d9f");
    CHECK(hex(weir::md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"))
          == "57edf4a22be3c955ac49da2e2107b67a");
}

TEST_CASE("md5: all lengths from 0 to 200, summed", "[support]") {
    // The MD5 of all digests in a row, as another implementation gives it.
    std::string all;
    for (int n = 0; n <= 200; ++n) {
        std::string text;
        for (int i = 0; i < n; ++i) text += static_cast<char>(i * 7 + n);
        const auto sum = weir::md5(text);
        all.append(reinterpret_cast<const char*>(sum.data()), sum.size());
    }
    CHECK(hex(weir::md5(all)) == "a442e71c2813be22a1e4ba7304617cca");
}
