// SPDX-License-Identifier: BSL-1.0
// Standard output in memory, as a file system: a file or a stream, which may fail, or not be read.
#pragma once

#include <weir/support/file.hpp>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir_test {

class captured_output final : public weir::file_system {
  public:
    explicit captured_output(weir::file_kind kind = weir::file_kind::stream) : kind_(kind) {}

    int fail_after = -1;  // writes
    int number = 0;       // errno then
    bool reads = true;    // the other end
    std::atomic<bool> waiting{false};

    [[nodiscard]] std::vector<std::string> writes() const {
        const std::lock_guard hold(mutex_);
        return writes_;
    }
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const std::string& w : writes()) all += w;
        return all;
    }

    weir::file_status status(const weir::file&) override {
        weir::file_status s;
        s.kind = kind_;
        return s;
    }
    bool wait_writable(const weir::file&, weir::interrupt* stop) override {
        if (reads) return true;
        waiting = true;
        while (stop != nullptr && !stop->raised()) std::this_thread::yield();
        return false;
    }
    weir::result<void> write_all(weir::file& to, std::span<const char> bytes, const std::string& path) override {
        const std::lock_guard hold(mutex_);
        if (to.descriptor() != 1) return weir::file_error("write", path, EBADF);
        if (fail_after >= 0 && writes_.size() >= static_cast<std::size_t>(fail_after)) {
            return weir::file_error("write", path, number);
        }
        writes_.emplace_back(bytes.data(), bytes.size());
        return {};
    }

    // Nothing else is called.
    weir::file_status status(const std::string&) override { return {}; }
    weir::result<weir::file> open_read(const std::string& path) override { return unexpected(path); }
    weir::result<weir::file> create_new(const std::string& path) override { return unexpected(path); }
    weir::result<std::size_t> read(weir::file&, std::span<char>, const std::string& path) override {
        return unexpected(path);
    }
    weir::result<void> seek(weir::file&, std::uint64_t, const std::string& path) override { return unexpected(path); }
    bool wait_readable(const weir::file&, weir::interrupt*) override { return false; }
    weir::result<void> sync(weir::file&, const std::string& path) override { return unexpected(path); }
    weir::result<void> close(weir::file, const std::string& path) override { return unexpected(path); }
    weir::result<weir::mapped_file> map(const weir::file&, const std::string& path) override {
        return unexpected(path);
    }
    weir::result<void> rename_no_replace(const std::string& from, const std::string&) override {
        return unexpected(from);
    }
    weir::result<void> sync_directory(const std::string& path) override { return unexpected(path); }
    weir::result<void> remove(const std::string& path) override { return unexpected(path); }
    weir::result<void> make_directories(const std::string& path) override { return unexpected(path); }
    std::vector<std::string> matching(const std::string&) override { return {}; }

  private:
    static weir::error unexpected(const std::string& path) { return {weir::errc::io, "an unexpected call", path}; }

    const weir::file_kind kind_;
    mutable std::mutex mutex_;
    std::vector<std::string> writes_;
};

}  // namespace weir_test
