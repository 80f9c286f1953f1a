// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/crc32c.hpp>

#include <random>
#include <string>

static_assert(weir::crc32c("123456789") == 0xE306'9283U);
static_assert(weir::crc32c("") == 0);
static_assert(weir::crc32c("6789", weir::crc32c("12345")) == 0xE306'9283U);
static_assert(weir::crc32c(std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32))
              == 0x8A91'36AAU);  // RFC 3720, B.4

TEST_CASE("CRC-32C: known sums, the instruction and the tables agree, seeds continue") {
    CHECK(weir::crc32c("123456789") == 0xE306'9283U);
    CHECK(weir::crc32c(std::string(32, '\xFF')) == 0x62A8'AB43U);
    std::mt19937_64 random(1);
    std::string bytes;
    for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>(random());
    for (std::size_t n = 0; n < bytes.size(); n += n < 300 ? 1 : 1 + random() % 500) {
        const std::size_t from = random() % (bytes.size() - n);
        const std::string_view part = std::string_view(bytes).substr(from, n);
        const std::uint32_t sum = weir::crc32c(part);
        CHECK(sum == ~weir::detail::crc_by_table(~0U, part));
        const std::size_t cut = n == 0 ? 0 : random() % n;
        CHECK(weir::crc32c(part.substr(cut), weir::crc32c(part.substr(0, cut))) == sum);
    }
}
