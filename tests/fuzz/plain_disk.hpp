// SPDX-License-Identifier: BSL-1.0
// A disk in memory that keeps what it is told and forgets nothing: for fuzz targets, where each run makes several logs
// and the bookkeeping of crash_disk.hpp would be most of the time. One thread.
#pragma once

#include <weir/support/storage_files.hpp>

#include <errno.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weir_fuzz {

class plain_disk final : public weir::storage_files {
  public:
    void clear() {
        names_.clear();
        open_.clear();
    }
    void put(const std::string& name, const std::string& bytes) { names_[name] = std::make_shared<std::string>(bytes); }

    int open_folder(const std::string&, bool) override { return folder; }
    int open(int, const char* name, weir::storage_open how) override {
        const auto at = names_.find(name);
        const bool there = at != names_.end();
        if (there && how == weir::storage_open::create) return -EEXIST;
        if (!there && (how == weir::storage_open::read || how == weir::storage_open::update)) return -ENOENT;
        open_.push_back(there ? at->second : names_[name] = std::make_shared<std::string>());
        return first + static_cast<int>(open_.size()) - 1;
    }
    int close(int fd) override {
        if (fd != folder) open_[index(fd)].reset();
        return 0;
    }
    int list(int, std::vector<std::string>& to) override {
        for (const auto& [name, bytes] : names_) to.push_back(name);
        return 0;
    }
    int status(int fd, weir::storage_status& to) override {
        to = {};
        to.mode = 0700;
        to.folder = fd == folder;
        to.regular = fd != folder;
        if (to.regular) to.size = open_[index(fd)]->size();
        to.inode = static_cast<std::uint64_t>(fd);
        return 0;
    }
    std::int64_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset) override {
        const std::string& bytes = *open_[index(fd)];
        if (offset >= bytes.size()) return 0;
        return static_cast<std::int64_t>(bytes.copy(to, size, static_cast<std::size_t>(offset)));
    }
    std::int64_t write_at(int fd, const char* from, std::size_t size, std::uint64_t offset) override {
        std::string& bytes = *open_[index(fd)];
        const auto at = static_cast<std::size_t>(offset);
        if (bytes.size() < at + size) bytes.resize(at + size);
        std::copy_n(from, size, bytes.data() + at);
        return static_cast<std::int64_t>(size);
    }
    int allocate(int fd, std::uint64_t size) override {
        std::string& bytes = *open_[index(fd)];
        if (bytes.size() < size) bytes.resize(static_cast<std::size_t>(size));
        return 0;
    }
    int resize(int fd, std::uint64_t size) override {
        open_[index(fd)]->resize(static_cast<std::size_t>(size));
        return 0;
    }
    int sync_data(int) override { return 0; }
    int sync(int) override { return 0; }
    int drop_cache(int) override { return 0; }
    int lock(int) override { return 0; }
    int rename(int, const char* from, const char* to) override {
        const auto at = names_.find(from);
        if (at == names_.end()) return -ENOENT;
        const auto file = at->second;
        names_.erase(at);
        names_[to] = file;
        return 0;
    }
    int remove(int, const char* name) override { return names_.erase(name) == 0 ? -ENOENT : 0; }
    int process() override { return 1; }

  private:
    static constexpr int folder = 1;
    static constexpr int first = 2;

    [[nodiscard]] static std::size_t index(int fd) noexcept { return static_cast<std::size_t>(fd - first); }

    std::map<std::string, std::shared_ptr<std::string>> names_;
    std::vector<std::shared_ptr<std::string>> open_;
};

}  // namespace weir_fuzz
