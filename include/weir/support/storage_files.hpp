// SPDX-License-Identifier: BSL-1.0
// The system calls of a log on disk, one method each and nothing more: no loop, no retry, so that the code above them
// is what tests of short writes, interrupts, failed syncs and crashes see. Tests put a disk of their own in its place.
// Every method answers a value >= 0, or the negated errno. Names are relative to an open folder, so that a folder that
// is moved or replaced under a log changes nothing; nothing follows a symbolic link in the last component (R50).
// All block; any thread, but for calls on one descriptor that the caller orders itself.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

enum class storage_open : unsigned char {
    read,    // an existing file, to be read
    update,  // an existing file, to be read and written
    create,  // a new file, 0600; EEXIST where there is something of that name
    lock     // to be written, 0600; made where it is not there
};

struct storage_status {
    bool regular = false;
    bool folder = false;
    unsigned mode = 0;  // permission bits
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    std::int64_t modified_us = 0;  // since the epoch
};

class storage_files {
  public:
    storage_files(const storage_files&) = delete;
    storage_files& operator=(const storage_files&) = delete;
    virtual ~storage_files() = default;

    /// The system's own.
    [[nodiscard]] static storage_files& real() noexcept;

    /// A descriptor of the folder; `make`: made, 0700, where it is not there (its parent must be).
    [[nodiscard]] virtual int open_folder(const std::string& path, bool make) = 0;
    [[nodiscard]] virtual int open(int folder, const char* name, storage_open how) = 0;
    virtual int close(int descriptor) = 0;
    /// An existing file, to be read past the page cache: from the disk, and nothing that others read is pushed out. The
    /// memory, the offset and the size of each `read_at` are multiples of `direct_page` then. A file system that cannot
    /// opens it like any other.
    [[nodiscard]] virtual int open_direct(int folder, const char* name) {
        return open(folder, name, storage_open::read);
    }
    static constexpr std::size_t direct_page = 4'096;
    /// The names in it, in no order, without `.` and `..`.
    [[nodiscard]] virtual int list(int folder, std::vector<std::string>& names) = 0;
    [[nodiscard]] virtual int status(int descriptor, storage_status& to) = 0;
    [[nodiscard]] virtual std::int64_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) = 0;
    [[nodiscard]] virtual std::int64_t write_at(int descriptor, const char* from, std::size_t size,
                                                std::uint64_t offset) = 0;
    /// Several pieces in a row, by one call: fewer bytes than all of them are no error, as of `write_at`.
    [[nodiscard]] virtual std::int64_t write_pieces_at(int descriptor, std::span<const std::string_view> pieces,
                                                       std::uint64_t offset) {
        return pieces.empty() ? 0 : write_at(descriptor, pieces.front().data(), pieces.front().size(), offset);
    }
    /// The file's first `size` bytes, which it has, to be read in place. They stay though the file is closed or
    /// removed, until `unmap`. What the disk cannot read of them is no error but a SIGBUS, and so is a file that is cut
    /// short. -EOPNOTSUPP: not here, `read_at` it is.
    [[nodiscard]] virtual int map(int /*descriptor*/, std::uint64_t /*size*/, const char*& /*at*/) {
        return -EOPNOTSUPP;
    }
    virtual void unmap(const char* /*at*/, std::uint64_t /*size*/) {}
    /// A sync of these bytes follows soon: the disk may begin with them. Says nothing of whether it could.
    virtual void write_back(int /*descriptor*/, std::uint64_t /*offset*/, std::uint64_t /*size*/) {}
    /// The first byte at `offset` or behind that may be other than zero; -ENXIO: there is none. A guess is allowed.
    [[nodiscard]] virtual std::int64_t data_from(int /*descriptor*/, std::uint64_t offset) {
        return static_cast<std::int64_t>(offset);
    }
    /// Of an empty file: what is written over later stays where it is, so that it needs no room, also where others are
    /// copied on write. Says nothing of whether it could.
    virtual void keep_in_place(int /*descriptor*/) {}
    /// Blocks for the bytes [0, size), which the file then has.
    [[nodiscard]] virtual int allocate(int descriptor, std::uint64_t size) = 0;
    [[nodiscard]] virtual int resize(int descriptor, std::uint64_t size) = 0;
    /// fdatasync, and fsync, of files and folders.
    [[nodiscard]] virtual int sync_data(int descriptor) = 0;
    [[nodiscard]] virtual int sync(int descriptor) = 0;
    /// What is in the page cache of it is read from the disk again: a failed sync leaves pages there that are not.
    virtual int drop_cache(int descriptor) = 0;
    /// Exclusive, at once: EWOULDBLOCK where somebody has it.
    [[nodiscard]] virtual int lock(int descriptor) = 0;
    /// Replaces what has the new name.
    [[nodiscard]] virtual int rename(int folder, const char* from, const char* to) = 0;
    [[nodiscard]] virtual int remove(int folder, const char* name) = 0;
    /// This process; another one in a forked child (R29).
    [[nodiscard]] virtual int process() = 0;

  protected:
    storage_files() = default;
};

/// A descriptor of a `storage_files`, closed when it goes.
class storage_file {
  public:
    storage_file() noexcept = default;
    storage_file(storage_files& of, int descriptor) noexcept : of_(&of), fd_(descriptor) {}
    storage_file(storage_file&& other) noexcept : of_(other.of_), fd_(std::exchange(other.fd_, -1)) {}
    storage_file& operator=(storage_file&& other) noexcept {
        std::swap(of_, other.of_);
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~storage_file() {
        if (fd_ >= 0) of_->close(fd_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

  private:
    storage_files* of_ = nullptr;
    int fd_ = -1;
};

namespace detail {

class real_storage_files final : public storage_files {
  public:
    int open_folder(const std::string& path, bool make) override {
        if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return -errno;
        return answer(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    int open(int folder, const char* name, storage_open how) override {
        int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
        if (how == storage_open::read) flags |= O_RDONLY;
        if (how != storage_open::read) flags |= O_RDWR;
        if (how == storage_open::create) flags |= O_CREAT | O_EXCL;
        if (how == storage_open::lock) flags |= O_CREAT;
        return answer(::openat(folder, name, flags, 0600));
    }
    int open_direct(int folder, const char* name) override {
        const int fd = ::openat(folder, name, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 && errno != EINVAL) return -errno;
        alignas(direct_page) char page[direct_page];
        if (fd >= 0 && ::pread(fd, page, sizeof(page), 0) >= 0) return fd;  // else it has larger pages
        if (fd >= 0) ::close(fd);
        const int cached = open(folder, name, storage_open::read);
        if (cached >= 0) static_cast<void>(::posix_fadvise(cached, 0, 0, POSIX_FADV_NOREUSE));  // advice
        return cached;
    }
    int close(int descriptor) override { return answer(::close(descriptor)); }
    int list(int folder, std::vector<std::string>& names) override {
        const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (copy < 0) return -errno;
        DIR* const entries = ::fdopendir(copy);
        if (entries == nullptr) {
            const int number = errno;
            ::close(copy);
            return -number;
        }
        errno = 0;
        while (const dirent* const entry = ::readdir(entries)) {
            const std::string name = entry->d_name;
            if (name != "." && name != "..") names.push_back(name);
            errno = 0;
        }
        const int number = errno;
        ::closedir(entries);
        return -number;
    }
    int status(int descriptor, storage_status& to) override {
        struct stat s{};
        if (::fstat(descriptor, &s) != 0) return -errno;
        to.regular = S_ISREG(s.st_mode);
        to.folder = S_ISDIR(s.st_mode);
        to.mode = s.st_mode & 0777U;
        to.size = static_cast<std::uint64_t>(s.st_size);
        to.inode = static_cast<std::uint64_t>(s.st_ino);
        to.modified_us = static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000 + s.st_mtim.tv_nsec / 1'000;
        return 0;
    }
    std::int64_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) override {
        return answer(::pread(descriptor, to, size, static_cast<off_t>(offset)));
    }
    std::int64_t write_at(int descriptor, const char* from, std::size_t size, std::uint64_t offset) override {
        return answer(::pwrite(descriptor, from, size, static_cast<off_t>(offset)));
    }
    std::int64_t data_from(int descriptor, std::uint64_t offset) override {
        const off_t at = ::lseek(descriptor, static_cast<off_t>(offset), SEEK_DATA);
        return at >= 0 || errno == ENXIO ? answer(at) : static_cast<std::int64_t>(offset);
    }
    std::int64_t write_pieces_at(int descriptor, std::span<const std::string_view> pieces,
                                 std::uint64_t offset) override {
        std::array<iovec, 128> vectors;
        const std::size_t n = std::min(pieces.size(), vectors.size());
        for (std::size_t i = 0; i < n; ++i) vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
        const ssize_t done = ::pwritev(descriptor, vectors.data(), static_cast<int>(n), static_cast<off_t>(offset));
        return done < 0 ? -errno : done;
    }
    int map(int descriptor, std::uint64_t size, const char*& at) override {
        if (size == 0 || size > SIZE_MAX) return -EINVAL;
        const auto length = static_cast<std::size_t>(size);
        void* const there = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, 0);
        if (there == MAP_FAILED) return -errno;
        static_cast<void>(::madvise(there, length, MADV_SEQUENTIAL));  // advice: it may be refused
        at = static_cast<const char*>(there);
        return 0;
    }
    void unmap(const char* at, std::uint64_t size) override {
        ::munmap(const_cast<char*>(at), static_cast<std::size_t>(size));
    }
    void write_back(int descriptor, std::uint64_t offset, std::uint64_t size) override {
        // Without the flags that wait it takes no error away from the sync.
        static_cast<void>(::sync_file_range(descriptor, static_cast<off64_t>(offset), static_cast<off64_t>(size),
                                            SYNC_FILE_RANGE_WRITE));
    }
    void keep_in_place(int descriptor) override {
        // As linux/fs.h has them, whose other macros a user's code would meet.
        constexpr unsigned long get_flags = _IOR('f', 1, long);
        constexpr unsigned long set_flags = _IOW('f', 2, long);
        constexpr int no_copy_on_write = 0x0080'0000;
        int flags = 0;
        if (::ioctl(descriptor, get_flags, &flags) != 0) return;
        flags |= no_copy_on_write;
        static_cast<void>(::ioctl(descriptor, set_flags, &flags));  // others than btrfs refuse it
    }
    int allocate(int descriptor, std::uint64_t size) override {
        return answer(::fallocate(descriptor, 0, 0, static_cast<off_t>(size)));
    }
    int resize(int descriptor, std::uint64_t size) override {
        return answer(::ftruncate(descriptor, static_cast<off_t>(size)));
    }
    int sync_data(int descriptor) override { return answer(::fdatasync(descriptor)); }
    int sync(int descriptor) override { return answer(::fsync(descriptor)); }
    int drop_cache(int descriptor) override { return -::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED); }
    int lock(int descriptor) override { return answer(::flock(descriptor, LOCK_EX | LOCK_NB)); }
    int rename(int folder, const char* from, const char* to) override {
        return answer(::renameat(folder, from, folder, to));
    }
    int remove(int folder, const char* name) override { return answer(::unlinkat(folder, name, 0)); }
    int process() override { return static_cast<int>(::getpid()); }

  private:
    static int answer(int value) noexcept { return value < 0 ? -errno : value; }
    static std::int64_t answer(ssize_t value) noexcept { return value < 0 ? -errno : static_cast<std::int64_t>(value); }
};

}  // namespace detail

inline storage_files& storage_files::real() noexcept {
    static detail::real_storage_files system;
    return system;
}

}  // namespace weir
