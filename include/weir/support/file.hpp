// SPDX-License-Identifier: BSL-1.0
// The one place that makes file system calls. Everything goes through a `file_system`, so that tests of crashes, full
// disks and short writes put their own in its place. Calls block; each is one system call or a loop of the same one,
// and takes a span of bytes, so the virtual call costs nothing. Every failure is a value that says what was tried, on
// what, why it failed and what to do. The two that wait for a stream end by an `interrupt`.
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

#include "interrupt.hpp"
#include "result.hpp"

namespace weir {

enum class file_kind : unsigned char { missing, regular, directory, stream, no_permission };

/// What there is under a name, or behind a descriptor. Device and inode together say which file it is.
struct file_status {
    file_kind kind = file_kind::missing;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;

    [[nodiscard]] constexpr bool same_file(const file_status& other) const noexcept {
        return device == other.device && inode == other.inode;
    }
};

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

/// A regular file, mapped to be read once to its end, from where its descriptor stood.
class mapped_file {
  public:
    mapped_file() noexcept = default;
    mapped_file(const char* begin, std::size_t mapped, std::size_t skipped = 0) noexcept
        : begin_(begin), mapped_(mapped), skipped_(skipped) {}
    mapped_file(mapped_file&& other) noexcept
        : begin_(std::exchange(other.begin_, nullptr)), mapped_(std::exchange(other.mapped_, 0)),
          skipped_(std::exchange(other.skipped_, 0)) {}
    mapped_file& operator=(mapped_file&& other) noexcept {
        std::swap(begin_, other.begin_);
        std::swap(mapped_, other.mapped_);
        std::swap(skipped_, other.skipped_);
        return *this;
    }
    ~mapped_file() {
        if (mapped_ != 0) ::munmap(const_cast<char*>(begin_), mapped_);
    }
    [[nodiscard]] const char* data() const noexcept { return begin_ + skipped_; }
    [[nodiscard]] std::size_t size() const noexcept { return mapped_ - skipped_; }

  private:
    const char* begin_ = nullptr;
    std::size_t mapped_ = 0;
    std::size_t skipped_ = 0;
};

class file_system {
  public:
    file_system(const file_system&) = delete;
    file_system& operator=(const file_system&) = delete;
    virtual ~file_system() = default;

    /// The system's own.
    [[nodiscard]] static file_system& real() noexcept;

    [[nodiscard]] virtual file_status status(const std::string& path) = 0;
    [[nodiscard]] virtual file_status status(const file& of) = 0;
    [[nodiscard]] file_kind kind(const std::string& path) { return status(path).kind; }
    /// At once, also a named pipe that nobody writes to yet.
    [[nodiscard]] virtual result<file> open_read(const std::string& path) = 0;
    /// Fails with `errc::exists` where there is something of that name.
    [[nodiscard]] virtual result<file> create_new(const std::string& path) = 0;
    /// As many bytes as there are, at most `to.size()`; 0 at the end.
    [[nodiscard]] virtual result<std::size_t> read(file& from, std::span<char> to, const std::string& path) = 0;
    /// A regular file's next `read` begins there.
    [[nodiscard]] virtual result<void> seek(file& in, std::uint64_t offset, const std::string& path) = 0;
    /// Waits until `read` would answer at once, or `stop` is raised; null: only looks. Whether it would.
    [[nodiscard]] virtual bool wait_readable(const file& from, interrupt* stop) = 0;
    /// The same for writing: up to `PIPE_BUF` bytes to a stream.
    [[nodiscard]] virtual bool wait_writable(const file& to, interrupt* stop) = 0;
    /// All of them.
    [[nodiscard]] virtual result<void> write_all(file& to, std::span<const char> bytes, const std::string& path) = 0;
    [[nodiscard]] virtual result<void> sync(file& of, const std::string& path) = 0;
    [[nodiscard]] virtual result<void> close(file of, const std::string& path) = 0;
    /// From where its descriptor stands to its end.
    [[nodiscard]] virtual result<mapped_file> map(const file& of, const std::string& path) = 0;
    /// Fails with `errc::exists` where the new name is taken: nothing is ever replaced.
    [[nodiscard]] virtual result<void> rename_no_replace(const std::string& from, const std::string& to) = 0;
    /// The names in a folder, so that a new one is still there after a crash.
    [[nodiscard]] virtual result<void> sync_directory(const std::string& path) = 0;
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
    case ENOENT:
        e.code = errc::not_found;
        advice = "; check the name";
        break;
    case EEXIST:
        e.code = errc::exists;
        advice = "; nothing was replaced: choose another name or move it away";
        break;
    case EACCES:
    case EPERM:
        e.code = errc::no_permission;
        advice = "; check its mode and owner";
        break;
    case EROFS:
        e.code = errc::no_permission;
        advice = "; write somewhere else";
        break;
    case EISDIR:
        e.code = errc::is_directory;
        advice = "; give a file, or a pattern such as DIR/*.log";
        break;
    case ENOTDIR:
        e.code = errc::not_found;
        advice = "; a part of the path is a file";
        break;
    case EDQUOT:
    case ENOSPC:
        e.code = errc::no_space;
        advice = "; make room and run again";
        break;
    case EPIPE:
        e.code = errc::closed_pipe;
        advice = "; the reader has gone";
        break;
    case EMFILE:
    case ENFILE:
        e.code = errc::io;
        advice = "; too many files are open: raise the limit (ulimit -n)";
        break;
    default:
        e.code = errc::io;
        break;
    }
    char text[128] = {};
    e.message = std::string(what) + " " + path + ": " + ::strerror_r(number, text, sizeof(text)) + advice;
    e.where = path;
    return e;
}

namespace detail {

class real_file_system final : public file_system {
  public:
    file_status status(const std::string& path) override {
        struct stat s{};
        if (::stat(path.c_str(), &s) == 0) return status_of(s);
        file_status none;
        if (errno == EACCES) none.kind = file_kind::no_permission;
        return none;
    }
    file_status status(const file& of) override {
        struct stat s{};
        return ::fstat(of.descriptor(), &s) == 0 ? status_of(s) : file_status{};
    }
    result<file> open_read(const std::string& path) override {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) return file_error("open", path, errno);
        file f(fd);
        struct stat s{};
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
            if (errno == EAGAIN) {
                wait(from, POLLIN, for_ever);  // somebody else has read what was there
            } else if (errno != EINTR) {
                return file_error("read", path, errno);
            }
        }
    }
    result<void> seek(file& in, std::uint64_t offset, const std::string& path) override {
        if (::lseek(in.descriptor(), static_cast<off_t>(offset), SEEK_SET) < 0)
            return file_error("seek in", path, errno);
        return {};
    }
    bool wait_readable(const file& from, interrupt* stop) override { return wait_or_stop(from, POLLIN, stop); }
    bool wait_writable(const file& to, interrupt* stop) override { return wait_or_stop(to, POLLOUT, stop); }
    result<void> write_all(file& to, std::span<const char> bytes, const std::string& path) override {
        while (!bytes.empty()) {
            const ssize_t n = ::write(to.descriptor(), bytes.data(), bytes.size());
            if (n < 0) {
                if (errno == EAGAIN)
                    wait(to, POLLOUT, for_ever);  // a stream that somebody made non-blocking
                else if (errno != EINTR)
                    return file_error("write", path, errno);
                continue;
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
        struct stat s{};
        if (::fstat(of.descriptor(), &s) != 0) return file_error("look at", path, errno);
        const off_t stands = ::lseek(of.descriptor(), 0, SEEK_CUR);
        const off_t skipped = stands < 0 ? 0 : stands;
        if (s.st_size <= skipped) return mapped_file();
        const auto size = static_cast<std::size_t>(s.st_size);
        void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, of.descriptor(), 0);
        if (at == MAP_FAILED) return file_error("map", path, errno);
        ::madvise(at, size, MADV_SEQUENTIAL);
        return mapped_file(static_cast<const char*>(at), size, static_cast<std::size_t>(skipped));
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
    result<void> sync_directory(const std::string& path) override {
        const file folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!folder) return file_error("open the folder", path, errno);
        // Some file systems have nothing to sync there, and say so.
        if (::fsync(folder.descriptor()) != 0 && errno != EINVAL) return file_error("sync the folder", path, errno);
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

  private:
    static constexpr int for_ever = -1;

    static file_status status_of(const struct stat& s) noexcept {
        file_kind kind = file_kind::stream;
        if (S_ISREG(s.st_mode)) kind = file_kind::regular;
        if (S_ISDIR(s.st_mode)) kind = file_kind::directory;
        return {kind, static_cast<std::uint64_t>(s.st_dev), static_cast<std::uint64_t>(s.st_ino),
                static_cast<std::uint64_t>(s.st_size)};
    }
    /// An end, or an error that the call then reports, counts as well.
    static bool wait(const file& f, short what, int ms) noexcept {
        struct pollfd p{f.descriptor(), what, 0};
        return ::poll(&p, 1, ms) > 0;
    }
    static bool wait_or_stop(const file& f, short what, interrupt* stop) noexcept {
        if (stop == nullptr) return wait(f, what, 0);
        constexpr int without_event_ms = 50;
        while (!stop->raised()) {
            const int event = stop->descriptor();
            struct pollfd p[] = {{f.descriptor(), what, 0}, {event, POLLIN, 0}};
            const int n = ::poll(p, event < 0 ? 1 : 2, event < 0 ? without_event_ms : for_ever);
            if (n > 0 && p[0].revents != 0) return true;
        }
        return false;
    }
};

}  // namespace detail

inline file_system& file_system::real() noexcept {
    static detail::real_file_system system;
    return system;
}

}  // namespace weir
