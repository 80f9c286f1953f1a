// SPDX-License-Identifier: BSL-1.0
// Reads a log's folder that another process writes, or none: takes no lock, makes nothing, changes nothing (R9).
// Follows segment by segment; a record is delivered when its block and all before it stand and something later in the
// folder says that they are durable, so what it delivers is there after any crash. A segment that is deleted under it
// stays readable behind its descriptor; then it answers `trimmed`. Damage answers `data_lost`, each with the range.
// Where the writer has stopped without `close`, what no later block vouches for is not delivered. One thread; reads
// block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage_reader.hpp"

namespace weir {

class storage_follower {
  public:
    /// From `sequence` on, or from the oldest record where it is older. `map_bytes`: see log_options; a segment that
    /// another one follows is mapped where it fits.
    [[nodiscard]] static result<storage_follower> open(const std::string& folder, std::uint64_t sequence = 0,
                                                       storage_files& files = storage_files::real(),
                                                       std::uint64_t map_bytes = 0) {
        storage_follower f(std::make_unique<detail::log_folder_io>(files, folder), sequence);
        if (auto r = f.io_->open(false); !r) return r.error();
        if (map_bytes != 0) f.maps_ = std::make_shared<detail::mapping_limit>(map_bytes);
        return f;
    }
    /// For the library's own readers of several folders: one limit for all of them.
    void map_within(std::shared_ptr<detail::mapping_limit> limit) noexcept { maps_ = std::move(limit); }
    [[nodiscard]] std::uint64_t position() const noexcept { return sequence_; }

    /// Views last until the next call. An error: the folder or a file cannot be read, or is of a version unknown here.
    [[nodiscard]] result<storage_page> next() {
        for (;;) {
            if (!*held_) {
                auto found = enter();
                if (!found) return found.error();
                if (*found) return **found;
                if (!*held_) return storage_page{};
            }
            if (auto page = deliver()) return *page;
            if (look_ahead()) continue;
            auto moved = leave();
            if (!moved) return moved.error();
            if (moved->second) return *moved->second;
            if (!moved->first) return storage_page{};
        }
    }

  private:
    storage_follower(std::unique_ptr<detail::log_folder_io> io, std::uint64_t sequence)
        : io_(std::move(io)), sequence_(sequence) {}

    result<std::vector<std::uint64_t>> bases() const {
        auto names = io_->list();
        if (!names) return names.error();
        std::vector<std::uint64_t> all;
        for (const std::string& name : *names) {
            if (const auto base = log_format::segment_base(name)) all.push_back(*base);
        }
        std::sort(all.begin(), all.end());
        return all;
    }
    result<std::optional<log_format::read_header>> header_of(const storage_file& f, const std::string& name) const {
        char page[log_format::header_page];
        const auto got = io_->read(f, page, sizeof(page), 0, name);
        if (!got) return got.error();
        auto h = log_format::read_page({page, *got});
        if (h
            && (h->header.major != log_format::major_version
                || (h->header.incompat & ~log_format::known_incompat) != 0)) {
            return error{errc::bad_format,
                         "read " + io_->path_of(name) + ": of a format that this version does not know",
                         io_->path_of(name)};
        }
        return h;
    }
    /// Opens the segment of `sequence_`. A page where that begins later.
    result<std::optional<storage_page>> enter() {
        for (int tries = 0; tries < 8; ++tries) {
            auto all = bases();
            if (!all) return all.error();
            if (all->empty()) return std::optional<storage_page>();
            auto at = std::upper_bound(all->begin(), all->end(), sequence_);
            if (at != all->begin()) --at;
            const std::string name = log_format::segment_name(*at);
            auto f = io_->open(name, storage_open::read);
            if (!f && f.error().code == errc::not_found) continue;  // deleted just now
            if (!f) return f.error();
            auto h = header_of(*f, name);
            if (!h) return h.error();
            if (!*h) {
                const auto behind = std::next(at);
                if (behind == all->end()) return std::optional<storage_page>();
                return std::optional(lose(page_kind::data_lost, *behind));
            }
            header_ = **h;
            name_ = name;
            *held_ = std::move(*f);
            at_ = seen_ = detail::first_position(header_);
            mapping_ = {};
            durable_ = std::next(at) == all->end() ? 0 : map(*std::next(at));
            window_.emplace(*io_, *held_, name_, durable_, mapping_);
            if (sequence_ < *at) {
                const bool lost = entered_ && !trimmed_to(*at);
                return std::optional(lose(lost ? page_kind::data_lost : page_kind::trimmed, *at));
            }
            entered_ = true;
            return std::optional<storage_page>();
        }
        return std::optional<storage_page>();
    }
    /// The segment in front of `behind`, whose header says where it ends: it is written no more, and all of it is
    /// durable. What is mapped of it; 0: nothing.
    std::uint64_t map(std::uint64_t behind) {
        if (!maps_) return 0;
        const std::string name = log_format::segment_name(behind);
        const auto f = io_->open(name, storage_open::read);
        if (!f) return 0;
        const auto h = header_of(*f, name);
        if (!h || !*h) return 0;
        const std::uint64_t end = (*h)->header.previous_end;
        const auto status = io_->status(*held_, name_);
        if (!status || status->size < end) return 0;
        mapping_ = detail::segment_mapping(io_->files(), *held_, end, maps_);
        return mapping_ ? end : 0;
    }
    bool trimmed_to(std::uint64_t base) const {
        const auto mark = detail::log_trim::read(*io_);
        return !mark || mark->first >= base;
    }
    storage_page lose(page_kind kind, std::uint64_t next) {
        const storage_page page{kind, {}, sequence_, next - 1};
        sequence_ = next;
        entered_ = true;
        return page;
    }

    /// A page of what is known to be durable; none: nothing more is.
    std::optional<storage_page> deliver() {
        using namespace log_format;
        while (at_.offset < durable_) {
            const auto h = detail::header_at(*window_, header_.header, at_.offset);
            const bool good = h && detail::continues(*h, at_) && h->kind != block_kind::seal;
            const std::string_view body = good ? detail::body_at(*window_, at_.offset, *h) : std::string_view();
            window_->bring_near(body);
            if (!good || !body_is_whole(*h, body) || !detail::records_of(*h, body, sequence_, INT64_MIN, records_)) {
                const auto behind = detail::look_behind(*window_, header_.header, at_, detail::log_reach);
                if (!behind.resume) {
                    at_.offset = durable_;
                    return std::nullopt;
                }
                at_ = *behind.resume;
                seen_ = at_;
                if (at_.sequence <= sequence_) continue;
                return lose(page_kind::data_lost, at_.sequence);
            }
            at_ = {at_.offset + block_size(h->length, header_.header.alignment), h->head_crc,
                   h->base_sequence + h->count, h->epoch};
            if (seen_.offset < at_.offset) seen_ = at_;
            if (records_.empty()) continue;
            sequence_ = at_.sequence;
            return storage_page{page_kind::records, records_, records_.front().sequence, records_.back().sequence};
        }
        return std::nullopt;
    }
    /// Walks on over what stands; whether more is known to be durable.
    bool look_ahead() {
        using namespace log_format;
        if (window_->mapped()) return false;  // all of it was known at once
        const auto status = io_->status(*held_, name_);
        if (!status) return false;
        window_->resize(status->size);
        window_->forget();
        for (;;) {
            const auto h = detail::header_at(*window_, header_.header, seen_.offset);
            if (!h || !detail::continues(*h, seen_)
                || !body_is_whole(*h, detail::body_at(*window_, seen_.offset, *h))) {
                // Room not yet written, a block that is just being written, or damage, if something behind vouches for
                // it.
                const std::string_view head = window_->view(seen_.offset, block_header_size);
                const bool written = head.find_first_not_of('\0') != std::string_view::npos;
                const auto behind = detail::look_behind(*window_, header_.header, seen_,
                                                        written ? detail::log_reach : 2 * block_target);
                if (behind.proven && behind.durable > durable_) durable_ = behind.durable;
                seen_ = at_;  // what is not durable may be cut and written anew
                break;
            }
            if (h->durable > durable_) durable_ = h->durable;
            if (h->kind == block_kind::seal) break;
            seen_ = {seen_.offset + block_size(h->length, header_.header.alignment), h->head_crc,
                     h->base_sequence + h->count, h->epoch};
            if (durable_ > at_.offset) break;
        }
        return durable_ > at_.offset;
    }
    /// To the next segment, whose header says where this one ends. First: whether there is something new.
    result<std::pair<bool, std::optional<storage_page>>> leave() {
        using answer = std::pair<bool, std::optional<storage_page>>;
        auto all = bases();
        if (!all) return all.error();
        const auto behind = std::upper_bound(all->begin(), all->end(), header_.header.base_sequence);
        if (behind == all->end()) return answer{false, std::nullopt};
        const std::string name = log_format::segment_name(*behind);
        auto f = io_->open(name, storage_open::read);
        if (!f && f.error().code == errc::not_found) return answer{false, std::nullopt};
        if (!f) return f.error();
        auto h = header_of(*f, name);
        if (!h) return h.error();
        if (!*h) return answer{false, std::nullopt};
        const auto& next = (*h)->header;
        // It begins where this one ends: all before that is durable.
        if (sequence_ < *behind && at_.offset < next.previous_end && next.previous_end > durable_
            && next.previous_end <= window_->size()) {
            durable_ = next.previous_end;
            return answer{true, std::nullopt};
        }
        *held_ = {};
        if (sequence_ >= *behind) return answer{true, std::nullopt};
        return answer{true, lose(trimmed_to(*behind) ? page_kind::trimmed : page_kind::data_lost, *behind)};
    }

    std::unique_ptr<detail::log_folder_io> io_;
    std::uint64_t sequence_;
    bool entered_ = false;
    std::unique_ptr<storage_file> held_ = std::make_unique<storage_file>();  // the window points there
    std::string name_;
    log_format::read_header header_;
    std::shared_ptr<detail::mapping_limit> maps_;  // none: nothing is mapped
    detail::segment_mapping mapping_;
    std::optional<detail::log_window> window_;
    detail::log_position at_;    // delivered up to here
    detail::log_position seen_;  // looked at up to here
    std::uint64_t durable_ = 0;
    std::vector<stored_record> records_;
};

}  // namespace weir
