// SPDX-License-Identifier: BSL-1.0
// A stream (a pipe, say) as a file system: its text comes in pieces, and it is silent between them until it is asked
// again, or until a test lets the next one in.
#pragma once

#include <weir/support/file.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace weir_test {

class scripted_stream final : public weir::file_system {
  public:
    explicit scripted_stream(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}

    int silent_looks = 1;       // before each piece
    std::atomic<int> waits{0};  // that could have blocked
    int fails_at = -1;          // this read
    int number = EIO;

    weir::file_status status(const weir::file&) override { return stream(); }
    weir::file_status status(const std::string&) override { return stream(); }
    weir::result<weir::file> open_read(const std::string&) override { return weir::file(0, false); }
    bool wait_readable(const weir::file&, weir::interrupt* stop) override {
        if (stop != nullptr) {
            ++waits;
            looks_ = silent_looks;
        }
        return looks_++ >= silent_looks;
    }
    weir::result<std::size_t> read(weir::file&, std::span<char> to, const std::string& path) override {
        looks_ = 0;
        if (reads_++ == fails_at) return weir::file_error("read", path, number);
        if (at_ == pieces_.size()) return std::size_t{0};
        std::string& piece = pieces_[at_];
        const std::size_t n = std::min(to.size(), piece.size());
        std::memcpy(to.data(), piece.data(), n);
        piece.erase(0, n);
        if (piece.empty()) ++at_;
        return n;
    }
    std::vector<std::string> matching(const std::string&) override { return {}; }

    // Nothing else is called.
    weir::result<weir::file> create_new(const std::string& path) override { return unexpected(path); }
    weir::result<void> seek(weir::file&, std::uint64_t, const std::string& path) override { return unexpected(path); }
    bool wait_writable(const weir::file&, weir::interrupt*) override { return false; }
    weir::result<void> write_all(weir::file&, std::span<const char>, const std::string& path) override {
        return unexpected(path);
    }
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

  private:
    static weir::file_status stream() {
        weir::file_status s;
        s.kind = weir::file_kind::stream;
        return s;
    }
    static weir::error unexpected(const std::string& path) { return {weir::errc::io, "an unexpected call", path}; }

    std::vector<std::string> pieces_;
    std::size_t at_ = 0;
    int reads_ = 0;
    int looks_ = 0;  // one thread at a time: the task, or its request
};

}  // namespace weir_test
