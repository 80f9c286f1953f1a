// SPDX-License-Identifier: BSL-1.0
// Every shard that a stream has had: which are open, who became whom, and how open shards become others (K27, K29,
// K32).
//
// Shards stay where they are until the family goes. Nothing here is seen by puts or readers: shard_map publishes what
// has changed and then closes those that `take_closing` names. Calls are made under its control mutex.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "../../support/instant.hpp"
#include "../operations.hpp"
#include "../stream_options.hpp"
#include "../stream_storage.hpp"
#include "stream_shard.hpp"

namespace weir::detail {

template <class Payload>
class shard_family {
  public:
    using shard = stream_shard<Payload>;
    /// A shard as its readers see it.
    struct lineage {
        shard* of;
        bool open;
        instant ended;
        std::optional<shard_id> parent;
        std::optional<shard_id> adjacent_parent;
    };

    explicit shard_family(const stream_options& options) noexcept : options_(&options) {}
    shard_family(const shard_family&) = delete;
    shard_family& operator=(const shard_family&) = delete;

    [[nodiscard]] const std::vector<std::unique_ptr<shard>>& all() const noexcept { return shards_; }  // by id
    [[nodiscard]] const std::vector<shard*>& open() const noexcept { return open_; }  // by their first key
    /// Any thread.
    [[nodiscard]] reader_places& places() noexcept { return places_; }
    [[nodiscard]] shard* find(shard_id id) const noexcept {
        return id.index < shards_.size() ? shards_[id.index].get() : nullptr;
    }

    // ---- How it begins: one of the two. --------------------------------------------------------------------------

    void begin(std::uint32_t shards, instant at) {
        for (const hash_range& keys : equal_ranges(shards)) add(keys, second(at), at);
    }
    /// With those of an earlier process; `adopt(id)` says where the log of each goes on. False: the open ones do not
    /// divide the hash keys.
    template <class Adopt>
    [[nodiscard]] bool restore(const std::vector<stored_shard>& before, instant now, Adopt adopt) {
        for (const stored_shard& s : before) {
            const auto found = adopt(s.id);
            shards_.push_back(
                std::make_unique<shard>(s.id, s.keys, s.created, *options_, now, places_, found.next, found.newest));
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
        return whole;
    }
    /// What `restore` takes.
    [[nodiscard]] std::vector<stored_shard> table() const {
        std::vector<stored_shard> out;
        out.reserve(shards_.size());
        for (const auto& s : shards_) {
            stored_shard facts{s->id(), s->keys(), s->created(), s->made, s->parent, s->adjacent_parent};
            if (s->last) {
                facts.ended = s->ended;
                facts.last = s->last;
            }
            out.push_back(facts);
        }
        return out;
    }

    // ---- How open shards become others. --------------------------------------------------------------------------

    void split(shard& s, hash_key start_of_upper, instant at) {
        retire(s, at);
        for (const hash_range& keys :
             {hash_range{s.keys().first, start_of_upper.previous()}, hash_range{start_of_upper, s.keys().last}}) {
            shard& child = add(keys, s.last->arrival() + 1, at);
            child.parent = s.id();
            s.children.push_back(child.id());
        }
    }
    void merge(shard& a, shard& b, instant at) {
        retire(a, at);
        retire(b, at);
        const hash_range keys{std::min(a.keys().first, b.keys().first), std::max(a.keys().last, b.keys().last)};
        shard& child = add(keys, std::max(a.last->arrival(), b.last->arrival()) + 1, at);
        child.parent = a.id();
        child.adjacent_parent = b.id();
        a.children.push_back(child.id());
        b.children.push_back(child.id());
    }
    /// Into so many equal ranges: cuts every open shard where one of them ends, then merges the pieces of each (K33).
    void divide(std::uint32_t target, instant at) {
        for (const hash_range& range : equal_ranges(target)) {
            if (shard& s = *open_.at(index_of(range.first)); s.keys().first < range.first) split(s, range.first, at);
            if (shard& s = *open_.at(index_of(range.last)); range.last < s.keys().last) split(s, range.last.next(), at);
            for (shard* s = open_.at(index_of(range.first)); s->keys().last < range.last;
                 s = open_.at(index_of(range.first))) {
                merge(*s, *open_.at(index_of(range.first) + 1), at);
            }
        }
    }
    /// Those that were split or merged since the last call, whose logs are open still.
    [[nodiscard]] std::vector<shard*> take_closing() noexcept { return std::exchange(closing_, {}); }

    // ---- Who became whom. ----------------------------------------------------------------------------------------

    /// Those that are open or ended at `oldest` or later, by id.
    [[nodiscard]] std::vector<lineage> live(instant oldest) const {
        std::vector<lineage> out;
        for (const auto& s : shards_) {
            if (!s->last || s->ended >= oldest) out.push_back(lineage_of(*s));
        }
        return out;
    }
    [[nodiscard]] std::vector<lineage> children(const shard& of) const {
        std::vector<lineage> out;
        for (const shard_id id : of.children) out.push_back(lineage_of(*shards_[id.index]));
        return out;
    }
    [[nodiscard]] std::vector<child_shard> child_shards(const shard& of) const {
        std::vector<child_shard> out;
        for (const shard_id id : of.children) {
            const shard& child = *shards_[id.index];
            child_shard c{id, {*child.parent}, child.keys()};
            if (child.adjacent_parent) c.parents.push_back(*child.adjacent_parent);
            out.push_back(std::move(c));
        }
        return out;
    }

  private:
    [[nodiscard]] static std::uint64_t second(instant at) noexcept {
        return static_cast<std::uint64_t>(floor_div(at.us, 1'000'000));
    }
    [[nodiscard]] static lineage lineage_of(shard& s) { return {&s, !s.last, s.ended, s.parent, s.adjacent_parent}; }
    [[nodiscard]] std::size_t index_of(hash_key key) const noexcept {
        const auto at = std::ranges::lower_bound(open_, key, {}, [](shard* o) { return o->keys().last; });
        return static_cast<std::size_t>(at - open_.begin());
    }
    shard& add(const hash_range& keys, std::uint64_t created, instant at) {
        const shard_id id{static_cast<std::uint32_t>(shards_.size())};
        shards_.push_back(std::make_unique<shard>(id, keys, created, *options_, at, places_));
        shard& s = *shards_.back();
        s.made = at;
        const auto place = std::ranges::lower_bound(open_, keys.first, {}, [](shard* o) { return o->keys().first; });
        open_.insert(place, &s);
        return s;
    }
    /// Its number is one that no record has; its children's numbers are above it.
    void retire(shard& s, instant at) {
        const std::uint64_t end = second(at) > s.created() ? second(at) : s.created();
        s.last = sequence_number(s.created(), closing_index, end, s.id());
        s.ended = at;
        std::erase(open_, &s);
        closing_.push_back(&s);
    }

    const stream_options* const options_;
    reader_places places_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::vector<shard*> open_;
    std::vector<shard*> closing_;
};

}  // namespace weir::detail
