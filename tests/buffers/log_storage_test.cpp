// SPDX-License-Identifier: BSL-1.0
// The log on disk, by the event table of section 3 of the durability reference, row by row.
#include "support/catch.hpp"

#include <weir/buffers/storage_follower.hpp>
#include <weir/buffers/storage_inspection.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "buffers/crash_disk.hpp"
#include "buffers/small_log.hpp"
#include "support/scratch.hpp"

namespace {

using weir::errc;
using weir::log_options;
using weir::log_record;
using weir::log_storage;
using weir::page_kind;
using weir::storage_step;
using weir_test::bytes_of;
using weir_test::clock_now;
using weir_test::crash_disk;
using weir_test::fill;
using weir_test::first_segment;
using weir_test::flip;
using weir_test::follow;
using weir_test::opened;
using weir_test::payload_of;
using weir_test::put;
using weir_test::read_all;
using weir_test::read_from;
using weir_test::seen;
using weir_test::small;

}  // namespace

TEST_CASE("records come back, across segments and openings (R1, R18, R44, R46)") {
    crash_disk disk;
    {
        auto log = opened(disk);
        CHECK(log->appended() == 0);
        CHECK(read_from(*log, 0).records == 0);
        fill(*log, 40);
        CHECK(log->counters().rolls >= 2);
        CHECK(log->durable() == 40);
        CHECK(read_from(*log, 0).records == 40);
        CHECK(read_from(*log, 17).records == 23);
        CHECK(log->close());
        CHECK(put(*log).error().code == errc::closed);
    }
    auto log = opened(disk);
    CHECK(log->appended() == 40);
    CHECK(log->epoch() == 2);
    const std::string odd("\0\xFF\xC0", 3);
    const log_record empties[] = {{"", "", 0}, {odd, "", 1}, {"", odd, 2}};
    REQUIRE(log->append(empties).value() == 40);
    REQUIRE(log->step() == storage_step::progress);
    weir::storage_reader reader(*log, 40);
    const auto page = reader.next();
    REQUIRE(page.records.size() == 3);
    CHECK((page.records[0].key.empty() && page.records[0].payload.empty()));
    CHECK((page.records[1].key == odd && page.records[1].flags == 1));
    CHECK((page.records[2].payload == odd && page.records[2].sequence == 42));
    const auto all = read_from(*log, 0);
    CHECK(all.records == 43);
    CHECK(all.wrong == 3);

    // Only what is not sealed is read at opening: a sealed segment's records can be anything.
    log.reset();
    bytes_of(disk, first_segment)[weir::log_format::header_page + 100] ^= 1;
    log = opened(disk);
    CHECK(read_from(*log, 0).lost == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, 0}});
    CHECK_THROWS_AS(log_storage::open(
                        "d",
                        [] {
                            auto o = small();
                            o.alignment = 100;
                            return o;
                        }(),
                        disk),
                    std::invalid_argument);
}

TEST_CASE("a torn tail is cut, damage to what was durable is not (R3, R11)") {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 6);
    }
    // 4,096 of header, then a block in each 4,096. The last commit has no later mark: not told from a torn tail.
    const auto whole = bytes_of(disk, first_segment);
    const auto block = [](std::size_t n) { return 4'096 * (n + 1); };
    flip(disk, first_segment, block(5) + 80);
    {
        auto log = opened(disk);
        CHECK(log->appended() == 5);
        CHECK(log->counters().torn_bytes != 0);
        CHECK(read_from(*log, 0).records == 5);
    }
    bytes_of(disk, first_segment) = whole;
    flip(disk, first_segment, block(2) + 80);
    const auto refused = log_storage::open("d", small(), disk);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::damaged);
    CHECK(refused.error().where == "d/" + first_segment);
    CHECK(refused.error().message
          == "open d/" + first_segment
                 + ": a block does not stand at byte 12288; records 2 to 2 are lost: bring the "
                   "file back, or open with `salvage`");
    auto o = small();
    o.salvage = true;
    {
        auto log = opened(disk, o);
        CHECK(log->counters().damaged_ranges == 1);
        CHECK(log->appended() == 6);
        const auto s = read_from(*log, 0);
        CHECK(s.records == 5);
        CHECK(s.lost == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{2, 2}});
        fill(*log, 3);
        CHECK(read_from(*log, 0).records == 8);
    }
    CHECK(bytes_of(disk, first_segment).substr(block(2), 4'096) != whole.substr(block(2), 4'096));
    // It was told; from now on it opens, and readers are told.
    auto log = opened(disk);
    CHECK(read_from(*log, 1).lost.size() == 1);
    CHECK(follow(disk, 0).lost.size() == 1);
}

TEST_CASE("closing and idling note the durable mark, so that damage to the last commit is seen (R11)") {
    for (const bool close : {true, false}) {
        crash_disk disk;
        {
            auto log = opened(disk);
            fill(*log, 3);
            if (close) {
                CHECK(log->close());
            } else {
                CHECK(log->step() == storage_step::idle);
                clock_now().advance(10'001);
                CHECK(log->step() == storage_step::progress);
                CHECK(log->counters().notes == 1);
                CHECK(log->step() == storage_step::idle);
            }
        }
        flip(disk, first_segment, 3 * 4'096 + 90);
        CHECK(log_storage::open("d", small(), disk).error().code == errc::damaged);
        auto o = small();
        o.salvage = true;
        auto log = opened(disk, o);
        CHECK(log->appended() == 3);
        CHECK(read_from(*log, 0).lost.size() == 1);
    }
}

TEST_CASE("damage with nothing whole behind it: the bytes stay, a new segment follows (R11)") {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 5);
    }
    flip(disk, first_segment, 4 * 4'096 + 80);  // a body; the next block's header says that it was durable
    flip(disk, first_segment, 5 * 4'096 + 80);  // that one's body
    CHECK(log_storage::open("d", small(), disk).error().code == errc::damaged);
    const auto bytes = bytes_of(disk, first_segment);
    auto o = small();
    o.salvage = true;
    {
        auto log = opened(disk, o);
        CHECK(log->appended() == 5);
        fill(*log, 2);
        const auto s = read_from(*log, 0);
        CHECK(s.records == 5);
        CHECK(s.lost == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 4}});
    }
    CHECK(bytes_of(disk, first_segment) == bytes);
    CHECK(read_from(*opened(disk), 0).lost.size() == 1);

    // The same without the proof is a torn tail.
    crash_disk other;
    {
        auto log = opened(other);
        fill(*log, 4);
        CHECK(log->close());
    }
    flip(other, first_segment, 4 * 4'096 + 80);
    flip(other, first_segment, 5 * 4'096 + 4);  // the note
    CHECK(opened(other)->appended() == 3);

    // No header: the file stays, out of the way.
    flip(other, first_segment, 3);
    flip(other, first_segment, 2'051);
    CHECK(log_storage::open("d", small(), other).error().code == errc::damaged);
    fill(*opened(other, o), 1);
    CHECK(other.files().count(first_segment + ".damaged") == 1);
}

TEST_CASE("a full disk: met before the room is needed; wait, drop the oldest, or fail (R8)") {
    const auto used_by = [](std::uint64_t segments) { return 65'536 * segments + 8'192 + 64; };
    SECTION("wait") {
        crash_disk disk;
        disk.room = used_by(1);
        auto o = small();
        o.staged_bytes = 4'096;
        auto log = opened(disk, o);
        std::uint64_t n = 0;
        while (put(*log)) {
            ++n;
            if (log->step() == storage_step::wait) continue;
        }
        CHECK(put(*log).error().code == errc::no_space);
        CHECK(log->counters().full_waits == 1);
        CHECK(log->durable() > 10);
        CHECK(read_from(*log, 0).records == log->durable());
        disk.room = used_by(9);
        CHECK(log->step() == storage_step::progress);
        CHECK(log->durable() == n);
        CHECK(put(*log));
        CHECK(log->step() == storage_step::progress);
        CHECK(read_from(*log, 0).wrong == 0);
        CHECK(read_from(*log, 0).records == n + 1);
    }
    SECTION("drop the oldest") {
        crash_disk disk;
        disk.room = used_by(3);
        auto o = small();
        o.full = weir::log_full::drop_oldest;
        auto log = opened(disk, o);
        fill(*log, 90);
        CHECK(log->counters().full_dropped == log->first_available());
        CHECK(log->first_available() > 0);
        const auto s = read_from(*log, 0);
        CHECK(s.trimmed == std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, log->first_available() - 1}});
        CHECK(s.records == 90 - log->first_available());
    }
    SECTION("fail") {
        crash_disk disk;
        disk.room = used_by(1);
        auto o = small();
        o.full = weir::log_full::fail;
        auto log = opened(disk, o);
        storage_step last = storage_step::progress;
        while (last == storage_step::progress && put(*log)) last = log->step();
        CHECK(last == storage_step::failed);
        CHECK(log->failure().code == errc::no_space);
        CHECK(put(*log).error().code == errc::no_space);
        CHECK(read_from(*log, 0).records == log->durable());
    }
}

TEST_CASE("a failed sync is final for its file: no acknowledgement, no read, no sync beyond (R6)") {
    for (const int number : {EIO, ENOSPC, EDQUOT, EROFS}) {
        crash_disk disk;
        bool broken = false;
        std::uint64_t syncs_after = 0;
        disk.fault = [&](const char* call) {
            const bool sync = std::string_view(call) == "sync_data";
            if (broken && sync) ++syncs_after;
            return broken && sync && syncs_after == 1 ? number : 0;
        };
        auto log = opened(disk);
        fill(*log, 3);
        broken = true;
        REQUIRE(put(*log));
        CHECK(log->step() == storage_step::failed);
        CHECK(log->durable() == 3);
        CHECK(log->written() == 3);
        CHECK(log->failure().where == "d/" + first_segment);
        CHECK(!log->wait_for(weir::log_acknowledge::durable, 3));
        CHECK(!put(*log));
        CHECK(log->step() == storage_step::failed);
        CHECK(syncs_after == 1);
        for (const auto level : {weir::log_acknowledge::durable, weir::log_acknowledge::written})
            CHECK(read_from(*log, 0, 200, level).records == 3);
        CHECK(!log->close());
        CHECK(syncs_after == 1);
        log.reset();
        // The cache still shows what the disk has not: it is dropped, so nothing is recovered that is not there.
        log = opened(disk);
        CHECK(log->appended() == (number == EIO ? 3U : 4U));
    }
}

TEST_CASE("a failed sync with move_on: what was not durable goes to a new segment (R6)") {
    for (const std::uint64_t before : {std::uint64_t{0}, std::uint64_t{3}}) {
        crash_disk disk;
        int breaks = 0;
        disk.fault = [&](const char* call) {
            return std::string_view(call) == "sync_data" && breaks > 0 && breaks-- == 1 ? EIO : 0;
        };
        auto o = small();
        o.move_on = true;
        auto log = opened(disk, o);
        fill(*log, before);
        breaks = 1;
        REQUIRE(put(*log));
        CHECK(log->step() == storage_step::progress);
        CHECK(log->counters().moved_on == 1);
        CHECK(log->durable() == before + 1);
        fill(*log, 2);
        CHECK(read_from(*log, 0).records == before + 3);
        CHECK(read_from(*log, 0).wrong == 0);
        log.reset();
        log = opened(disk, o);
        CHECK(log->appended() == before + 3);
        CHECK(read_from(*log, 0).records == before + 3);
        CHECK(follow(disk, 0).wrong == 0);
        // Twice in a row: it fails.
        disk.fault = [](const char* call) { return std::string_view(call) == "sync_data" ? EIO : 0; };
        REQUIRE(put(*log));
        CHECK(log->step() == storage_step::failed);
        CHECK(log->durable() == before + 3);
    }
}

TEST_CASE("bytes that cannot be read are lost, the others go on") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 30);
    weir::storage_reader reader(*log, 0);
    bool broken = true;
    disk.fault = [&](const char* call) { return std::string_view(call) == "read" && broken ? EIO : 0; };
    const auto page = reader.next();
    CHECK(page.kind == page_kind::data_lost);
    CHECK(page.first == 0);
    broken = false;
    const auto s = read_all([&] { return reader.next(); });
    CHECK(s.records == 30 - (page.last + 1));
    CHECK(s.wrong == 0);
}

TEST_CASE("who only reads takes no lock and changes nothing; what is not vouched for is not delivered (R9)") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 5);
    const auto names = disk.files().size();
    auto f = weir::storage_follower::open("d", 0, disk);
    REQUIRE(f);
    const auto next = [&] { return f->next().value(); };
    const auto before = disk.pending_count();
    CHECK(read_all(next).records == 4);  // nothing says of the fifth that it is durable
    CHECK(disk.pending_count() == before);
    fill(*log, 1);
    CHECK(read_all(next).records == 1);
    CHECK(log->close());
    CHECK(read_all(next).records == 1);
    CHECK(disk.files().size() == names);
    log = opened(disk);
    fill(*log, 60);
    CHECK(read_all(next).records == 59);
    // Trimmed while it stands in what goes: it finishes that, then it is told.
    auto slow = weir::storage_follower::open("d", 0, disk);
    CHECK(slow->next().value().records.size() == 1);
    CHECK(log->trim(50));
    const auto rest = read_all([&] { return slow->next().value(); });
    CHECK(rest.trimmed.size() == 1);
    CHECK(rest.trimmed.front().second + 1 == log->first_available());
    CHECK(rest.records + 1 + (rest.trimmed.front().second - rest.trimmed.front().first + 1) == 65);
    CHECK(rest.wrong == 0);
    // A folder that cannot be written to is refused with the reason.
    log.reset();
    disk.fault = [](const char* call) { return std::string_view(call) == "open" ? EROFS : 0; };
    CHECK(log_storage::open("d", small(), disk).error().code == errc::no_permission);
    CHECK(!weir::storage_follower::open("d", 0, disk)->next());
}

TEST_CASE("one writer: another one and a forked child are refused (R10, R29)") {
    weir_test::scratch folder;
    auto& real = weir::storage_files::real();
    auto log = opened(folder / "log", small(), real);
    const auto second = log_storage::open(folder / "log", small(), real);
    REQUIRE(!second);
    CHECK(second.error().code == errc::resource_in_use);
    CHECK(second.error().message.find("process " + std::to_string(::getpid()) + " ") != std::string::npos);
    fill(*log, 20);
    CHECK(read_from(*log, 3).records == 17);
    CHECK(log->close());
    log = opened(folder / "log", small(), real);
    CHECK(log->appended() == 20);
    struct stat s{};
    REQUIRE(::stat((folder / ("log/" + first_segment)).c_str(), &s) == 0);
    CHECK((s.st_mode & 0777U) == 0600U);

    crash_disk disk;
    auto mine = opened(disk);
    fill(*mine, 1);
    disk.pid = 2;
    CHECK(put(*mine).error().code == errc::no_permission);
    CHECK(mine->step() == storage_step::failed);
}

TEST_CASE("links, pipes and folders open to all are refused (R50)") {
    weir_test::scratch folder;
    auto& real = weir::storage_files::real();
    const auto code = [&](const std::string& name) {
        return log_storage::open(folder / name, small(), real).error().code;
    };
    for (const std::string name : {first_segment.c_str(), "LOCK"}) {
        REQUIRE(::mkdir((folder / "a").c_str(), 0700) == 0);
        weir_test::write_file(folder / "elsewhere", "x");
        REQUIRE(::symlink((folder / "elsewhere").c_str(), (folder / ("a/" + name)).c_str()) == 0);
        CHECK(code("a") == errc::io);
        CHECK(weir_test::read_file(folder / "elsewhere") == "x");
        REQUIRE(::unlink((folder / ("a/" + name)).c_str()) == 0);
        REQUIRE(::mkfifo((folder / ("a/" + name)).c_str(), 0600) == 0);
        CHECK(!log_storage::open(folder / "a", small(), real));
        std::filesystem::remove_all(folder / "a");
    }
    REQUIRE(::mkdir((folder / "open").c_str(), 0700) == 0);
    REQUIRE(::chmod((folder / "open").c_str(), 0777) == 0);
    CHECK(code("open") == errc::no_permission);
    REQUIRE(::symlink((folder / "open").c_str(), (folder / "link").c_str()) == 0);
    CHECK(!log_storage::open(folder / "link", small(), real));
}

TEST_CASE("clocks that go back or far ahead: arrival never decreases, nothing goes early (R15)") {
    constexpr std::int64_t year_us = 31'557'600'000'000;
    crash_disk disk;
    weir::virtual_clock time({50 * year_us});
    auto o = small();
    o.time = &time;
    o.retain_us = 24 * 3'600'000'000LL;
    auto log = opened(disk, o);
    fill(*log, 3);
    time.set({60 * year_us});
    fill(*log, 30);
    time.set({40 * year_us});
    fill(*log, 30);
    weir::storage_reader reader(*log, log->first_available());
    std::int64_t last = 0;
    std::uint64_t n = log->first_available();
    for (auto page = reader.next(); page.kind != page_kind::caught_up; page = reader.next()) {
        for (const auto& r : page.records) {
            CHECK(r.arrival.us >= last);
            last = r.arrival.us;
            ++n;
        }
    }
    CHECK(n == 63);
    log.reset();
    // Ahead of the clock at opening: counted, and retention goes by the files' own times.
    log = opened(disk, o);
    CHECK(log->counters().clock_ahead == 1);
    fill(*log, 1);
    CHECK(read_from(*log, log->first_available()).records == 64 - log->first_available());
}

TEST_CASE("retention by age and by bytes, whole segments; readers are told (R16)") {
    constexpr std::int64_t hour_us = 3'600'000'000;
    crash_disk disk;
    weir::virtual_clock time({1'000 * hour_us});
    auto o = small();
    o.time = &time;
    o.retain_us = 24 * hour_us;
    auto log = opened(disk, o);
    for (int i = 0; i < 48; ++i) {
        fill(*log, 1);
        time.advance(hour_us);
    }
    // Records 0..23 are older than 24 h by now (24 is at the bound).
    const auto s = read_from(*log, 0);
    CHECK(s.trimmed.back().second == 23);
    CHECK(s.records == 24);
    CHECK(log->counters().expired_segments != 0);
    CHECK(log->first_available() <= 24);
    CHECK(disk.files().count(first_segment) == 0);

    // A reader within a segment that goes, by bytes.
    auto b = small();
    b.retain_bytes = 3 * 65'536;
    crash_disk other;
    auto log2 = opened(other, b);
    fill(*log2, 5);
    weir::storage_reader reader(*log2, 0);
    CHECK(reader.next().records.size() == 1);
    fill(*log2, 80);
    const auto rest = read_all([&] { return reader.next(); });
    REQUIRE(rest.trimmed.size() == 1);
    CHECK(rest.trimmed.front() == std::pair<std::uint64_t, std::uint64_t>{1, log2->first_available() - 1});
    CHECK(rest.records == 85 - log2->first_available());
    log2.reset();
    CHECK(read_from(*opened(other, b), 0).trimmed.size() == 1);
    CHECK(follow(other, 0).trimmed.size() == 1);
}

TEST_CASE("time look-ups, in sealed segments and in the tail") {
    crash_disk disk;
    weir::virtual_clock time({5'000'000});
    auto o = small();
    o.time = &time;
    auto log = opened(disk, o);
    for (int i = 0; i < 50; ++i) {
        fill(*log, 1);
        time.advance(1'000'000);
    }
    weir::storage_reader reader(*log, 0);
    for (const std::int64_t n : {0, 1, 7, 20, 33, 49}) {
        CHECK(reader.find({5'000'000 + n * 1'000'000}) == static_cast<std::uint64_t>(n));
        if (n > 0) CHECK(reader.find({5'000'000 + n * 1'000'000 - 1}) == static_cast<std::uint64_t>(n));
    }
    CHECK(reader.find({0}) == 0);
    CHECK(reader.find({99'000'000}) == 50);
}

TEST_CASE("formats: unknown features that matter refuse, others only let one read (R19)") {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 3);
        CHECK(log->close());
    }
    const auto rewrite = [&](auto change) {
        auto& bytes = bytes_of(disk, first_segment);
        auto h = weir::log_format::read_page(bytes)->header;
        change(h);
        static_cast<void>(weir::log_format::write_page(h, bytes.data()));
    };
    rewrite([](auto& h) { h.ro_compat = 4; });
    CHECK(log_storage::open("d", small(), disk).error().code != errc::bad_format);
    CHECK(weir::storage_follower::open("d", 0, disk)->next());
    rewrite([](auto& h) { h.incompat = 1; });
    CHECK(log_storage::open("d", small(), disk).error().code == errc::bad_format);
    CHECK(weir::storage_follower::open("d", 0, disk)->next().error().code == errc::bad_format);
    rewrite([](auto& h) {
        h.incompat = 0;
        h.major = 2;
    });
    CHECK(log_storage::open("d", small(), disk).error().message.find("format 2.0") != std::string::npos);
    // Another shard's folder.
    auto o = small();
    o.shard = 9;
    crash_disk other;
    { fill(*opened(other), 1); }
    CHECK(log_storage::open("d", o, other).error().code == errc::invalid_argument);
}

TEST_CASE("a commit of many blocks goes in a few calls, each finished where it was cut short (R7)") {
    const weir_test::scratch dir;
    log_options o = small();
    o.segment_bytes = 8U << 20U;
    o.alignment = 4'096;
    std::vector<std::string> texts;
    std::vector<log_record> all;
    for (std::uint64_t i = 0; i < 5'000; ++i) texts.push_back(payload_of(i, 1'024));
    for (const std::string& t : texts) all.push_back({"key", t, 7});
    const auto commit = [&](weir::storage_files& files, const std::string& folder) {
        const auto log = opened(folder, o, files);
        REQUIRE(log->append(all));
        for (int i = 0; i < 100 && log->durable() != all.size(); ++i) static_cast<void>(log->step());
        REQUIRE(log->durable() == all.size());
        weir::storage_reader reader(*log, 0);
        const seen s = read_all([&] { return reader.next(); }, 1'024);
        CHECK(s.records == all.size());
        CHECK(s.wrong == 0);
        REQUIRE(log->close());
    };
    commit(weir::storage_files::real(), dir / "real");
    crash_disk disk;
    std::uint64_t writes = 0;
    std::mt19937_64 random(7);
    SECTION("whole calls") {
        disk.fault = [&](const char* call) {
            writes += std::string(call) == "write" ? 1U : 0U;
            return 0;
        };
        commit(disk, "d");
        CHECK(writes < 12);
    }
    SECTION("cut short or interrupted") {
        disk.fault = [&](const char* call) {
            if (std::string(call) != "write" || random() % 12 == 0) return 0;
            ++writes;
            return random() % 2 == 0 ? -1 : EINTR;
        };
        commit(disk, "d");
        CHECK(writes > 10);
    }
}

TEST_CASE("short and interrupted calls are finished without duplicates (R7)") {
    crash_disk disk;
    std::mt19937_64 random(5);
    disk.fault = [&](const char* call) {
        if (std::string_view(call).substr(0, 4) == "sync") return 0;
        return random() % 3 == 0 ? EINTR : std::string_view(call) == "write" && random() % 2 == 0 ? -1 : 0;
    };
    auto log = opened(disk);
    fill(*log, 40);
    CHECK(read_from(*log, 0).records == 40);
    CHECK(read_from(*log, 0).wrong == 0);
}

TEST_CASE("index, seal and trim are only caches: gone or random, the answers are the same (R13); a missing segment is "
          "not (R14)") {
    crash_disk disk;
    {
        auto log = opened(disk);
        fill(*log, 60);
        CHECK(log->trim(20));
        CHECK(log->first_available() > 0);
        CHECK(log->close());
    }
    const std::uint64_t first = opened(disk)->first_available();
    std::vector<std::string> names;
    for (const auto& [name, _] : disk.files())
        if (name.ends_with(".log")) names.push_back(name);
    REQUIRE(names.size() >= 3);
    // The seal is the last page of a sealed file.
    auto& sealed = bytes_of(disk, names[1]);
    for (std::size_t i = sealed.size() - 4'096; i < sealed.size(); ++i) sealed[i] = static_cast<char>(i * 7);
    disk.files().at(names[1])->disk = sealed;
    disk.files().at("trim")->cache.assign(8'192, 'x');
    disk.files().at("trim")->disk.assign(8'192, 'x');
    {
        auto log = opened(disk);
        CHECK(log->first_available() == first);
        CHECK(read_from(*log, first).records == 60 - first);
        CHECK(read_from(*log, 45).records == 15);
    }
    disk.files().erase("trim");
    CHECK(opened(disk)->first_available() == first);
    const auto gone = weir::log_format::segment_base(names[1]).value();
    disk.files().erase(names[1]);
    const auto refused = log_storage::open("d", small(), disk);
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::damaged);
    CHECK(refused.error().message.find("records " + std::to_string(gone) + " to ") != std::string::npos);
    auto o = small();
    o.salvage = true;
    const auto s = read_from(*opened(disk, o), first);
    REQUIRE(s.lost.size() == 1);
    CHECK(s.lost.front().first == gone);
    disk.files().erase(names[0]);
    CHECK(log_storage::open("d", small(), disk).error().message.find("first segments are missing")
          != std::string::npos);
}

TEST_CASE("inspection says what is there and what is wrong, and changes nothing; few files are open (R9, R11, R17)") {
    crash_disk disk;
    auto log = opened(disk);
    fill(*log, 60);
    {
        std::vector<weir::storage_reader> readers;
        for (std::uint64_t i = 0; i < 60; i += 10) readers.emplace_back(*log, i);
        for (auto& r : readers) CHECK(read_all([&] { return r.next(); }).wrong == 0);
        CHECK(disk.open_files() <= readers.size() + 4);  // the lock, the trim file, what is written, a spare
    }
    const auto pending = disk.pending_count();
    auto found = weir::storage_inspection::verify("d", disk);
    REQUIRE(found);
    CHECK(!found->damaged());
    CHECK((found->first == 0 && found->next == 60));
    CHECK(found->segments.size() == log->counters().rolls + 1);
    CHECK((found->segments.front().sealed && !found->segments.back().sealed));
    CHECK(found->options.segment_bytes == 65'536);
    CHECK(disk.pending_count() == pending);
    log.reset();
    flip(disk, first_segment, 3 * 4'096 + 100);
    CHECK(!weir::storage_inspection::inspect("d", disk)->damaged());  // sealed: read when it is read
    found = weir::storage_inspection::verify("d", disk);
    REQUIRE(found->lost.size() == 1);
    CHECK((found->lost[0].first == 2 && found->lost[0].last == 2 && found->lost[0].offset == 3 * 4'096));
}

TEST_CASE("what is too large is refused at put; memory is bounded; large records have blocks of their own (R43)") {
    crash_disk disk;
    auto o = small();
    o.staged_bytes = 60'000;
    auto log = opened(disk, o);
    CHECK(put(*log, 70'000).error().code == errc::too_large);
    CHECK(put(*log, 50'000));
    CHECK(put(*log, 20'000).error().code == errc::limit_exceeded);
    CHECK(log->step() == storage_step::progress);
    CHECK(put(*log, 20'000));
    CHECK(log->step() == storage_step::progress);
    CHECK(log->durable() == 2);

    crash_disk large;
    o = {};
    o.segment_bytes = 16U << 20U;
    o.time = &clock_now();
    auto big = opened(large, o);
    for (const std::size_t size :
         {std::size_t{10} << 20U, std::size_t{1} << 20U, std::size_t{100}, std::size_t{9} << 20U}) {
        REQUIRE(put(*big, size));
        CHECK(big->step() == storage_step::progress);
    }
    big.reset();
    big = opened(large, o);
    CHECK(big->appended() == 4);
    weir::storage_reader reader(*big, 0);
    std::vector<std::size_t> sizes;
    for (auto page = reader.next(); page.kind == page_kind::records; page = reader.next())
        for (const auto& r : page.records) sizes.push_back(r.payload.size());
    CHECK(sizes == std::vector<std::size_t>{std::size_t{10} << 20U, std::size_t{1} << 20U, 100, std::size_t{9} << 20U});
}

TEST_CASE("many producers wait for durability while one writes; readers follow (R2, R21)") {
    weir_test::scratch folder;
    log_options o;
    o.segment_bytes = 1U << 20U;
    auto log = opened(folder / "log", o, weir::storage_files::real());
    constexpr std::uint64_t each = 60;
    weir::atomic<std::uint64_t> left{3};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            for (std::uint64_t i = 0; i < each; ++i) {
                const log_record one{"key", "a payload", 0};
                const auto at = log->append({&one, 1});
                if (at) static_cast<void>(log->wait_for(weir::log_acknowledge::durable, *at));
            }
            left.fetch_sub(1, weir::memory_order_acq_rel);
        });
    }
    std::uint64_t read = 0;
    std::uint64_t wrong = 0;
    threads.emplace_back([&] {
        weir::storage_reader reader(*log, 0);
        while (read < 3 * each) {
            const auto page = reader.next();
            for (const auto& r : page.records) wrong += r.sequence != read++ || r.payload != "a payload" ? 1U : 0U;
            if (page.kind == page_kind::caught_up)
                static_cast<void>(log->wait_for(weir::log_acknowledge::durable, read, 1'000'000));
        }
    });
    while (left.load(weir::memory_order_acquire) != 0) static_cast<void>(log->step());
    static_cast<void>(log->step());
    for (auto& t : threads) t.join();
    CHECK(log->durable() == 3 * each);
    CHECK(read == 3 * each);
    CHECK(wrong == 0);
}
