// SPDX-License-Identifier: BSL-1.0
// sqlite_lease_store: what every lease store must do, several connections and processes on one file, and files that are
// none of ours.
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <weir/connectors/sqlite.hpp>

#include "support/catch.hpp"
#include "support/lease_store_suite.hpp"
#include "support/scratch.hpp"

namespace {

using namespace std::chrono_literals;
using weir::errc;
using weir::sqlite_lease_store;
using weir_test::lease_row;

void execute(const std::string& path, const char* sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
}
errc refusal(const std::string& path) {
    try {
        sqlite_lease_store store(path, {.busy_timeout = 50ms});
    } catch (const weir::bad_result& e) {
        CHECK(e.error().where == path);
        return e.error().code;
    }
    FAIL("opened");
    return errc::io;
}

}  // namespace

TEST_CASE("sqlite_lease_store: what every store must do (C07, C10, C13, C19)") {
    const weir_test::scratch folder;
    sqlite_lease_store store(folder / "leases.db", {.durable = false});
    SECTION("fields") { weir_test::all_fields_are_kept(store); }
    SECTION("conditions") { weir_test::writes_are_conditional(store); }
    SECTION("pending") { weir_test::pending_checkpoints(store); }
    SECTION("children") { weir_test::children_come_with_the_end(store); }
    SECTION("hand-over") { weir_test::hand_over(store); }
    SECTION("connections") {
        sqlite_lease_store second(folder / "leases.db", {.durable = false});
        sqlite_lease_store third(folder / "leases.db", {.durable = false});
        weir_test::one_taker_wins<sqlite_lease_store>({&store, &second, &third, &store}, 50);
    }
}

TEST_CASE("sqlite_lease_store: rows outlive it, and applications do not meet") {
    const weir_test::scratch folder;
    const std::string path = folder / "leases.db";
    weir::lease taken;
    {
        sqlite_lease_store a(path);
        REQUIRE(weir::lease_table(a).create(lease_row(3)).value());
        taken = weir::lease_table(a).take(lease_row(3), "w").value().value();
        sqlite_lease_store b(path, {.application = "b'; --"});
        CHECK(b.list().value().empty());
        CHECK(weir::lease_table(b).create(lease_row(3)).value());
    }
    sqlite_lease_store again(path);
    CHECK(again.list().value() == std::vector{taken});
}

TEST_CASE("sqlite_lease_store: files that are none of ours are refused and left as they are") {
    const weir_test::scratch folder;
    const std::string path = folder / "leases.db";
    SECTION("no database") {
        weir_test::write_file(path, std::string(5'000, 'x'));
        CHECK(refusal(path) == errc::damaged);
        CHECK(std::ifstream(path).get() == 'x');
    }
    SECTION("somebody else's database") {
        execute(path, "CREATE TABLE theirs (x)");
        CHECK(refusal(path) == errc::bad_format);
    }
    SECTION("another version") {
        { sqlite_lease_store made(path); }
        execute(path, "PRAGMA user_version = 2");
        CHECK(refusal(path) == errc::bad_format);
    }
    SECTION("no such folder") { CHECK(refusal(folder / "none/leases.db") == errc::io); }
    SECTION("rows that cannot be read") {
        sqlite_lease_store store(path);
        REQUIRE(weir::lease_table(store).create(lease_row(1)).value());
        for (const char* const sql :
             {"UPDATE lease SET checkpoint = 'x'", "UPDATE lease SET checkpoint = 'LATEST', endingHashKey = '-1'",
              "UPDATE lease SET endingHashKey = '5', startingHashKey = '6'",
              "UPDATE lease SET startingHashKey = '1', parentShardId = 'shardId-1'",
              "UPDATE lease SET parentShardId = '', pendingCheckpoint = '7'",
              "UPDATE lease SET pendingCheckpoint = '', leaseKey = -1"}) {
            CAPTURE(sql);
            execute(path, sql);
            CHECK(store.list().error().code == errc::damaged);
        }
        execute(path, "UPDATE lease SET leaseKey = 1");
        CHECK(store.list().value().size() == 1);
    }
    SECTION("options") {
        CHECK_THROWS_AS(sqlite_lease_store(""), std::invalid_argument);
        CHECK_THROWS_AS(sqlite_lease_store(path, {.application = ""}), std::invalid_argument);
    }
}

TEST_CASE("sqlite_lease_store: a file held for too long is an error, and the next try goes on") {
    const weir_test::scratch folder;
    const std::string path = folder / "leases.db";
    sqlite_lease_store store(path, {.busy_timeout = 20ms});
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(weir::lease_table(store).create(lease_row(0)).error().code == errc::resource_in_use);
    CHECK(store.list().value().empty());  // readers are not held up
    REQUIRE(sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(db);
    CHECK(weir::lease_table(store).create(lease_row(0)).value());
}

TEST_CASE("sqlite_lease_store: processes that are killed leave whole transactions (R30)") {
    // Children count two rows up in one commit; killed at random, the two are always alike, and no counter goes back.
    const bool nightly = std::getenv("WEIR_NIGHTLY") != nullptr;
    constexpr unsigned seed = 20'261'126;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const weir_test::scratch folder;
    const std::string path = folder / "leases.db";
    {
        sqlite_lease_store made(path, {.durable = false});
        for (std::uint32_t i = 0; i < 2; ++i) REQUIRE(weir::lease_table(made).create(lease_row(i)).value());
    }
    std::uint64_t before = 0;
    std::uint64_t grown = 0;
    for (int round = 0; round < (nightly ? 100 : 10); ++round) {
        std::vector<pid_t> children;
        int pipe[2];
        REQUIRE(::pipe(pipe) == 0);
        for (int c = 0; c < 2; ++c) {
            const pid_t pid = ::fork();
            REQUIRE(pid >= 0);
            if (pid == 0) {
                try {
                    sqlite_lease_store store(path, {.durable = false});
                    for (;;) {
                        const auto rows = store.list().value();
                        std::vector<weir::lease_write> writes;
                        for (const weir::lease& seen : rows) {
                            weir::lease next = seen;
                            ++next.counter;
                            writes.push_back(weir::lease_write::replaces(seen, next));
                        }
                        static_cast<void>(store.commit(writes).value());
                        if (::write(pipe[1], "", 1) != 1) ::_exit(2);
                    }
                } catch (...) {
                    ::_exit(1);
                }
            }
            children.push_back(pid);
        }
        for (std::uint64_t commits = 1 + random() % 100; commits > 0; --commits) {
            pollfd some{pipe[0], POLLIN, 0};
            char byte = 0;
            REQUIRE(::poll(&some, 1, 30'000) == 1);
            REQUIRE(::read(pipe[0], &byte, 1) == 1);
        }
        for (const pid_t pid : children) {
            ::kill(pid, SIGKILL);
            int status = 0;
            ::waitpid(pid, &status, 0);
            CHECK(WIFSIGNALED(status));  // none gave up
        }
        ::close(pipe[0]);
        ::close(pipe[1]);
        sqlite_lease_store store(path, {.durable = false});
        const auto rows = store.list().value();
        REQUIRE(rows.size() == 2);
        CHECK(rows[0].counter == rows[1].counter);
        CHECK(rows[0].counter >= before);
        grown += rows[0].counter - before;
        before = rows[0].counter;
    }
    CHECK(grown > 0);
}
