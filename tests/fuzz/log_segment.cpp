// SPDX-License-Identifier: BSL-1.0
// A log's folder of one segment of any bytes: opening, salvaging, reading and following end, keep to their bounds, and
// agree. The bytes are tried as they are, and with the checksums repaired that a fuzzer cannot guess, from the header
// page on, block by block as far as their lengths go.
#include <weir/buffers/storage_follower.hpp>

#include <cstdint>
#include <string>

#include "plain_disk.hpp"
#include "require.hpp"

using weir_fuzz::require;

namespace {

/// The header page and the blocks behind it say what the input says, with right sums.
std::string repaired(std::string bytes) {
    using namespace weir::log_format;
    if (bytes.size() < header_page + block_header_size) return bytes;
    const std::string shape = bytes.substr(0, 64);
    segment_header h;
    h.alignment = static_cast<unsigned char>(shape[0]) % 2 == 0 ? 8U : 512U;
    h.salt = 5;
    h.capacity = 32'768;
    std::uint32_t chain = write_page(h, bytes.data());
    std::uint64_t sequence = 0;
    for (std::size_t at = header_page; at + block_header_size <= bytes.size();) {
        char* const p = bytes.data() + at;
        const auto length = get<std::uint32_t>(p + 8) % 600;
        if (at + block_size(length, h.alignment) > bytes.size()) break;
        // A bit of the pad says which of the rules is left as the input has it.
        const auto odd = static_cast<unsigned char>(p[63]);
        put(p + 8, length);
        if (odd % 5 != 0) put(p + 16, sequence);
        put(p + 24, get<std::int64_t>(p + 24) % 1'000'000'000);
        if (odd % 7 != 0) put(p + 32, static_cast<std::uint64_t>(at));
        if (odd % 11 != 0) put(p + 40, chain);
        put(p + 44, static_cast<std::uint8_t>(1 + static_cast<unsigned char>(p[44]) % 3));
        put(p + 46, std::uint16_t{0});
        put(p + 48, std::uint32_t{odd});
        const auto before = get<std::uint32_t>(p + 40);
        put(p + 4, weir::crc32c(std::string_view(p + block_header_size, length), before));
        put(p, weir::crc32c(std::string_view(p + 4, block_header_size - 4), salt_seed(h.salt)));
        chain = get<std::uint32_t>(p);
        sequence += get<std::uint32_t>(p + 12);
        at += static_cast<std::size_t>(block_size(length, h.alignment));
    }
    return bytes;
}

struct seen {
    std::uint64_t records = 0;
    std::uint64_t next = 0;
};
template <class Next>
seen read_all(Next next) {
    seen s;
    for (int pages = 0;; ++pages) {
        require(pages < 100'000, "reading ends");
        const weir::storage_page page = next();
        if (page.kind == weir::page_kind::caught_up) return s;
        require(page.first <= page.last && page.first >= s.next, "pages go on");
        for (const auto& r : page.records) {
            require(r.sequence >= s.next, "numbers increase");
            s.next = r.sequence + 1;
            require(r.key.size() + r.payload.size() <= 65'536, "a view is within its block");
            ++s.records;
        }
        s.next = page.last + 1;
    }
}

void check(const std::string& bytes) {
    weir::virtual_clock time;
    weir::log_options o;
    o.segment_bytes = 32'768;
    o.time = &time;
    for (const bool salvage : {false, true}) {
        weir_fuzz::plain_disk disk;
        disk.put(weir::log_format::segment_name(0), bytes);
        if (salvage) {
            auto f = weir::storage_follower::open("d", 0, disk);
            require(f.has_value(), "a follower opens");
            read_all([&] {
                auto page = f->next();
                return page ? *page : weir::storage_page{};
            });
        }
        o.salvage = salvage;
        auto log = weir::log_storage::open("d", o, disk);
        if (!log) {
            require(!log.error().message.empty(), "a refusal has a reason");
            continue;
        }
        weir::storage_reader reader(**log, 0);
        const seen s = read_all([&] { return reader.next(); });
        require(s.next <= (*log)->durable(), "nothing behind the end");
        const weir::log_record one{"key", "one more", 0};
        if ((*log)->durable() < 1'000'000 && (*log)->append({&one, 1})) {
            require((*log)->step() == weir::storage_step::progress, "it is written on");
            reader.seek((*log)->durable() - 1);
            const auto page = reader.next();
            require(page.records.size() == 1 && page.records[0].payload == "one more", "and read back");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // The header page is made up: what matters comes behind it.
    const std::string text(weir_fuzz::text_of(data, size));
    if (text.size() > 20'000) return 0;
    check(text);
    check(repaired(std::string(weir::log_format::header_page, text.empty() ? 'x' : text[0]) + text));
    return 0;
}
