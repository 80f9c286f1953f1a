// SPDX-License-Identifier: BSL-1.0
// sqlite_lease_store: the lease table of an application in an SQLite file, which the processes of one machine share
// (target weir::sqlite; lease_store.hpp says what a store does).
//
//     weir::sqlite_lease_store leases("leases.db", {.application = "clicks"});
//     weir::consumer worker(stream, leases, make_processor, {.worker = "a"});
//
// Several applications may share a file. Write-ahead log; each commit is one `BEGIN IMMEDIATE` transaction, seen whole
// or not at all, also after a kill; after a loss of power only with `durable`. Who finds the file locked waits for
// `busy_timeout`, then fails with `errc::resource_in_use`; other errors are `errc::io` and `errc::damaged` and name the
// file. Values are bound, never part of a statement. The file has a version; one of another version is refused and left
// as it is. Any thread: one connection and one mutex a store. After fork() the child opens its own.
//
// The constructor throws `bad_result` with the same errors, and std::invalid_argument for options that are none.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <climits>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../streams/lease_store.hpp"

namespace weir {

struct sqlite_lease_options {
    std::string application = "default";  // whose leases; the KCL's table name
    std::chrono::milliseconds busy_timeout{5'000};
    bool durable = true;  // synced before a commit is over; else a loss of power may take the last ones
};

class sqlite_lease_store {
  public:
    explicit sqlite_lease_store(std::string path, sqlite_lease_options options = {})
        : path_(std::move(path)), options_(std::move(options)) {
        if (path_.empty() || options_.application.empty() || options_.busy_timeout.count() < 0
            || options_.busy_timeout.count() > INT_MAX) {
            throw std::invalid_argument("weir::sqlite_lease_store: needs a path, an application and a time-out of 0 ms "
                                        "to 24 days");
        }
        if (const result<void> good = open(); !good) throw bad_result(good.error());
    }
    sqlite_lease_store(const sqlite_lease_store&) = delete;
    sqlite_lease_store& operator=(const sqlite_lease_store&) = delete;

    [[nodiscard]] result<std::vector<lease>> list() const {
        const std::lock_guard hold(mutex_);
        const bound all(list_.get());
        all.text(1, options_.application);
        std::vector<lease> rows;
        for (;;) {
            const int code = sqlite3_step(list_.get());
            if (code == SQLITE_DONE) return rows;
            if (code != SQLITE_ROW) return failed("list the leases", code);
            result<lease> row = read(list_.get());
            if (!row) return row.error();
            rows.push_back(std::move(*row));
        }
    }
    [[nodiscard]] result<std::optional<lease>> get(shard_id shard) const {
        const std::lock_guard hold(mutex_);
        return find(shard);
    }
    result<bool> commit(std::span<const lease_write> writes) {
        const std::lock_guard hold(mutex_);
        if (const int code = run(begin_.get()); code != SQLITE_DONE) return failed("begin a transaction", code);
        result<bool> done = apply(writes);
        if (done && *done) {
            if (const int code = run(commit_.get()); code != SQLITE_DONE) done = failed("commit", code);
        }
        if (!done || !*done) {
            if (sqlite3_get_autocommit(db_.get()) == 0) static_cast<void>(run(rollback_.get()));
        }
        return done;
    }

  private:
    static constexpr int application_id = 0x77656972;  // "weir"
    static constexpr int version = 1;

    struct close_database {
        void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
    };
    struct finalize {
        void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
    };
    using statement = std::unique_ptr<sqlite3_stmt, finalize>;

    /// A statement's values, for one use. What they refer to outlives it.
    class bound {
      public:
        explicit bound(sqlite3_stmt* s) noexcept : s_(s) {}
        bound(const bound&) = delete;
        bound& operator=(const bound&) = delete;
        ~bound() {
            sqlite3_reset(s_);
            sqlite3_clear_bindings(s_);
        }
        void text(int at, std::string_view v) const noexcept {
            sqlite3_bind_text64(s_, at, v.data() == nullptr ? "" : v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
        }
        void blob(int at, std::string_view v) const noexcept {
            sqlite3_bind_blob64(s_, at, v.data() == nullptr ? "" : v.data(), v.size(), SQLITE_STATIC);
        }
        void integer(int at, std::int64_t v) const noexcept { sqlite3_bind_int64(s_, at, v); }
        void real(int at, double v) const noexcept { sqlite3_bind_double(s_, at, v); }

      private:
        sqlite3_stmt* s_;
    };

    [[nodiscard]] error failed(const char* what, int code) const {
        const int kind = code & 0xFF;
        const char* const detail = db_ ? sqlite3_errmsg(db_.get()) : sqlite3_errstr(code);
        const bool busy = kind == SQLITE_BUSY || kind == SQLITE_LOCKED;
        const bool damaged = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
        std::string message = std::string("SQLite could not ") + what + ": " + detail;
        if (busy) message += "; another process held the file for longer than busy_timeout, try again";
        if (damaged) message += "; restore the file, or remove it and its -wal and -shm to begin without leases";
        return {busy ? errc::resource_in_use : damaged ? errc::damaged : errc::io, std::move(message), path_};
    }
    [[nodiscard]] error damaged(const char* what) const {
        return {errc::damaged,
                std::string("a lease's ") + what + " cannot be read; repair the row, or remove it: it is made anew",
                path_};
    }
    static int run(sqlite3_stmt* s) noexcept {
        const int code = sqlite3_step(s);
        sqlite3_reset(s);
        return code;
    }

    result<void> open() {
        sqlite3* db = nullptr;
        const int code = sqlite3_open_v2(path_.c_str(), &db,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr);
        db_.reset(db);
        if (code != SQLITE_OK) return failed("open the file", code);
        sqlite3_extended_result_codes(db_.get(), 1);
        sqlite3_busy_timeout(db_.get(), static_cast<int>(options_.busy_timeout.count()));
        // The version first: what is not ours is not touched.
        if (const result<void> good = check_version(); !good) return good;
        if (const result<void> good = set_mode(); !good) return good;
        if (const result<void> good = make_table(); !good) return good;
        const struct {
            statement* to;
            const char* sql;
        } all[] = {
            {&begin_, "BEGIN IMMEDIATE"},
            {&commit_, "COMMIT"},
            {&rollback_, "ROLLBACK"},
            {&list_, "SELECT leaseKey, leaseOwner, leaseCounter, ownerSwitchesSinceCheckpoint, checkpoint, "
                     "pendingCheckpoint, pendingCheckpointState, parentShardId, childShardIds, startingHashKey, "
                     "endingHashKey, throughputKBps, checkpointOwner FROM lease WHERE application = ?1 "
                     "ORDER BY leaseKey"},
            {&get_, "SELECT leaseKey, leaseOwner, leaseCounter, ownerSwitchesSinceCheckpoint, checkpoint, "
                    "pendingCheckpoint, pendingCheckpointState, parentShardId, childShardIds, startingHashKey, "
                    "endingHashKey, throughputKBps, checkpointOwner FROM lease WHERE application = ?1 AND leaseKey = "
                    "?2"},
            {&put_,
             "INSERT OR REPLACE INTO lease VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"},
            {&erase_, "DELETE FROM lease WHERE application = ?1 AND leaseKey = ?2"},
        };
        for (const auto& s : all) {
            if (const result<void> good = prepare(*s.to, s.sql); !good) return good;
        }
        return {};
    }
    result<void> prepare(statement& to, const char* sql) {
        sqlite3_stmt* made = nullptr;
        const int code = sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
        to.reset(made);
        if (code != SQLITE_OK) return failed("prepare a statement", code);
        return {};
    }
    result<void> execute(const char* sql, const char* what) {
        const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
        if (code != SQLITE_OK) return failed(what, code);
        return {};
    }
    result<std::int64_t> number(const char* sql) {
        statement s;
        if (const result<void> good = prepare(s, sql); !good) return good.error();
        const int code = sqlite3_step(s.get());
        if (code != SQLITE_ROW) return failed("read the file's version", code);
        return static_cast<std::int64_t>(sqlite3_column_int64(s.get(), 0));
    }
    /// True: ours. False: an empty file.
    result<bool> is_ours() {
        const result<std::int64_t> id = number("PRAGMA application_id");
        if (!id) return id.error();
        const result<std::int64_t> v = number("PRAGMA user_version");
        if (!v) return v.error();
        const result<std::int64_t> tables = number("SELECT count(*) FROM sqlite_schema");
        if (!tables) return tables.error();
        if (*id == 0 && *v == 0 && *tables == 0) return false;
        if (*id != application_id) {
            return error{errc::bad_format, "the file is an SQLite database, but not weir's leases; name another file",
                         path_};
        }
        if (*v != version) {
            return error{errc::bad_format,
                         "the lease file has version " + std::to_string(*v) + ", this program knows version "
                             + std::to_string(version) + "; use the program that made it, or name another file",
                         path_};
        }
        return true;
    }
    result<void> check_version() {
        const result<bool> ours = is_ours();
        if (!ours) return ours.error();
        return {};
    }
    result<void> set_mode() {
        statement s;
        if (const result<void> good = prepare(s, "PRAGMA journal_mode = WAL"); !good) return good;
        // The busy time-out does not cover a change of the mode; whoever else makes it is quick.
        int code = sqlite3_step(s.get());
        for (std::int64_t waited = 0; (code & 0xFF) == SQLITE_BUSY && waited < options_.busy_timeout.count();
             ++waited) {
            sqlite3_reset(s.get());
            sqlite3_sleep(1);
            code = sqlite3_step(s.get());
        }
        if (code != SQLITE_ROW) return failed("set the write-ahead log", code);
        const unsigned char* const mode = sqlite3_column_text(s.get(), 0);
        if (mode == nullptr || std::strcmp(reinterpret_cast<const char*>(mode), "wal") != 0) {
            return error{errc::io, "this file cannot have a write-ahead log; put it on a local file system", path_};
        }
        s.reset();
        return execute(options_.durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                       "set how to sync");
    }
    /// Of several that open a fresh file at once one makes the table.
    result<void> make_table() {
        if (const result<void> good = execute("BEGIN IMMEDIATE", "begin a transaction"); !good) return good;
        const result<bool> ours = is_ours();
        result<void> done = ours ? result<void>() : result<void>(ours.error());
        if (ours && !*ours) {
            done = execute("CREATE TABLE lease ("
                           "application TEXT NOT NULL, leaseKey INTEGER NOT NULL, leaseOwner TEXT NOT NULL, "
                           "leaseCounter INTEGER NOT NULL, ownerSwitchesSinceCheckpoint INTEGER NOT NULL, "
                           "checkpoint TEXT NOT NULL, pendingCheckpoint TEXT NOT NULL, "
                           "pendingCheckpointState BLOB NOT NULL, parentShardId TEXT NOT NULL, "
                           "childShardIds TEXT NOT NULL, startingHashKey TEXT NOT NULL, endingHashKey TEXT NOT NULL, "
                           "throughputKBps REAL NOT NULL, checkpointOwner TEXT NOT NULL, "
                           "PRIMARY KEY (application, leaseKey)) WITHOUT ROWID, STRICT;"
                           "PRAGMA application_id = 2003134834;"
                           "PRAGMA user_version = 1;",
                           "make the table");
            static_assert(application_id == 2'003'134'834 && version == 1);
        }
        if (done) done = execute("COMMIT", "commit");
        if (!done && sqlite3_get_autocommit(db_.get()) == 0) {
            sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        return done;
    }

    result<bool> apply(std::span<const lease_write> writes) {
        for (const lease_write& w : writes) {
            const result<std::optional<lease>> now = find(w.row.shard);
            if (!now) return now.error();
            if (!w.allowed(*now ? &**now : nullptr)) return false;
            if (w.what == lease_write::action::require || (w.what == lease_write::action::create_if_absent && *now)) {
                continue;
            }
            const int code = w.what == lease_write::action::erase ? erase(w.row.shard) : put(w.row);
            if (code != SQLITE_DONE) return failed("write a lease", code);
        }
        return true;
    }
    [[nodiscard]] result<std::optional<lease>> find(shard_id shard) const {
        const bound one(get_.get());
        one.text(1, options_.application);
        one.integer(2, shard.index);
        const int code = sqlite3_step(get_.get());
        if (code == SQLITE_DONE) return std::optional<lease>();
        if (code != SQLITE_ROW) return failed("read a lease", code);
        result<lease> row = read(get_.get());
        if (!row) return row.error();
        return std::optional<lease>(std::move(*row));
    }
    int erase(shard_id shard) {
        const bound one(erase_.get());
        one.text(1, options_.application);
        one.integer(2, shard.index);
        return sqlite3_step(erase_.get());
    }
    int put(const lease& l) {
        const bound row(put_.get());
        const std::string checkpoint = to_string(l.checkpoint);
        const std::string pending = l.pending_checkpoint ? to_string(*l.pending_checkpoint) : std::string();
        const std::string parents = join(l.parents);
        const std::string children = join(l.children);
        const std::string first = to_string(l.keys.first);
        const std::string last = to_string(l.keys.last);
        row.text(1, options_.application);
        row.integer(2, l.shard.index);
        row.text(3, l.owner);
        row.integer(4, static_cast<std::int64_t>(l.counter));
        row.integer(5, static_cast<std::int64_t>(l.owner_switches_since_checkpoint));
        row.text(6, checkpoint);
        row.text(7, pending);
        row.blob(8, l.pending_checkpoint_state);
        row.text(9, parents);
        row.text(10, children);
        row.text(11, first);
        row.text(12, last);
        row.real(13, l.throughput_kbps);
        row.text(14, l.checkpoint_owner);
        return sqlite3_step(put_.get());
    }

    [[nodiscard]] static std::string join(const std::vector<shard_id>& ids) {
        std::string text;
        for (const shard_id id : ids) text += (text.empty() ? "" : ",") + to_string(id);
        return text;
    }
    [[nodiscard]] static bool split(std::string_view text, std::vector<shard_id>& to) {
        while (!text.empty()) {
            const std::size_t comma = text.find(',');
            const result<shard_id> id = shard_id::parse(text.substr(0, comma));
            if (!id) return false;
            to.push_back(*id);
            if (comma == std::string_view::npos) break;
            text.remove_prefix(comma + 1);
        }
        return true;
    }
    [[nodiscard]] static std::string_view column(sqlite3_stmt* s, int at) noexcept {
        const void* const data = sqlite3_column_blob(s, at);
        return data == nullptr ? std::string_view()
                               : std::string_view(static_cast<const char*>(data),
                                                  static_cast<std::size_t>(sqlite3_column_bytes(s, at)));
    }
    [[nodiscard]] result<lease> read(sqlite3_stmt* s) const {
        lease l;
        const std::int64_t shard = sqlite3_column_int64(s, 0);
        if (shard < 0 || shard > UINT32_MAX) return damaged("leaseKey");
        l.shard.index = static_cast<std::uint32_t>(shard);
        l.owner = column(s, 1);
        l.counter = static_cast<std::uint64_t>(sqlite3_column_int64(s, 2));
        l.owner_switches_since_checkpoint = static_cast<std::uint64_t>(sqlite3_column_int64(s, 3));
        const result<extended_sequence_number> at = extended_sequence_number::parse(column(s, 4));
        if (!at) return damaged("checkpoint");
        l.checkpoint = *at;
        if (const std::string_view text = column(s, 5); !text.empty()) {
            const result<extended_sequence_number> pending = extended_sequence_number::parse(text);
            if (!pending) return damaged("pendingCheckpoint");
            l.pending_checkpoint = *pending;
        }
        l.pending_checkpoint_state = column(s, 6);
        if (!split(column(s, 7), l.parents)) return damaged("parentShardId");
        if (!split(column(s, 8), l.children)) return damaged("childShardIds");
        const result<hash_key> first = hash_key::parse(column(s, 9));
        const result<hash_key> last = hash_key::parse(column(s, 10));
        if (!first || !last || *last < *first) return damaged("hash range");
        l.keys = {*first, *last};
        l.throughput_kbps = sqlite3_column_double(s, 11);
        l.checkpoint_owner = column(s, 12);
        return l;
    }

    std::string path_;
    sqlite_lease_options options_;
    mutable std::mutex mutex_;
    std::unique_ptr<sqlite3, close_database> db_;  // before the statements, which go first
    statement begin_;
    statement commit_;
    statement rollback_;
    statement list_;
    statement get_;
    statement put_;
    statement erase_;
};

static_assert(lease_store<sqlite_lease_store>);

}  // namespace weir
