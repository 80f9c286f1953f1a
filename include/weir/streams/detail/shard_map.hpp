// SPDX-License-Identifier: BSL-1.0
// The shards of one stream: which there are, which is open for a hash key, and how they become others.
//
// Routing is wait-free. All that changes or lists shards takes the control mutex; puts and reads go on meanwhile. A
// reshard publishes the table with the children first and closes the parents' logs then: a put that a closed log
// refuses finds the children at its next look, and nobody waits. Of two puts of one key of which one was over before
// the other began, the first is read first: the parent is read to its end before its children.
//
// Order: (1) release store of `routes_` -> (2) acquire load. Tables and shards stay until the stream goes.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <forward_list>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/clock.hpp"
#include "../operations.hpp"
#include "../stream_options.hpp"
#include "shard_listing.hpp"
#include "storage_desk.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

inline constexpr std::int64_t us_per_hour = 3'600'000'000;

inline void check_stream_name(std::string_view name) {
    bool good = !name.empty() && name.size() <= 128;
    for (const char c : name) {
        good = good
               && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.'
                   || c == '-');
    }
    if (!good) {
        throw std::invalid_argument("weir::data_stream: a stream's name has 1 to 128 characters of a-z A-Z 0-9 _ . -");
    }
}

template <class Payload>
class shard_map {
  public:
    using shard = stream_shard<Payload>;

    shard_map(std::string name, stream_options options)
        : name_(std::move(name)), options_(std::move(options)),
          time_(options_.time != nullptr ? *options_.time : system_clock_source()) {
        check_stream_name(name_);
        options_.check();
        retention_.store(us_per_hour * options_.retention.count(), memory_order_relaxed);
        created_ = now();
        if (!options_.storage || !restore()) {
            const std::lock_guard hold(control_);
            for (const hash_range& keys : equal_ranges(options_.shards)) add_shard(keys, second(created_), created_);
            publish_routes();
        }
        if (desk_) desk_->start();
    }
    shard_map(const shard_map&) = delete;
    shard_map& operator=(const shard_map&) = delete;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const stream_options& options() const noexcept { return options_; }
    [[nodiscard]] instant now() const noexcept { return time_.now(); }
    [[nodiscard]] bool limited() const noexcept { return options_.capacity != capacity_mode::unlimited; }
    [[nodiscard]] bool closed() const noexcept { return closed_.load(memory_order_acquire); }
    /// None where the stream is in memory alone.
    [[nodiscard]] storage_desk<Payload>* desk() const noexcept { return desk_.get(); }

    struct route_entry {
        hash_key last;
        shard* to;
    };
    using route_table = std::vector<route_entry>;

    /// Where the keys go now; a shard of it may be closed when it is used.
    [[nodiscard]] const route_table& routes() const noexcept {
        return *routes_.load(memory_order_acquire);  // (2) pairs with (1)
    }
    [[nodiscard]] static std::size_t route_index(const route_table& table, hash_key hash) noexcept {
        std::size_t low = 0;
        for (std::size_t n = table.size(); n > 1;) {
            const std::size_t half = n / 2;
            if (table[low + half - 1].last < hash) low += half;
            n -= half;
        }
        return low;
    }
    [[nodiscard]] shard& route(hash_key hash) const noexcept {
        const route_table& table = routes();
        return *table[route_index(table, hash)].to;
    }
    [[nodiscard]] result<shard_list> list_shards(const shard_filter& filter, std::size_t most) {
        if (most == 0 || most > 10'000) {
            return error{errc::invalid_argument, "list_shards takes a maximum of 1 to 10,000 results", name_};
        }
        const instant at = now();
        return list_of(table().table, filter, {}, most, at, horizon(at));
    }
    [[nodiscard]] result<shard_list> list_shards(const list_token& token, std::size_t most) {
        const instant at = now();
        if (expired(token.issued, at)) {
            return error{errc::expired_next_token, "the listing's token has expired; list again from the start", name_};
        }
        return list_of(table().table, token.filter, token.after, most, at, horizon(at));
    }

    [[nodiscard]] result<void> split_shard(shard_id id, hash_key start_of_upper) {
        const std::lock_guard hold(control_);
        const instant at = now();
        if (const result<void> ready = may_reshard(at); !ready) return ready.error();
        shard* const s = find_locked(id);
        if (s == nullptr) return unknown(id);
        if (s->last) return already_closed(*s);
        if (start_of_upper <= s->keys().first || start_of_upper > s->keys().last) {
            return error{errc::invalid_argument,
                         "the new starting hash key must lie inside the shard's range and above its first key",
                         name_ + "/" + to_string(id) + ": " + to_string(s->keys())};
        }
        split(*s, start_of_upper, at);
        publish_routes();
        close_parents(at);
        return {};
    }
    [[nodiscard]] result<void> merge_shards(shard_id id, shard_id adjacent) {
        const std::lock_guard hold(control_);
        const instant at = now();
        if (const result<void> ready = may_reshard(at); !ready) return ready.error();
        shard* const a = find_locked(id);
        shard* const b = find_locked(adjacent);
        if (a == nullptr) return unknown(id);
        if (b == nullptr) return unknown(adjacent);
        if (a->last) return already_closed(*a);
        if (b->last) return already_closed(*b);
        if (!a->keys().adjacent_to(b->keys())) {
            return error{errc::invalid_argument, "only two shards whose ranges touch can be merged",
                         name_ + ": " + to_string(a->keys()) + " and " + to_string(b->keys())};
        }
        merge(*a, *b, at);
        publish_routes();
        close_parents(at);
        return {};
    }
    /// UNIFORM_SCALING: cuts every open shard where a target range ends, then merges the pieces of each (K33).
    [[nodiscard]] result<shard_count> update_shard_count(std::uint32_t target) {
        const std::lock_guard hold(control_);
        const instant at = now();
        if (options_.capacity == capacity_mode::on_demand) {
            return error{errc::validation, "a stream of capacity on_demand scales by itself", name_};
        }
        if (const result<void> ready = may_reshard(at); !ready) return ready.error();
        const auto current = static_cast<std::uint32_t>(open_.size());
        if (target == 0 || target > 10'000 || target > 2 * std::uint64_t{current}
            || 2 * std::uint64_t{target} < current) {
            return error{errc::invalid_argument,
                         "the target must be at least half and at most twice the present number of shards, "
                             + std::to_string(current),
                         name_ + ": " + std::to_string(target)};
        }
        while (!updates_.empty() && at.us - updates_.front().us >= 24 * us_per_hour) updates_.pop_front();
        if (updates_.size() >= options_.limits.updates_per_day) {
            return error{errc::limit_exceeded,
                         "update_shard_count was called " + std::to_string(updates_.size()) + " times in 24 hours",
                         name_};
        }
        updates_.push_back(at);
        for (const hash_range& range : equal_ranges(target)) {
            if (shard& s = *open_.at(index_of(range.first)); s.keys().first < range.first) split(s, range.first, at);
            if (shard& s = *open_.at(index_of(range.last)); range.last < s.keys().last) split(s, range.last.next(), at);
            for (shard* s = open_.at(index_of(range.first)); s->keys().last < range.last;
                 s = open_.at(index_of(range.first))) {
                merge(*s, *open_.at(index_of(range.first) + 1), at);
            }
        }
        publish_routes();
        close_parents(at);
        return shard_count{current, target};
    }

    // ---- The stream as a whole. ----------------------------------------------------------------------------------

    [[nodiscard]] result<void> increase_retention(std::chrono::hours to) { return set_retention(to, true); }
    [[nodiscard]] result<void> decrease_retention(std::chrono::hours to) { return set_retention(to, false); }

    [[nodiscard]] stream_summary summary() {
        const std::lock_guard hold(control_);
        return {name_,
                closed()                  ? stream_status::closed
                : now() < updating_until_ ? stream_status::updating
                                          : stream_status::active,
                options_.capacity,
                std::chrono::hours(retention_.load(memory_order_relaxed) / us_per_hour),
                static_cast<std::uint32_t>(open_.size()),
                options_.max_record_size,
                created_};
    }
    /// Nothing is taken any more; readers get what is there, then the end.
    void close() {
        const std::lock_guard hold(control_);
        if (closed_.exchange(true, memory_order_acq_rel)) return;
        for (shard* s : open_) s->log().close();
        for (shard* s : open_) s->notify();
    }

    // ---- For pipelines: shards stay where they are until the stream goes. ----------------------------------------

    [[nodiscard]] shard* find(shard_id id) {
        const std::lock_guard hold(control_);
        return find_locked(id);
    }
    /// The ranges of the open shards, in the order of the ring.
    [[nodiscard]] std::vector<hash_range> open_ranges() {
        const std::lock_guard hold(control_);
        std::vector<hash_range> out;
        for (const shard* s : open_) out.push_back(s->keys());
        return out;
    }
    /// A shard as its readers see it.
    struct lineage {
        shard* of;
        bool open;
        instant ended;
        std::optional<shard_id> parent;
        std::optional<shard_id> adjacent_parent;
    };
    /// Every shard that has not expired, by id.
    [[nodiscard]] std::vector<lineage> live_shards() {
        const std::lock_guard hold(control_);
        const instant oldest = horizon(now());
        std::vector<lineage> out;
        for (const auto& s : shards_) {
            if (!s->last || s->ended >= oldest) out.push_back(lineage_of(*s));
        }
        return out;
    }
    [[nodiscard]] std::vector<lineage> children(const shard& of) {
        const std::lock_guard hold(control_);
        std::vector<lineage> out;
        for (const shard_id id : of.children) out.push_back(lineage_of(*shards_[id.index]));
        return out;
    }
    [[nodiscard]] std::vector<child_shard> children_of(const shard& s) {
        const std::lock_guard hold(control_);
        std::vector<child_shard> out;
        for (const shard_id id : s.children) {
            const shard& child = *shards_[id.index];
            child_shard c{id, {*child.parent}, child.keys()};
            if (child.adjacent_parent) c.parents.push_back(*child.adjacent_parent);
            out.push_back(std::move(c));
        }
        return out;
    }
    /// What is older is not shown any more. It never goes back, so a longer retention revives nothing.
    [[nodiscard]] instant horizon(instant at) noexcept {
        const std::int64_t now_hidden = at.us - retention_.load(memory_order_relaxed);
        std::int64_t hidden = horizon_.load(memory_order_relaxed);  // a maximum; nothing is read by it
        while (hidden < now_hidden
               && !horizon_.compare_exchange_weak(hidden, now_hidden, memory_order_relaxed, memory_order_relaxed)) {}
        return {hidden < now_hidden ? now_hidden : hidden};
    }

  protected:
    [[nodiscard]] error unknown(shard_id id) const {
        return {errc::resource_not_found, "stream " + name_ + " has no such shard; list_shards names them",
                to_string(id)};
    }
    [[nodiscard]] error already_closed(const shard& s) const {
        return {errc::invalid_argument, "the shard was split or merged already; list_shards names the open ones",
                name_ + "/" + to_string(s.id())};
    }
    [[nodiscard]] error closed_error() const {
        return {errc::closed, "stream " + name_ + " is closed: it takes no more records and keeps its shards", name_};
    }

    [[nodiscard]] bool expired(instant issued, instant at) const noexcept {
        return at.us - issued.us > std::int64_t{1'000'000} * options_.limits.iterator_life.count();
    }
    void split_evenly(shard& s, instant at) {
        const std::lock_guard hold(control_);
        if (s.last || s.keys().first == s.keys().last || closed()) return;
        const uint128 first = ring_place(s.keys().first);
        split(s, key_at(first + (ring_place(s.keys().last) - first) / 2 + 1), at);
        publish_routes();
        close_parents(at);
    }

  private:
    /// Goes on with what the storage has; false: it is new. Throws `bad_result`. In the constructor.
    bool restore() {
        if constexpr (!payload_codec<Payload>::possible) {
            throw std::invalid_argument(
                "weir::data_stream: records with a storage are aggregate structs with a default "
                "value, or bytes; leave the storage out, or change the record");
        }
        const std::optional<stored_stream> before = options_.storage->open(time_).value();
        desk_ = std::make_unique<storage_desk<Payload>>(
            options_.storage,
            typename storage_desk<Payload>::questions{[this] { return table(); }, [this] { return horizon(now()); }});
        if (!before) return false;
        if (before->name != name_) {
            throw bad_result({errc::invalid_argument,
                              "stream " + name_ + ": its storage holds the stream " + before->name
                                  + "; give each a folder of its own",
                              name_});
        }
        const std::lock_guard hold(control_);
        created_ = before->created;
        retention_.store(before->retention_us, memory_order_relaxed);
        for (const stored_shard& s : before->shards) {
            const auto found = desk_->adopt(s.id).value();
            shards_.push_back(
                std::make_unique<shard>(s.id, s.keys, s.created, options_, now(), found.next, found.newest));
            shard& here = *shards_.back();
            here.made = s.made;
            here.parent = s.parent;
            here.adjacent_parent = s.adjacent_parent;
            for (const std::optional<shard_id>& p : {s.parent, s.adjacent_parent}) {
                if (p) shards_[p->index]->children.push_back(s.id);
            }
            if (s.ended) {
                here.ended = *s.ended;
                here.last = s.last;
                here.log().close();
            } else {
                open_.push_back(&here);
            }
        }
        std::ranges::sort(open_, {}, [](shard* o) { return o->keys().first; });
        bool whole = !open_.empty() && open_.front()->keys().first == hash_key::min()
                     && open_.back()->keys().last == hash_key::max();
        for (std::size_t i = 1; whole && i < open_.size(); ++i) {
            whole = open_[i - 1]->keys().last < open_[i]->keys().first
                    && open_[i - 1]->keys().adjacent_to(open_[i]->keys());
        }
        if (!whole) {
            throw bad_result({errc::damaged,
                              "stream " + name_
                                  + ": the open shards of its storage do not divide the hash keys; "
                                    "restore its table from a backup",
                              name_});
        }
        publish_routes();
        return true;
    }
    /// Takes the control mutex.
    [[nodiscard]] typename storage_desk<Payload>::view table() {
        const std::lock_guard hold(control_);
        typename storage_desk<Payload>::view out{{name_, created_, retention_.load(memory_order_relaxed), {}}, {}};
        for (const auto& s : shards_) {
            stored_shard facts{s->id(), s->keys(), s->created(), s->made, s->parent, s->adjacent_parent};
            if (s->last) {
                facts.ended = s->ended;
                facts.last = s->last;
            }
            out.table.shards.push_back(facts);
            out.shards.push_back(s.get());
        }
        return out;
    }

    [[nodiscard]] static constexpr std::uint64_t second(instant at) noexcept {
        return static_cast<std::uint64_t>(floor_div(at.us, 1'000'000));
    }
    // The control mutex is held by all below.
    [[nodiscard]] static lineage lineage_of(shard& s) { return {&s, !s.last, s.ended, s.parent, s.adjacent_parent}; }
    [[nodiscard]] shard* find_locked(shard_id id) noexcept {
        return id.index < shards_.size() ? shards_[id.index].get() : nullptr;
    }
    shard& add_shard(const hash_range& keys, std::uint64_t created, instant at) {
        const shard_id id{static_cast<std::uint32_t>(shards_.size())};
        shards_.push_back(std::make_unique<shard>(id, keys, created, options_, at));
        shard& s = *shards_.back();
        s.made = at;
        const auto place = std::ranges::lower_bound(open_, keys.first, {}, [](shard* o) { return o->keys().first; });
        open_.insert(place, &s);
        return s;
    }
    [[nodiscard]] std::size_t index_of(hash_key key) const noexcept {
        const auto at = std::ranges::lower_bound(open_, key, {}, [](shard* o) { return o->keys().last; });
        return static_cast<std::size_t>(at - open_.begin());
    }
    void publish_routes() {
        route_table table;
        table.reserve(open_.size());
        for (shard* s : open_) table.push_back({s->keys().last, s});
        tables_.push_front(std::move(table));
        routes_.store(&tables_.front(), memory_order_release);  // (1) pairs with (2)
    }
    /// Its number is one that no record has; its children's numbers are above it.
    void retire(shard& s, instant at) {
        const std::uint64_t end = second(at) > s.created() ? second(at) : s.created();
        s.last = sequence_number(s.created(), closing_index, end, s.id());
        s.ended = at;
        std::erase(open_, &s);
        closing_.push_back(&s);
    }
    void split(shard& s, hash_key start_of_upper, instant at) {
        retire(s, at);
        for (const hash_range& keys :
             {hash_range{s.keys().first, start_of_upper.previous()}, hash_range{start_of_upper, s.keys().last}}) {
            shard& child = add_shard(keys, s.last->arrival() + 1, at);
            child.parent = s.id();
            s.children.push_back(child.id());
        }
    }
    void merge(shard& a, shard& b, instant at) {
        retire(a, at);
        retire(b, at);
        const hash_range keys{std::min(a.keys().first, b.keys().first), std::max(a.keys().last, b.keys().last)};
        shard& child = add_shard(keys, std::max(a.last->arrival(), b.last->arrival()) + 1, at);
        child.parent = a.id();
        child.adjacent_parent = b.id();
        a.children.push_back(child.id());
        b.children.push_back(child.id());
    }
    /// Behind `publish_routes`: from here on their puts go to the children, and their readers come to the end.
    void close_parents(instant at) {
        for (shard* s : closing_) {
            s->log().close();
            s->notify();
        }
        closing_.clear();
        if (desk_) desk_->table_changed();
        updating_until_ = {at.us + 1'000 * options_.update_time.count()};
    }
    [[nodiscard]] result<void> may_reshard(instant at) const {
        if (closed()) return closed_error();
        if (at < updating_until_) {
            return error{errc::resource_in_use, "the stream is UPDATING; try again when it is ACTIVE", name_};
        }
        return {};
    }
    [[nodiscard]] result<void> set_retention(std::chrono::hours to, bool longer) {
        const std::lock_guard hold(control_);
        const std::chrono::hours present(retention_.load(memory_order_relaxed) / us_per_hour);
        if (to < least_retention || to > longest_retention || (longer ? to <= present : to >= present)) {
            return error{errc::invalid_argument,
                         "the retention is " + std::to_string(present.count()) + " hours; "
                             + (longer ? "an increase" : "a decrease") + " goes to 24 to 8,760 hours "
                             + (longer ? "above" : "below") + " it",
                         name_ + ": " + std::to_string(to.count())};
        }
        static_cast<void>(horizon(now()));  // what is hidden at this moment stays so
        retention_.store(us_per_hour * to.count(), memory_order_relaxed);
        const instant hidden = horizon(now());
        for (const auto& s : shards_) s->trim(hidden);
        if (desk_) desk_->table_changed();
        return {};
    }

    const std::string name_;
    const stream_options options_;
    const clock& time_;
    instant created_ = {};
    atomic<std::int64_t> retention_{0};
    atomic<std::int64_t> horizon_{INT64_MIN};
    atomic<bool> closed_{false};
    std::mutex control_;
    std::vector<std::unique_ptr<shard>> shards_;  // by id
    std::vector<shard*> open_;                    // by their first key
    std::vector<shard*> closing_;
    std::forward_list<route_table> tables_;
    std::deque<instant> updates_;
    instant updating_until_ = instant::min();
    atomic<const route_table*> routes_{nullptr};
    std::unique_ptr<storage_desk<Payload>> desk_;  // goes first: it reads the shards
};

}  // namespace weir::detail
