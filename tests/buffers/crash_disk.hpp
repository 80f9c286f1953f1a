// SPDX-License-Identifier: BSL-1.0
// A disk in memory below the log's seam: every written sector, change of size and change of a folder is pending until a
// sync of its file or folder, and a crash keeps any subset of what is pending, sectors also garbled. Calls can be made
// to fail, syncs to lie. One thread.
#pragma once

#include <weir/support/storage_files.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir_test {

class crash_disk final : public weir::storage_files {
  public:
    struct change {  // of a file
        enum { write, size } what = write;
        std::uint64_t at = 0;  // or the new size
        std::string bytes;
        bool shrinks = false;
    };
    struct inode {
        std::string disk;   // what a crash leaves for sure
        std::string cache;  // what reads see
        std::vector<change> pending;
        bool locked = false;
    };
    struct folder_change {
        std::string add, remove;  // names; either may be empty
        std::shared_ptr<inode> what;
    };
    using names = std::map<std::string, std::shared_ptr<inode>>;

    std::size_t sector = 512;
    // Planted: what the disk does not do though it says so.
    bool drop_file_syncs = false;
    bool drop_folder_syncs = false;
    bool drop_cuts = false;
    std::uint64_t die_at = ~std::uint64_t{0};  // from this call on, everything fails: the process is gone
    /// Asked for each call that can fail: an errno, or 0. `short_write`: -1.
    std::function<int(const char* call)> fault;
    std::uint64_t calls = 0;
    std::uint64_t room = ~std::uint64_t{0};  // bytes that files may take together
    bool cannot_map = false;
    std::uint64_t mapped = 0;  // bytes

    [[nodiscard]] bool dead() const noexcept { return calls >= die_at; }
    [[nodiscard]] std::size_t pending_count() const {
        std::size_t n = folder_pending_.size();
        for (const auto& [_, f] : live_) n += f->pending.size();
        return n;
    }
    [[nodiscard]] std::size_t open_files() const noexcept { return open_.size(); }
    [[nodiscard]] names& files() noexcept { return live_; }

    /// What a crash leaves: `keep(i)` for the i-th pending change: 0 lost, 1 kept, 2 garbled.
    template <class Keep>
    [[nodiscard]] std::unique_ptr<crash_disk> crashed(Keep keep) const {
        auto next = std::make_unique<crash_disk>();
        next->sector = sector;
        std::size_t i = 0;
        std::map<const inode*, std::shared_ptr<inode>> left;
        const auto leave = [&](const std::shared_ptr<inode>& from) {
            auto& to = left[from.get()];
            if (to) return to;
            to = std::make_shared<inode>();
            to->disk = from->disk;
            for (const change& c : from->pending) {
                const int how = keep(i++);
                if (how != 0) apply(to->disk, c, how == 2);
            }
            to->cache = to->disk;
            return to;
        };
        names after = durable_;
        for (const auto& c : folder_pending_) {
            if (keep(i++) == 0) continue;
            if (!c.remove.empty()) after.erase(c.remove);
            if (!c.add.empty()) after[c.add] = c.what;
        }
        for (const auto& [name, file] : after) next->live_[name] = leave(file);
        next->durable_ = next->live_;
        return next;
    }

    int open_folder(const std::string&, bool) override { return step("open_folder", 1); }
    int open(int, const char* name, weir::storage_open how) override {
        if (const int e = step("open", 0)) return e;
        auto it = live_.find(name);
        if (it == live_.end()) {
            if (how == weir::storage_open::read || how == weir::storage_open::update) return -ENOENT;
            it = live_.emplace(name, std::make_shared<inode>()).first;
            folder_pending_.push_back({name, "", it->second});
        } else if (how == weir::storage_open::create) {
            return -EEXIST;
        }
        open_[++last_fd_] = {it->second, false};
        return last_fd_;
    }
    int close(int fd) override {
        const auto it = open_.find(fd);
        if (it == open_.end()) return 0;
        if (it->second.locks) it->second.file->locked = false;
        open_.erase(it);
        return 0;
    }
    int list(int, std::vector<std::string>& to) override {
        if (const int e = step("list", 0)) return e;
        for (const auto& [name, _] : live_) to.push_back(name);
        return 0;
    }
    int status(int fd, weir::storage_status& to) override {
        if (const int e = step("status", 0)) return e;
        to = {};
        to.mode = 0700;
        to.folder = fd == 1;
        to.regular = fd != 1;
        if (fd != 1) to.size = of(fd).cache.size();
        return 0;
    }
    std::int64_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset) override {
        if (const int e = step("read", 0)) return e;
        const std::string& bytes = of(fd).cache;
        if (offset >= bytes.size()) return 0;
        return static_cast<std::int64_t>(bytes.copy(to, size, static_cast<std::size_t>(offset)));
    }
    int map(int fd, std::uint64_t size, const char*& at) override {
        if (const int e = step("map", 0)) return e;
        const std::shared_ptr<inode>& file = open_.at(fd).file;
        if (cannot_map || size > file->cache.size()) return -EOPNOTSUPP;
        mapped += size;
        at = file->cache.data();
        maps_.emplace(at, file);
        return 0;
    }
    void unmap(const char* at, std::uint64_t size) override {
        mapped -= size;
        maps_.erase(maps_.find(at));
    }
    std::int64_t write_at(int fd, const char* from, std::size_t size, std::uint64_t offset) override {
        if (const int e = step("write", 0)) {
            if (e != short_write || size < 2) return e == short_write ? -EINTR : e;
            size /= 2;
        }
        inode& f = of(fd);
        if (offset + size > f.cache.size() && used() + (offset + size - f.cache.size()) > room) return -ENOSPC;
        // Each sector may arrive on its own.
        for (std::size_t done = 0; done < size;) {
            const std::size_t n = std::min(size - done, sector - static_cast<std::size_t>((offset + done) % sector));
            add(f, {change::write, offset + done, std::string(from + done, n), false});
            done += n;
        }
        return static_cast<std::int64_t>(size);
    }
    std::int64_t write_pieces_at(int fd, std::span<const std::string_view> pieces, std::uint64_t offset) override {
        std::string all;
        for (const std::string_view piece : pieces) all += piece;
        return write_at(fd, all.data(), all.size(), offset);
    }
    int allocate(int fd, std::uint64_t size) override {
        if (const int e = step("allocate", 0)) return e;
        inode& f = of(fd);
        if (f.cache.size() >= size) return 0;
        if (used() + (size - f.cache.size()) > room) return -ENOSPC;
        add(f, {change::size, size, "", false});
        return 0;
    }
    int resize(int fd, std::uint64_t size) override {
        if (const int e = step("resize", 0)) return e;
        inode& f = of(fd);
        if (drop_cuts && size < f.cache.size()) return 0;
        add(f, {change::size, size, "", size < f.cache.size()});
        return 0;
    }
    int sync_data(int fd) override {
        if (const int e = step("sync_data", 0)) {
            if (e == -EIO && fd != 1 && !dead())
                of(fd).pending.clear();  // pages are marked clean: the cache lies from now on
            return e;
        }
        return sync_now(fd);
    }
    int sync(int fd) override {
        if (const int e = step(fd == 1 ? "sync_folder" : "sync", 0)) return e;
        return sync_now(fd);
    }
    int drop_cache(int fd) override {
        inode& f = of(fd);
        if (f.pending.empty()) f.cache = f.disk;
        return 0;
    }
    int lock(int fd) override {
        if (const int e = step("lock", 0)) return e;
        if (of(fd).locked) return -EWOULDBLOCK;
        of(fd).locked = open_[fd].locks = true;
        return 0;
    }
    int rename(int, const char* from, const char* to) override {
        if (const int e = step("rename", 0)) return e;
        const auto it = live_.find(from);
        if (it == live_.end()) return -ENOENT;
        const auto file = it->second;
        live_.erase(it);
        live_[to] = file;
        folder_pending_.push_back({to, from, file});
        return 0;
    }
    int remove(int, const char* name) override {
        if (const int e = step("remove", 0)) return e;
        if (live_.erase(name) == 0) return -ENOENT;
        folder_pending_.push_back({"", name, nullptr});
        return 0;
    }
    int process() override { return pid; }

    static constexpr int short_write = -100'000;
    int pid = 1;

  private:
    struct handle {
        std::shared_ptr<inode> file;
        bool locks = false;
    };

    int step(const char* call, int good) {
        if (dead()) return -EIO;
        ++calls;
        if (dead()) return -EIO;
        if (fault) {
            const int e = fault(call);
            if (e == -1 && std::string(call) == "write") return short_write;
            if (e > 0) return -e;
        }
        return good;
    }
    inode& of(int fd) { return *open_.at(fd).file; }
    [[nodiscard]] std::uint64_t used() const {
        std::uint64_t sum = 0;
        for (const auto& [_, f] : live_) sum += f->cache.size();
        return sum;
    }
    static void apply(std::string& bytes, const change& c, bool garbled) {
        if (c.what == change::size) {
            bytes.resize(static_cast<std::size_t>(c.at), '\0');
            return;
        }
        const auto end = static_cast<std::size_t>(c.at) + c.bytes.size();
        if (bytes.size() < end) bytes.resize(end, '\0');
        if (!garbled) {
            c.bytes.copy(bytes.data() + c.at, c.bytes.size());
            return;
        }
        for (std::size_t i = 0; i < c.bytes.size(); ++i) {
            bytes[static_cast<std::size_t>(c.at) + i] = static_cast<char>(0xA5 + i);
        }
    }
    static void add(inode& f, change c) {
        apply(f.cache, c, false);
        f.pending.push_back(std::move(c));
    }
    int sync_now(int fd) {
        if (fd == 1) {
            if (drop_folder_syncs) return 0;
            folder_pending_.clear();
            durable_ = live_;
            return 0;
        }
        if (drop_file_syncs) return 0;
        inode& f = of(fd);
        for (const change& c : f.pending) apply(f.disk, c, false);
        f.pending.clear();
        return 0;
    }

    names live_;
    names durable_;
    std::vector<folder_change> folder_pending_;
    std::map<int, handle> open_;
    std::multimap<const char*, std::shared_ptr<inode>> maps_;
    int last_fd_ = 1;
};

}  // namespace weir_test
