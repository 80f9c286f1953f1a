// SPDX-License-Identifier: BSL-1.0
// T5: the rows of section 3's event table on real file systems: a full disk, a read-only mount, few descriptors, a
// limit on file sizes, a sync that fails. The in-memory disk of the other tests says what is called; these say that
// the system answers as it does.
#include "support/catch.hpp"

#include <weir/buffers/storage_follower.hpp>
#include <weir/buffers/storage_inspection.hpp>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/own_mounts.hpp"
#include "support/scratch.hpp"

namespace {

using weir::errc;
using weir::log_storage;
using weir::page_kind;
using weir::storage_step;
using weir_test::findings;

/// In the child's words: nothing wrong, or why nothing was tried.
void judge(const std::vector<std::string>& lines) {
    std::size_t checks = 0;
    bool ended = false;
    std::set<std::string> told;
    for (const std::string& line : lines) {
        if (line.starts_with("skipped: ")) WARN(line);
        if (line.starts_with("wrong: ") && told.insert(line).second) FAIL_CHECK(line);
        if (line.starts_with("checks ")) {
            ended = true;
            checks = std::stoul(line.substr(7));
        }
    }
    CHECK(ended);
    for (std::size_t i = 0; i < checks; ++i) CHECK(ended);  // as many assertions as the child made
}

/// `body(out, disk, kind)`, with each file system, of so many MiB, at `disk`, where the machine allows it.
template <class Body>
void on_small_disks(std::size_t mib, Body body) {
    for (const std::string& wanted : weir_test::file_systems()) {
        const weir_test::scratch dir;
        const std::string disk = dir / "disk";
        for (const std::string& name : {disk, dir / "below"}) std::filesystem::create_directory(name);
        judge(weir_test::in_own_mounts([&](findings& out) {
            const std::string kind = weir_test::mount_small(wanted, dir / "below", mib, disk);
            if (kind.empty()) return out.skip("no loop device with " + wanted);
            body(out, disk, kind);
        }));
    }
}

weir::log_options options(weir::log_full full = weir::log_full::wait) {
    weir::log_options o;
    o.segment_bytes = std::uint64_t{1} << 20U;
    o.staged_bytes = std::uint64_t{256} << 10U;
    o.retry_us = 0;
    o.full = full;
    return o;
}
std::string text_of(std::uint64_t n) { return "record " + std::to_string(n) + std::string(n * 37 % 3'000, 'x'); }
weir::result<std::uint64_t> put(log_storage& log) {
    const std::string text = text_of(log.appended());
    const weir::log_record one{"key", text, 0};
    return log.append({&one, 1});
}
/// So many, durable.
bool put_all(log_storage& log, int n) {
    for (int i = 0; i < n; ++i) {
        if (!put(log)) return false;
        if (i % 50 == 49 && log.step() == storage_step::failed) return false;
    }
    return log.sync().has_value();
}
/// All from the oldest record on is there, in order and unchanged, up to `next`.
template <class Next>
bool whole(Next next_page, std::uint64_t first, std::uint64_t next) {
    std::uint64_t at = first;
    for (;;) {
        const weir::storage_page page = next_page();
        if (page.kind == page_kind::caught_up) return at == next;
        if (page.kind != page_kind::records) return false;
        for (const auto& r : page.records) {
            if (r.sequence != at || r.payload != text_of(at)) return false;
            ++at;
        }
    }
}
bool whole(const log_storage& log) {
    weir::storage_reader reader(log, log.first_available());
    return whole([&] { return reader.next(); }, log.first_available(), log.durable());
}
/// Puts until neither the disk nor memory takes any more; how many commits had to wait.
std::size_t fill_up(log_storage& log) {
    std::size_t waits = 0;
    for (std::size_t i = 0; i < 1'000'000; ++i) {
        if (!put(log)) break;
        if (i % 8 != 7) continue;
        const storage_step s = log.step();
        if (s == storage_step::failed) break;
        if (s == storage_step::wait) ++waits;
    }
    return waits;
}
std::size_t open_descriptors() {
    std::size_t n = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) n += entry.exists() ? 1U : 0U;
    return n;
}
struct limit {
    limit(decltype(RLIMIT_NOFILE) of, rlim_t to) : what(of) {
        ::getrlimit(what, &before);
        rlimit now = before;
        now.rlim_cur = to;
        good = ::setrlimit(what, &now) == 0;
    }
    limit(const limit&) = delete;
    limit& operator=(const limit&) = delete;
    ~limit() { ::setrlimit(what, &before); }
    decltype(RLIMIT_NOFILE) what;
    rlimit before{};
    bool good = false;
};
std::map<std::string, std::pair<std::string, std::int64_t>> bytes_and_times(const std::string& folder) {
    std::map<std::string, std::pair<std::string, std::int64_t>> all;
    for (const std::string& name : weir_test::names_in(folder)) {
        struct stat s{};
        ::stat((folder + "/" + name).c_str(), &s);
        all[name] = {weir_test::read_file(folder + "/" + name),
                     static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec};
    }
    return all;
}

/// The image lies on a tmpfs that is full: what the file system in it has promised its writers cannot be kept, and the
/// sync says so. On ext4 the pages stay in the cache as if they were there; others give up until they are mounted anew.
std::vector<std::string> sync_that_fails(const std::string& kind) {
    const weir_test::scratch dir;
    for (const char* const name : {"below", "disk"}) std::filesystem::create_directory(dir / name);
    return weir_test::in_own_mounts([&](findings& out) {
        if (::mount("none", (dir / "below").c_str(), "tmpfs", 0, "size=40m") != 0
            || !weir_test::mount_new_image(kind, dir / "below/image", 64, dir / "disk")) {
            return out.skip("no loop device with " + kind);
        }
        std::uint64_t acknowledged = 0;
        {
            auto o = options();
            o.segment_bytes = std::uint64_t{16} << 20U;
            o.staged_bytes = std::uint64_t{64} << 20U;
            auto log = log_storage::open(dir / "disk/log", o);
            if (!out.expect(log.has_value(), "open")) return;
            for (int i = 0; i < 100; ++i) out.expect(put(**log).has_value(), "put");
            out.expect((*log)->step() == storage_step::progress, "step");
            acknowledged = (*log)->durable();
            out.expect(acknowledged == 100, "acknowledged");
            weir_test::write_file(dir / "below/ballast", std::string(40U << 20U, 'b'));  // as much as fits
            for (int i = 0; i < 8'000; ++i) out.expect(put(**log).has_value(), "put");
            out.expect((*log)->step() == storage_step::failed, "the sync fails");
            out.expect((*log)->failed() && (*log)->failure().message.find("sync ") != std::string::npos,
                       "it says that it was the sync: " + (*log)->failure().message);
            out.expect((*log)->durable() <= 8'100 && (*log)->written() == (*log)->durable(), "nothing beyond it");
            out.expect(!put(**log), "and takes no more");
            acknowledged = (*log)->durable();
            out.expect(acknowledged >= 100, "what was acknowledged before it stays");
            out.expect(whole(**log), "and is read");
        }
        std::filesystem::remove(dir / "below/ballast");
        if (kind != "ext4") {
            ::umount((dir / "disk").c_str());
            if (!out.expect(weir_test::mount_image(kind, dir / "below/image", dir / "disk"), "mounted anew")) return;
        }
        auto log = log_storage::open(dir / "disk/log", options());
        if (!out.expect(log.has_value(), "opened again: " + (log ? std::string() : log.error().message))) return;
        out.expect((*log)->durable() >= acknowledged, "nothing acknowledged is lost");
        out.expect(whole(**log), "what the cache only claimed to have is not taken for it");
    });
}

}  // namespace

TEST_CASE("a full disk: appending waits, goes on when space returns, and nothing acknowledged is lost (T5, R8)") {
    on_small_disks(24, [](findings& out, const std::string& disk, const std::string& kind) {
        weir_test::write_file(disk + "/ballast", std::string(8U << 20U, 'b'));
        std::uint64_t acknowledged = 0;
        {
            auto log = log_storage::open(disk + "/log", options());
            if (!out.expect(log.has_value(), kind + ": open")) return;
            out.expect(fill_up(**log) != 0, kind + ": steps wait");
            out.expect(!(*log)->failed(), kind + ": a full disk is no failure");
            const auto refused = put(**log);
            out.expect(!refused && refused.error().code == errc::no_space, kind + ": puts say that there is no space");
            out.expect((*log)->counters().full_waits == 1, kind + ": counted once");
            acknowledged = (*log)->durable();
            out.expect(acknowledged > 1'000, kind + ": most of the disk was used");
            out.expect((*log)->appended() > acknowledged, kind + ": what is not on the disk is in memory");
            out.expect(whole(**log), kind + ": what is durable is read");
            // Space returns.
            std::filesystem::remove(disk + "/ballast");
            bool more = false;
            for (int i = 0; i < 100 && (*log)->durable() < (*log)->appended(); ++i) {
                more = (*log)->step() == storage_step::progress || more;
            }
            out.expect(more && (*log)->durable() == (*log)->appended(), kind + ": it goes on by itself");
            out.expect(put(**log).has_value() && (*log)->sync().has_value(), kind + ": and takes more");
            out.expect(whole(**log), kind + ": all of it is read");
            fill_up(**log);
            acknowledged = (*log)->durable();
        }  // as a crash would, on a full disk
        auto log = log_storage::open(disk + "/log", options());
        if (!out.expect(log.has_value(), kind + ": a full disk is opened: " + (log ? "" : log.error().message))) return;
        out.expect((*log)->durable() >= acknowledged, kind + ": nothing acknowledged is lost");
        out.expect(whole(**log), kind + ": nor changed");
        out.expect((*log)->trim((*log)->durable() / 2).has_value(), kind + ": a full disk can be trimmed");
        out.expect(put(**log).has_value() && (*log)->sync().has_value(), kind + ": which makes room");
    });
}

TEST_CASE("a full disk where the oldest goes, or where the log fails (T5, R8)") {
    on_small_disks(16, [](findings& out, const std::string& disk, const std::string& kind) {
        {
            auto log = log_storage::open(disk + "/a", options(weir::log_full::drop_oldest));
            if (!out.expect(log.has_value(), kind + ": open")) return;
            for (int i = 0; i < 12'000; ++i) {
                if (!put(**log)) break;
                if (i % 20 == 19) static_cast<void>((*log)->step());
            }
            out.expect((*log)->sync().has_value(), kind + ": sync");
            out.expect((*log)->appended() == 12'000, kind + ": every put is taken");
            out.expect((*log)->counters().full_dropped == (*log)->first_available(), kind + ": what went is counted");
            out.expect((*log)->first_available() != 0, kind + ": some went");
            out.expect((*log)->durable() == 12'000 && whole(**log), kind + ": the rest is there");
            out.expect((*log)->close().has_value(), kind + ": close");
        }
        std::filesystem::remove_all(disk + "/a");
        std::uint64_t acknowledged = 0;
        {
            auto log = log_storage::open(disk + "/b", options(weir::log_full::fail));
            if (!out.expect(log.has_value(), kind + ": open")) return;
            fill_up(**log);
            out.expect((*log)->failed() && (*log)->failure().code == errc::no_space, kind + ": it fails, and says why");
            out.expect((*log)->failure().message.find(disk + "/b/") != std::string::npos, kind + ": and where");
            acknowledged = (*log)->durable();
            out.expect(whole(**log), kind + ": what is durable is read");
        }
        auto log = log_storage::open(disk + "/b", options(weir::log_full::fail));
        out.expect(log.has_value() && (*log)->durable() >= acknowledged && whole(**log),
                   kind + ": also by the next one");
    });
}

TEST_CASE("a read-only mount: who writes is refused with the reason, who reads changes no byte (T5, R9)") {
    on_small_disks(24, [](findings& out, const std::string& disk, const std::string& kind) {
        const std::string folder = disk + "/log";
        for (const bool closed : {true, false}) {
            std::uint64_t durable = 0;
            {
                auto log = log_storage::open(folder, options());
                if (!out.expect(log.has_value(), kind + ": open")) return;
                out.expect(put_all(**log, 1'500), kind + ": put");
                if (closed) out.expect((*log)->close().has_value(), kind + ": close");
                durable = (*log)->durable();
            }
            const auto before = bytes_and_times(folder);
            if (::mount("none", disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
                return out.skip("a mount cannot be made read-only");
            }
            const auto refused = log_storage::open(folder, options());
            out.expect(!refused && refused.error().code == errc::no_permission, kind + ": the writer is refused");
            out.expect(!refused && refused.error().message.find("Read-only file system") != std::string::npos
                           && refused.error().message.find(folder) != std::string::npos,
                       kind + ": with the reason, and where");
            out.expect(!log_storage::open(disk + "/new", options()), kind + ": nor is a new one made");
            for (const std::uint64_t map_bytes : {std::uint64_t{0}, std::uint64_t{1} << 30U}) {
                auto f = weir::storage_follower::open(folder, 0, weir::storage_files::real(), map_bytes);
                if (!out.expect(f.has_value(), kind + ": the reader is not")) return;
                // Of a log that was not closed nothing vouches for the last commit.
                const bool all = whole([&] { return f->next().value(); }, 0, durable);
                out.expect(closed ? all : f->position() != 0, kind + ": and reads it all");
            }
            const auto inspected = weir::storage_inspection::verify(folder);
            out.expect(inspected && !inspected->damaged() && inspected->next == durable, kind + ": verified");
            out.expect(bytes_and_times(folder) == before, kind + ": no byte and no time has changed");
            ::mount("none", disk.c_str(), nullptr, MS_REMOUNT, nullptr);
            out.expect(bytes_and_times(folder) == before, kind + ": not behind the mount either");
        }
        auto log = log_storage::open(folder, options());
        out.expect(log.has_value() && whole(**log), kind + ": written again where it may be");
    });
}

TEST_CASE("a file may not grow: the log fails with the reason, what was acknowledged stays (T5, R60)") {
    const weir_test::scratch dir;
    judge(weir_test::in_own_mounts([&](findings& out) {
        ::signal(SIGXFSZ, SIG_IGN);
        std::uint64_t acknowledged = 0;
        {
            auto log = log_storage::open(dir / "log", options());
            if (!out.expect(log.has_value(), "open")) return;
            while ((*log)->counters().rolls == 0) {
                if (!put(**log) || (*log)->step() == storage_step::failed) break;
            }
            const limit size(RLIMIT_FSIZE, 64U << 10U);
            if (!size.good) return out.skip("no limit on file sizes");
            fill_up(**log);
            out.expect((*log)->failed(), "it fails");
            out.expect((*log)->failure().message.find("File too large") != std::string::npos, "with the reason");
            out.expect((*log)->failure().message.find(dir / "log/") != std::string::npos, "and where");
            acknowledged = (*log)->durable();
            out.expect(whole(**log), "what is durable is read");
        }
        auto log = log_storage::open(dir / "log", options());
        out.expect(log.has_value() && (*log)->durable() >= acknowledged && whole(**log), "and still there");
        out.expect(put(**log).has_value() && (*log)->sync().has_value(), "and it goes on");
    }));
}

TEST_CASE("few descriptors: readers of many segments hold one each, and say so when there is none (T5, R17, R60)") {
    const weir_test::scratch dir;
    auto o = options();
    o.segment_bytes = 32'768;
    o.sync = weir::log_sync::on_request;
    o.alignment = 8;
    auto log = log_storage::open(dir / "log", o);
    REQUIRE(log);
    REQUIRE(put_all(**log, 4'000));
    REQUIRE((*log)->counters().rolls > 150);
    const limit few(RLIMIT_NOFILE, 64);
    REQUIRE(few.good);
    const std::size_t before = open_descriptors();
    REQUIRE(before < 30);
    {
        weir::storage_reader reader(**log, 0);
        std::size_t most = 0;
        const auto next = [&] {
            most = std::max(most, open_descriptors());
            return reader.next();
        };
        CHECK(whole(next, 0, 4'000));
        CHECK(most == before + 1);
        CHECK((*log)->scrub(~std::uint64_t{0}).unread == 0);
        CHECK(open_descriptors() <= before + 1);
        REQUIRE(put_all(**log, 100));  // several segments more
        CHECK(whole([&] { return reader.next(); }, 4'000, 4'100));
    }
    std::vector<weir::storage_reader> readers;
    for (std::uint64_t i = 0; i < 100; ++i) readers.emplace_back(**log, i * 40);
    std::size_t without = 0;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        const weir::storage_page page = readers[i].next();
        CHECK((page.kind == page_kind::records || page.kind == page_kind::unavailable));
        if (page.kind == page_kind::records) continue;
        ++without;
        CHECK(readers[i].position() == i * 40);
        CHECK(readers[i].trouble().message.find(dir / "log/") != std::string::npos);
        CHECK(readers[i].trouble().message.find(
                  "Too many open files; too many files are open: raise the limit (ulimit -n)")
              != std::string::npos);
    }
    CHECK(without > 100 - 64);
    CHECK(without < 100);
    // Others say so too, and nothing is taken for lost.
    CHECK(!weir::storage_follower::open(dir / "log"));
    CHECK(!weir::storage_inspection::inspect(dir / "log"));
    const weir::storage_scrub scrub = (*log)->scrub(~std::uint64_t{0});
    CHECK(scrub.damaged == 0);
    CHECK(scrub.unread > 150);
    CHECK(readers.back().find(weir::instant::max()) <= 4'100);
    // When there are some again, they go on where they were.
    weir::storage_reader last = std::move(readers.back());
    readers.clear();
    CHECK(whole([&] { return last.next(); }, 99 * 40, 4'100));
    last.seek(0);
    CHECK(whole([&] { return last.next(); }, 0, 4'100));
    CHECK((*log)->scrub(~std::uint64_t{0}).unread == 0);
    CHECK((*log)->close());
    log->reset();
    log = log_storage::open(dir / "log", o);
    REQUIRE(log);
    CHECK(whole(**log));
}

TEST_CASE("no descriptors for the next segment: the log fails with the reason, what was acknowledged stays (T5, R60)") {
    const weir_test::scratch dir;
    std::uint64_t acknowledged = 0;
    {
        auto log = log_storage::open(dir / "log", options());
        REQUIRE(log);
        REQUIRE(put_all(**log, 100));
        const limit few(RLIMIT_NOFILE, 64);
        REQUIRE(few.good);
        std::vector<int> all;
        for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) all.push_back(fd);
        CHECK(put_all(**log, 300));  // what is open goes on
        CHECK(!put_all(**log, 2'000));
        for (const int fd : all) ::close(fd);
        CHECK((*log)->failed());
        CHECK((*log)->failure().where == dir / "log/next.tmp");
        CHECK((*log)->failure().message.find("Too many open files") != std::string::npos);
        CHECK(!put(**log));
        acknowledged = (*log)->durable();
        CHECK(acknowledged >= 400);
        CHECK(whole(**log));
    }
    auto log = log_storage::open(dir / "log", options());
    REQUIRE(log);
    CHECK((*log)->durable() >= acknowledged);
    CHECK(whole(**log));
    CHECK(put_all(**log, 1'000));
}

TEST_CASE("a sync that fails: no acknowledgement beyond the last good one, nor after the next opening (T5, R6)") {
    for (const std::string& kind : weir_test::file_systems()) judge(sync_that_fails(kind));
}
