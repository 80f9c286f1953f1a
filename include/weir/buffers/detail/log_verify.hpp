// SPDX-License-Identifier: BSL-1.0
// Reads one segment that is written no more, block by block, to say whether it still holds what was durable: header,
// checksums, chain and numbers. Some at a time; linear in the bytes, but behind a damaged block the rest of the segment
// is searched at once for the next whole one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../storage_loss.hpp"
#include "log_scan.hpp"

namespace weir::detail {

class log_verify {
  public:
    /// Its blocks end at `end`, its last record is `next - 1`. `direct`: the file was opened so.
    log_verify(const log_folder_io& io, storage_file file, window_kind kind, const log_format::read_header& h,
               std::uint64_t end, std::uint64_t next)
        : file_(std::make_unique<storage_file>(std::move(file))), header_(h), end_(end), next_(next),
          in_(io, *file_, log_format::segment_name(h.header.base_sequence), end, kind) {
        walk_.end = first_position(h);
    }

    [[nodiscard]] bool done() const noexcept { return walk_.end.offset >= end_; }
    /// About so many bytes, at least one block; how many it were. What is lost is added to `found`.
    std::uint64_t step(std::uint64_t size, std::vector<storage_loss>& found) {
        const std::uint64_t from = walk_.end.offset;
        if (from == log_format::header_page) look_at_header(found);
        while (!done() && walk_.end.offset - from < size) {
            walk_.index.clear();
            if (!walk_one(in_, header_.header, walk_)) pass_break(found);
        }
        if (done() && walk_.end.sequence < next_) {
            lose(end_, walk_.end.sequence, next_, "its last blocks are missing", found);
            walk_.end.sequence = next_;
        }
        return walk_.end.offset - from;
    }

  private:
    void look_at_header(std::vector<storage_loss>& found) {
        const auto h = log_format::read_page(in_.view(0, log_format::header_page));
        if (h && h->crc == header_.crc) return;
        lose(0, header_.header.base_sequence, next_, "its header does not stand", found);
    }
    void pass_break(std::vector<storage_loss>& found) {
        const log_position at = walk_.end;
        auto behind = look_behind(in_, header_.header, at, end_);
        if (behind.resume && behind.resume->sequence > next_) behind.resume.reset();  // none of the log's
        const std::uint64_t upto = behind.resume ? behind.resume->sequence : next_;
        if (upto > at.sequence) lose(at.offset, at.sequence, upto, "a block does not stand", found);
        walk_.end = behind.resume ? *behind.resume : log_position{end_, at.chain, upto, at.epoch};
    }
    void lose(std::uint64_t offset, std::uint64_t first, std::uint64_t upto, const char* what,
              std::vector<storage_loss>& found) {
        const bool unreadable = in_.unreadable() != unreadable_;
        unreadable_ = in_.unreadable();
        found.push_back({in_.name(), offset, first, upto - 1, unreadable ? in_.last_error().message : what});
    }

    std::unique_ptr<storage_file> file_;  // the window points there
    log_format::read_header header_;
    std::uint64_t end_;
    std::uint64_t next_;
    log_window in_;
    log_walk walk_;
    std::uint64_t unreadable_ = 0;
};

}  // namespace weir::detail
