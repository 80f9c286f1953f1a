// SPDX-License-Identifier: BSL-1.0
// The one place that makes file system calls. Everything goes through a `file_system`, so that tests of crashes, full
// disks and short writes put their own in its place. Calls block; each is one system call or a loop of the same one,
// and takes a span of bytes, so the virtual call costs nothing. Every failure is a value that says what was tried, on
// what, why it failed and what to do.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "result.hpp"

namespace weir {

enum class file_kind : unsigned char { missing, regular, directory, stream, no_permission };

/// An open descriptor, closed when it goes.
class file {
  public:
    file() noexcept = default;
    explicit file(int descriptor, bool owned = true) noexcept : fd_(descriptor), owned_(owned) {}
    file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)), owned_(other.owned_) {}
    file& operator=(file&& other) noexcept {
        if (this != &other) {
            close_now();
            fd_ = std::exchange(other.fd_, -1);
            owned_ = other.owned_;
        }
        return *this;
    }
    ~file() { close_now(); }

    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int descriptor() const noexcept { return fd_; }
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  private:
    void close_now() noexcept {
        if (fd_ >= 0 && owned_) ::close(fd_);
    }
    int fd_ = -1;
    bool owned_ = true;
};

/// A regular file, mapped to be read once from its beginning to its end.
class mapped_file {
  public:
    mapped_file() noexcept = default;
    mapped_file(const char* data, std::size_t size) noexcept : data_(data), size_(size) {}
    mapped_file(mapped_file&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    mapped_file& operator=(mapped_file&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~mapped_file() {
        if (size_ != 0) ::munmap(const_cast<char*>(data_), size_);
    }
    [[nodiscard]] const char* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    const char* data_ = nullptr;
    std::size_t size_ = 0;
};

class file_system {
  public:
    file_system(const file_system&) = delete;
    file_system& operator=(const file_system&) = delete;
    virtual ~file_system() = default;

    /// The system's own.
    [[nodiscard]] static file_system& real() noexcept;

    [[nodiscard]] virtual file_kind kind(const std::string& path) = 0;
    [[nodiscard]] virtual result<file> open_read(const std::string& path) = 0;
    /// Fails with `errc::exists` where there is something of that name.
    [[nodiscard]] virtual result<file> create_new(const std::string& path) = 0;
    /// As many bytes as there are, at most `to.size()`; 0 at the end. `would_wait`: see `readable`.
    [[nodiscard]] virtual result<std::size_t> read(file& from, std::span<char> to, const std::string& path) = 0;
    /// Whether `read` would answer at once.
    [[nodiscard]] virtual bool readable(const file& from) = 0;
    /// All of them.
    [[nodiscard]] virtual result<void> write_all(file& to, std::span<const char> bytes, const std::string& path) = 0;
    [[nodiscard]] virtual result<void> sync(file& of, const std::string& path) = 0;
    [[nodiscard]] virtual result<void> close(file of, const std::string& path) = 0;
    [[nodiscard]] virtual result<mapped_file> map(const file& of, const std::string& path) = 0;
    /// Fails with `errc::exists` where the new name is taken: nothing is ever replaced.
    [[nodiscard]] virtual result<void> rename_no_replace(const std::string& from, const std::string& to) = 0;
    [[nodiscard]] virtual result<void> remove(const std::string& path) = 0;
    /// With all its parents; not an error where it is there.
    [[nodiscard]] virtual result<void> make_directories(const std::string& path) = 0;
    /// The paths that a shell pattern names, sorted; none where it names none.
    [[nodiscard]] virtual std::vector<std::string> matching(const std::string& pattern) = 0;

  protected:
    file_system() = default;
};

/// The error of a failed call, with what to do about it.
[[nodiscard]] inline error file_error(const char* what, const std::string& path, int number) {
    error e;
    const char* advice = "";
    switch (number) {
        case ENOENT: e.code = errc::not_found; advice = "; check the name"; break;
        case EEXIST: e.code = errc::exists; advice = "; nothing was replaced: choose another name or move it away"; break;
        case EACCES:
        case EPERM: e.code = errc::no_permission; advice = "; check its mode and owner"; break;
        case EROFS: e.code = errc::no_permission; advice = "; write somewhere else"; break;
        case EISDIR: e.code = errc::is_directory; advice = "; give a file, or a pattern such as DIR/*.log"; break;
        case ENOTDIR: e.code = errc::not_found; advice = "; a part of the path is a file"; break;
        case EDQUOT:
        case ENOSPC: e.code = errc::no_space; advice = "; make room and run again"; break;
        case EPIPE: e.code = errc::closed_pipe; advice = "; the reader has gone"; break;
        case EMFILE:
        case ENFILE: e.code = errc::io; advice = "; too many files are open: raise the limit (ulimit -n)"; break;
        default: e.code = errc::io; break;
    }
    char text[128] = {};
    e.message = std::string(what) + " " + path + ": " + ::strerror_r(number, text, sizeof(text)) + advice;
    e.where = path;
    return e;
}

namespace detail {

class real_file_system final : public file_system {
  public:
    file_kind kind(const std::string& path) override {
        struct stat s {};
        if (::stat(path.c_str(), &s) != 0) {
            return errno == EACCES ? file_kind::no_permission : file_kind::missing;
        }
        if (S_ISREG(s.st_mode)) return file_kind::regular;
        return S_ISDIR(s.st_mode) ? file_kind::directory : file_kind::stream;
    }
    result<file> open_read(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0) return file_error("open", path, errno);
        file f(fd);
        struct stat s {};
        if (::fstat(fd, &s) == 0 && S_ISDIR(s.st_mode)) return file_error("open", path, EISDIR);
        return f;
    }
    result<file> create_new(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0) return file_error("create", path, errno);
        return file(fd);
    }
    result<std::size_t> read(file& from, std::span<char> to, const std::string& path) override {
        for (;;) {
            const ssize_t n = ::read(from.descriptor(), to.data(), to.size());
            if (n >= 0) return static_cast<std::size_t>(n);
            if (errno != EINTR) return file_error("read", path, errno);
        }
    }
    bool readable(const file& from) override {
        struct pollfd p {from.descriptor(), POLLIN, 0};
        return ::poll(&p, 1, 0) > 0;
    }
    result<void> write_all(file& to, std::span<const char> bytes, const std::string& path) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(to.descriptor(), bytes.data(), bytes.size());
            if (n < 0) {
                if (errno == EINTR) continue;
                return file_error("write", path, errno);
            }
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        }
        return {};
    }
    result<void> sync(file& of, const std::string& path) override {
        if (::fdatasync(of.descriptor()) != 0 && errno != EINVAL) return file_error("sync", path, errno);
        return {};
    }
    result<void> close(file of, const std::string& path) override {
        const int fd = of.release();
        if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return file_error("close", path, errno);
        return {};
    }
    result<mapped_file> map(const file& of, const std::string& path) override {
        struct stat s {};
        if (::fstat(of.descriptor(), &s) != 0) return file_error("look at", path, errno);
        if (s.st_size == 0) return mapped_file();
        const auto size = static_cast<std::size_t>(s.st_size);
        void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, of.descriptor(), 0);
        if (at == MAP_FAILED) return file_error("map", path, errno);
        ::madvise(at, size, MADV_SEQUENTIAL);
        return mapped_file(static_cast<const char*>(at), size);
    }
    result<void> rename_no_replace(const std::string& from, const std::string& to) override {
        if (::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 1U /* RENAME_NOREPLACE */) == 0) {
            return {};
        }
        if (errno != EINVAL && errno != ENOSYS) return file_error("rename to", to, errno);
        // A file system that cannot do it in one: a second name, then the first one goes.
        if (::link(from.c_str(), to.c_str()) != 0) return file_error("rename to", to, errno);
        if (::unlink(from.c_str()) != 0) return file_error("remove", from, errno);
        return {};
    }
    result<void> remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
        return {};
    }
    result<void> make_directories(const std::string& path) override {
        for (std::size_t at = 1; at <= path.size(); ++at) {
            if (at != path.size() && path[at] != '/') continue;
            const std::string part = path.substr(0, at);
            if (::mkdir(part.c_str(), 0755) == 0) continue;
            const int number = errno;
            if (number != EEXIST && kind(part) != file_kind::directory) {
                return file_error("make the folder", path, number);
            }
        }
        if (!path.empty() && kind(path) != file_kind::directory) return file_error("make the folder", path, ENOTDIR);
        return {};
    }
    std::vector<std::string> matching(const std::string& pattern) override {
        glob_t found{};
        std::vector<std::string> paths;
        if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
            for (std::size_t i = 0; i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
        }
        ::globfree(&found);
        return paths;
    }
};

}  // namespace detail

inline file_system& file_system::real() noexcept {
    static detail::real_file_system system;
    return system;
}

}  // namespace weir
