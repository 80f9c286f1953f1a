// SPDX-License-Identifier: BSL-1.0
// flat_table<Key, Value>: a hash table whose entries stand in an array in the order they came, and an index beside it.
//
// Insertion order makes output deterministic whatever the hash, and a position (an entry's number) survives rehashing,
// so firing and snapshots can stop anywhere and go on. Nothing is ever erased alone; `clear()` keeps the memory.
// `find` takes any key that hashes and compares like one (a `std::string_view` for a `std::string`), and copies none.
//
//     index:    [cell x 8] [cell x 8] ...               4 bytes a cell, at most half full
//     cell:     fragment of the hash | number + 1       as many low bits as numbers need; 0 is empty
//     entries:  {key, value} {key, value} ...           dense
//
// A key's cell is the first empty one from its group on. A walk over many groups means keys chosen to collide: the
// table draws another seed and builds its index anew, so it stays fast. Its first seed is the process's, which nobody
// outside knows; the order of entries depends on neither. One thread at a time; references last until the next
// insertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "cell_group.hpp"
#include "config.hpp"
#include "growing.hpp"
#include "hash.hpp"
#include "process_seed.hpp"

namespace weir {

/// The default hash of a table.
struct hasher {
    template <class K>
    [[nodiscard]] WEIR_INLINE constexpr std::uint64_t operator()(const K& key, std::uint64_t seed) const noexcept {
        return hash_of(key, seed);
    }
};

template <class Key, class Value, class Hash = hasher>
class flat_table {
  public:
    struct entry_type {
        Key key;
        [[no_unique_address]] Value value;
    };
    struct inserted {
        entry_type* first;
        bool second;
    };

    flat_table() noexcept : flat_table(process_seed()) {}
    /// With a seed of one's own: for tests that choose keys against it.
    explicit flat_table(std::uint64_t seed) noexcept : seed_(seed) {}
    flat_table(flat_table&& other) noexcept
        : entries_(static_cast<entries&&>(other.entries_)), groups_(std::exchange(other.groups_, nullptr)),
          mask_(std::exchange(other.mask_, 0)), reseeds_(other.reseeds_), seed_(other.seed_) {}
    flat_table& operator=(flat_table&& other) noexcept {
        flat_table taken(static_cast<flat_table&&>(other));
        entries_ = static_cast<entries&&>(taken.entries_);
        std::swap(groups_, taken.groups_);
        mask_ = taken.mask_;
        seed_ = taken.seed_;
        reseeds_ = taken.reseeds_;
        return *this;
    }
    ~flat_table() { delete[] groups_; }

    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

    /// Expected constant; null where the key is not there.
    template <class K>
    [[nodiscard]] WEIR_INLINE entry_type* find(const K& key) noexcept {
        if (groups_ == nullptr) [[unlikely]]
            return nullptr;
        return find_hashed(key, Hash{}(key, seed_));
    }
    template <class K>
    [[nodiscard]] WEIR_INLINE const entry_type* find(const K& key) const noexcept {
        return const_cast<flat_table*>(this)->find(key);
    }

    /// Makes an entry where there is none; amortised constant. If anything throws, nothing has changed (but for entries
    /// that only move, and by a move that throws).
    template <class K, class... Args>
    inserted try_emplace(K&& key, Args&&... args) {
        const std::uint64_t h = Hash{}(key, seed_);
        if (groups_ != nullptr) {
            if (entry_type* e = find_hashed(key, h)) return {e, false};
        }
        if (2 * (std::uint64_t{size()} + 1) > cells()) resize(groups_ == nullptr ? 16 : cells() * 2);
        entry_type& made = entries_.push_made(
            [&] { return entry_type{Key(static_cast<K&&>(key)), Value(static_cast<Args&&>(args)...)}; });
        if (place(h, size() - 1) > longest_walk && reseeds_ < most_reseeds) [[unlikely]]
            reseed();
        return {&made, true};
    }

    /// The entry that came as number i, from 0.
    [[nodiscard]] entry_type& entry(std::uint32_t i) noexcept { return entries_[i]; }
    [[nodiscard]] const entry_type& entry(std::uint32_t i) const noexcept { return entries_[i]; }
    [[nodiscard]] entry_type* begin() noexcept { return empty() ? nullptr : &entries_[0]; }
    [[nodiscard]] entry_type* end() noexcept { return begin() + size(); }
    [[nodiscard]] const entry_type* begin() const noexcept { return empty() ? nullptr : &entries_[0]; }
    [[nodiscard]] const entry_type* end() const noexcept { return begin() + size(); }

    /// Empty, with the memory it had. Costs no more than its entries did, however large the index once grew.
    void clear() noexcept {
        if (std::uint64_t{size()} * 16 < cells()) {
            for (const entry_type& e : *this) empty_groups(Hash{}(e.key, seed_));
        } else if (groups_ != nullptr) {
            empty_index();
        }
        entries_.clear();
    }

    /// Room in the index for n entries.
    void reserve(std::uint32_t n) {
        std::uint64_t wanted = 16;
        while (wanted < 2 * std::uint64_t{n}) wanted *= 2;
        if (wanted > cells()) resize(wanted);
    }

  private:
    using entries = detail::growing<entry_type>;
    using group = detail::cell_group;

    static constexpr std::uint64_t most_cells = std::uint64_t{1} << 31U;
    static constexpr std::uint32_t longest_walk = 16;  // groups; at half load, chance does not bring it in 2^30 keys
    static constexpr unsigned most_reseeds = 8;        // equal hashes (a poor `weir_hash`) would reseed for ever

    [[nodiscard]] std::uint64_t cells() const noexcept { return groups_ == nullptr ? 0 : std::uint64_t{mask_} + 1; }
    /// The part of a cell that is not the number. Its highest bit is always set, so an empty cell matches nothing.
    [[nodiscard]] WEIR_INLINE std::uint32_t fragment_of(std::uint64_t h) const noexcept {
        return (static_cast<std::uint32_t>(h >> 32U) | 0x8000'0000U) & ~mask_;
    }
    [[nodiscard]] WEIR_INLINE std::uint32_t group_of(std::uint64_t h) const noexcept {
        return (static_cast<std::uint32_t>(h) & mask_) / group::cells;
    }
    [[nodiscard]] WEIR_INLINE std::uint32_t next_group(std::uint32_t at) const noexcept {
        return (at + 1) & (mask_ / group::cells);
    }

    template <class K>
    [[nodiscard]] WEIR_INLINE entry_type* find_hashed(const K& key, std::uint64_t h) noexcept {
        const std::uint32_t fragment = fragment_of(h);
        for (std::uint32_t at = group_of(h);; at = next_group(at)) {
            const group& g = groups_[at];
            for (unsigned hits = g.matches(fragment, ~mask_); hits != 0; hits &= hits - 1) {
                entry_type& e = entries_[(g.cell[__builtin_ctz(hits)] & mask_) - 1];
                if (e.key == key) [[likely]]
                    return &e;
            }
            if (!g.full()) [[likely]]
                return nullptr;
        }
    }

    /// Puts a number into the index; how many groups were full on the way.
    std::uint32_t place(std::uint64_t h, std::uint32_t number) noexcept {
        std::uint32_t walked = 0;
        std::uint32_t at = group_of(h);
        for (; groups_[at].full(); at = next_group(at)) ++walked;
        std::uint32_t* cell = groups_[at].cell;
        while (*cell != 0) ++cell;
        *cell = fragment_of(h) | (number + 1);
        return walked;
    }
    WEIR_NOINLINE void resize(std::uint64_t wider) {
        if (wider > most_cells) throw std::length_error("weir::flat_table: over 2^30 keys; use more shards");
        auto* groups = new group[wider / group::cells];
        delete[] groups_;
        groups_ = groups;
        mask_ = static_cast<std::uint32_t>(wider - 1);
        rebuild();
    }
    WEIR_COLD void reseed() noexcept {
        ++reseeds_;
        seed_ = detail::fold_multiply(seed_ ^ process_seed(), detail::hash_prime_b + reseeds_);
        rebuild();
    }
    void empty_index() noexcept { __builtin_memset(groups_, 0, cells() * sizeof(group) / group::cells); }
    /// All groups that a walk for this hash sees.
    void empty_groups(std::uint64_t h) noexcept {
        for (std::uint32_t at = group_of(h);; at = next_group(at)) {
            const bool last = !groups_[at].full();
            groups_[at] = {};
            if (last) return;
        }
    }
    void rebuild() noexcept {
        empty_index();
        for (std::uint32_t i = 0; i < size(); ++i) place(Hash{}(entries_[i].key, seed_), i);
    }

    entries entries_;
    group* groups_ = nullptr;
    std::uint32_t mask_ = 0;  // cells - 1
    unsigned reseeds_ = 0;
    std::uint64_t seed_;
};

}  // namespace weir
