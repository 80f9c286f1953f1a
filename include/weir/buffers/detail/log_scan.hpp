// SPDX-License-Identifier: BSL-1.0
// Walks the blocks of one segment, and says why a walk ended: nothing more, a torn tail, or damage in what was durable.
// Linear in the bytes read; a body is not trusted before its checksum, a length not before its header's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "../log_format.hpp"
#include "log_window.hpp"

namespace weir::detail {

/// What a walk insists on. All of it, but in tests that prove that each is missed where it is left out (T16).
struct log_rules {
    bool body_crc = true;
    bool place = true;            // chain, number and epoch: it stands behind what it was written behind
    bool torn_is_damage = false;  // any later block is taken for a proof
    bool damage_is_torn = false;
};

/// Where the next block goes, and what it must continue.
struct log_position {
    std::uint64_t offset = log_format::header_page;
    std::uint32_t chain = 0;
    std::uint64_t sequence = 0;
    std::uint32_t epoch = 0;
};

/// What a walk knows of a segment so far.
struct log_walk {
    log_position end;
    std::vector<log_format::index_entry> index;
    std::uint64_t count = 0;
    std::int64_t first_us = INT64_MIN;
    std::int64_t last_us = INT64_MIN;
    bool sealed = false;

    void add(const log_format::block_header& h, std::uint64_t offset, std::uint64_t size, std::int64_t last) {
        using namespace log_format;
        if (h.kind == block_kind::data) {
            const std::int64_t us = h.arrival_ns / 1'000;
            if (index.empty() || offset >= index.back().offset + index_step) {
                index.push_back({h.base_sequence, us, offset});
            }
            if (count == 0) first_us = us;
            if (last > last_us) last_us = last;
            count += h.count;
        }
        end = {offset + size, h.head_crc, h.base_sequence + h.count, h.epoch};
    }
};

[[nodiscard]] inline log_position first_position(const log_format::read_header& r) noexcept {
    return {log_format::header_page, r.crc, r.header.base_sequence, r.header.epoch};
}

/// Where the last record of a whole body arrived; none: the records are not as many as the header says.
[[nodiscard]] inline std::optional<std::int64_t> last_arrival(const log_format::block_header& h,
                                                              std::string_view body) noexcept {
    std::int64_t last = h.arrival_ns / 1'000;
    const std::int64_t base = last;
    for (std::uint32_t i = 0; i < h.count; ++i) {
        const auto r = log_format::read_record(body);
        if (!r) return std::nullopt;
        last = base + r->delta_us;
        body.remove_prefix(static_cast<std::size_t>(log_format::record_size(r->key_length, r->length)));
    }
    return body.empty() ? std::optional(last) : std::nullopt;
}

/// The block at `offset`, with a right header and within the file; says nothing of its place.
[[nodiscard]] inline std::optional<log_format::block_header>
header_at(log_window& in, const log_format::segment_header& s, std::uint64_t offset) {
    using namespace log_format;
    const auto h = read_block(in.view(offset, block_header_size), s.salt);
    if (!h || block_size(h->length, s.alignment) > in.size() - offset || h->durable > offset) return std::nullopt;
    return h;
}
[[nodiscard]] inline bool continues(const log_format::block_header& h, const log_position& at,
                                    const log_rules& rules = {}) noexcept {
    return !rules.place || (h.base_sequence == at.sequence && h.chain == at.chain && h.epoch >= at.epoch);
}
[[nodiscard]] inline std::string_view body_at(log_window& in, std::uint64_t offset, const log_format::block_header& h) {
    return in.view(offset + log_format::block_header_size, h.length);
}

/// Adds the block at the walk's end; false: there is none that continues it and is whole.
[[nodiscard]] inline bool walk_one(log_window& in, const log_format::segment_header& s, log_walk& w,
                                   const log_rules& rules = {}) {
    using namespace log_format;
    const auto h = header_at(in, s, w.end.offset);
    if (!h || !continues(*h, w.end, rules)) return false;
    const std::string_view body = body_at(in, w.end.offset, *h);
    if (body.size() != h->length || (rules.body_crc && !body_is_whole(*h, body))) return false;
    std::int64_t last = h->arrival_ns / 1'000;
    if (h->kind == block_kind::data) {
        const auto known = last_arrival(*h, body);
        if (!known) return false;
        last = *known;
    }
    if (h->kind == block_kind::seal) {
        w.sealed = true;
        return false;
    }
    w.add(*h, w.end.offset, block_size(h->length, s.alignment), last);
    return true;
}

/// What lies behind a break.
struct log_break {
    bool proven = false;                 // a header behind says that the break was durable: damage, not a torn tail
    std::uint64_t durable = 0;           // what those headers say of it
    std::uint64_t next = 0;              // behind the last record that any header there knows of
    std::optional<log_position> resume;  // the first whole block behind, with the chain that it continues
};

/// Looks as far as `reach` bytes ahead of the break at `from`.
[[nodiscard]] inline log_break look_behind(log_window& in, const log_format::segment_header& s,
                                           const log_position& from, std::uint64_t reach) {
    using namespace log_format;
    log_break found;
    const std::uint64_t end = in.size() - from.offset > reach ? from.offset + reach : in.size();
    std::uint64_t looked = 0;
    for (std::uint64_t at = from.offset + s.alignment; at + block_header_size <= end; at += s.alignment) {
        if (at >= looked) {  // room that was never written costs nothing
            const std::uint64_t data = in.data_from(at);
            if (data > at) at = from.offset + round_up(data - from.offset, s.alignment);
            looked = at + index_step;
            if (at + block_header_size > end) break;
        }
        const std::string_view head = in.view(at, block_header_size);
        // The fields that say most, so that a tail of zeros or text costs no checksum.
        if (head.empty() || head[44] < 1 || head[44] > 3 || head[46] != 0 || head[47] != 0) continue;
        const auto h = header_at(in, s, at);
        if (!h || h->epoch < from.epoch || h->base_sequence < from.sequence) continue;
        if (h->durable > from.offset) found.proven = true;
        if (h->durable > found.durable) found.durable = h->durable;
        if (h->base_sequence + h->count > found.next) found.next = h->base_sequence + h->count;
        if (!found.resume && body_is_whole(*h, body_at(in, at, *h))) {
            found.resume = log_position{at, h->chain, h->base_sequence, h->epoch};
        }
        if (found.proven && found.resume) break;
    }
    return found;
}

inline constexpr std::uint64_t log_reach = std::uint64_t{64} << 20U;

}  // namespace weir::detail
