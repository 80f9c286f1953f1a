// SPDX-License-Identifier: BSL-1.0
// The system's storage files, for tests that change a few of their calls.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <weir/support/storage_files.hpp>

namespace weir_test {

class forwarded_files : public weir::storage_files {
  public:
    int open_folder(const std::string& path, bool make) override { return real().open_folder(path, make); }
    int open(int folder, const char* name, weir::storage_open how) override { return real().open(folder, name, how); }
    int close(int fd) override { return real().close(fd); }
    int list(int folder, std::vector<std::string>& names) override { return real().list(folder, names); }
    int status(int fd, weir::storage_status& to) override { return real().status(fd, to); }
    std::int64_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset) override {
        return real().read_at(fd, to, size, offset);
    }
    std::int64_t write_at(int fd, const char* from, std::size_t size, std::uint64_t offset) override {
        return real().write_at(fd, from, size, offset);
    }
    void keep_in_place(int fd) override { real().keep_in_place(fd); }
    int allocate(int fd, std::uint64_t size) override { return real().allocate(fd, size); }
    int resize(int fd, std::uint64_t size) override { return real().resize(fd, size); }
    int sync_data(int fd) override { return real().sync_data(fd); }
    int sync(int fd) override { return real().sync(fd); }
    int drop_cache(int fd) override { return real().drop_cache(fd); }
    int lock(int fd) override { return real().lock(fd); }
    int rename(int folder, const char* from, const char* to) override { return real().rename(folder, from, to); }
    int remove(int folder, const char* name) override { return real().remove(folder, name); }
    int process() override { return real().process(); }
};

}  // namespace weir_test
