// SPDX-License-Identifier: BSL-1.0
// Sealed segments of a log, mapped to be read in place, as many bytes of them at a time as a limit that several readers
// share allows (R17). Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "../../support/atomic.hpp"
#include "../../support/storage_files.hpp"

namespace weir::detail {

/// The limit; lock-free. Relaxed: a count, nothing is read by it.
class mapping_limit {
  public:
    explicit mapping_limit(std::uint64_t size) noexcept : left_(size) {}
    [[nodiscard]] bool try_take(std::uint64_t size) noexcept {
        std::uint64_t left = left_.load(memory_order_relaxed);
        while (size <= left) {
            if (left_.compare_exchange_weak(left, left - size, memory_order_relaxed, memory_order_relaxed)) return true;
        }
        return false;
    }
    void give_back(std::uint64_t size) noexcept { left_.fetch_add(size, memory_order_relaxed); }
    [[nodiscard]] std::uint64_t left() const noexcept { return left_.load(memory_order_relaxed); }

  private:
    atomic<std::uint64_t> left_;
};

/// The first bytes of a file that is written no more; empty: beyond the limit, or the files cannot.
class segment_mapping {
  public:
    segment_mapping() noexcept = default;
    segment_mapping(storage_files& files, const storage_file& file, std::uint64_t size,
                    std::shared_ptr<mapping_limit> limit)
        : files_(&files), limit_(std::move(limit)) {
        if (size == 0 || !limit_ || !limit_->try_take(size)) return;
        const char* at = nullptr;
        if (files.map(file.descriptor(), size, at) < 0) {
            limit_->give_back(size);
            return;
        }
        at_ = at;
        size_ = size;
    }
    segment_mapping(segment_mapping&& other) noexcept { swap(other); }
    segment_mapping& operator=(segment_mapping&& other) noexcept {
        swap(other);
        return *this;
    }
    ~segment_mapping() {
        if (at_ == nullptr) return;
        files_->unmap(at_, size_);
        limit_->give_back(size_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return at_ != nullptr; }
    [[nodiscard]] std::string_view bytes() const noexcept { return {at_, static_cast<std::size_t>(size_)}; }

  private:
    void swap(segment_mapping& other) noexcept {
        std::swap(files_, other.files_);
        std::swap(limit_, other.limit_);
        std::swap(at_, other.at_);
        std::swap(size_, other.size_);
    }

    storage_files* files_ = nullptr;
    std::shared_ptr<mapping_limit> limit_;
    const char* at_ = nullptr;
    std::uint64_t size_ = 0;
};

}  // namespace weir::detail
