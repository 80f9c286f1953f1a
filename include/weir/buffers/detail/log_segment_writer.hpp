// SPDX-License-Identifier: BSL-1.0
// The one file of a log that is written: blocks go to its end, a sync moves `synced`, what is behind `synced` can be
// given up. No byte that a sync covered is written again. Used by one thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log_shared.hpp"
#include "log_staging.hpp"

namespace weir::detail {

class log_segment_writer {
  public:
    log_segment_writer() = default;
    /// A file with room, not yet with a name: its header page goes in front of what is written first.
    log_segment_writer(const log_folder_io& io, storage_file file, const log_format::segment_header& h)
        : io_(&io), file_(std::move(file)), name_("next.tmp"), header_(h), page_(new char[log_format::header_page]) {
        const std::uint32_t crc = log_format::write_page(h, page_.get());
        at_ = first_position({h, crc});
        synced_ = at_;
        crc_ = crc;
    }
    /// A tail that was found and cut: all of it is durable.
    log_segment_writer(const log_folder_io& io, storage_file file, const log_segment_facts& facts, const log_walk& walk,
                       std::uint32_t epoch)
        : io_(&io), file_(std::move(file)), name_(log_format::segment_name(facts.header.base_sequence)),
          header_(facts.header), crc_(facts.header_crc), at_(walk.end), synced_(walk.end), walk_(walk), named_(true) {
        at_.epoch = epoch;
    }

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(file_); }
    [[nodiscard]] const log_format::segment_header& header() const noexcept { return header_; }
    [[nodiscard]] std::uint32_t header_crc() const noexcept { return crc_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const log_position& at() const noexcept { return at_; }
    [[nodiscard]] const log_position& synced() const noexcept { return synced_; }
    [[nodiscard]] bool named() const noexcept { return named_; }
    [[nodiscard]] bool all_synced() const noexcept { return at_.offset == synced_.offset; }
    [[nodiscard]] std::uint64_t noted() const noexcept { return noted_; }
    [[nodiscard]] const log_walk& walk() const noexcept { return walk_; }

    /// How many of the blocks fit in front of the room that the seal needs.
    [[nodiscard]] std::size_t fitting(std::span<const staged_block> blocks) const noexcept {
        using namespace log_format;
        std::uint64_t end = at_.offset;
        for (std::size_t n = 0; n < blocks.size(); ++n) {
            end += round_up(blocks[n].size, header_.alignment);
            if (end + seal_room(n + 1) > header_.capacity) return n;
        }
        return blocks.size();
    }
    /// At most one a segment is larger than `fitting` says.
    [[nodiscard]] bool empty() const noexcept { return at_.offset == log_format::header_page; }

    /// Blocks in a row, which `fitting` has seen. `then_synced`: what is long is written in pieces, so that the disk
    /// has the first while the next ones are made. After an error the blocks of its piece do not count as written;
    /// `written` says how many do.
    [[nodiscard]] result<void> write(std::span<staged_block> blocks, bool then_synced, std::size_t& written) {
        std::uint64_t all = 0;
        for (const staged_block& b : blocks) all += b.size;
        const std::uint64_t piece = then_synced ? std::clamp(all / 2, least_piece, most_piece) : all;
        while (!blocks.empty()) {
            std::uint64_t size = 0;
            std::size_t n = 0;
            while (n < blocks.size() && size < piece) size += blocks[n++].size;
            const std::uint64_t from = at_.offset;
            if (auto r = write_piece(blocks.first(n)); !r) return r;
            written += n;
            blocks = blocks.subspan(n);
            if (!blocks.empty()) io_->files().write_back(file_.descriptor(), from, at_.offset - from);
        }
        return {};
    }
    /// An empty block that says how far the file is durable; itself not synced.
    [[nodiscard]] result<void> note() {
        using namespace log_format;
        std::string bytes(static_cast<std::size_t>(block_size(0, header_.alignment)), '\0');
        if (at_.offset + bytes.size() + seal_room() > header_.capacity) {
            noted_ = synced_.offset;  // no room for one: the seal will say it
            return {};
        }
        const std::uint32_t crc = finish_block(next_header(block_kind::note, 0, at_), header_.salt, bytes.data());
        if (auto r = io_->write(file_, bytes, at_.offset, name_); !r) return r;
        noted_ = synced_.offset;
        at_ = {at_.offset + bytes.size(), crc, at_.sequence, at_.epoch};
        return {};
    }
    /// The index and what it holds, and a sync. `at()` stays where the seal stands.
    [[nodiscard]] result<void> seal() {
        using namespace log_format;
        const std::size_t body = seal_header_size + walk_.index.size() * seal_entry_size;
        std::string bytes(static_cast<std::size_t>(block_size(body, header_.alignment)), '\0');
        char* const p = bytes.data() + block_header_size;
        put(p, walk_.count);
        put(p + 8, walk_.first_us);
        put(p + 16, walk_.last_us);
        put(p + 24, static_cast<std::uint64_t>(walk_.index.size()));
        for (std::size_t i = 0; i < walk_.index.size(); ++i) {
            write_entry(p + seal_header_size + i * seal_entry_size, walk_.index[i]);
        }
        static_cast<void>(finish_block(next_header(block_kind::seal, body, at_), header_.salt, bytes.data()));
        if (auto r = io_->write(file_, bytes, at_.offset, name_); !r) return r;
        if (auto r = io_->sync_data(file_, name_); !r) return r;
        synced_ = at_;
        // The room behind goes back; that is not needed for anything, so it need not succeed.
        sealed_bytes_ = at_.offset + bytes.size();
        static_cast<void>(io_->resize(file_, sealed_bytes_, name_));
        return {};
    }
    [[nodiscard]] std::uint64_t sealed_bytes() const noexcept { return sealed_bytes_; }

    [[nodiscard]] result<void> sync() {
        if (auto r = io_->sync_data(file_, name_); !r) return r;
        synced_ = at_;
        return {};
    }
    /// The synced file gets its name, durably (R5). Again, where the disk had no room for another name.
    [[nodiscard]] result<void> adopt() {
        const std::string name = log_format::segment_name(header_.base_sequence);
        if (auto r = io_->rename(name_, name); !r) return r;
        name_ = name;
        if (auto r = io_->sync_folder(); !r) return r;
        named_ = true;
        return {};
    }

    /// It has its name, if not yet durably.
    [[nodiscard]] bool renamed() const { return name_ == log_format::segment_name(header_.base_sequence); }

  private:
    // Where half a megabyte or more is written at once, ext4 syncs ten megabytes five times as fast as in smaller ones.
    static constexpr std::uint64_t least_piece = std::uint64_t{512} << 10U;
    static constexpr std::uint64_t most_piece = std::uint64_t{2} << 20U;

    /// By one call of the disk.
    [[nodiscard]] result<void> write_piece(std::span<staged_block> blocks) {
        using namespace log_format;
        heads_.clear();
        pieces_.clear();
        log_position end = at_;
        for (staged_block& b : blocks) {
            block_header h = next_header(block_kind::data, b.size - block_header_size, end);
            h.count = b.count;
            h.arrival_ns = b.arrival_us * 1'000;
            const auto whole = static_cast<std::size_t>(round_up(b.size, header_.alignment));
            std::memset(b.bytes.get() + b.size, 0, whole - b.size);
            h.head_crc = finish_block(h, header_.salt, b.bytes.get());
            heads_.push_back(h);
            pieces_.emplace_back(b.bytes.get(), whole);
            end = {end.offset + whole, h.head_crc, end.sequence + b.count, end.epoch};
        }
        if (auto r = put_page(); !r) return r;
        if (auto r = io_->write(file_, pieces_, at_.offset, name_); !r) return r;
        if (auto r = zero_ahead(end.offset, end.offset - at_.offset); !r) return r;
        walk_.end = at_;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            walk_.add(heads_[i], walk_.end.offset, round_up(blocks[i].size, header_.alignment), blocks[i].last_us);
        }
        at_ = walk_.end;
        noted_ = synced_.offset > noted_ ? synced_.offset : noted_;
        return {};
    }
    /// With `more` blocks behind those that are written.
    [[nodiscard]] std::uint64_t seal_room(std::size_t more = 1) const noexcept {
        using namespace log_format;
        return block_size(seal_header_size + (walk_.index.size() + more) * seal_entry_size, header_.alignment);
    }
    [[nodiscard]] log_format::block_header next_header(log_format::block_kind kind, std::size_t body,
                                                       const log_position& at) const noexcept {
        log_format::block_header h;
        h.kind = kind;
        h.length = static_cast<std::uint32_t>(body);
        h.base_sequence = at.sequence;
        h.arrival_ns = walk_.last_us == INT64_MIN ? 0 : walk_.last_us * 1'000;
        h.durable = synced_.offset;
        h.chain = at.chain;
        h.epoch = at.epoch;
        return h;
    }
    /// A sync over blocks that were written before costs a third less than one over blocks that were only allocated, so
    /// small commits find zeros in front of them, which a sync now and then writes with it. Large ones would only write
    /// twice.
    result<void> zero_ahead(std::uint64_t end, std::uint64_t commit) {
        constexpr std::uint64_t small = 16'384;
        constexpr std::uint64_t ahead = 262'144;
        static constexpr char zeros[16'384] = {};
        if (end <= zeroed_) return {};
        zeroed_ = end;
        if (header_.alignment != log_format::header_page || commit > small || end >= header_.capacity) return {};
        std::uint64_t upto = end + ahead;
        if (upto > header_.capacity) upto = header_.capacity;
        for (zeroed_ = end; zeroed_ < upto;) {
            const std::uint64_t n = upto - zeroed_ < sizeof(zeros) ? upto - zeroed_ : sizeof(zeros);
            if (auto r = io_->write(file_, {zeros, static_cast<std::size_t>(n)}, zeroed_, name_); !r) return r;
            zeroed_ += n;
        }
        return {};
    }
    result<void> put_page() {
        if (!page_) return {};
        if (auto r = io_->write(file_, {page_.get(), log_format::header_page}, 0, name_); !r) return r;
        page_.reset();
        return {};
    }

    const log_folder_io* io_ = nullptr;
    storage_file file_;
    std::string name_;
    log_format::segment_header header_;
    std::unique_ptr<char[]> page_;
    std::uint32_t crc_ = 0;
    log_position at_;
    log_position synced_;
    log_walk walk_;
    std::uint64_t noted_ = 0;
    std::uint64_t sealed_bytes_ = 0;
    std::vector<log_format::block_header> heads_;  // of the blocks that are written now
    std::vector<std::string_view> pieces_;
    std::uint64_t zeroed_ = 0;  // up to here the file's blocks were written, if only with zeros
    bool named_ = false;
};

}  // namespace weir::detail
