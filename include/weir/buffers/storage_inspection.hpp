// SPDX-License-Identifier: BSL-1.0
// What a log's folder holds, and whether it still holds it: for tools and for whoever is on call. Takes no lock and
// changes no byte, so it may be asked of a folder that another process writes; then the tail's figures are of a moment.
// `inspect` reads headers, seals and the tail; `verify` every block. Both block on the disk.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "detail/log_folder.hpp"
#include "detail/log_verify.hpp"
#include "log_options.hpp"

namespace weir {

struct storage_inspection {
    struct segment {
        std::string name;
        std::uint64_t first = 0;  // its first record's number
        std::uint64_t next = 0;   // the first one behind it
        std::uint64_t bytes = 0;
        instant from, to;  // when its records arrived
        bool sealed = false;
    };
    using loss = storage_loss;
    std::vector<segment> segments;
    std::vector<loss> lost;        // of what was durable: opening for writing asks for `salvage`
    std::uint64_t torn_bytes = 0;  // behind the last whole block, never durable: opening for writing cuts them
    std::uint64_t first = 0;       // the oldest record kept
    std::uint64_t next = 0;        // the first one behind the last
    log_options options;           // its shard, its stream, and how it was written

    /// Whether `salvage` is needed.
    [[nodiscard]] bool damaged() const noexcept { return !lost.empty(); }
    [[nodiscard]] static result<storage_inspection> inspect(const std::string& folder,
                                                            storage_files& files = storage_files::real()) {
        return look(folder, files, false);
    }
    [[nodiscard]] static result<storage_inspection> verify(const std::string& folder,
                                                           storage_files& files = storage_files::real()) {
        return look(folder, files, true);
    }

  private:
    static result<storage_inspection> look(const std::string& folder, storage_files& files, bool every_block) {
        detail::log_folder_io io(files, folder);
        if (auto r = io.open(false); !r) return r.error();
        auto facts = detail::log_survey(io, false).run();
        if (!facts) return facts.error();
        storage_inspection all;
        all.lost = std::move(facts->damage);
        all.torn_bytes = facts->torn_bytes;
        for (std::size_t i = 0; i < facts->segments.size(); ++i) {
            const detail::log_segment_facts& s = facts->segments[i];
            all.segments.push_back({log_format::segment_name(s.header.base_sequence),
                                    s.header.base_sequence,
                                    s.next,
                                    s.bytes,
                                    {s.first_us},
                                    {s.last_us},
                                    s.sealed});
            if (every_block && i + 1 < facts->segments.size()) {
                if (auto r = walk(io, s, all); !r) return r.error();
            }
        }
        if (!facts->segments.empty()) {
            const auto& last = facts->segments.back();
            all.first = facts->segments.front().header.base_sequence;
            all.next = last.next;
            all.options.segment_bytes = last.header.capacity;
            all.options.alignment = last.header.alignment;
            all.options.shard = last.header.shard;
            all.options.stream = last.header.stream;
        } else if (facts->trim) {
            all.first = all.next = facts->trim->first;
        }
        return all;
    }
    /// The survey trusts a sealed segment's seal: here its blocks are read too.
    static result<void> walk(const detail::log_folder_io& io, const detail::log_segment_facts& s,
                             storage_inspection& all) {
        const std::string name = log_format::segment_name(s.header.base_sequence);
        auto file = io.open(name, storage_open::read);
        if (!file) return file.error();
        std::vector<loss> found;
        detail::log_verify verify(io, std::move(*file), detail::window_kind::cached, {s.header, s.header_crc}, s.end,
                                  s.next);
        while (!verify.done()) verify.step(~std::uint64_t{0}, found);
        for (loss& f : found) {
            bool known = false;
            for (const loss& l : all.lost) known = known || (l.file == name && l.offset == f.offset);
            if (!known) all.lost.push_back(std::move(f));
        }
        return {};
    }
};

}  // namespace weir
