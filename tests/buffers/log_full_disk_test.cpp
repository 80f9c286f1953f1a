// SPDX-License-Identifier: BSL-1.0
// A full disk that copies on write: there is no room for another name, nor to write over what is there, until space
// returns. The log waits, and what it gives up goes all the same (T5, R8). The real ones are in log_mounts_test.cpp.
#include "support/catch.hpp"

#include <weir/buffers/storage_reader.hpp>

#include <errno.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "support/forwarded_files.hpp"
#include "support/scratch.hpp"

namespace {

using weir::errc;
using weir::log_storage;
using weir::storage_step;

class no_room final : public weir_test::forwarded_files {
  public:
    bool for_names = true;
    bool for_marks = true;
    bool syncs_fail = false;

    int open(int folder, const char* name, weir::storage_open how) override {
        const int fd = forwarded_files::open(folder, name, how);
        if (std::string_view(name) == "trim") trim_ = fd;
        return fd;
    }
    int rename(int folder, const char* from, const char* to) override {
        return for_names ? forwarded_files::rename(folder, from, to) : -ENOSPC;
    }
    std::int64_t write_at(int fd, const char* from, std::size_t size, std::uint64_t offset) override {
        if (fd == trim_ && !for_marks) return -ENOSPC;
        return forwarded_files::write_at(fd, from, size, offset);
    }
    int sync_data(int fd) override { return fd == trim_ && syncs_fail ? -ENOSPC : forwarded_files::sync_data(fd); }

  private:
    int trim_ = -1;
};

weir::log_options options(weir::log_full full = weir::log_full::wait) {
    weir::log_options o;
    o.segment_bytes = 32'768;
    o.staged_bytes = std::uint64_t{16} << 10U;
    o.retry_us = 0;
    o.full = full;
    return o;
}
std::string text_of(std::uint64_t n) { return "record " + std::to_string(n) + std::string(n * 37 % 400, 'x'); }
weir::result<std::uint64_t> put(log_storage& log) {
    const std::string text = text_of(log.appended());
    const weir::log_record one{"key", text, 0};
    return log.append({&one, 1});
}
/// All from the oldest record on, in order and unchanged, up to the durable end.
bool whole(const log_storage& log) {
    std::uint64_t at = log.first_available();
    weir::storage_reader reader(log, at);
    for (auto page = reader.next(); page.kind != weir::page_kind::caught_up; page = reader.next()) {
        if (page.kind != weir::page_kind::records) return false;
        for (const auto& r : page.records) {
            if (r.sequence != at || r.payload != text_of(at)) return false;
            ++at;
        }
    }
    return at == log.durable();
}
void fill(log_storage& log, std::uint64_t upto) {
    while (log.appended() < upto) {
        REQUIRE(put(log));
        if (log.appended() % 16 == 0) REQUIRE(log.step() != storage_step::failed);
    }
    REQUIRE(log.sync());
}
std::size_t segments_in(const std::string& folder) {
    std::size_t n = 0;
    for (const std::string& name : weir_test::names_in(folder)) n += name.ends_with(".log") ? 1U : 0U;
    return n;
}

}  // namespace

TEST_CASE("no room for the name of a new segment: the log waits, and goes on by itself (T5, R8)") {
    const weir_test::scratch dir;
    no_room files;
    auto log = log_storage::open(dir / "log", options(), files);
    REQUIRE(log);
    for (const std::uint64_t before : {0U, 200U}) {  // the first segment, and a later one
        fill(**log, before);
        files.for_names = false;
        while (put(**log)) static_cast<void>((*log)->step());
        CHECK_FALSE((*log)->failed());
        CHECK((*log)->step() == storage_step::wait);
        const auto refused = put(**log);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == errc::no_space);
        CHECK((*log)->durable() < (*log)->appended());
        CHECK((*log)->counters().full_waits == (before == 0 ? 1 : 2));
        CHECK(whole(**log));
        files.for_names = true;
        CHECK((*log)->step() == storage_step::progress);
        CHECK((*log)->durable() == (*log)->appended());
        CHECK(put(**log));
        CHECK((*log)->sync());
        CHECK(whole(**log));
    }
    const std::uint64_t durable = (*log)->durable();
    CHECK((*log)->close());
    log->reset();
    log = log_storage::open(dir / "log", options());
    REQUIRE(log);
    CHECK((*log)->durable() == durable);
    CHECK(whole(**log));
}

TEST_CASE("no room for the name of a new segment, and the log is to fail: it does, with the reason (T5, R8)") {
    const weir_test::scratch dir;
    no_room files;
    files.for_names = false;
    auto log = log_storage::open(dir / "log", options(weir::log_full::fail), files);
    REQUIRE(log);
    REQUIRE(put(**log));
    CHECK((*log)->step() == storage_step::failed);
    CHECK((*log)->failure().code == errc::no_space);
    CHECK((*log)->durable() == 0);
}

TEST_CASE("no room for another name: what is trimmed goes under its own (T5, R8)") {
    const weir_test::scratch dir;
    no_room files;
    auto log = log_storage::open(dir / "log", options(), files);
    REQUIRE(log);
    fill(**log, 1'000);
    const std::size_t before = segments_in(dir / "log");
    REQUIRE(before > 4);
    files.for_names = false;
    REQUIRE((*log)->trim(500));
    CHECK((*log)->first_available() > 300);
    CHECK(segments_in(dir / "log") < before - 1);
    CHECK(whole(**log));
}

TEST_CASE("no room for the mark of a trim: nothing has changed, and it can be tried again (T5, R8)") {
    const weir_test::scratch dir;
    no_room files;
    auto log = log_storage::open(dir / "log", options(), files);
    REQUIRE(log);
    fill(**log, 1'000);
    files.for_marks = false;
    const auto refused = (*log)->trim(500);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::no_space);
    CHECK_FALSE((*log)->failed());
    CHECK((*log)->first_available() == 0);
    CHECK(whole(**log));
    files.for_marks = true;
    CHECK((*log)->trim(500));
    CHECK((*log)->first_available() > 300);
    // What could be written, and not synced, is another thing: it may be there or not (R6).
    files.syncs_fail = true;
    CHECK_FALSE((*log)->trim(800));
    CHECK((*log)->failed());
    CHECK(whole(**log));
}
