// SPDX-License-Identifier: BSL-1.0
// Sealed segments of a log that are mapped to be read in place (section 3 of the durability reference: Read).
#include "support/catch.hpp"

#include <weir/buffers/storage_follower.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "buffers/small_log.hpp"
#include "support/scratch.hpp"

namespace {

using weir::page_kind;
using weir_test::crash_disk;
using weir_test::fill;
using weir_test::opened;
using weir_test::read_all;
using weir_test::read_from;
using weir_test::seen;
using weir_test::small;

constexpr std::uint64_t plenty = std::uint64_t{1} << 30U;
weir::log_options mapping(std::uint64_t bytes = plenty) {
    weir::log_options o = small();
    o.map_bytes = bytes;
    return o;
}
bool same(const seen& a, const seen& b) {
    return a.records == b.records && a.wrong == b.wrong && a.trimmed == b.trimmed && a.lost == b.lost;
}
seen follow_mapped(crash_disk& disk, std::uint64_t from, std::uint64_t bytes = plenty) {
    auto f = weir::storage_follower::open("d", from, disk, bytes);
    REQUIRE(f);
    return read_all([&] { return f->next().value(); });
}
/// Damages what both openings then read: the same is told of it, mapped or not.
template <class Damage>
void told_alike(Damage damage) {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 60);
        CHECK(log->close());
    }
    damage(disk);
    seen by[4];
    for (const bool mapped : {false, true}) {
        auto o = mapped ? mapping() : small();
        o.salvage = true;
        const auto log = opened(disk, o);
        for (const std::uint64_t from : {0U, 17U}) {
            const seen here = read_from(*log, from);
            const seen there = mapped ? follow_mapped(disk, from) : weir_test::follow(disk, from);
            by[from == 0 ? 0 : 1] = mapped ? by[from == 0 ? 0 : 1] : here;
            by[from == 0 ? 2 : 3] = mapped ? by[from == 0 ? 2 : 3] : there;
            CHECK(same(here, by[from == 0 ? 0 : 1]));
            CHECK(same(there, by[from == 0 ? 2 : 3]));
            CHECK(here.wrong + there.wrong == 0);
        }
    }
    CHECK(disk.mapped == 0);
}

}  // namespace

TEST_CASE("sealed segments are read in place, the one that is written by copies") {
    crash_disk disk;
    auto log = opened(disk, mapping());
    fill(*log, 60);
    std::uint64_t maps = 0;
    std::uint64_t reads = 0;
    disk.fault = [&](const char* call) {
        maps += std::string(call) == "map" ? 1U : 0U;
        reads += std::string(call) == "read" ? 1U : 0U;
        return 0;
    };
    CHECK(read_from(*log, 0).records == 60);
    CHECK(read_from(*log, 0).wrong == 0);
    CHECK(maps == 2 * log->counters().rolls);
    CHECK(reads == 2);  // of the tail
    weir::storage_reader reader(*log, 0);
    CHECK(reader.find(weir_test::clock_now().now()) == 0);
    CHECK(reader.next().records.front().sequence == 0);
    reader.seek(59);
    CHECK(reader.next().records.front().sequence == 59);
    maps = 0;
    const seen all = follow_mapped(disk, 0);
    CHECK((all.records == 59 && all.wrong == 0));  // nothing vouches for the last one
    CHECK(maps == log->counters().rolls);
    CHECK(follow_mapped(disk, 30).records == 29);
}

TEST_CASE("a mapped segment that is trimmed stays whole until its reader has gone on (R16, R17)") {
    crash_disk disk;
    auto log = opened(disk, mapping());
    fill(*log, 60);
    weir::storage_reader reader(*log, 0);
    auto follower = weir::storage_follower::open("d", 0, disk, plenty);
    REQUIRE(follower);
    const weir::storage_page page = reader.next();
    const weir::storage_page other = follower->next().value();
    REQUIRE(page.records.size() == 1);
    REQUIRE(other.records.size() == 1);
    CHECK(disk.mapped != 0);
    REQUIRE(log->trim(55));
    CHECK(disk.files().count(weir_test::first_segment) == 0);
    CHECK(page.records[0].payload == weir_test::payload_of(0));  // it still stands
    CHECK(other.records[0].payload == weir_test::payload_of(0));
    const seen here = read_all([&] { return reader.next(); });
    REQUIRE(here.trimmed.size() == 1);
    CHECK(here.trimmed[0] == std::pair<std::uint64_t, std::uint64_t>{1, log->first_available() - 1});
    const seen there = read_all([&] { return follower->next().value(); });
    REQUIRE(there.trimmed.size() == 1);  // it finishes its segment, and is told then
    CHECK(there.trimmed[0].second == log->first_available() - 1);
    CHECK(here.wrong + there.wrong == 0);
    CHECK(here.records + log->first_available() == 60);
    CHECK(disk.mapped == 0);  // both read what is written, by copies
}

TEST_CASE("as many bytes are mapped as the option says, by all readers; beyond it they read copies (R17)") {
    crash_disk disk;
    auto log = opened(disk, mapping(2 * 65'536));
    fill(*log, 60);
    std::vector<weir::storage_reader> readers;
    for (int i = 0; i < 6; ++i) readers.emplace_back(*log, 0);
    for (weir::storage_reader& r : readers) {
        CHECK(r.next().records.size() == 1);
        CHECK(disk.mapped <= 2 * 65'536);
    }
    CHECK(disk.mapped > 65'536);
    CHECK(disk.open_files() <= readers.size() + 4);
    for (weir::storage_reader& r : readers) {
        const seen s = read_all([&] { return r.next(); });
        CHECK((s.records == 59 && s.wrong == 0));
        CHECK(disk.mapped <= 2 * 65'536);
    }
    CHECK(disk.mapped == 0);
    // Smaller than a segment, files that cannot be mapped, and a call that fails: copies.
    CHECK(read_from(*opened("e", mapping(1'000), *disk.crashed([](std::size_t) { return 1; })), 0).records == 60);
    disk.cannot_map = true;
    CHECK(read_from(*log, 0).records == 60);
    CHECK(follow_mapped(disk, 0).records == 59);
    disk.cannot_map = false;
    disk.fault = [](const char* call) { return std::string(call) == "map" ? ENOMEM : 0; };
    CHECK(read_from(*log, 0).records == 60);
    CHECK(follow_mapped(disk, 0).records == 59);
    CHECK(disk.mapped == 0);
}

TEST_CASE("damage is told of a mapped segment as of one that is read by copies (R11, R12, R13)") {
    using weir_test::flip;
    told_alike([](crash_disk&) {});
    told_alike([](crash_disk& d) { flip(d, weir_test::first_segment, 3 * 4'096 + 100); });  // a body
    told_alike([](crash_disk& d) { flip(d, weir_test::first_segment, 4 * 4'096 + 8); });    // a header
    told_alike([](crash_disk& d) {
        for (std::size_t at = 2 * 4'096; at < 7 * 4'096; at += 64) flip(d, weir_test::first_segment, at + 5, 3);
    });
    told_alike([](crash_disk& d) {  // the last block before the seal, and the seal
        auto& bytes = weir_test::bytes_of(d, weir_test::first_segment);
        for (std::size_t at = bytes.size() - 2 * 4'096; at < bytes.size(); at += 64) bytes[at] = 'x';
        d.files().at(weir_test::first_segment)->disk = bytes;
    });
}

TEST_CASE("a segment that is cut short is not mapped beyond its end") {
    crash_disk disk;
    auto log = opened(disk, mapping());
    fill(*log, 60);
    auto& bytes = weir_test::bytes_of(disk, weir_test::first_segment);
    bytes.resize(5 * 4'096);
    disk.files().at(weir_test::first_segment)->disk = bytes;
    const seen s = read_from(*log, 0);
    CHECK(s.lost.size() == 1);
    CHECK(s.wrong == 0);
    CHECK(s.records > 40);
    CHECK(follow_mapped(disk, 0).wrong == 0);
}

TEST_CASE("the system's files are mapped, read on when they are gone, and let go") {
    const weir_test::scratch dir;
    const auto mapped_files = [&] {
        std::size_t n = 0;
        for (const std::string& line : weir_test::lines_of(weir_test::read_file("/proc/self/maps"))) {
            n += line.find(dir.path()) != std::string::npos ? 1U : 0U;
        }
        return n;
    };
    auto log = opened(dir / "log", mapping(), weir::storage_files::real());
    fill(*log, 60);
    {
        weir::storage_reader reader(*log, 0);
        CHECK(reader.next().records.size() == 1);
        CHECK(mapped_files() == 1);
        const weir::storage_page second = reader.next();
        REQUIRE(log->trim(50));
        CHECK(second.records[0].payload == weir_test::payload_of(1));
        const seen s = read_all([&] { return reader.next(); });
        CHECK(s.trimmed.size() == 1);
        CHECK(s.wrong == 0);
    }
    CHECK(mapped_files() == 0);
    auto f = weir::storage_follower::open(dir / "log", 0, weir::storage_files::real(), plenty);
    REQUIRE(f);
    const seen s = read_all([&] { return f->next().value(); });
    CHECK(s.records == 59 - log->first_available());
    CHECK(s.wrong == 0);
}
