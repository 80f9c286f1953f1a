// SPDX-License-Identifier: BSL-1.0
// The bytes of one file of a log, as a walk over its blocks asks for them: a mapping of it, or a window in memory that
// moves along, so that a walk makes few calls. What cannot be read looks as if it were not there, and is counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "log_io.hpp"
#include "segment_mapping.hpp"

namespace weir::detail {

/// How a window's file was opened.
enum class window_kind : unsigned char {
    cached,
    direct  // by `open_direct`: whole pages are read
};

class log_window {
  public:
    log_window(const log_folder_io& io, const storage_file& file, std::string name, std::uint64_t size,
               window_kind kind = window_kind::cached)
        : io_(&io), file_(&file), name_(std::move(name)), size_(size),
          grain_(kind == window_kind::direct ? storage_files::direct_page : 1) {}
    /// Over the mapping, which is the file from its first byte on; where it is empty, as above. It never grows.
    log_window(const log_folder_io& io, const storage_file& file, std::string name, std::uint64_t size,
               const segment_mapping& mapping)
        : log_window(io, file, std::move(name), size) {
        if (mapping) mapped_ = mapping.bytes();
        resize(size);
    }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    void resize(std::uint64_t size) noexcept {
        size_ = mapped_.data() != nullptr && size > mapped_.size() ? mapped_.size() : size;
    }
    [[nodiscard]] bool mapped() const noexcept { return mapped_.data() != nullptr; }
    /// Of a mapping, what is checked next: a checksum goes over it in three places at once, which is half as fast as
    /// memory that is read in order.
    void bring_near(std::string_view body) const noexcept {
        if (!mapped()) return;
        for (std::size_t i = 0; i < body.size(); i += 64) {
            static_cast<void>(*static_cast<const volatile char*>(body.data() + i));
        }
    }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::uint64_t unreadable() const noexcept { return unreadable_; }
    [[nodiscard]] const error& last_error() const noexcept { return error_; }
    void forget() noexcept { have_ = 0; }

    /// The first byte at `offset` or behind that may be other than zero, or the size.
    [[nodiscard]] std::uint64_t data_from(std::uint64_t offset) const {
        const std::int64_t at = io_->files().data_from(file_->descriptor(), offset);
        if (at == -ENXIO) return size_;
        const auto found = at < 0 || static_cast<std::uint64_t>(at) < offset ? offset : static_cast<std::uint64_t>(at);
        return found < size_ ? found : size_;
    }
    /// Valid until the next call, of a mapping as long as that; empty where the file has not that many bytes there.
    [[nodiscard]] std::string_view view(std::uint64_t offset, std::size_t n) {
        if (offset > size_ || n > size_ - offset) return {};
        if (mapped_.data() != nullptr) return mapped_.substr(static_cast<std::size_t>(offset), n);
        if (offset < at_ || offset + n > at_ + have_) {
            if (!load(offset, n)) return {};
        }
        return {bytes_.get() + (offset - at_), n};
    }

  private:
    static constexpr std::size_t usual = std::size_t{1} << 20U;
    struct release {
        void operator()(char* p) const noexcept { ::operator delete(p, std::align_val_t(storage_files::direct_page)); }
    };

    bool load(std::uint64_t offset, std::size_t n) {
        const std::uint64_t from = offset - offset % grain_;
        const std::size_t least = whole(n + static_cast<std::size_t>(offset - from));
        std::size_t want = least > usual ? least : usual;
        if (want > size_ - from) want = whole(static_cast<std::size_t>(size_ - from));
        std::size_t kept = from >= at_ && from < at_ + have_ ? static_cast<std::size_t>(at_ + have_ - from) : 0;
        kept -= kept % grain_;
        if (want > capacity_) {
            bytes_.reset(static_cast<char*>(::operator new(want, std::align_val_t(storage_files::direct_page))));
            capacity_ = want;
            kept = 0;
        }
        if (kept != 0) std::memmove(bytes_.get(), bytes_.get() + (from - at_), kept);
        have_ = 0;
        at_ = from;
        auto got = io_->read(*file_, bytes_.get() + kept, want - kept, from + kept, name_);
        if (!got && want > least) got = io_->read(*file_, bytes_.get() + kept, least - kept, from + kept, name_);
        if (!got) {
            error_ = got.error();
            ++unreadable_;
            return false;
        }
        have_ = kept;
        have_ += *got;
        if (have_ > size_ - from) have_ = static_cast<std::size_t>(size_ - from);  // behind it may be written yet
        return have_ >= n + static_cast<std::size_t>(offset - from);
    }
    [[nodiscard]] std::size_t whole(std::size_t n) const noexcept { return (n + grain_ - 1) / grain_ * grain_; }

    const log_folder_io* io_;
    const storage_file* file_;
    std::string name_;
    std::uint64_t size_;
    std::size_t grain_;
    std::string_view mapped_;
    std::unique_ptr<char[], release> bytes_;
    std::size_t capacity_ = 0;
    std::uint64_t at_ = 0;
    std::size_t have_ = 0;
    std::uint64_t unreadable_ = 0;
    error error_;
};

}  // namespace weir::detail
