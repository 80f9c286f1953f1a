// SPDX-License-Identifier: BSL-1.0
// What a log's folder holds, found without changing a byte: its segments in order, each with where its blocks end and
// what it holds, the tail's walk, and what is wrong. Sealed segments cost a read of their header and seal; only the
// unsealed tail is walked (R18), and a sealed one whose seal is gone (R13).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../storage_loss.hpp"
#include "log_scan.hpp"
#include "log_trim.hpp"

namespace weir::detail {

struct log_segment_facts {
    log_format::segment_header header;
    std::uint32_t header_crc = 0;
    std::uint64_t next = 0;   // the first sequence number behind it
    std::uint64_t end = 0;    // where its blocks end; its seal, if any, stands there
    std::uint32_t chain = 0;  // of its last block
    std::uint64_t bytes = 0;
    std::int64_t first_us = INT64_MIN;
    std::int64_t last_us = INT64_MIN;
    std::int64_t modified_us = 0;
    bool sealed = false;
};

struct log_folder_facts {
    std::vector<log_segment_facts> segments;  // the last is the tail
    log_walk tail;                            // of the last segment
    bool tail_lost = false;                   // damage, and nothing whole behind it
    std::uint64_t torn_bytes = 0;             // behind the tail's end, with something in them
    std::optional<log_trim_mark> trim;
    std::vector<std::string> leftovers;  // spares, deleted segments: to be removed
    std::vector<storage_loss> damage;
    std::uint32_t ro_compat = 0;  // unknown features that still let one read
};

/// `drop`: the tail is synced and its cached pages dropped first, as who writes must (section 3: Recover).
class log_survey {
  public:
    log_survey(const log_folder_io& io, bool drop, const log_rules& rules = {}) : io_(io), drop_(drop), rules_(rules) {}

    [[nodiscard]] result<log_folder_facts> run() {
        auto names = io_.list();
        if (!names) return names.error();
        std::vector<std::uint64_t> bases;
        for (const std::string& name : *names) {
            if (const auto base = log_format::segment_base(name)) bases.push_back(*base);
            if (name == "next.tmp" || name.ends_with(".deleted")) facts_.leftovers.push_back(name);
        }
        std::sort(bases.begin(), bases.end());
        facts_.trim = log_trim::read(io_);
        for (const std::uint64_t base : bases) {
            auto r = add(base);
            if (!r) return r.error();
        }
        drop_trimmed();
        for (std::size_t i = 0; i + 1 < facts_.segments.size(); ++i) {
            if (auto r = look_at_sealed(i); !r) return r.error();
        }
        if (!facts_.segments.empty()) {
            if (auto r = look_at_tail(); !r) return r.error();
        }
        return std::move(facts_);
    }

  private:
    result<void> add(std::uint64_t base) {
        const std::string name = log_format::segment_name(base);
        auto f = io_.open(name, storage_open::read);
        if (!f) return f.error();
        auto s = io_.status(*f, name);
        if (!s) return s.error();
        char page[log_format::header_page];
        const auto got = io_.read(*f, page, sizeof(page), 0, name);
        const auto read = got ? log_format::read_page({page, *got}) : std::optional<log_format::read_header>();
        if (!read || read->header.base_sequence != base) {
            facts_.damage.push_back({name, 0, base, base, got ? "its header does not stand" : got.error().message});
            return {};
        }
        if (read->header.major != log_format::major_version
            || (read->header.incompat & ~log_format::known_incompat) != 0) {
            return error{errc::bad_format,
                         "open " + io_.path_of(name) + ": written in format " + std::to_string(read->header.major) + "."
                             + std::to_string(read->header.minor) + " with features "
                             + std::to_string(read->header.incompat)
                             + ", which this version (1.0) cannot read; use one " + "that knows them",
                         io_.path_of(name)};
        }
        facts_.ro_compat |= read->header.ro_compat & ~log_format::known_ro_compat;
        log_segment_facts facts;
        facts.header = read->header;
        facts.header_crc = read->crc;
        facts.bytes = s->size;
        facts.modified_us = s->modified_us;
        facts_.segments.push_back(facts);
        return {};
    }

    /// Below the horizon: a crash came between the mark and their removal.
    void drop_trimmed() {
        auto& all = facts_.segments;
        while (facts_.trim && all.size() > 1 && all[1].header.base_sequence <= facts_.trim->first) {
            facts_.leftovers.push_back(log_format::segment_name(all.front().header.base_sequence));
            all.erase(all.begin());
        }
        if (facts_.trim && !all.empty() && all.front().header.base_sequence > facts_.trim->first) {
            facts_.damage.push_back(
                {"", 0, facts_.trim->first, all.front().header.base_sequence - 1, "its first segments are missing"});
        }
    }

    result<void> look_at_sealed(std::size_t i) {
        using namespace log_format;
        log_segment_facts& s = facts_.segments[i];
        const segment_header& after = facts_.segments[i + 1].header;
        const std::string name = segment_name(s.header.base_sequence);
        auto f = io_.open(name, storage_open::read);
        if (!f) return f.error();
        s.sealed = true;
        char bytes[block_header_size + seal_header_size];
        const auto got = io_.read(*f, bytes, sizeof(bytes), after.previous_end, name);
        if (got && *got == sizeof(bytes)) {
            const auto h = read_block({bytes, block_header_size}, s.header.salt);
            if (h && h->kind == block_kind::seal && h->chain == after.previous_chain
                && h->base_sequence == after.base_sequence && h->length >= seal_header_size) {
                const char* const p = bytes + block_header_size;
                s.first_us = get<std::int64_t>(p + 8);
                s.last_us = get<std::int64_t>(p + 16);
                s.next = h->base_sequence;
                s.end = after.previous_end;
                s.chain = h->chain;
                return {};
            }
        }
        // No such seal: what it said is found again.
        log_window in(io_, *f, name, s.bytes);
        log_walk w;
        w.end = first_position({s.header, s.header_crc});
        while (w.end.offset != after.previous_end || w.end.chain != after.previous_chain) {
            if (walk_one(in, s.header, w)) continue;
            if (w.sealed) break;
            const auto behind = look_behind(in, s.header, w.end, log_reach);
            const std::uint64_t upto = behind.resume ? behind.resume->sequence : after.base_sequence;
            if (upto > w.end.sequence) {
                facts_.damage.push_back({name, w.end.offset, w.end.sequence, upto - 1, "a block does not stand"});
            }
            if (!behind.resume) {
                w.end.sequence = after.base_sequence;
                break;
            }
            w.end = *behind.resume;
        }
        s.first_us = w.first_us;
        s.last_us = w.last_us;
        s.next = w.end.sequence;
        s.end = w.end.offset;
        s.chain = w.end.chain;
        if (s.next < after.base_sequence && (after.compat & compat_gap_before) == 0) {
            facts_.damage.push_back(
                {"", 0, s.next, after.base_sequence - 1,
                 "a segment between " + name + " and " + segment_name(after.base_sequence) + " is missing"});
        }
        return {};
    }

    result<void> look_at_tail() {
        using namespace log_format;
        log_segment_facts& s = facts_.segments.back();
        const std::string name = segment_name(s.header.base_sequence);
        auto f = io_.open(name, storage_open::read);
        if (!f) return f.error();
        if (drop_) {
            if (auto r = io_.sync(*f, name); !r) return r;
            io_.files().drop_cache(f->descriptor());
        }
        log_window in(io_, *f, name, s.bytes);
        log_walk& w = facts_.tail;
        std::uint64_t lost_to = 0;
        w.end = first_position({s.header, s.header_crc});
        for (;;) {
            while (walk_one(in, s.header, w, rules_)) {}
            if (w.sealed || in.size() <= w.end.offset) break;
            const auto behind = look_behind(in, s.header, w.end, log_reach);
            if (rules_.damage_is_torn || !(behind.proven || (rules_.torn_is_damage && behind.resume))) {
                facts_.torn_bytes = torn(in, w.end.offset);
                break;
            }
            const std::uint64_t upto = behind.resume ? behind.resume->sequence : behind.next;
            facts_.damage.push_back({name, w.end.offset, w.end.sequence, upto == 0 ? 0 : upto - 1,
                                     in.unreadable() != 0 ? in.last_error().message : "a block does not stand"});
            if (!behind.resume) {
                facts_.tail_lost = true;
                lost_to = upto;
                break;
            }
            w.end = *behind.resume;
        }
        s.first_us = w.first_us;
        s.last_us = w.last_us;
        s.next = facts_.tail_lost ? lost_to : w.end.sequence;
        s.end = w.end.offset;
        s.chain = w.end.chain;
        s.sealed = w.sealed;
        return {};
    }

    static std::uint64_t torn(log_window& in, std::uint64_t from) {
        constexpr std::uint64_t step = 65'536;
        std::uint64_t last = from;
        const std::uint64_t end = in.size() - from > log_reach ? from + log_reach : in.size();
        for (std::uint64_t at = from; at < end;) {
            at = in.data_from(at);
            if (at >= end) break;
            const auto n = static_cast<std::size_t>(end - at < step ? end - at : step);
            const std::string_view some = in.view(at, n);
            const bool zeros =
                some.empty() || (some[0] == '\0' && std::memcmp(some.data(), some.data() + 1, n - 1) == 0);
            if (!zeros) last = at + n;
            at += n;
        }
        return last - from;
    }

    const log_folder_io& io_;
    bool drop_;
    log_rules rules_;
    log_folder_facts facts_;
};

/// In one sentence: what is lost, where, and what to do.
[[nodiscard]] inline error damage_error(const log_folder_io& io, const storage_loss& d) {
    error e;
    e.code = errc::damaged;
    e.where = d.file.empty() ? io.path() : io.path_of(d.file);
    e.message = "open " + e.where + ": " + d.what
                + (d.file.empty() ? std::string() : " at byte " + std::to_string(d.offset)) + "; records "
                + std::to_string(d.first) + " to " + std::to_string(d.last)
                + " are lost: bring the file back, or open with `salvage`";
    return e;
}

}  // namespace weir::detail
