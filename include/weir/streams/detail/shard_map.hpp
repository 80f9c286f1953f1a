// SPDX-License-Identifier: BSL-1.0
// The operations on a stream's shards, and what they keep in step: the family (shard_family.hpp), the routes that puts
// take (shard_routes.hpp), the storage's table.
//
// Routing is wait-free. All that changes or lists shards takes the control mutex; puts and reads go on meanwhile. A
// reshard publishes the routes with the children first and closes the parents' logs then: a put that a closed log
// refuses finds the children at its next look, and nobody waits. Of two puts of one key of which one was over before
// the other began, the first is read first: the parent is read to its end before its children.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/atomic.hpp"
#include "../../support/clock.hpp"
#include "../operations.hpp"
#include "../stream_options.hpp"
#include "plain_name.hpp"
#include "shard_family.hpp"
#include "shard_listing.hpp"
#include "shard_routes.hpp"
#include "storage_desk.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

inline constexpr std::int64_t us_per_hour = 3'600'000'000;

inline void check_stream_name(std::string_view name) {
    if (!is_plain_name(name, 128)) {
        throw std::invalid_argument("weir::data_stream: a stream's name has 1 to 128 characters of a-z A-Z 0-9 _ . -");
    }
}

template <class Payload>
class shard_map {
  public:
    using shard = stream_shard<Payload>;
    using lineage = typename shard_family<Payload>::lineage;

    shard_map(std::string name, stream_options options)
        : name_(std::move(name)), options_(std::move(options)),
          time_(options_.time != nullptr ? *options_.time : system_clock_source()), family_(options_) {
        check_stream_name(name_);
        options_.check();
        retention_.store(us_per_hour * options_.retention.count(), memory_order_relaxed);
        created_ = now();
        if (!options_.storage || !restore()) {
            const std::lock_guard hold(control_);
            family_.begin(options_.shards, created_);
            routes_.publish(family_.open());
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

    /// Puts look whether a shard has room: there is a storage, or they wait for slow readers.
    [[nodiscard]] bool bounded() const noexcept { return bounded_; }
    /// A limit asks how large records are.
    [[nodiscard]] bool counts_bytes() const noexcept { return counts_bytes_; }
    [[nodiscard]] bool waits_for_readers() const noexcept { return options_.slow_readers != slow_reader::trim; }
    [[nodiscard]] reader_places& places() noexcept { return family_.places(); }

    using route_table = typename shard_routes<shard>::table;

    /// Where the keys go now; a shard of it may be closed when it is used.
    [[nodiscard]] const route_table& routes() const noexcept { return routes_.now(); }
    [[nodiscard]] static std::size_t route_index(const route_table& table, hash_key hash) noexcept {
        return shard_routes<shard>::index(table, hash);
    }
    [[nodiscard]] shard& route(hash_key hash) const noexcept {
        const route_table& table = routes();
        return *table[route_index(table, hash)].to;
    }
    [[nodiscard]] result<shard_list> list_shards(const shard_filter& filter, std::size_t most) {
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
        shard* const s = family_.find(id);
        if (s == nullptr) return unknown(id);
        if (s->last) return already_closed(*s);
        if (start_of_upper <= s->keys().first || start_of_upper > s->keys().last) {
            return error{errc::invalid_argument,
                         "the new starting hash key must lie inside the shard's range and above its first key",
                         name_ + "/" + to_string(id) + ": " + to_string(s->keys())};
        }
        family_.split(*s, start_of_upper, at);
        publish(at);
        return {};
    }
    [[nodiscard]] result<void> merge_shards(shard_id id, shard_id adjacent) {
        const std::lock_guard hold(control_);
        const instant at = now();
        if (const result<void> ready = may_reshard(at); !ready) return ready.error();
        shard* const a = family_.find(id);
        shard* const b = family_.find(adjacent);
        if (a == nullptr) return unknown(id);
        if (b == nullptr) return unknown(adjacent);
        if (a->last) return already_closed(*a);
        if (b->last) return already_closed(*b);
        if (!a->keys().adjacent_to(b->keys())) {
            return error{errc::invalid_argument, "only two shards whose ranges touch can be merged",
                         name_ + ": " + to_string(a->keys()) + " and " + to_string(b->keys())};
        }
        family_.merge(*a, *b, at);
        publish(at);
        return {};
    }
    /// UNIFORM_SCALING (K33).
    [[nodiscard]] result<shard_count> update_shard_count(std::uint32_t target) {
        const std::lock_guard hold(control_);
        const instant at = now();
        if (options_.capacity == capacity_mode::on_demand) {
            return error{errc::validation, "a stream of capacity on_demand scales by itself", name_};
        }
        if (const result<void> ready = may_reshard(at); !ready) return ready.error();
        const auto current = static_cast<std::uint32_t>(family_.open().size());
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
        family_.divide(target, at);
        publish(at);
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
                static_cast<std::uint32_t>(family_.open().size()),
                options_.max_record_size,
                created_};
    }
    /// Nothing is taken any more; readers get what is there, then the end.
    void close() {
        const std::lock_guard hold(control_);
        if (closed_.exchange(true, memory_order_acq_rel)) return;
        for (shard* s : family_.open()) s->log().close();
        for (shard* s : family_.open()) s->notify();
    }

    // ---- For pipelines: shards stay where they are until the stream goes. ----------------------------------------

    [[nodiscard]] shard* find(shard_id id) {
        const std::lock_guard hold(control_);
        return family_.find(id);
    }
    /// The ranges of the open shards, in the order of the ring.
    [[nodiscard]] std::vector<hash_range> open_ranges() {
        const std::lock_guard hold(control_);
        std::vector<hash_range> out;
        for (const shard* s : family_.open()) out.push_back(s->keys());
        return out;
    }
    /// Every shard that has not expired, by id.
    [[nodiscard]] std::vector<lineage> live_shards() {
        const std::lock_guard hold(control_);
        return family_.live(horizon(now()));
    }
    [[nodiscard]] std::vector<lineage> children(const shard& of) {
        const std::lock_guard hold(control_);
        return family_.children(of);
    }
    [[nodiscard]] std::vector<child_shard> children_of(const shard& s) {
        const std::lock_guard hold(control_);
        return family_.child_shards(s);
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
        family_.split(s, key_at(first + (ring_place(s.keys().last) - first) / 2 + 1), at);
        publish(at);
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
            typename storage_desk<Payload>::questions{[this] { return table(); }, [this] { return horizon(now()); },
                                                      [this] { return now(); }});
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
        if (!family_.restore(before->shards, now(), [this](shard_id id) { return desk_->adopt(id).value(); })) {
            throw bad_result({errc::damaged,
                              "stream " + name_
                                  + ": the open shards of its storage do not divide the hash keys; "
                                    "restore its table from a backup",
                              name_});
        }
        routes_.publish(family_.open());
        return true;
    }
    /// Takes the control mutex.
    [[nodiscard]] typename storage_desk<Payload>::view table() {
        const std::lock_guard hold(control_);
        typename storage_desk<Payload>::view out{
            {name_, created_, retention_.load(memory_order_relaxed), family_.table()}, {}};
        for (const auto& s : family_.all()) out.shards.push_back(s.get());
        return out;
    }

    // The control mutex is held by all below.
    /// From here on the parents' puts go to their children, and their readers come to the end.
    void publish(instant at) {
        routes_.publish(family_.open());
        for (shard* s : family_.take_closing()) {
            s->log().close();
            s->notify();
        }
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
        for (const auto& s : family_.all()) s->trim(hidden);
        if (desk_) desk_->table_changed();
        return {};
    }

    const std::string name_;
    const stream_options options_;
    const bool bounded_ = options_.storage != nullptr || options_.slow_readers != slow_reader::trim;
    const bool counts_bytes_ =
        options_.capacity != capacity_mode::unlimited || options_.retained_bytes != ~std::uint64_t{0};
    const clock& time_;
    instant created_ = {};
    atomic<std::int64_t> retention_{0};
    atomic<std::int64_t> horizon_{INT64_MIN};
    atomic<bool> closed_{false};
    std::mutex control_;
    shard_family<Payload> family_;  // under control_; the shards of a route table are used without
    shard_routes<shard> routes_;
    std::deque<instant> updates_;
    instant updating_until_ = instant::min();
    std::unique_ptr<storage_desk<Payload>> desk_;  // goes first: it reads the shards
};

}  // namespace weir::detail
