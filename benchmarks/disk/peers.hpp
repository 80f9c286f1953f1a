// SPDX-License-Identifier: BSL-1.0
// Stores that keep records of (sequence number, payload), appended in commits: ours, the bare disk, and peers where
// their headers and libraries are there.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <weir/buffers/storage_reader.hpp>

#if defined(BENCH_HAS_ROCKSDB) && __has_include(<rocksdb/db.h>)
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#endif
#if defined(BENCH_HAS_LMDB) && __has_include(<lmdb.h>)
#include <lmdb.h>
#endif
#if defined(BENCH_HAS_SQLITE) && __has_include(<sqlite3.h>)
#include <sqlite3.h>
#endif

namespace bench {

/// A folder on the disk that is measured, gone with it.
class disk_folder {
  public:
    disk_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weir_bench_XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
        path_ = pattern;
    }
    disk_folder(const disk_folder&) = delete;
    disk_folder& operator=(const disk_folder&) = delete;
    ~disk_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

inline void need(bool good, const char* what) {
    if (!good) throw std::runtime_error(what);
}

[[nodiscard]] inline std::string_view key_of(const std::uint64_t& big_endian) noexcept {
    return {reinterpret_cast<const char*>(&big_endian), sizeof(big_endian)};
}

class weir_store {
  public:
    weir_store(const std::string& path, bool synced) : synced_(synced) {
        weir::log_options o;
        o.sync = synced ? weir::log_sync::each_commit : weir::log_sync::on_request;
        o.alignment = synced ? 4'096 : 8;
        o.retain_bytes = std::uint64_t{512} << 20U;
        log_ = weir::log_storage::open(path, o).value();
    }
    void commit(std::uint64_t n, std::string_view payload) {
        records_.clear();
        keys_.resize(static_cast<std::size_t>(n));
        for (std::uint64_t& key : keys_) {
            key = __builtin_bswap64(next_++);
            records_.push_back({key_of(key), payload, 0});
        }
        need(log_->append(records_).has_value(), "append");
        need(log_->step() == weir::storage_step::progress, "step");
        need((synced_ ? log_->durable() : log_->written()) == next_, "acknowledged");
    }

  private:
    bool synced_;
    std::uint64_t next_ = 0;
    std::vector<std::uint64_t> keys_;
    std::vector<weir::log_record> records_;
    std::unique_ptr<weir::log_storage> log_;
};

/// As many bytes of payload in whole pages, into room that is allocated.
class bare_disk {
  public:
    explicit bare_disk(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        need(fd_ >= 0 && ::fallocate(fd_, 0, 0, room) == 0 && ::fsync(fd_) == 0, "a file of 512 MiB");
        bytes_.assign(std::size_t{1} << 20U, 'x');
    }
    bare_disk(const bare_disk&) = delete;
    bare_disk& operator=(const bare_disk&) = delete;
    ~bare_disk() { ::close(fd_); }
    void commit(std::uint64_t n, std::string_view payload) {
        auto left = static_cast<std::size_t>((n * payload.size() + 4'095) / 4'096 * 4'096);
        while (left != 0) {
            const std::size_t size = left < bytes_.size() ? left : bytes_.size();
            if (at_ + static_cast<off_t>(size) > room) at_ = 0;
            need(::pwrite(fd_, bytes_.data(), size, at_) == static_cast<ssize_t>(size), "pwrite");
            at_ += static_cast<off_t>(size);
            left -= size;
        }
        need(::fdatasync(fd_) == 0, "fdatasync");
    }

  private:
    static constexpr off_t room = 512 << 20;
    int fd_;
    off_t at_ = 0;
    std::string bytes_;
};

#if defined(BENCH_HAS_ROCKSDB) && __has_include(<rocksdb/db.h>)
inline constexpr bool has_rocksdb = true;
class rocksdb_store {
  public:
    rocksdb_store(const std::string& path, bool synced) {
        rocksdb::Options o;
        o.create_if_missing = true;
        rocksdb::DB* db = nullptr;
        need(rocksdb::DB::Open(o, path, &db).ok(), "RocksDB");
        db_.reset(db);
        write_.sync = synced;
    }
    void commit(std::uint64_t n, std::string_view payload) {
        batch_.Clear();
        for (std::uint64_t i = 0; i < n; ++i) {
            const std::uint64_t key = __builtin_bswap64(next_++);
            batch_.Put(rocksdb::Slice(key_of(key).data(), 8), rocksdb::Slice(payload.data(), payload.size()));
        }
        need(db_->Write(write_, &batch_).ok(), "RocksDB write");
    }

  private:
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::WriteOptions write_;
    rocksdb::WriteBatch batch_;
    std::uint64_t next_ = 0;
};
#else
inline constexpr bool has_rocksdb = false;
struct rocksdb_store {
    rocksdb_store(const std::string&, bool) {}
    void commit(std::uint64_t, std::string_view) {}
};
#endif

#if defined(BENCH_HAS_LMDB) && __has_include(<lmdb.h>)
inline constexpr bool has_lmdb = true;
class lmdb_store {
  public:
    lmdb_store(const std::string& path, bool synced) {
        std::filesystem::create_directory(path);
        need(mdb_env_create(&env_) == 0, "LMDB");
        need(mdb_env_set_mapsize(env_, std::size_t{8} << 30U) == 0, "LMDB map");
        need(mdb_env_open(env_, path.c_str(), synced ? 0U : unsigned{MDB_NOSYNC}, 0600) == 0, "LMDB open");
        MDB_txn* t = nullptr;
        need(mdb_txn_begin(env_, nullptr, 0, &t) == 0 && mdb_dbi_open(t, nullptr, 0, &dbi_) == 0
                 && mdb_txn_commit(t) == 0,
             "LMDB begin");
    }
    lmdb_store(const lmdb_store&) = delete;
    lmdb_store& operator=(const lmdb_store&) = delete;
    ~lmdb_store() { mdb_env_close(env_); }
    void commit(std::uint64_t n, std::string_view payload) {
        MDB_txn* t = nullptr;
        need(mdb_txn_begin(env_, nullptr, 0, &t) == 0, "LMDB begin");
        for (std::uint64_t i = 0; i < n; ++i) {
            std::uint64_t key = __builtin_bswap64(next_++);
            MDB_val k{8, &key};
            MDB_val v{payload.size(), const_cast<char*>(payload.data())};
            need(mdb_put(t, dbi_, &k, &v, MDB_APPEND) == 0, "LMDB put");
        }
        need(mdb_txn_commit(t) == 0, "LMDB commit");
    }

  private:
    MDB_env* env_ = nullptr;
    MDB_dbi dbi_ = 0;
    std::uint64_t next_ = 0;
};
#else
inline constexpr bool has_lmdb = false;
struct lmdb_store {
    lmdb_store(const std::string&, bool) {}
    void commit(std::uint64_t, std::string_view) {}
};
#endif

#if defined(BENCH_HAS_SQLITE) && __has_include(<sqlite3.h>)
inline constexpr bool has_sqlite = true;
class sqlite_store {
  public:
    sqlite_store(const std::string& path, bool synced) {
        need(sqlite3_open(path.c_str(), &db_) == SQLITE_OK, "SQLite");
        run("PRAGMA journal_mode=WAL");
        run(synced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
        run("CREATE TABLE r (seq INTEGER PRIMARY KEY, payload BLOB)");
        need(sqlite3_prepare_v2(db_, "INSERT INTO r VALUES (?, ?)", -1, &insert_, nullptr) == SQLITE_OK,
             "SQLite insert");
    }
    sqlite_store(const sqlite_store&) = delete;
    sqlite_store& operator=(const sqlite_store&) = delete;
    ~sqlite_store() {
        sqlite3_finalize(insert_);
        sqlite3_close(db_);
    }
    void commit(std::uint64_t n, std::string_view payload) {
        run("BEGIN");
        for (std::uint64_t i = 0; i < n; ++i) {
            sqlite3_bind_int64(insert_, 1, static_cast<sqlite3_int64>(next_++));
            sqlite3_bind_blob(insert_, 2, payload.data(), static_cast<int>(payload.size()), nullptr);
            need(sqlite3_step(insert_) == SQLITE_DONE, "SQLite step");
            sqlite3_reset(insert_);
        }
        run("COMMIT");
    }

  private:
    void run(const char* sql) { need(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql); }
    sqlite3* db_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    std::uint64_t next_ = 0;
};
#else
inline constexpr bool has_sqlite = false;
struct sqlite_store {
    sqlite_store(const std::string&, bool) {}
    void commit(std::uint64_t, std::string_view) {}
};
#endif

}  // namespace bench
