// SPDX-License-Identifier: BSL-1.0
// The bytes of a log segment: goldens of format 1.0 (T18, R19), and hostile fields (R43, R45).
#include "support/catch.hpp"

#include <weir/buffers/detail/log_trim.hpp>
#include <weir/buffers/log_format.hpp>

#include <array>
#include <cstdint>
#include <string>

using namespace weir::log_format;

namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(c) >> 4U];
        text += digits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}
segment_header example_header() {
    segment_header h;
    h.stream = {'s', 't', 'r', 'e', 'a', 'm'};
    h.shard = 3;
    h.base_sequence = 0x0102'0304'0506'0708;
    h.created_us = 1'700'000'000'000'000;
    h.salt = 0x1122'3344'5566'7788;
    h.previous_end = 8'192;
    h.previous_chain = 0xAABB'CCDD;
    h.epoch = 5;
    h.capacity = 65'536;
    return h;
}
/// A data block of one record, "k" and "payload".
std::string example_block() {
    std::string bytes(static_cast<std::size_t>(block_size(record_size(1, 7), 8)), '\0');
    write_record(bytes.data() + block_header_size, 7, 1, 9, 11);
    std::string_view("kpayload").copy(bytes.data() + block_header_size + record_header_size, 8);
    block_header h;
    h.length = static_cast<std::uint32_t>(record_size(1, 7));
    h.count = 1;
    h.base_sequence = 42;
    h.arrival_ns = 1'700'000'000'000'000'000;
    h.durable = 4'096;
    h.chain = 0x0BAD'CAFE;
    h.epoch = 5;
    static_cast<void>(finish_block(h, example_header().salt, bytes.data()));
    return bytes;
}

constexpr bool arithmetic_holds() {
    return block_size(0, 4'096) == 4'096 && block_size(4'032, 4'096) == 4'096 && block_size(4'033, 4'096) == 8'192
           && block_size(1, 8) == 72 && record_size(0, 0) == 16 && record_size(8, 100) == 128 && round_up(8, 8) == 8
           && good_alignment(512) && !good_alignment(0) && !good_alignment(1'024);
}
constexpr bool fields_round_trip() {
    char bytes[32] = {};
    put(bytes, std::uint64_t{0x0102'0304'0506'0708});
    put(bytes + 8, std::int64_t{-2});
    put(bytes + 16, std::uint16_t{0xFFFE});
    write_record(bytes + 16, 3, 5, 7, 9);
    const auto r = read_record({bytes + 16, 16});
    return bytes[0] == 8 && get<std::uint64_t>(bytes) == 0x0102'0304'0506'0708 && get<std::int64_t>(bytes + 8) == -2
           && !r.has_value();
}
static_assert(arithmetic_holds() && fields_round_trip());

}  // namespace

TEST_CASE("format 1.0 of a log segment, byte for byte (T18, R19)") {
    CHECK(arithmetic_holds());
    CHECK(fields_round_trip());
    std::string page(header_page, 'x');
    const std::uint32_t crc = write_page(example_header(), page.data());
    CHECK(hex(page.substr(0, 96))
          == "7765697253484c4701000000000000000000000000000000"
             "73747265616d0000000000000000000003000000001000000807060504030201"
             "00401e18240a0600887766554433221100200000000000"
             "00ddccbbaa050000000000010000000000");
    CHECK(hex(page.substr(508, 4)) == "67fb52ce");
    CHECK(page.substr(0, header_copy) == page.substr(second_copy, header_copy));
    const auto read = read_page(page);
    REQUIRE(read);
    CHECK(read->header == example_header());
    CHECK(read->crc == crc);
    page[70] ^= 1;
    REQUIRE(read_page(page));  // the second copy
    page[second_copy + 70] ^= 1;
    CHECK(!read_page(page));

    const std::string block = example_block();
    CHECK(hex(block)
          == "9776ea9b42e3edea18000000010000002a0000000000000000002a36fe9c9717"
             "0010000000000000fecaad0b0100000005000000000000000000000000000000"
             "0700000001000000090000000b0000006b7061796c6f6164");
    const auto h = read_block(block, example_header().salt);
    REQUIRE(h);
    CHECK(body_is_whole(*h, std::string_view(block).substr(block_header_size)));
    CHECK((h->base_sequence == 42 && h->count == 1 && h->durable == 4'096 && h->chain == 0x0BAD'CAFE && h->epoch == 5));
    CHECK(!read_block(block, example_header().salt + 1));       // another segment's
    for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {  // R12
        std::string changed = block;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        const auto other = read_block(changed, example_header().salt);
        CHECK(!(other && body_is_whole(*other, std::string_view(changed).substr(block_header_size))));
    }

    const std::string mark = weir::detail::log_trim::encode({7, 12'345});
    CHECK(hex(mark.substr(0, 28)) == "776569725452494d07000000000000003930000000000000c1e96f00");
    CHECK(weir::detail::log_trim::decode(mark)->first == 12'345);
    CHECK(!weir::detail::log_trim::decode(mark.substr(0, 27)));
}

TEST_CASE("names of segments are numbers of 20 digits, and nothing else") {
    for (const std::uint64_t base : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
        CHECK(segment_base(segment_name(base)) == base);
    for (const char* bad : {"", ".log", "18446744073709551616.log", "0000000000000000000x.log",
                            "00000000000000000000.lo", "000000000000000000000.log", "../0000000000000000.log"})
        CHECK(!segment_base(bad));
}

TEST_CASE("every length and count set to what hurts is refused, never wraps (R43, R45)") {
    const std::uint64_t hostile[] = {
        0, 1, 0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFF, 0x7FFF'FFFF'FFFF'FFFF, ~std::uint64_t{0}};
    const std::uint64_t salt = example_header().salt;
    for (const std::uint64_t value : hostile) {
        for (const auto& [at, size] :
             {std::pair{8, 4}, std::pair{12, 4}, std::pair{16, 8}, std::pair{32, 8}, std::pair{52, 4}}) {
            std::string bytes = example_block();
            for (int i = 0; i < size; ++i)
                bytes[static_cast<std::size_t>(at + i)] = static_cast<char>(value >> (8 * i));
            put(bytes.data(), weir::crc32c(std::string_view(bytes).substr(4, block_header_size - 4), salt_seed(salt)));
            const auto h = read_block(bytes, salt);
            if (!h) continue;
            CHECK(h->length <= block_limit);
            CHECK(h->count <= h->length / record_header_size);
            CHECK(h->base_sequence + h->count >= h->base_sequence);
        }
        char record[24] = {};
        for (const int at : {0, 4}) {
            put(record + at, static_cast<std::uint32_t>(value));
            const auto r = read_record({record, sizeof(record)});
            if (r) CHECK(record_size(r->key_length, r->length) <= sizeof(record));
        }
        std::string seal(seal_header_size + seal_entry_size, '\0');
        put(seal.data() + 24, value);
        CHECK(read_seal(seal).has_value() == (value == 1));
    }
    CHECK(!read_seal(std::string(31, '\0')));
    CHECK(!read_record(std::string(15, '\0')));
}
