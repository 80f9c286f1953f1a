// SPDX-License-Identifier: BSL-1.0
// What the handles of one stream share: its shards, the table that routes to them, and the operations, for any payload.
//
// Puts and reads are lock-free but for the quotas of a limited stream, a mutex a shard. What there is of shards and how
// they become others: shard_map.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../operations.hpp"
#include "../stream_options.hpp"
#include "fan_out_desk.hpp"
#include "iterator_check.hpp"
#include "put_chunk.hpp"
#include "shard_map.hpp"
#include "shard_reader.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

template <class Payload>
class stream_core : public shard_map<Payload> {
    using base = shard_map<Payload>;

  public:
    using typename base::shard;
    using record = typename shard::record;
    using base::base;
    using base::bounded;
    using base::closed;
    using base::desk;
    using base::find;
    using base::horizon;
    using base::limited;
    using base::now;
    using base::options;
    using base::route;

    // ---- Puts: any thread. ---------------------------------------------------------------------------------------

    template <class Source>
    [[nodiscard]] result<put_record_result> put(hash_key hash, std::uint64_t bytes, instant at, Source&& source,
                                                std::optional<log_acknowledge> level = {}) {
        for (;;) {
            shard& s = route(hash);
            if (bounded()) [[unlikely]] {
                if (const result<void> room = make_room(s); !room) return room.error();
            }
            if (limited() && !s.quota().admit_write(bytes, at)) return throttled(s);
            typename shard::template arriving<Source&&> a{&s, hash, bytes, at, static_cast<Source&&>(source)};
            if (std::uint64_t position = 0; s.append_one(position, a)) [[likely]] {
                keep_house(s, position, 1, at);
                if (desk() != nullptr) [[unlikely]] {
                    if (const result<void> safe = acknowledge(s, position, level); !safe) return safe.error();
                }
                return put_record_result{s.id(), s.number(position, a.arrival)};
            }
            if (closed()) return closed_error();
        }
    }
    /// All of a sized range for one key, in a row: all or none is stored. `size(value)` is what one counts with.
    template <class R, class Size>
    [[nodiscard]] result<put_span_result> put_span(hash_key hash, instant at, R&& values, Size size) {
        using source = std::ranges::range_reference_t<R>;
        using entry = typename shard::template arriving<source>;
        const auto n = static_cast<std::uint64_t>(std::ranges::size(values));
        for (;;) {
            shard& s = route(hash);
            if (bounded()) [[unlikely]] {
                if (const result<void> room = make_room(s); !room) return room.error();
            }
            if (limited()) {
                std::uint64_t sum = 0;
                for (const auto& v : values) sum += size(v);
                if (!s.quota().admit_write(sum, at, n)) return throttled(s);
            }
            std::uint64_t& clock = put_clock();
            std::optional<entry> one;
            std::optional<instant> arrival;  // of the first
            auto arriving = std::views::transform(std::views::all(values), [&](source v) -> entry& {
                if (one && !arrival) arrival = one->arrival;
                if (one && clock < one->order) clock = one->order;
                const std::uint64_t counted = size(v);
                return one.emplace(entry{&s, hash, counted, at, static_cast<source>(v), ++clock});
            });
            const std::optional<std::uint64_t> first = s.append(arriving);
            if (first) {
                if (one && !arrival) arrival = one->arrival;
                if (one && clock < one->order) clock = one->order;
                keep_house(s, *first, n, at);
                if (desk() != nullptr && n != 0) [[unlikely]] {
                    if (const result<void> safe = acknowledge(s, *first + n - 1, {}); !safe) return safe.error();
                }
                return put_span_result{s.id(), s.number(*first, arrival.value_or(at)), n};
            }
            if (closed()) return closed_error();
        }
    }
    /// The records that `make(i, hash)` gives (an `arriving` without its shard), i below `n`, put 256 at a time: those
    /// of one shard in a row, in their order, for one taking of its append right. `hash(first, out)` makes the hash
    /// keys from record `first` on. `stored(i, result)` and `refused(i, error)` say what became of each; a refused
    /// one's source is as it was. Waits for nothing: where a storage's memory is full they are refused with
    /// `errc::limit_exceeded`.
    template <class Hash, class Make, class Stored, class Refused>
    void put_all(std::size_t n, instant at, Hash hash, Make make, Stored stored, Refused refused) {
        using entry = decltype(make(std::size_t{}, hash_key{}));
        using chunk = put_chunk<entry>;
        std::array<hash_key, 64> hashes;
        for (std::size_t first = 0; first < n; first += chunk::most) {
            const std::size_t size = n - first < chunk::most ? n - first : chunk::most;
            chunk entries;
            std::uint64_t& clock = put_clock();
            while (entries.size() < size) {
                const std::size_t begin = first + entries.size();
                const auto some = std::span(hashes).first(std::min(hashes.size(), first + size - begin));
                hash(begin, some);
                for (std::size_t i = 0; i < some.size(); ++i) {
                    entries.add([&] { return make(begin + i, some[i]); }).order = ++clock;
                }
            }
            put_chunk_of(
                entries, at, [&](std::size_t i, const put_record_result& r) { stored(first + i, r); },
                [&](std::size_t i, error&& e) { refused(first + i, std::move(e)); });
        }
    }
    /// In front of puts that may wait: blocks while a shard's memory is full, where the storage or `slow_reader` says
    /// so.
    [[nodiscard]] result<void> make_room() {
        for (const auto& each : this->routes()) {
            if (const result<void> room = make_room(*each.to); !room) return room;
        }
        return {};
    }
    /// Whether a put may ask for that: a stream in memory alone keeps no promise of a storage's.
    [[nodiscard]] result<void> check_acknowledge(std::optional<log_acknowledge> level) const {
        if (desk() != nullptr || level.value_or(log_acknowledge::memory) == log_acknowledge::memory) return {};
        return error{errc::invalid_argument,
                     "stream " + this->name()
                         + " is in memory alone and cannot acknowledge a record as written or durable; give it a "
                           "storage, as on_disk(folder)",
                     this->name()};
    }
    /// Blocks until the storage has the record as safely as that.
    [[nodiscard]] result<void> acknowledge(const shard& s, std::uint64_t position,
                                           std::optional<log_acknowledge> level) {
        const log_acknowledge wanted = level.value_or(desk()->settings().acknowledge);
        return wanted == log_acknowledge::memory ? result<void>{} : desk()->wait_for(s, position, wanted);
    }
    /// Blocks until everything that was put is durable.
    [[nodiscard]] result<void> sync() {
        if (desk() == nullptr) return {};
        for (const auto& known : this->live_shards()) {
            const std::uint64_t end = known.of->log().end_position();
            if (end == 0) continue;
            if (const result<void> safe = desk()->wait_for(*known.of, end - 1, log_acknowledge::durable); !safe) {
                return safe;
            }
        }
        return {};
    }
    /// K14: `number` was given by a put into this stream; else `errc::invalid_argument`.
    [[nodiscard]] result<void> check_ordering(const sequence_number& number) {
        shard* const s = find(number.shard());
        if (s == nullptr || s->created() != number.shard_created() || number.index() == 0
            || number.index() > s->log().end_position()) {
            return error{errc::invalid_argument,
                         "no put into stream " + this->name()
                             + " has given this sequence number for ordering; pass the number "
                               "of the key's record before",
                         to_string(number)};
        }
        return {};
    }

    // ---- Reads: any thread. --------------------------------------------------------------------------------------

    [[nodiscard]] result<shard_iterator> get_shard_iterator(shard_id id, const iterator_start& start) {
        shard* const s = find(id);
        if (s == nullptr) return unknown(id);
        const instant at = now();
        if (const result<void> fits = check_iterator(start, this->name(), id, s->created(), at); !fits) {
            return fits.error();
        }
        shard_iterator it{id, s->position_at(horizon(at)), at};
        switch (start.kind) {
        case iterator_type::trim_horizon:
            break;
        case iterator_type::latest:
            it.position = s->log().end_position();
            break;
        case iterator_type::at_timestamp:
            if (const std::uint64_t from = s->position_at(*start.time); from > it.position) it.position = from;
            break;
        case iterator_type::at_sequence_number:
        case iterator_type::after_sequence_number: {
            const sequence_number& n = *start.number;
            const bool end = s->log().closed() && n.index() == closing_index;
            if (!end && n.index() > s->log().end_position()) return foreign_number(this->name(), id, n);
            std::uint64_t position = end ? s->log().end_position() : n.index() == 0 ? 0 : n.index() - 1;
            if (start.kind == iterator_type::after_sequence_number && n.index() != 0 && !end) ++position;
            it.position = position;
            break;
        }
        }
        return it;
    }

    /// `make(record, number)` makes what the page holds; `size(record)` is what it counts with.
    template <class Out, class Make, class Size>
    [[nodiscard]] result<records_page<Out>> get_records(const shard_iterator& it, std::size_t limit, Make make,
                                                        Size size) {
        shard* const s = find(it.shard);
        if (s == nullptr) return unknown(it.shard);
        if (limit == 0 || limit > options().limits.page_records) {
            return error{errc::invalid_argument,
                         "get_records takes a limit of 1 to " + std::to_string(options().limits.page_records),
                         this->name()};
        }
        const instant at = now();
        if (expired(it.issued, at)) {
            return error{errc::expired_iterator,
                         "the iterator is older than " + std::to_string(options().limits.iterator_life.count())
                             + " s; get one behind the last sequence number",
                         this->name() + "/" + to_string(it.shard)};
        }
        if (limited() && !s->quota().admit_read(at)) return read_throttled(*s);
        std::uint64_t bytes = 0;
        auto page = read_page<Out>(*s, it.position, limit, at, make, size, bytes);
        if (limited()) s->quota().count_read(bytes, at);
        return page;
    }
    /// The page that begins at `position`, without a quota; `bytes` grows by what it counts with.
    template <class Out, class Make, class Size>
    [[nodiscard]] records_page<Out> read_page(shard& s, std::uint64_t position, std::size_t limit, instant at,
                                              Make make, Size size, std::uint64_t& bytes) {
        records_page<Out> page;
        const instant hidden = horizon(at);
        shard_reader<Payload> reader(s, s.visible_from(position, hidden));
        instant newest = at;
        std::uint64_t expected = position;
        for (bool room = true; room;) {
            const std::span<const record> records = reader.peek();
            if (records.empty()) break;
            std::size_t n = 0;
            while (room && n < records.size()) {
                const record& r = records[n];
                if (r.at.arrival < hidden) {
                    ++n;
                    continue;
                }
                const std::uint64_t bytes_then = bytes + size(r);
                if (page.records.size() == limit
                    || (!page.records.empty() && bytes_then > options().limits.page_bytes)) {
                    room = false;
                    break;
                }
                bytes = bytes_then;
                newest = r.at.arrival;
                const std::uint64_t here = reader.position() + n;
                page.missed += here - expected;
                expected = here + 1;
                page.records.push_back(make(r, s.number(here, r.at.arrival)));
                ++n;
            }
            reader.release(n);
        }
        if (reader.position() > expected) page.missed += reader.position() - expected;
        if (reader.drained()) {
            page.children = this->children_of(s);
            return page;
        }
        page.next = shard_iterator{s.id(), reader.position(), at};
        if (reader.position() < s.log().end_position()) {
            const std::int64_t behind = (at.us - newest.us) / 1'000;
            page.millis_behind_latest = behind > 1 ? behind : 1;
        }
        return page;
    }

    /// Who is registered for enhanced fan-out.
    [[nodiscard]] fan_out_desk& fan_out() noexcept { return fan_out_; }

  private:
    using base::closed_error;
    using base::expired;
    using base::split_evenly;
    using base::unknown;

    template <class Entry, class Stored, class Refused>
    void put_chunk_of(put_chunk<Entry>& entries, instant at, Stored stored, Refused refused) {
        std::array<put_groups::index, put_chunk<Entry>::most> open;
        std::size_t left = entries.size();
        for (std::size_t i = 0; i < left; ++i) open[i] = static_cast<put_groups::index>(i);
        while (left != 0) {
            const auto& routes = this->routes();
            put_groups by_route;
            for (const std::size_t i : std::span(open).first(left)) {
                const std::size_t way = base::route_index(routes, entries[i].hash);
                shard& s = *routes[way].to;
                if (bounded() && (s.behind() || (desk() != nullptr && desk()->failed()))) [[unlikely]] {
                    refused(i, desk() != nullptr && desk()->failed() ? desk()->failure() : memory_full(s));
                } else if (limited() && !s.quota().admit_write(entries[i].bytes, at)) {
                    refused(i, throttled(s));
                } else {
                    entries[i].shard = &s;
                    by_route.add(i, way);
                }
            }
            left = 0;
            by_route.each([&](std::span<const put_groups::index> together) {
                if (put_together(entries, together, at, stored, refused)) return;
                for (const put_groups::index i : together) open[left++] = i;
            });
        }
    }
    /// Records for one shard. False: its log is closed, and they are to be routed again.
    template <class Entry, class Stored, class Refused>
    bool put_together(put_chunk<Entry>& entries, std::span<const put_groups::index> all, instant at, Stored& stored,
                      Refused& refused) {
        shard& s = *entries[all.front()].shard;
        const std::optional<std::uint64_t> first =
            s.append(std::views::transform(all, [&](put_groups::index i) -> Entry& { return entries[i]; }));
        if (!first) {
            if (!closed()) return false;
            for (const std::size_t i : all) refused(i, closed_error());
            return true;
        }
        std::uint64_t position = *first;
        for (const std::size_t i : all) {
            stored(i, put_record_result{s.id(), s.number(position++, entries[i].arrival)});
        }
        std::uint64_t& clock = put_clock();
        if (clock < entries[all.back()].order) clock = entries[all.back()].order;
        keep_house(s, *first, all.size(), at);
        return true;
    }

    /// Behind a put of `n` records from `position` on.
    void keep_house(shard& s, std::uint64_t position, std::size_t n, instant at) {
        if (s.fills_segment(position + n)) begin_segment(s, position + n, at);
        if (options().capacity == capacity_mode::on_demand && s.take_split_wanted()) split_evenly(s, at);
    }
    WEIR_COLD void begin_segment(shard& s, std::uint64_t end, instant at) {
        s.trim(horizon(at));
        if (desk() == nullptr) return;
        const shard_storage* const kept = s.storage();
        const std::uint64_t written = kept == nullptr ? 0 : kept->written();
        if (end > written + desk()->settings().unwritten_records) s.set_behind(true);
    }
    [[nodiscard]] result<void> make_room(shard& s) {
        if (desk() != nullptr && desk()->failed()) return desk()->failure();
        if (!s.behind()) return {};
        const bool refuses = desk() != nullptr ? desk()->settings().overflow == storage_overflow::fail
                                               : options().slow_readers == slow_reader::refuse;
        if (refuses) return memory_full(s);
        if (desk() != nullptr) return desk()->wait_for_room(s);
        s.wait_for_room();
        return {};
    }
    [[nodiscard]] error memory_full(const shard& s) const {
        return {errc::limit_exceeded,
                "shard " + to_string(s.id()) + " of stream " + this->name() + ": records come faster than "
                    + (desk() != nullptr ? "its storage takes" : "its readers read")
                    + " them, and memory for them is full; put it again later",
                this->name() + "/" + to_string(s.id())};
    }

    [[nodiscard]] error throttled(const shard& s) const {
        return {errc::provisioned_throughput_exceeded,
                "Rate exceeded for shard " + to_string(s.id()) + " in stream " + this->name() + "; put it again later",
                this->name() + "/" + to_string(s.id())};
    }
    [[nodiscard]] error read_throttled(const shard& s) const {
        return {errc::provisioned_throughput_exceeded,
                "the shard's read quota is used up; use the same iterator again in a second",
                this->name() + "/" + to_string(s.id())};
    }

    fan_out_desk fan_out_;
};

}  // namespace weir::detail
