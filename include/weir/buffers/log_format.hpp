// SPDX-License-Identifier: BSL-1.0
// The bytes of a log segment on disk: pure functions, all fields little-endian, nothing trusted before its checksum.
//
//     0      header page, 4 KiB: the same 512 bytes at 0 and at 2,048
//     4,096  blocks, one after another, each from a multiple of `alignment` on; what follows the last is not read
//
//     header  "weirSHLG" major:2 minor:2 incompat:4 ro_compat:4 compat:4 stream:16 shard:4 alignment:4 base_sequence:8
//             created_us:8 salt:8 previous_end:8 previous_chain:4 epoch:4 capacity:8 zeros crc:4 (of the 508 before)
//     block   head_crc:4 body_crc:4 length:4 count:4 base_sequence:8 arrival_ns:8 durable:8 chain:4 kind:1 flags:1
//             codec:2 epoch:4 raw_length:4 pad:8, then `length` bytes of body, zeros up to the alignment
//     record  length:4 key_length:4 flags:4 delta_us:4 key payload, zeros up to 8
//     seal    body: count:8 first_us:8 last_us:8 entries:8, then of each entry sequence:8 arrival_us:8 offset:8
//
// `head_crc` is CRC32C of the 60 bytes behind it, seeded with the salt; `chain` is the `head_crc` of the block before
// (of the first: the header's crc), and seeds `body_crc`: a block stands only where it was written, behind what it was
// written behind. `durable`: so many bytes of the file were synced when it was written. `epoch`: how often the log had
// been opened for writing. `previous_*`: where the segment before ends, and its last block's `head_crc`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "../support/crc32c.hpp"

namespace weir {

namespace log_format {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(std::size_t) == 8,
              "weir: a log on disk is written for 64-bit little-endian machines");

inline constexpr std::uint16_t major_version = 1;
inline constexpr std::uint16_t minor_version = 0;
inline constexpr std::uint32_t known_incompat = 0;
inline constexpr std::uint32_t known_ro_compat = 0;
/// Of `compat`: records before this segment are lost, and it was opened in spite of that.
inline constexpr std::uint32_t compat_gap_before = 1;
inline constexpr std::size_t header_page = 4'096;
inline constexpr std::size_t header_copy = 512;
inline constexpr std::size_t second_copy = 2'048;
inline constexpr std::size_t block_header_size = 64;
inline constexpr std::size_t record_header_size = 16;
inline constexpr std::size_t seal_header_size = 32;
inline constexpr std::size_t seal_entry_size = 24;
/// What one block holds, header and padding and all; one record that is larger has a block of its own.
inline constexpr std::size_t block_target = std::size_t{1} << 20U;
/// No block's body is longer: a length beyond it is damage.
inline constexpr std::size_t block_limit = std::size_t{16} << 20U;
inline constexpr std::uint64_t index_step = 65'536;

enum class block_kind : std::uint8_t { data = 1, seal = 2, note = 3 };

struct segment_header {
    std::uint16_t major = major_version;
    std::uint16_t minor = minor_version;
    std::uint32_t incompat = 0;
    std::uint32_t ro_compat = 0;
    std::uint32_t compat = 0;
    std::array<char, 16> stream = {};
    std::uint32_t shard = 0;
    std::uint32_t alignment = 4'096;
    std::uint64_t base_sequence = 0;
    std::int64_t created_us = 0;
    std::uint64_t salt = 0;
    std::uint64_t previous_end = 0;
    std::uint32_t previous_chain = 0;
    std::uint32_t epoch = 0;
    std::uint64_t capacity = 0;
    friend bool operator==(const segment_header&, const segment_header&) = default;
};

struct block_header {
    std::uint32_t head_crc = 0;
    std::uint32_t body_crc = 0;
    std::uint32_t length = 0;
    std::uint32_t count = 0;
    std::uint64_t base_sequence = 0;
    std::int64_t arrival_ns = 0;
    std::uint64_t durable = 0;
    std::uint32_t chain = 0;
    block_kind kind = block_kind::data;
    std::uint8_t flags = 0;
    std::uint16_t codec = 0;
    std::uint32_t epoch = 0;
    std::uint32_t raw_length = 0;
    std::uint64_t pad = 0;
    friend bool operator==(const block_header&, const block_header&) = default;
};

struct record_header {
    std::uint32_t length = 0;
    std::uint32_t key_length = 0;
    std::uint32_t flags = 0;
    std::uint32_t delta_us = 0;  // behind the block's arrival
};

template <class T>
constexpr void put(char* to, T value) noexcept {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8U) to[i] = static_cast<char>(bits & 0xFFU);
}
template <class T>
[[nodiscard]] constexpr T get(const char* from) noexcept {
    std::uint64_t bits = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) bits = bits << 8U | static_cast<unsigned char>(from[i]);
    return static_cast<T>(bits);
}

[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t to) noexcept {
    return (n + (to - 1)) / to * to;
}
[[nodiscard]] constexpr std::uint32_t salt_seed(std::uint64_t salt) noexcept {
    return static_cast<std::uint32_t>(salt ^ (salt >> 32U));
}
[[nodiscard]] constexpr bool good_alignment(std::uint32_t alignment) noexcept {
    return alignment == 8 || alignment == 512 || alignment == 4'096;
}
/// A block's bytes in the file.
[[nodiscard]] constexpr std::uint64_t block_size(std::uint64_t body, std::uint32_t alignment) noexcept {
    return round_up(block_header_size + body, alignment);
}
[[nodiscard]] constexpr std::uint64_t record_size(std::uint64_t key, std::uint64_t payload) noexcept {
    return round_up(record_header_size + key + payload, 8);
}

/// Everything but the checksum.
constexpr void write_fields(const segment_header& h, char* to) noexcept {
    constexpr char magic[] = {'w', 'e', 'i', 'r', 'S', 'H', 'L', 'G'};
    for (std::size_t i = 0; i < header_copy; ++i) to[i] = i < sizeof(magic) ? magic[i] : '\0';
    put(to + 8, h.major);
    put(to + 10, h.minor);
    put(to + 12, h.incompat);
    put(to + 16, h.ro_compat);
    put(to + 20, h.compat);
    for (std::size_t i = 0; i < h.stream.size(); ++i) to[24 + i] = h.stream[i];
    put(to + 40, h.shard);
    put(to + 44, h.alignment);
    put(to + 48, h.base_sequence);
    put(to + 56, h.created_us);
    put(to + 64, h.salt);
    put(to + 72, h.previous_end);
    put(to + 80, h.previous_chain);
    put(to + 84, h.epoch);
    put(to + 88, h.capacity);
}
/// The crc that the page ends both copies with: the chain's beginning.
[[nodiscard]] inline std::uint32_t write_page(const segment_header& h, char* page) noexcept {
    std::memset(page, 0, header_page);
    write_fields(h, page);
    const std::uint32_t crc = crc32c(std::string_view(page, header_copy - 4));
    put(page + header_copy - 4, crc);
    std::memcpy(page + second_copy, page, header_copy);
    return crc;
}
struct read_header {
    segment_header header;
    std::uint32_t crc = 0;
};
/// From whichever copy is whole; none: neither is. Versions and features are the caller's to judge.
[[nodiscard]] inline std::optional<read_header> read_page(std::string_view page) noexcept {
    for (const std::size_t at : {std::size_t{0}, second_copy}) {
        if (page.size() < at + header_copy) return std::nullopt;
        const char* const p = page.data() + at;
        if (std::string_view(p, 8) != "weirSHLG") continue;
        const auto crc = get<std::uint32_t>(p + header_copy - 4);
        if (crc != crc32c(std::string_view(p, header_copy - 4))) continue;
        read_header r;
        r.crc = crc;
        segment_header& h = r.header;
        h.major = get<std::uint16_t>(p + 8);
        h.minor = get<std::uint16_t>(p + 10);
        h.incompat = get<std::uint32_t>(p + 12);
        h.ro_compat = get<std::uint32_t>(p + 16);
        h.compat = get<std::uint32_t>(p + 20);
        for (std::size_t i = 0; i < h.stream.size(); ++i) h.stream[i] = p[24 + i];
        h.shard = get<std::uint32_t>(p + 40);
        h.alignment = get<std::uint32_t>(p + 44);
        h.base_sequence = get<std::uint64_t>(p + 48);
        h.created_us = get<std::int64_t>(p + 56);
        h.salt = get<std::uint64_t>(p + 64);
        h.previous_end = get<std::uint64_t>(p + 72);
        h.previous_chain = get<std::uint32_t>(p + 80);
        h.epoch = get<std::uint32_t>(p + 84);
        h.capacity = get<std::uint64_t>(p + 88);
        if (!good_alignment(h.alignment)) continue;
        return r;
    }
    return std::nullopt;
}

/// Everything but the two checksums.
constexpr void write_fields(const block_header& h, char* to) noexcept {
    put(to, h.head_crc);
    put(to + 4, h.body_crc);
    put(to + 8, h.length);
    put(to + 12, h.count);
    put(to + 16, h.base_sequence);
    put(to + 24, h.arrival_ns);
    put(to + 32, h.durable);
    put(to + 40, h.chain);
    put(to + 44, static_cast<std::uint8_t>(h.kind));
    put(to + 45, h.flags);
    put(to + 46, h.codec);
    put(to + 48, h.epoch);
    put(to + 52, h.raw_length);
    put(to + 56, h.pad);
}
/// Finishes a block whose body stands behind `to[0, 64)`; answers its `head_crc`, the next block's chain.
[[nodiscard]] inline std::uint32_t finish_block(block_header h, std::uint64_t salt, char* to) noexcept {
    h.body_crc = crc32c(std::string_view(to + block_header_size, h.length), h.chain);
    h.head_crc = 0;
    write_fields(h, to);
    const std::uint32_t crc = crc32c(std::string_view(to + 4, block_header_size - 4), salt_seed(salt));
    put(to, crc);
    return crc;
}
/// The header, where its own checksum, kind and bounds are right. Says nothing of its body or its place.
[[nodiscard]] inline std::optional<block_header> read_block(std::string_view bytes, std::uint64_t salt) noexcept {
    if (bytes.size() < block_header_size) return std::nullopt;
    const char* const p = bytes.data();
    block_header h;
    h.head_crc = get<std::uint32_t>(p);
    if (h.head_crc != crc32c(std::string_view(p + 4, block_header_size - 4), salt_seed(salt))) return std::nullopt;
    h.body_crc = get<std::uint32_t>(p + 4);
    h.length = get<std::uint32_t>(p + 8);
    h.count = get<std::uint32_t>(p + 12);
    h.base_sequence = get<std::uint64_t>(p + 16);
    h.arrival_ns = get<std::int64_t>(p + 24);
    h.durable = get<std::uint64_t>(p + 32);
    h.chain = get<std::uint32_t>(p + 40);
    const auto kind = get<std::uint8_t>(p + 44);
    h.flags = get<std::uint8_t>(p + 45);
    h.codec = get<std::uint16_t>(p + 46);
    h.epoch = get<std::uint32_t>(p + 48);
    h.raw_length = get<std::uint32_t>(p + 52);
    h.pad = get<std::uint64_t>(p + 56);
    if (kind < 1 || kind > 3 || h.length > block_limit || h.codec != 0) return std::nullopt;
    h.kind = static_cast<block_kind>(kind);
    // Every record has its 16 bytes; only data has records; a block that is larger than its target has one.
    if (h.kind == block_kind::data ? h.count == 0 || h.count > h.length / record_header_size : h.count != 0)
        return std::nullopt;
    if (h.base_sequence > ~std::uint64_t{0} - h.count) return std::nullopt;
    if (h.length > block_target && h.kind == block_kind::data && h.count != 1) return std::nullopt;
    return h;
}
[[nodiscard]] inline bool body_is_whole(const block_header& h, std::string_view body) noexcept {
    return body.size() == h.length && h.body_crc == crc32c(body, h.chain);
}

constexpr void write_record(char* to, std::uint32_t length, std::uint32_t key_length, std::uint32_t flags,
                            std::uint32_t delta_us) noexcept {
    put(to, length);
    put(to + 4, key_length);
    put(to + 8, flags);
    put(to + 12, delta_us);
}
/// The next record's header where it and its bytes lie within what is left of the body.
[[nodiscard]] constexpr std::optional<record_header> read_record(std::string_view left) noexcept {
    if (left.size() < record_header_size) return std::nullopt;
    const record_header r{get<std::uint32_t>(left.data()), get<std::uint32_t>(left.data() + 4),
                          get<std::uint32_t>(left.data() + 8), get<std::uint32_t>(left.data() + 12)};
    const std::uint64_t whole = record_size(r.key_length, r.length);
    return whole <= left.size() ? std::optional(r) : std::nullopt;
}

struct index_entry {
    std::uint64_t sequence = 0;
    std::int64_t arrival_us = 0;
    std::uint64_t offset = 0;
    friend bool operator==(const index_entry&, const index_entry&) = default;
};
struct seal_summary {
    std::uint64_t count = 0;
    std::int64_t first_us = 0;
    std::int64_t last_us = 0;
    std::uint64_t entries = 0;
};
/// From a seal's body that is whole; none where its count and its length differ.
[[nodiscard]] constexpr std::optional<seal_summary> read_seal(std::string_view body) noexcept {
    if (body.size() < seal_header_size) return std::nullopt;
    const char* const p = body.data();
    const seal_summary s{get<std::uint64_t>(p), get<std::int64_t>(p + 8), get<std::int64_t>(p + 16),
                         get<std::uint64_t>(p + 24)};
    const std::uint64_t room = (body.size() - seal_header_size) / seal_entry_size;
    if (s.entries != room || seal_header_size + room * seal_entry_size != body.size()) return std::nullopt;
    return s;
}
[[nodiscard]] constexpr index_entry read_entry(std::string_view body, std::size_t n) noexcept {
    const char* const p = body.data() + seal_header_size + n * seal_entry_size;
    return {get<std::uint64_t>(p), get<std::int64_t>(p + 8), get<std::uint64_t>(p + 16)};
}
constexpr void write_entry(char* to, const index_entry& e) noexcept {
    put(to, e.sequence);
    put(to + 8, e.arrival_us);
    put(to + 16, e.offset);
}

/// The name of a segment: its first record's sequence number, 20 digits.
[[nodiscard]] inline std::string segment_name(std::uint64_t base) {
    std::string name(20, '0');
    for (std::size_t i = 20; i-- > 0; base /= 10) name[i] = static_cast<char>('0' + base % 10);
    return name + ".log";
}
[[nodiscard]] inline std::optional<std::uint64_t> segment_base(std::string_view name) noexcept {
    if (name.size() != 24 || name.substr(20) != ".log") return std::nullopt;
    std::uint64_t base = 0;
    for (const char c : name.substr(0, 20)) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (base > (~std::uint64_t{0} - digit) / 10) return std::nullopt;
        base = base * 10 + digit;
    }
    return base;
}

}  // namespace log_format

}  // namespace weir
