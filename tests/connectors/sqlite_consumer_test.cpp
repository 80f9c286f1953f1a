// SPDX-License-Identifier: BSL-1.0
// One process writes a stream's folder, and splits and merges its shards; three consume the folder over one SQLite
// lease file, one after the other killed at random: every record is processed at least once, no checkpoint goes back,
// and each write of a lease was by the one who had it.
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <weir/connectors/sqlite.hpp>
#include <weir/streams/aggregate_reader.hpp>
#include <weir/streams/consumer.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/on_disk.hpp>
#include <weir/streams/stream_folder.hpp>

#include "support/catch.hpp"
#include "support/scratch.hpp"

namespace {

using namespace std::chrono_literals;
using position = weir::extended_sequence_number;

/// 4 shards, then 5, then 4 of them again; a third of the records before, between and after. In a process of its own.
pid_t write(const std::string& folder, int records) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid != 0) return pid;
    int code = 1;
    try {
        weir::disk_options disk;
        disk.stream.acknowledge = weir::log_acknowledge::memory;
        disk.log.segment_bytes = 65'536;
        const weir::data_stream<weir::bytes> stream{"s", {.shards = 4, .storage = weir::on_disk(folder, disk)}};
        for (int i = 0; i < records; ++i) {
            if (i == records / 3) stream.split_shard({0}, {std::uint64_t{1} << 61U, 0}).value();
            if (i == 2 * (records / 3)) stream.merge_shards({1}, {2}).value();
            static_cast<void>(stream.put_record(std::to_string(i), "key " + std::to_string(i % 997)).value());
        }
        if (stream.sync()) code = 0;
        // With the stream goes what tells others that the last commit is durable.
    } catch (...) {
        code = 2;
    }
    ::_exit(code);
}

struct tell {
    int to;
    int slot;
    void initialize(const weir::initialization_input&) const {}
    void process_records(std::span<const weir::consumer_record> records, weir::checkpointer& at) const {
        for (const weir::consumer_record& r : records) {
            const std::string line = std::to_string(slot) + " " + std::string(r.data) + "\n";
            if (::write(to, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(2);
        }
        static_cast<void>(at.checkpoint());
    }
    void lease_lost() const {}
    void shard_ended(weir::checkpointer& at) const { static_cast<void>(at.checkpoint()); }
    void shutdown_requested(weir::checkpointer& at) const { static_cast<void>(at.checkpoint()); }
};

pid_t start(const std::string& path, const std::string& folder, int number, int slot, int to) {
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid != 0) return pid;
    try {
        weir::sqlite_lease_store leases(path, {.durable = false});
        auto stream = weir::stream_folder::open(folder);
        while (!stream && (stream.error().code == weir::errc::not_found)) {
            std::this_thread::sleep_for(1ms);  // the writer has not begun
            stream = weir::stream_folder::open(folder);
        }
        weir::consumer worker(stream.value(), leases, [=](weir::shard_id) { return tell{to, slot}; },
                              {.worker = "worker " + std::to_string(number),
                               .failover = 200ms,
                               .parent_poll = 20ms,
                               .idle_between_reads = 5ms,
                               .task_backoff = 10ms,
                               .lease_cleanup = 300ms,
                               .handoff_timeout = 1s,
                               .max_records = 4});
        static_cast<void>(worker.run({}));
    } catch (...) {
        ::_exit(1);
    }
    ::_exit(3);  // it runs until it is killed
}
bool end(pid_t pid) {
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/// Every row as it was written, in order; the file keeps them by a trigger.
void check_history(const std::string& path, std::size_t& takes) {
    struct row {
        std::string owner, writer;
        std::int64_t counter = 0;
        position checkpoint;
    };
    std::map<std::int64_t, row> last;
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    sqlite3_stmt* s = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, "SELECT k, o, n, p, w FROM history ORDER BY rowid", -1, &s, nullptr) == SQLITE_OK);
    const auto text = [&](int at) { return std::string(reinterpret_cast<const char*>(sqlite3_column_text(s, at))); };
    while (sqlite3_step(s) == SQLITE_ROW) {
        row next{text(1), text(4).empty() ? text(1) : text(4), sqlite3_column_int64(s, 2),
                 position::parse(text(3)).value()};
        const auto [at, fresh] = last.try_emplace(sqlite3_column_int64(s, 0), next);
        if (fresh) continue;
        const row& before = at->second;
        CAPTURE(at->first, before.owner, before.writer, before.counter, next.owner, next.writer, next.counter);
        REQUIRE(next.counter == before.counter + 1);  // by one who knew the row before
        REQUIRE(next.checkpoint >= before.checkpoint);
        if (next.checkpoint != before.checkpoint) {
            const bool completed = next.checkpoint == position::shard_end();
            REQUIRE((next.writer == before.writer || completed));
        }
        takes += !next.owner.empty() && next.owner != before.owner;
        at->second = std::move(next);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

}  // namespace

TEST_CASE("consumer: processes over one SQLite file, killed at random (C13, C14, R30)") {
    const int kills = std::getenv("WEIR_NIGHTLY") != nullptr ? 100 : 5;
    constexpr unsigned seed = 20'261'127;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const weir_test::scratch folder;
    const std::string path = folder / "leases.db";
    { weir::sqlite_lease_store made(path, {.durable = false}); }
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    REQUIRE(sqlite3_exec(db,
                         "CREATE TABLE history (k, o, n, p, w);"
                         "CREATE TRIGGER told AFTER INSERT ON lease BEGIN INSERT INTO history VALUES (new.leaseKey, "
                         "new.leaseOwner, new.leaseCounter, new.checkpoint, new.checkpointOwner); END;",
                         nullptr, nullptr, nullptr)
            == SQLITE_OK);
    sqlite3_close(db);

    const int records = 600 * kills;
    const std::string stream = folder / "stream";
    const pid_t writer = write(stream, records);
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    std::vector<pid_t> workers;
    int names = 0;
    for (int i = 0; i < 3; ++i) workers.push_back(start(path, stream, names++, i, pipe[1]));
    std::set<int> processed;
    std::size_t lines = 0;
    std::size_t kill_at = 50;
    int killed = 0;
    std::size_t busy = 0;  // who spoke last
    std::string left;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60 + 10 * kills);
    while (processed.size() < static_cast<std::size_t>(records)) {
        if (std::chrono::steady_clock::now() > deadline) break;
        pollfd some{pipe[0], POLLIN, 0};
        if (::poll(&some, 1, 1'000) == 0) continue;
        char text[512];
        const ssize_t n = ::read(pipe[0], text, sizeof(text));
        REQUIRE(n > 0);
        left.append(text, static_cast<std::size_t>(n));
        for (std::size_t line = left.find('\n'); line != std::string::npos; line = left.find('\n')) {
            const std::size_t space = left.find(' ');
            busy = static_cast<std::size_t>(std::stoi(left.substr(0, space)));
            processed.insert(std::stoi(left.substr(space + 1, line - space - 1)));
            left.erase(0, line + 1);
            ++lines;
        }
        if (killed < kills && lines >= kill_at) {
            const std::size_t who = random() % 3 == 0 ? random() % workers.size() : busy;
            CHECK(end(workers[who]));
            workers[who] = start(path, stream, names++, static_cast<int>(who), pipe[1]);
            ++killed;
            kill_at = lines + 100 + random() % 400;
        }
    }
    int status = -1;
    CHECK((::waitpid(writer, &status, 0) == writer && WIFEXITED(status) && WEXITSTATUS(status) == 0));
    for (const pid_t pid : workers) CHECK(end(pid));  // none had ended by itself
    ::close(pipe[0]);
    ::close(pipe[1]);
    CHECK(processed.size() == static_cast<std::size_t>(records));
    CHECK(killed == kills);
    std::size_t takes = 0;
    check_history(path, takes);
    CHECK(takes > static_cast<std::size_t>(kills) / 2);
    if (std::getenv("WEIR_VERBOSE") != nullptr) {
        WARN(records << " records, processed again " << lines - static_cast<std::size_t>(records) << ", kills "
                     << killed << ", leases taken " << takes);
    }
}
