// SPDX-License-Identifier: BSL-1.0
// A log of small segments, its records and what readers see of them, for tests of logs on disk. Include catch.hpp
// first.
#pragma once

#include <weir/buffers/storage_follower.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "buffers/crash_disk.hpp"

namespace weir_test {

inline weir::virtual_clock& clock_now() {
    static weir::virtual_clock time({1'700'000'000'000'000});
    return time;
}
inline weir::log_options small() {
    weir::log_options o;
    o.segment_bytes = 65'536;
    o.time = &clock_now();
    o.salt_seed = 3;
    o.retry_us = 0;
    return o;
}
inline std::string payload_of(std::uint64_t n, std::size_t size = 200) {
    std::string text = "record " + std::to_string(n) + " ";
    while (text.size() < size) text += static_cast<char>('a' + (n + text.size()) % 23);
    return text;
}
inline std::unique_ptr<weir::log_storage> opened(const std::string& folder, const weir::log_options& o,
                                                 weir::storage_files& files) {
    auto log = weir::log_storage::open(folder, o, files);
    INFO((log ? std::string() : log.error().message));
    REQUIRE(log);
    return std::move(*log);
}
inline std::unique_ptr<weir::log_storage> opened(crash_disk& disk, const weir::log_options& o = small()) {
    return opened("d", o, disk);
}
inline weir::result<std::uint64_t> put(weir::log_storage& log, std::size_t size = 200) {
    const std::string text = payload_of(log.appended(), size);
    const weir::log_record one{"key", text, 7};
    return log.append({&one, 1});
}
/// So many records, each a commit.
inline void fill(weir::log_storage& log, std::uint64_t n, std::size_t size = 200) {
    for (std::uint64_t i = 0; i < n; ++i) {
        REQUIRE(put(log, size));
        REQUIRE(log.step() == weir::storage_step::progress);
    }
}
struct seen {
    std::uint64_t records = 0, wrong = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> trimmed, lost;
};
template <class Next>
inline seen read_all(Next next, std::size_t size = 200) {
    seen s;
    for (;;) {
        const weir::storage_page page = next();
        if (page.kind == weir::page_kind::caught_up) return s;
        if (page.kind == weir::page_kind::trimmed) s.trimmed.emplace_back(page.first, page.last);
        if (page.kind == weir::page_kind::data_lost) s.lost.emplace_back(page.first, page.last);
        for (const auto& r : page.records) {
            ++s.records;
            s.wrong += r.payload != payload_of(r.sequence, size) || r.key != "key" || r.flags != 7 ? 1U : 0U;
        }
    }
}
inline seen read_from(const weir::log_storage& log, std::uint64_t from, std::size_t size = 200,
                      weir::log_acknowledge level = weir::log_acknowledge::durable) {
    weir::storage_reader reader(log, from, level);
    return read_all([&] { return reader.next(); }, size);
}
inline seen follow(crash_disk& disk, std::uint64_t from) {
    auto f = weir::storage_follower::open("d", from, disk);
    REQUIRE(f);
    return read_all([&] { return f->next().value(); });
}
inline std::string& bytes_of(crash_disk& disk, const std::string& name) {
    auto& file = disk.files().at(name);
    file->pending.clear();
    file->disk = file->cache;
    return file->cache;
}
inline void flip(crash_disk& disk, const std::string& name, std::size_t at, int bit = 0) {
    auto& file = *disk.files().at(name);
    file.cache[at] = static_cast<char>(file.cache[at] ^ (1 << bit));
    file.pending.clear();
    file.disk = file.cache;
}
inline const std::string first_segment = "00000000000000000000.log";

}  // namespace weir_test
