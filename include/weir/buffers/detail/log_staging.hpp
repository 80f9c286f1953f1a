// SPDX-License-Identifier: BSL-1.0
// Records on their way to the disk: framed into blocks where they are appended, by any thread; taken as whole blocks by
// the one who writes. One mutex, held for the copy of a span. What was taken is counted until it is given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../../support/result.hpp"
#include "../log_format.hpp"
#include "../log_record.hpp"

namespace weir {

namespace detail {

struct staged_block {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t size = log_format::block_header_size;
    std::uint32_t count = 0;
    std::uint64_t base = 0;
    std::int64_t arrival_us = 0;
    std::int64_t last_us = 0;
};

class log_staging {
  public:
    /// Blocks of a quarter of a segment, at most `block_target`, are filled; a larger record has one of its own.
    void begin(std::uint64_t next, std::int64_t last_us, std::uint64_t limit, std::uint64_t segment_bytes) noexcept {
        next_ = next;
        last_us_ = last_us;
        limit_ = limit;
        const std::uint64_t quarter = segment_bytes / 4 / log_format::header_page * log_format::header_page;
        target_ = quarter < log_format::block_target ? static_cast<std::size_t>(quarter) : log_format::block_target;
    }
    /// All of the span, or none of it. The first one's sequence number.
    [[nodiscard]] result<std::uint64_t> append(std::span<const log_record> records, instant now) {
        const std::lock_guard hold(mutex_);
        std::uint64_t size = 0;
        for (const log_record& r : records) size += log_format::record_size(r.key.size(), r.payload.size());
        if (in_use_ != 0 && in_use_ + size > limit_) return error{errc::limit_exceeded, "", ""};
        const std::size_t blocks = blocks_.size();
        const std::size_t old_size = blocks == 0 ? 0 : blocks_.back().size;
        const std::uint32_t old_count = blocks == 0 ? 0 : blocks_.back().count;
        const std::int64_t old_block_last = blocks == 0 ? 0 : blocks_.back().last_us;
        const std::int64_t old_last = last_us_;
        const std::uint64_t first = next_;
        const std::int64_t us = now.us < -farthest_us ? -farthest_us : now.us > farthest_us ? farthest_us : now.us;
        if (us > last_us_) last_us_ = us;  // R15: never back
        try {
            for (const log_record& r : records) add(r);
        } catch (...) {  // R27
            while (blocks_.size() > blocks) blocks_.pop_back();
            if (blocks != 0) {
                blocks_.back().size = old_size;
                blocks_.back().count = old_count;
                blocks_.back().last_us = old_block_last;
            }
            last_us_ = old_last;
            next_ = first;
            throw;
        }
        in_use_ += size;
        return first;
    }
    /// What is there, onto `to`.
    void take(std::vector<staged_block>& to) {
        const std::lock_guard hold(mutex_);
        to.reserve(to.size() + blocks_.size());
        for (staged_block& b : blocks_) to.push_back(std::move(b));
        blocks_.clear();
    }
    void give_back(std::span<staged_block> done) {
        const std::lock_guard hold(mutex_);
        for (staged_block& b : done) {
            in_use_ -= b.size - log_format::block_header_size;
            if (b.capacity == target_ && free_.size() < kept) {
                b.size = log_format::block_header_size;
                b.count = 0;
                free_.push_back(std::move(b));
            }
        }
    }
    [[nodiscard]] std::uint64_t next() const {
        const std::lock_guard hold(mutex_);
        return next_;
    }
    [[nodiscard]] bool empty() const {
        const std::lock_guard hold(mutex_);
        return blocks_.empty();
    }

  private:
    static constexpr std::size_t kept = 16;
    static constexpr std::int64_t farthest_us = 9'000'000'000'000'000;  // nanoseconds must hold it

    void add(const log_record& r) {
        using namespace log_format;
        const auto size = static_cast<std::size_t>(record_size(r.key.size(), r.payload.size()));
        if (blocks_.empty() || blocks_.back().size + size > blocks_.back().capacity
            || last_us_ - blocks_.back().arrival_us > INT32_MAX) {
            begin_block(size);
        }
        staged_block& b = blocks_.back();
        char* const to = b.bytes.get() + b.size;
        log_format::write_record(to, static_cast<std::uint32_t>(r.payload.size()),
                                 static_cast<std::uint32_t>(r.key.size()), r.flags,
                                 static_cast<std::uint32_t>(last_us_ - b.arrival_us));
        // The padding is in the last eight bytes.
        if (size != record_header_size) put(to + size - 8, std::uint64_t{0});
        char* const body = to + record_header_size;
        if (!r.key.empty()) std::memcpy(body, r.key.data(), r.key.size());
        if (!r.payload.empty()) std::memcpy(body + r.key.size(), r.payload.data(), r.payload.size());
        b.size += size;
        ++b.count;
        b.last_us = last_us_;
        ++next_;
    }
    void begin_block(std::size_t record) {
        using namespace log_format;
        staged_block b;
        blocks_.reserve(blocks_.size() + 1);
        if (record + block_header_size <= target_ && !free_.empty()) {
            b = std::move(free_.back());
            free_.pop_back();
        } else {
            b.capacity = record + block_header_size <= target_
                             ? target_
                             : static_cast<std::size_t>(round_up(block_header_size + record, header_page));
            b.bytes.reset(new char[b.capacity]);
        }
        b.base = next_;
        b.arrival_us = last_us_;
        b.last_us = last_us_;
        blocks_.push_back(std::move(b));
    }

    mutable std::mutex mutex_;
    std::vector<staged_block> blocks_;
    std::vector<staged_block> free_;
    std::uint64_t next_ = 0;
    std::uint64_t in_use_ = 0;
    std::uint64_t limit_ = 0;
    std::int64_t last_us_ = INT64_MIN;
    std::size_t target_ = log_format::block_target;
};

}  // namespace detail
}  // namespace weir
