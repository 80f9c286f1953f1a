// SPDX-License-Identifier: BSL-1.0
// flat_table<Key, Value>: a hash table whose entries stand in an array in the order they came, and an index beside it.
//
// Insertion order makes output deterministic whatever the hash, and a position (an entry's number) survives rehashing,
// so firing and snapshots can stop anywhere and go on. Nothing is ever erased alone; `clear()` keeps the memory.
// `find` takes any key that hashes and compares like one (a `std::string_view` for a `std::string`), and copies none.
//
//     index:    [fragment | number] [..] [..]      power of two, 8 bytes a cell, linear probing, at most half full
//     entries:  {key, value} {key, value} ...      dense
//
// A run of probes beyond a bound means keys chosen to collide: the table draws a new seed and builds its index anew,
// so it stays fast; iteration order does not change. One thread at a time; references last until the next insertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "config.hpp"
#include "growing.hpp"
#include "hash.hpp"

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

    flat_table() noexcept = default;
    flat_table(flat_table&& other) noexcept
        : entries_(static_cast<detail::growing<entry_type>&&>(other.entries_)),
          cells_(std::exchange(other.cells_, nullptr)),
          mask_(std::exchange(other.mask_, 0)),
          seed_(other.seed_) {}
    flat_table& operator=(flat_table&& other) noexcept {
        if (this != &other) {
            entries_ = static_cast<detail::growing<entry_type>&&>(other.entries_);
            delete[] cells_;
            cells_ = std::exchange(other.cells_, nullptr);
            mask_ = std::exchange(other.mask_, 0);
            seed_ = other.seed_;
        }
        return *this;
    }
    ~flat_table() { delete[] cells_; }

    [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

    /// Expected constant; null where the key is not there.
    template <class K>
    [[nodiscard]] WEIR_INLINE entry_type* find(const K& key) noexcept {
        if (mask_ == 0) [[unlikely]] return nullptr;
        const std::uint64_t h = Hash{}(key, seed_);
        for (std::uint64_t at = h & mask_;; at = (at + 1) & mask_) {
            const cell c = cells_[at];
            if (c.number == none) return nullptr;
            if (c.fragment == fragment_of(h)) [[likely]] {
                entry_type& e = entries_[c.number];
                if (e.key == key) [[likely]] return &e;
            }
        }
    }
    template <class K>
    [[nodiscard]] const entry_type* find(const K& key) const noexcept {
        return const_cast<flat_table*>(this)->find(key);
    }

    /// Makes an entry where there is none; amortised constant. If anything throws, nothing has changed.
    template <class K, class... Args>
    inserted try_emplace(K&& key, Args&&... args) {
        if (entry_type* e = find(key)) return {e, false};
        if (2 * (std::uint64_t{size()} + 1) > mask_) grow();
        const std::uint64_t h = Hash{}(key, seed_);
        entry_type& made = entries_.push_back(entry_type{Key(static_cast<K&&>(key)), Value(static_cast<Args&&>(args)...)});
        if (place(h, size() - 1) > longest_probe) [[unlikely]] {
            if (reseeds_ < most_reseeds) reseed();
        }
        return {&made, true};
    }

    /// The entry that came as number i, from 0.
    [[nodiscard]] entry_type& entry(std::uint32_t i) noexcept { return entries_[i]; }
    [[nodiscard]] const entry_type& entry(std::uint32_t i) const noexcept { return entries_[i]; }
    [[nodiscard]] entry_type* begin() noexcept { return empty() ? nullptr : &entries_[0]; }
    [[nodiscard]] entry_type* end() noexcept { return begin() + size(); }
    [[nodiscard]] const entry_type* begin() const noexcept { return empty() ? nullptr : &entries_[0]; }
    [[nodiscard]] const entry_type* end() const noexcept { return begin() + size(); }

    /// Empty, with the memory it had.
    void clear() noexcept {
        entries_.clear();
        for (std::uint64_t i = 0; mask_ != 0 && i <= mask_; ++i) cells_[i].number = none;
    }

    /// Room in the index for n entries.
    void reserve(std::uint32_t n) {
        while (mask_ == 0 || 2 * std::uint64_t{n} > mask_) grow();
    }

  private:
    struct cell {
        std::uint32_t fragment;
        std::uint32_t number;
    };
    static constexpr std::uint32_t none = 0xFFFF'FFFFU;
    static constexpr std::uint32_t most_entries = 0x7FFF'FFFFU;
    static constexpr std::uint32_t longest_probe = 64;  // at half load far beyond what chance brings
    static constexpr unsigned most_reseeds = 8;         // equal hashes (a poor `weir_hash`) would reseed for ever

    [[nodiscard]] WEIR_INLINE static std::uint32_t fragment_of(std::uint64_t h) noexcept {
        return static_cast<std::uint32_t>(h >> 32U);
    }

    /// Puts a number into the index; how many cells it looked at.
    std::uint32_t place(std::uint64_t h, std::uint32_t number) noexcept {
        std::uint32_t probes = 0;
        std::uint64_t at = h & mask_;
        while (cells_[at].number != none) {
            at = (at + 1) & mask_;
            ++probes;
        }
        cells_[at] = {fragment_of(h), number};
        return probes;
    }
    WEIR_NOINLINE void grow() {
        if (size() >= most_entries / 2) throw std::length_error("weir::flat_table: over 2^30 keys; use more shards");
        const std::uint64_t wider = mask_ == 0 ? 16 : (mask_ + 1) * 2;
        auto* cells = new cell[wider];
        delete[] cells_;
        cells_ = cells;
        mask_ = wider - 1;
        rebuild();
    }
    WEIR_COLD void reseed() noexcept {
        ++reseeds_;
        // Not to be guessed from outside: where the table stands, and how often it was attacked.
        seed_ = detail::fold_multiply(seed_ ^ reinterpret_cast<std::uintptr_t>(this) ^ reinterpret_cast<std::uintptr_t>(cells_),
                                      detail::hash_prime_b + reseeds_);
        rebuild();
    }
    void rebuild() noexcept {
        for (std::uint64_t i = 0; i <= mask_; ++i) cells_[i].number = none;
        for (std::uint32_t i = 0; i < size(); ++i) place(Hash{}(entries_[i].key, seed_), i);
    }

    detail::growing<entry_type> entries_;
    cell* cells_ = nullptr;
    std::uint64_t mask_ = 0;
    std::uint64_t seed_ = 0x2545'F491'4F6C'DD1DU;
    unsigned reseeds_ = 0;
};

}  // namespace weir
