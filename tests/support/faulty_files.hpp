// SPDX-License-Identifier: BSL-1.0
// The real file system, of which every call can be counted, watched, and made to fail with an errno.
#pragma once

#include <weir/support/file.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace weir_test {

class faulty_files final : public weir::file_system {
  public:
    /// Is asked before each call that can fail: an errno, or 0. A write that fails has written half of its bytes. Any
    /// thread.
    std::function<int(const std::string& call, const std::string& path)> fault;

    /// What was called so far, as "write /tmp/x".
    [[nodiscard]] std::vector<std::string> log() const {
        const std::lock_guard hold(mutex_);
        return log_;
    }
    [[nodiscard]] std::uint64_t calls() const { return log().size(); }

    weir::file_status status(const std::string& path) override { return real().status(path); }
    weir::file_status status(const weir::file& of) override { return real().status(of); }
    weir::result<weir::file> open_read(const std::string& path) override {
        if (const int e = ask("open", path)) return weir::file_error("open", path, e);
        return real().open_read(path);
    }
    weir::result<weir::file> create_new(const std::string& path) override {
        if (const int e = ask("create", path)) return weir::file_error("create", path, e);
        return real().create_new(path);
    }
    weir::result<std::size_t> read(weir::file& from, std::span<char> to, const std::string& path) override {
        if (const int e = ask("read", path)) return weir::file_error("read", path, e);
        return real().read(from, to, path);
    }
    weir::result<void> seek(weir::file& in, std::uint64_t offset, const std::string& path) override {
        if (const int e = ask("seek", path)) return weir::file_error("seek in", path, e);
        return real().seek(in, offset, path);
    }
    bool wait_readable(const weir::file& from, weir::interrupt* stop) override {
        return real().wait_readable(from, stop);
    }
    bool wait_writable(const weir::file& to, weir::interrupt* stop) override { return real().wait_writable(to, stop); }
    weir::result<void> write_all(weir::file& to, std::span<const char> bytes, const std::string& path) override {
        if (const int e = ask("write", path)) {
            static_cast<void>(real().write_all(to, bytes.first(bytes.size() / 2), path));
            return weir::file_error("write", path, e);
        }
        return real().write_all(to, bytes, path);
    }
    weir::result<void> sync(weir::file& of, const std::string& path) override {
        if (const int e = ask("sync", path)) return weir::file_error("sync", path, e);
        return real().sync(of, path);
    }
    weir::result<void> close(weir::file of, const std::string& path) override {
        if (const int e = ask("close", path)) return weir::file_error("close", path, e);
        return real().close(std::move(of), path);
    }
    weir::result<weir::mapped_file> map(const weir::file& of, const std::string& path) override {
        if (const int e = ask("map", path)) return weir::file_error("map", path, e);
        return real().map(of, path);
    }
    weir::result<void> rename_no_replace(const std::string& from, const std::string& to) override {
        if (const int e = ask("rename", to)) return weir::file_error("rename to", to, e);
        return real().rename_no_replace(from, to);
    }
    weir::result<void> sync_directory(const std::string& path) override {
        if (const int e = ask("sync_directory", path)) return weir::file_error("sync the folder", path, e);
        return real().sync_directory(path);
    }
    weir::result<void> remove(const std::string& path) override {
        if (const int e = ask("remove", path)) return weir::file_error("remove", path, e);
        return real().remove(path);
    }
    weir::result<void> make_directories(const std::string& path) override {
        if (const int e = ask("make_directories", path)) return weir::file_error("make the folder", path, e);
        return real().make_directories(path);
    }
    std::vector<std::string> matching(const std::string& pattern) override { return real().matching(pattern); }

  private:
    static weir::file_system& real() { return weir::file_system::real(); }
    int ask(const char* call, const std::string& path) {
        {
            const std::lock_guard hold(mutex_);
            log_.push_back(std::string(call) + " " + path);
        }
        return fault ? fault(call, path) : 0;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> log_;
};

}  // namespace weir_test
