// SPDX-License-Identifier: BSL-1.0
// Above the seam of a log's system calls: short and interrupted calls are finished (R7), failures name folder and file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/file.hpp"
#include "../../support/result.hpp"
#include "../../support/storage_files.hpp"
#include "../log_format.hpp"

namespace weir::detail {

/// An open folder and its files.
class log_folder_io {
  public:
    log_folder_io() = default;
    log_folder_io(storage_files& files, std::string path) : files_(&files), path_(std::move(path)) {}

    [[nodiscard]] storage_files& files() const noexcept { return *files_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] error failure(const char* what, const std::string& name, std::int64_t answer) const {
        const int number = static_cast<int>(-answer);
        error e = file_error(what, path_of(name), number);
        if (number == ELOOP) e.message += "; a symbolic link is not followed here";
        return e;
    }

    /// Refuses a link, and a folder that everybody may write to (R50).
    [[nodiscard]] result<void> open(bool make) {
        const int fd = again([&] { return files_->open_folder(path_, make); });
        if (fd < 0) return file_error("open the folder", path_, -fd);
        folder_ = storage_file(*files_, fd);
        storage_status s;
        if (const int n = again([&] { return files_->status(fd, s); }); n < 0) return file_error("look at", path_, -n);
        if ((s.mode & 2U) != 0) {
            return error{errc::no_permission,
                         "open the folder " + path_ + ": everybody may write to it; take that away (chmod o-w)", path_};
        }
        return {};
    }
    /// A regular file, or an error; `short_of`: whether that may be another one a moment later, as descriptors were
    /// lacking, or memory.
    [[nodiscard]] result<storage_file> open(const std::string& name, storage_open how, bool* short_of = nullptr) const {
        const int fd = again([&] { return files_->open(folder_.descriptor(), name.c_str(), how); });
        if (short_of != nullptr) *short_of = fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM;
        return regular(fd, name, how);
    }
    /// To be read past the page cache, through a window that says so.
    [[nodiscard]] result<storage_file> open_direct(const std::string& name) const {
        const int fd = again([&] { return files_->open_direct(folder_.descriptor(), name.c_str()); });
        return regular(fd, name, storage_open::read);
    }
    [[nodiscard]] result<std::vector<std::string>> list() const {
        std::vector<std::string> names;
        const int n = again([&] {
            names.clear();
            return files_->list(folder_.descriptor(), names);
        });
        if (n < 0) return file_error("list", path_, -n);
        return names;
    }
    [[nodiscard]] result<storage_status> status(const storage_file& f, const std::string& name) const {
        storage_status s;
        if (const int n = again([&] { return files_->status(f.descriptor(), s); }); n < 0)
            return failure("look at", name, n);
        return s;
    }
    /// All of them.
    [[nodiscard]] result<void> write(const storage_file& f, std::string_view bytes, std::uint64_t offset,
                                     const std::string& name) const {
        while (!bytes.empty()) {
            const std::int64_t n = files_->write_at(f.descriptor(), bytes.data(), bytes.size(), offset);
            if (n == -EINTR) continue;
            if (n < 0) return failure("write", name, n);
            if (n == 0) return failure("write", name, -EIO);
            bytes.remove_prefix(static_cast<std::size_t>(n));
            offset += static_cast<std::uint64_t>(n);
        }
        return {};
    }
    /// All of several pieces, in a row; what they refer to is written, they themselves are used up.
    [[nodiscard]] result<void> write(const storage_file& f, std::span<std::string_view> pieces, std::uint64_t offset,
                                     const std::string& name) const {
        while (!pieces.empty()) {
            const std::int64_t n = files_->write_pieces_at(f.descriptor(), pieces, offset);
            if (n == -EINTR) continue;
            if (n < 0) return failure("write", name, n);
            if (n == 0) return failure("write", name, -EIO);
            offset += static_cast<std::uint64_t>(n);
            auto left = static_cast<std::size_t>(n);
            for (; !pieces.empty() && left >= pieces.front().size(); pieces = pieces.subspan(1)) {
                left -= pieces.front().size();
            }
            if (left != 0) pieces.front().remove_prefix(left);
        }
        return {};
    }
    /// As many as there are, fewer only at the end. Of a file that is opened by `open_direct` the end may not be asked
    /// for again, as it is in the middle of a page.
    [[nodiscard]] result<std::size_t> read(const storage_file& f, char* to, std::size_t size, std::uint64_t offset,
                                           const std::string& name) const {
        std::size_t done = 0;
        while (done < size) {
            const std::int64_t n = files_->read_at(f.descriptor(), to + done, size - done, offset + done);
            if (n == -EINTR) continue;
            if (n == 0 || (n == -EINVAL && done != 0)) break;
            if (n < 0) return failure("read", name, n);
            done += static_cast<std::size_t>(n);
        }
        return done;
    }
    /// Of an empty file: what is written over later needs no room, where the file system can.
    void keep_in_place(const storage_file& f) const { files_->keep_in_place(f.descriptor()); }
    /// Blocks for all of it; a file system that cannot gives a file with holes.
    [[nodiscard]] result<void> allocate(const storage_file& f, std::uint64_t size, const std::string& name) const {
        int n = again([&] { return files_->allocate(f.descriptor(), size); });
        if (n == -EOPNOTSUPP || n == -ENOSYS) n = again([&] { return files_->resize(f.descriptor(), size); });
        if (n < 0) return failure("make room for", name, n);
        return {};
    }
    [[nodiscard]] result<void> resize(const storage_file& f, std::uint64_t size, const std::string& name) const {
        const int n = again([&] { return files_->resize(f.descriptor(), size); });
        if (n < 0) return failure("cut", name, n);
        return {};
    }
    /// Once: a second try would answer for less (R6).
    [[nodiscard]] result<void> sync_data(const storage_file& f, const std::string& name) const {
        const int n = files_->sync_data(f.descriptor());
        if (n < 0) return failure("sync", name, n);
        return {};
    }
    [[nodiscard]] result<void> sync(const storage_file& f, const std::string& name) const {
        const int n = files_->sync(f.descriptor());
        if (n < 0) return failure("sync", name, n);
        return {};
    }
    [[nodiscard]] result<void> sync_folder() const {
        const int n = files_->sync(folder_.descriptor());
        if (n < 0 && n != -EINVAL) return file_error("sync the folder", path_, -n);
        return {};
    }
    [[nodiscard]] result<void> rename(const std::string& from, const std::string& to) const {
        const int n = again([&] { return files_->rename(folder_.descriptor(), from.c_str(), to.c_str()); });
        if (n < 0) return failure("rename to", to, n);
        return {};
    }
    /// A whole file, small enough for memory: nothing where there is none, `errc::too_large` beyond `limit` bytes.
    [[nodiscard]] result<std::optional<std::string>> load(const std::string& name, std::uint64_t limit) const {
        auto f = open(name, storage_open::read);
        if (!f) {
            if (f.error().code == errc::not_found) return std::optional<std::string>();
            return f.error();
        }
        const auto s = status(*f, name);
        if (!s) return s.error();
        if (s->size > limit) {
            return error{errc::too_large,
                         "read " + path_of(name) + ": it has more than " + std::to_string(limit) + " bytes",
                         path_of(name)};
        }
        std::string text(static_cast<std::size_t>(s->size), '\0');
        const auto got = read(*f, text.data(), text.size(), 0, name);
        if (!got) return got.error();
        text.resize(*got);
        return std::optional(std::move(text));
    }
    /// In the place of what has that name: a crash leaves the old or the new, whole; it is durable when this returns.
    [[nodiscard]] result<void> replace(const std::string& name, std::string_view text) const {
        const std::string temporary = name + ".new";
        if (auto r = remove(temporary); !r) return r;
        {
            auto f = open(temporary, storage_open::create);
            if (!f) return f.error();
            if (auto r = write(*f, text, 0, temporary); !r) return r;
            if (auto r = sync(*f, temporary); !r) return r;
        }
        if (auto r = rename(temporary, name); !r) return r;
        return sync_folder();
    }
    /// Not an error where it is not there.
    [[nodiscard]] result<void> remove(const std::string& name) const {
        const int n = again([&] { return files_->remove(folder_.descriptor(), name.c_str()); });
        if (n < 0 && n != -ENOENT) return failure("remove", name, n);
        return {};
    }

  private:
    result<storage_file> regular(int fd, const std::string& name, storage_open how) const {
        if (fd < 0) return failure(how == storage_open::create ? "create" : "open", name, fd);
        storage_file f(*files_, fd);
        storage_status s;
        if (const int n = again([&] { return files_->status(fd, s); }); n < 0) return failure("look at", name, n);
        if (!s.regular) return error{errc::bad_format, "open " + path_of(name) + ": not a regular file", path_of(name)};
        return f;
    }
    template <class F>
    static int again(F call) {
        int n = call();
        while (n == -EINTR) n = call();
        return n;
    }
    storage_files* files_ = nullptr;
    std::string path_;
    storage_file folder_;
};

}  // namespace weir::detail
