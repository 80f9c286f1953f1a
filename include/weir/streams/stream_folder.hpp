// SPDX-License-Identifier: BSL-1.0
// Reads a stream of bytes in a folder that another process writes, or none: what a `consumer` needs, and no more.
//
//     auto hits = weir::stream_folder::open("data/hits").value();
//     weir::sqlite_lease_store leases("data/leases.db");
//     weir::consumer worker(hits, leases, make_processor, {.worker = "w1"});
//
// Takes no lock, makes nothing, changes nothing. A record is given when the folder says that it is durable, so none is
// given that a power cut could take back; a shard's end when the writer has stored it. Copies are the same folder; any
// thread, one at a time reads. Reading on where the last page of a shard ended is cheap; another position is looked
// for from its segment on, `latest` and `at_timestamp` from the shard's oldest record on. Errors: those of
// `data_stream`, and of the files.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../buffers/storage_follower.hpp"
#include "detail/iterator_check.hpp"
#include "detail/payload_codec.hpp"
#include "detail/shard_listing.hpp"
#include "detail/stream_table.hpp"
#include "operations.hpp"
#include "stream_read_options.hpp"

namespace weir {

struct stream_folder_options {
    const clock* time = nullptr;  // the wall clock where none is given; it outlives the folder
    std::chrono::seconds iterator_life{300};
    storage_files* files = nullptr;
    std::uint64_t map_bytes = 0;  // of sealed segments, mapped at a time: see log_options
};

class stream_folder {
  public:
    using record = stream_record;

    /// `errc::not_found`: no stream is there (yet).
    [[nodiscard]] static result<stream_folder> open(const std::string& path, stream_folder_options options = {}) {
        stream_folder f(std::make_shared<state>(path, options));
        if (auto r = f.state_->io.open(false); !r) return r.error();
        const std::lock_guard hold(f.state_->mutex);
        if (auto r = f.state_->load(); !r) return r.error();
        return f;
    }

    [[nodiscard]] std::string name() const {
        const std::lock_guard hold(state_->mutex);
        return state_->table.name;
    }
    [[nodiscard]] result<shard_list> list_shards(const shard_filter& of = {}, std::size_t most = 1'000) const {
        return state_->list(of, {}, most);
    }
    [[nodiscard]] result<shard_list> list_shards(const list_token& next, std::size_t most = 1'000) const {
        if (state_->expired(next.issued)) {
            return error{errc::expired_next_token, "the listing's token has expired; list again from the start",
                         state_->io.path()};
        }
        return state_->list(next.filter, next.after, most);
    }
    [[nodiscard]] result<shard_iterator> get_shard_iterator(shard_id shard, const iterator_start& start) const {
        return state_->iterator(shard, start);
    }
    [[nodiscard]] result<records_page<>> get_records(const shard_iterator& it, std::size_t limit = 10'000) const {
        return state_->read(it, limit);
    }

  private:
    /// What was read of a shard and not given yet.
    struct shard_place {
        std::optional<storage_follower> follower = {};
        std::vector<stream_record> records = {};
        std::size_t used = 0;
        std::uint64_t next = 0;    // position of `records[used]`
        std::uint64_t missed = 0;  // in front of it
    };
    struct state {
        state(const std::string& path, stream_folder_options o)
            : io(o.files != nullptr ? *o.files : storage_files::real(), path), options(o),
              time(o.time != nullptr ? *o.time : system_clock_source()),
              maps(o.map_bytes != 0 ? std::make_shared<detail::mapping_limit>(o.map_bytes) : nullptr) {}

        [[nodiscard]] bool expired(instant issued) const noexcept {
            return time.now().us - issued.us > std::int64_t{1'000'000} * options.iterator_life.count();
        }
        result<void> load() {
            auto found = detail::load_stream_table(io);
            if (!found) return found.error();
            if (!*found) {
                return error{errc::not_found, "no stream is kept in the folder " + io.path() + " yet", io.path()};
            }
            table = std::move((*found)->table);
            return {};
        }
        result<shard_list> list(const shard_filter& of, std::optional<shard_id> after, std::size_t most) {
            const std::lock_guard hold(mutex);
            if (auto r = load(); !r) return r.error();
            const instant at = time.now();
            return detail::list_of(table, of, after, most, at, {at.us - table.retention_us});
        }
        result<const stored_shard*> find(shard_id shard) {
            if (shard.index >= table.shards.size()) {
                if (auto r = load(); !r) return r.error();
            }
            if (shard.index < table.shards.size()) return &table.shards[shard.index];
            return error{errc::resource_not_found,
                         "stream " + table.name + " has no such shard; list_shards names them", to_string(shard)};
        }
        [[nodiscard]] std::string folder_of(shard_id shard) const { return io.path_of(detail::shard_folder(shard)); }

        result<shard_iterator> iterator(shard_id shard, const iterator_start& start) {
            const std::lock_guard hold(mutex);
            auto facts = find(shard);
            if (!facts) return facts.error();
            if (start.number && start.number->index() == detail::closing_index && !(*facts)->ended) {
                if (auto r = load(); !r) return r.error();  // it may have ended since
                facts = find(shard);
            }
            const stored_shard& s = **facts;
            const instant at = time.now();
            if (auto r = detail::check_iterator(start, table.name, shard, s.created, at); !r) return r.error();
            shard_iterator it{shard, 0, at};
            if (detail::starts_by_number(start.kind)) {
                const sequence_number& n = *start.number;
                const bool end = n.index() == detail::closing_index;
                if (end && !s.ended) return detail::foreign_number(table.name, shard, n);
                const bool after = start.kind == iterator_type::after_sequence_number;
                it.position = end ? s.end : n.index() - (n.index() == 0 || after ? 0 : 1);
            } else if (start.kind != iterator_type::trim_horizon) {
                const result<std::uint64_t> there = look_for(s, start.time.value_or(instant::max()));
                if (!there) return there.error();
                it.position = *there;
            }
            return it;
        }
        /// The first record that arrived at `time` or later, or the end of what is known to be whole.
        result<std::uint64_t> look_for(const stored_shard& s, instant least) {
            shard_place place;
            for (;;) {
                const result<bool> more = fill(s, place);
                if (!more) return more.error();
                if (!*more) return place.next;
                for (; place.used < place.records.size(); ++place.used, ++place.next) {
                    if (place.records[place.used].arrival >= least) return place.next;
                }
            }
        }
        /// Reads the next page into an empty place; false: nothing is there now.
        result<bool> fill(const stored_shard& s, shard_place& place) {
            place.records.clear();
            place.used = 0;
            if (!place.follower) {
                auto opened = storage_follower::open(folder_of(s.id), place.next, io.files());
                if (!opened) {
                    if (opened.error().code == errc::not_found) return false;  // not begun yet
                    return opened.error();
                }
                opened->map_within(maps);
                place.follower.emplace(std::move(*opened));
            }
            for (;;) {
                const auto page = place.follower->next();
                if (!page) return page.error();
                if (page->kind == page_kind::caught_up) return false;
                if (page->kind != page_kind::records) {
                    miss_up_to(place, page->last + 1);
                    continue;
                }
                for (const stored_record& r : page->records) {
                    if (r.sequence < place.next) continue;
                    byte_reader in(r.payload);
                    const detail::stored_head head = detail::read_head(in);
                    auto payload = in.ok() ? detail::payload_codec<keyed_bytes>::read(in, r.key) : std::nullopt;
                    if (!payload) {
                        return error{errc::damaged,
                                     "read record " + std::to_string(r.sequence) + " of " + folder_of(s.id)
                                         + ": it is not what a stream of bytes keeps",
                                     folder_of(s.id)};
                    }
                    if (place.records.empty()) miss_up_to(place, r.sequence);
                    const auto second = static_cast<std::uint64_t>(floor_div(head.at.arrival.us, 1'000'000));
                    place.records.push_back({sequence_number(s.created, r.sequence + 1, second, s.id), head.at.arrival,
                                             std::move(payload->partition_key), std::move(payload->data)});
                }
                if (!place.records.empty()) return true;
            }
        }
        static void miss_up_to(shard_place& place, std::uint64_t position) noexcept {
            if (position <= place.next) return;
            place.missed += position - place.next;
            place.next = position;
        }

        result<records_page<>> read(const shard_iterator& it, std::size_t limit) {
            const std::lock_guard hold(mutex);
            if (limit == 0 || limit > 10'000) {
                return error{errc::invalid_argument, "get_records takes a limit of 1 to 10,000", table.name};
            }
            if (expired(it.issued)) {
                return error{errc::expired_iterator,
                             "the iterator has expired; get one behind the last sequence number",
                             table.name + "/" + to_string(it.shard)};
            }
            auto facts = find(it.shard);
            if (!facts) return facts.error();
            shard_place& place = places[it.shard];
            if (place.next != it.position) {
                place = {};
                place.next = it.position;
            }
            const instant at = time.now();
            records_page<> page;
            bool more = true;
            while (more && page.records.size() < limit) {
                if (place.used == place.records.size()) {
                    const result<bool> there = fill(**facts, place);
                    if (!there) return there.error();
                    more = *there;
                    page.missed += std::exchange(place.missed, 0);
                    continue;
                }
                page.records.push_back(std::move(place.records[place.used++]));
                ++place.next;
            }
            if (!more) {
                // Is that its end? As the table says now, not when it was last read.
                if (auto r = load(); !r) return r.error();
                facts = find(it.shard);
                if ((*facts)->ended && place.next >= (*facts)->end) {
                    page.children = children_of(it.shard);
                    return page;
                }
            }
            page.next = shard_iterator{it.shard, place.next, at};
            if (more) {
                const std::int64_t behind = (at.us - page.records.back().arrival.us) / 1'000;
                page.millis_behind_latest = behind > 1 ? behind : 1;
            }
            return page;
        }
        [[nodiscard]] std::vector<child_shard> children_of(shard_id of) const {
            std::vector<child_shard> out;
            for (const stored_shard& s : table.shards) {
                if (s.parent != of && s.adjacent_parent != of) continue;
                child_shard c{s.id, {*s.parent}, s.keys};
                if (s.adjacent_parent) c.parents.push_back(*s.adjacent_parent);
                out.push_back(std::move(c));
            }
            return out;
        }

        std::mutex mutex;
        detail::log_folder_io io;
        const stream_folder_options options;
        const clock& time;
        const std::shared_ptr<detail::mapping_limit> maps;
        stored_stream table;
        std::map<shard_id, shard_place> places;
    };

    explicit stream_folder(std::shared_ptr<state> s) : state_(std::move(s)) {}
    std::shared_ptr<state> state_;
};

}  // namespace weir
