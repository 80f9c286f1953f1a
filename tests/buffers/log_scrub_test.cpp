// SPDX-License-Identifier: BSL-1.0
// A scrub goes over sealed segments, a part at a call, and tells what of them is damaged (section 3 of the durability
// reference: Recover).
#include "support/catch.hpp"

#include <weir/buffers/storage_inspection.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "buffers/small_log.hpp"
#include "support/scratch.hpp"

namespace {

using weir::storage_scrub;
using weir_test::crash_disk;
using weir_test::fill;
using weir_test::first_segment;
using weir_test::flip;
using weir_test::opened;
using weir_test::read_from;
using weir_test::small;

using range = std::pair<std::uint64_t, std::uint64_t>;

/// To the end of a pass, in steps of so many bytes.
storage_scrub pass(weir::log_storage& log, std::uint64_t bytes = 10'000) {
    storage_scrub all;
    for (int i = 0; i < 10'000 && all.passes == 0; ++i) all.add(log.scrub(bytes));
    return all;
}
std::vector<std::string> segments_of(crash_disk& disk) {
    std::vector<std::string> names;
    for (const auto& [name, _] : disk.files()) {
        if (name.ends_with(".log")) names.push_back(name);
    }
    return names;
}

}  // namespace

TEST_CASE("a scrub of a whole log finds nothing, reads each sealed segment once, and begins again") {
    crash_disk disk;
    auto log = opened(disk);
    CHECK(log->scrub(1).passes == 1);  // nothing is sealed
    CHECK(log->scrub(1).bytes == 0);
    fill(*log, 60);
    const std::uint64_t sealed = log->counters().rolls;
    REQUIRE(sealed > 2);
    storage_scrub first = pass(*log);
    CHECK(first.segments == sealed);
    CHECK(first.damaged == 0);
    CHECK(first.unread == 0);
    CHECK(first.bytes > sealed * 50'000);
    CHECK(first.bytes < sealed * 65'536);
    const storage_scrub second = pass(*log, 1);  // a block at a call
    CHECK((second.bytes == first.bytes && second.segments == sealed));
    CHECK(log->scrub(~std::uint64_t{0}).bytes == first.bytes);  // all at once
    CHECK(log->counters().scrub_passes == 5);
    CHECK(log->counters().scrubbed_bytes == 3 * first.bytes);
    // What is sealed while it goes on is gone over too.
    CHECK(log->scrub(1).bytes == 4'096);
    fill(*log, 30);
    first = pass(*log);
    CHECK(first.segments == log->counters().rolls);
    // The files are let go, nothing is written, and a closed log can still be asked.
    const auto pending = disk.pending_count();
    const auto files = disk.open_files();
    CHECK(pass(*log).damaged == 0);
    CHECK(disk.pending_count() == pending);
    CHECK(disk.open_files() == files);
    REQUIRE(log->close());
    CHECK(pass(*log).segments == first.segments);
    disk.pid = 2;  // a forked child
    CHECK(log->scrub(100).passes == 0);
}

TEST_CASE("a flipped bit in a sealed segment is found and told with its place, once; appends go on (R11, R12)") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 60);
    CHECK(read_from(*log, 0).lost.empty());  // its blocks have been checked already
    const std::vector<std::string> names = segments_of(disk);
    const std::uint64_t base = weir::log_format::segment_base(names[2]).value();
    flip(disk, names[2], 3 * 4'096 + 100);
    CHECK(read_from(*log, 0).lost.empty());
    const storage_scrub found = pass(*log);
    REQUIRE(found.found.size() == 1);
    CHECK(found.damaged == 1);
    CHECK(found.found[0].file == names[2]);
    CHECK(found.found[0].offset == 3 * 4'096);
    CHECK((found.found[0].first == base + 2 && found.found[0].last == base + 2));
    CHECK(found.found[0].what == "a block does not stand");
    CHECK(read_from(*log, 0).lost == std::vector<range>{{base + 2, base + 2}});  // from now on
    fill(*log, 10);
    CHECK(log->durable() == 70);
    CHECK(read_from(*log, 0).wrong == 0);
    CHECK(pass(*log).damaged == 0);  // told already
    CHECK(log->counters().scrub_damage == 1);
    // More of it: several blocks in a row are one range; a header; the last block; and a seal, which is made again.
    for (std::size_t at : {5U, 6U}) flip(disk, names[0], at * 4'096 + 70);
    flip(disk, names[1], 10);
    flip(disk, names[1], 2'058);
    auto& bytes = weir_test::bytes_of(disk, names[0]);
    const std::size_t last = bytes.size() - 2 * 4'096;
    flip(disk, names[0], last + 80);
    flip(disk, names[2], weir_test::bytes_of(disk, names[2]).size() - 4'000);
    const storage_scrub more = pass(*log);
    REQUIRE(more.found.size() == 3);
    CHECK((more.found[0].first == 4 && more.found[0].last == 5 && more.found[0].offset == 5 * 4'096));
    CHECK(more.found[1].offset == last);
    CHECK(more.found[2].what == "its header does not stand");
    CHECK(more.found[2].first == weir::log_format::segment_base(names[1]).value());
    CHECK(more.found[2].last + 1 == base);
    // Reading over the folder finds the same; without its header a segment is missing too.
    const auto inspection = weir::storage_inspection::verify("d", disk);
    REQUIRE(inspection);
    CHECK(inspection->lost.size() == 5);
}

TEST_CASE(
    "wherever a bit of a sealed segment flips, a scrub finds what a reader then misses, no more and no less (T7)") {
    crash_disk whole;
    {
        auto log = opened(whole);
        fill(*log, 60);
        REQUIRE(log->close());
    }
    std::mt19937_64 random(20'27);
    const std::size_t size = weir_test::bytes_of(whole, first_segment).size();
    std::uint64_t found = 0;
    for (int i = 0; i < 400; ++i) {
        const auto disk = whole.crashed([](std::size_t) { return 1; });
        const auto log = opened(*disk);
        const std::size_t at = random() % size;
        flip(*disk, first_segment, i % 2 == 0 ? at : at / 4'096 * 4'096 + at % 300, static_cast<int>(random() % 8));
        const storage_scrub told = pass(*log, 1 + random() % 80'000);
        const weir_test::seen read = read_from(*log, 0);
        INFO("round " << i << ", seed 2027, byte " << at);
        CHECK(read.wrong == 0);
        std::vector<range> lost;
        for (const weir::storage_loss& l : told.found) {
            if (l.what != "its header does not stand") lost.emplace_back(l.first, l.last);
        }
        CHECK(lost == read.lost);
        found += told.damaged;
    }
    CHECK(found > 150);
    CHECK(found < 400);
}

TEST_CASE("a log that was opened in spite of damage does not find it anew") {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 60);
    }
    auto& bytes = weir_test::bytes_of(disk, first_segment);
    flip(disk, first_segment, 3 * 4'096 + 100);
    flip(disk, first_segment, bytes.size() - 4'090);  // its seal: the segment is walked at opening
    auto o = small();
    o.salvage = true;
    auto log = opened(disk, o);
    CHECK(log->counters().damaged_ranges == 1);
    CHECK(pass(*log).damaged == 0);
}

TEST_CASE("segments that are trimmed while they are gone over are left; nothing of them is told") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 60);
    const std::vector<std::string> names = segments_of(disk);
    flip(disk, names[0], 8 * 4'096 + 100);
    CHECK(log->scrub(3 * 4'096).bytes == 3 * 4'096);  // in the first one, in front of the damage
    const std::uint64_t kept = weir::log_format::segment_base(names[2]).value();
    REQUIRE(log->trim(kept));
    const storage_scrub rest = pass(*log);
    CHECK(rest.damaged == 0);
    CHECK(rest.segments == log->counters().rolls - 2);
    // The place is kept where what was behind it goes.
    const std::uint64_t more = log->scrub(60'000).bytes;
    REQUIRE(log->trim(kept + 1));
    CHECK(pass(*log).bytes + more == rest.bytes);
}

TEST_CASE("what cannot be read or opened is told, and the rest gone over; it is asked for again (R17)") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 60);
    const std::uint64_t sealed = log->counters().rolls;
    bool once = true;
    disk.fault = [&](const char* call) {
        return std::string(call) == "open" && std::exchange(once, false) ? EMFILE : 0;
    };
    storage_scrub s = pass(*log);
    CHECK(s.unread == 1);
    CHECK(s.damaged == 0);
    CHECK(s.segments == sealed - 1);
    CHECK(s.trouble.find("ulimit") != std::string::npos);
    CHECK(log->counters().scrub_unread == 1);
    CHECK(pass(*log).segments == sealed);
    std::uint64_t reads = 0;
    disk.fault = [&](const char* call) { return std::string(call) == "read" && ++reads <= 2 ? EIO : 0; };
    s = pass(*log);
    REQUIRE(s.damaged == 1);
    CHECK(s.found[0].file == first_segment);
    CHECK(s.found[0].what.find("read d/" + first_segment) != std::string::npos);
    disk.fault = nullptr;
    const std::vector<std::string> names = segments_of(disk);
    disk.files().erase(names[1]);
    s = pass(*log);
    REQUIRE(s.damaged == 1);
    CHECK(s.found[0].file == names[1]);
    CHECK(s.found[0].first == weir::log_format::segment_base(names[1]).value());
    CHECK(s.found[0].last + 1 == weir::log_format::segment_base(names[2]).value());
    CHECK(s.segments == sealed - 1);
}

TEST_CASE("a scrub of the system's files reads around the page cache, at any alignment of the log") {
    const weir_test::scratch dir;
    for (const std::uint32_t alignment : {8U, 512U, 4'096U}) {
        auto o = small();
        o.alignment = alignment;
        auto log = opened(dir / std::to_string(alignment), o, weir::storage_files::real());
        fill(*log, 400, 1'500);
        const storage_scrub s = pass(*log, 7'000);
        CHECK(s.segments == log->counters().rolls);
        CHECK(s.damaged == 0);
        CHECK(s.unread == 0);
        const std::string path = dir / (std::to_string(alignment) + "/" + first_segment);
        std::string bytes = weir_test::read_file(path);
        bytes[16'484] = static_cast<char>(bytes[16'484] ^ 1);
        weir_test::write_file(path, bytes);
        CHECK(pass(*log).damaged == 1);
        CHECK(read_from(*log, 0, 1'500).lost.size() == 1);
    }
}
