// SPDX-License-Identifier: BSL-1.0
// flat_table<Key, Value>: a hash table that knows in which order its entries came.
//
// Insertion order makes output deterministic whatever the hash, and a position (an entry's number) survives rehashing,
// so firing and snapshots can stop anywhere and go on. Nothing is ever erased alone; `clear()` keeps the memory.
// `find` takes any key that hashes and compares like one (a `std::string_view` for a `std::string`), and copies none.
//
//     groups:   [tag x 15 | passed] ...                  16 bytes a group: a miss looks at one, and at no entry
//     cells:    [{key, value} x 15 | nothing] ...        at most 13 of a group's 15 are taken on average
//     order:    cell of entry 0, of entry 1, ...         4 bytes an entry
//
// A key's cell is the first empty one of its group or, where that is full, of those on its walk from there. A walk over
// many groups, or past many equal tags, means keys chosen to collide: the table draws another seed and places its
// entries anew, so it stays fast. Its first seed is the process's, which nobody outside knows; the order of entries
// depends on neither. One thread at a time; references last until the next insertion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "cell_group.hpp"
#include "config.hpp"
#include "hash.hpp"
#include "large_block.hpp"
#include "process_seed.hpp"

namespace weir {

/// The default hash of a table. Of a hash of one's own, the highest 8 bits and those from bit 4 on must be good.
struct hasher {
    template <class K>
    [[nodiscard]] WEIR_INLINE constexpr std::uint64_t operator()(const K& key, std::uint64_t seed) const noexcept {
        return hash_of(key, seed);
    }
};

namespace detail {

/// What an empty table looks at; nobody writes to it.
inline constexpr cell_group no_cells{};

/// Entries in the order they came. Each step fetches one that comes later: neighbours in order are none in memory.
template <class Entry>
class ordered_entries {
  public:
    static constexpr std::size_t ahead = 4;

    using value_type = std::remove_const_t<Entry>;
    using difference_type = std::ptrdiff_t;

    ordered_entries() noexcept = default;
    ordered_entries(Entry* cells, const std::uint32_t* at) noexcept : cells_(cells), at_(at) {}

    [[nodiscard]] WEIR_INLINE Entry& operator*() const noexcept {
        __builtin_prefetch(cells_ + at_[ahead]);
        return cells_[*at_];
    }
    [[nodiscard]] WEIR_INLINE Entry* operator->() const noexcept { return &**this; }
    WEIR_INLINE ordered_entries& operator++() noexcept {
        ++at_;
        return *this;
    }
    ordered_entries operator++(int) noexcept { return {cells_, at_++}; }
    [[nodiscard]] friend bool operator==(const ordered_entries& a, const ordered_entries& b) noexcept {
        return a.at_ == b.at_;
    }

  private:
    Entry* cells_ = nullptr;
    const std::uint32_t* at_ = nullptr;
};

}  // namespace detail

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
    using iterator = detail::ordered_entries<entry_type>;
    using const_iterator = detail::ordered_entries<const entry_type>;

    flat_table() noexcept : flat_table(process_seed()) {}
    /// With a seed of one's own: for tests that choose keys against it.
    explicit flat_table(std::uint64_t seed) noexcept : seed_(seed) {}
    flat_table(flat_table&& other) noexcept : flat_table(other.seed_) { swap(other); }
    flat_table& operator=(flat_table&& other) noexcept {
        flat_table taken(static_cast<flat_table&&>(other));
        swap(taken);
        return *this;
    }
    ~flat_table() {
        if (room_ != 0) release(*this);
    }

    [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Expected constant; null where the key is not there.
    template <class K>
    [[nodiscard]] WEIR_INLINE entry_type* find(const K& key) noexcept {
        return find_hashed(key, Hash{}(key, seed_));
    }
    template <class K>
    [[nodiscard]] WEIR_INLINE const entry_type* find(const K& key) const noexcept {
        return const_cast<flat_table*>(this)->find(key);
    }

    /// Makes an entry where there is none; amortised constant. No argument may be part of an entry. If anything throws,
    /// nothing has changed (but for entries that only move, and by a move that throws).
    template <class K, class... Args>
    inserted try_emplace(K&& key, Args&&... args) {
        std::uint64_t h = Hash{}(key, seed_);
        if (entry_type* e = find_hashed(key, h)) return {e, false};
        if (size_ == room_) [[unlikely]]
            rebuild(room_ == 0 ? 1 : group_count() * 2, seed_);
        place to = place_of(h);
        if (to.crowded && reseeds_ < most_reseeds) [[unlikely]] {
            reseed();
            h = Hash{}(key, seed_);
            to = place_on_walk(h);
        }
        entry_type* const made = ::new (static_cast<void*>(cells_ + to.cell))
            entry_type{Key(static_cast<K&&>(key)), Value(static_cast<Args&&>(args)...)};
        take(to.cell, h);
        return {made, true};
    }

    /// The entry that came as number i, from 0. Best asked for in order.
    [[nodiscard]] WEIR_INLINE entry_type& entry(std::uint32_t i) noexcept { return *iterator(cells_, order_ + i); }
    [[nodiscard]] WEIR_INLINE const entry_type& entry(std::uint32_t i) const noexcept {
        return *const_iterator(cells_, order_ + i);
    }
    [[nodiscard]] iterator begin() noexcept { return {cells_, order_}; }
    [[nodiscard]] iterator end() noexcept { return {cells_, order_ + size_}; }
    [[nodiscard]] const_iterator begin() const noexcept { return {cells_, order_}; }
    [[nodiscard]] const_iterator end() const noexcept { return {cells_, order_ + size_}; }

    /// Empty, with the memory it had. Costs no more than its entries did, however large the table once grew.
    void clear() noexcept {
        destroy_entries();
        if (size_ < room_ / 16) {
            // A group that was passed was full, so its entries lead to it.
            for (std::uint32_t i = 0; i < size_; ++i) groups_[order_[i] / stride] = {};
        } else if (room_ != 0) {
            __builtin_memset(groups_, 0, group_count() * sizeof(group));
        }
        size_ = 0;
    }

    /// Room for n entries.
    void reserve(std::uint32_t n) {
        std::size_t wanted = 1;
        while (wanted * most_taken < n) wanted *= 2;
        if (wanted * most_taken > room_) rebuild(wanted, seed_);
    }

  private:
    using group = detail::cell_group;

    static constexpr std::uint32_t stride = 16;      // of groups and of their cells, so that one number leads to both
    static constexpr std::uint32_t most_taken = 13;  // cells of a group, on average
    static constexpr std::size_t most_groups = std::size_t{1} << 27U;
    static constexpr std::uint32_t longest_walk = 24;  // groups; chance does not bring it in 2^30 keys
    static constexpr int most_alike = 8;               // tags that are one's own, among 15 in each group on the walk
    static constexpr unsigned most_reseeds = 8;        // equal hashes (a poor `weir_hash`) would reseed for ever
    static constexpr std::size_t alignment = alignof(entry_type) > 64 ? alignof(entry_type) : 64;

    /// Where the parts stand in the one block of memory.
    struct layout {
        std::size_t order;
        std::size_t cells;
        std::size_t size;

        explicit layout(std::size_t groups) noexcept
            : order(groups * sizeof(group)),
              cells((order + (groups * most_taken + iterator::ahead) * sizeof(std::uint32_t) + alignment - 1)
                    / alignment * alignment),
              size(cells + groups * stride * sizeof(entry_type)) {}
    };
    struct place {
        std::uint32_t cell;
        bool crowded;
    };
    /// A small key goes by value: an address that leaves would keep what it points to in memory.
    template <class K>
    using passed_key =
        std::conditional_t<std::is_trivially_copyable_v<K> && std::is_copy_constructible_v<K> && sizeof(K) <= 16,
                           const K, const K&>;

    [[nodiscard]] std::size_t group_count() const noexcept { return std::size_t{mask_} / stride + 1; }
    [[nodiscard]] WEIR_INLINE static unsigned tag_of(std::uint64_t h) noexcept {
        return static_cast<unsigned>(h >> 56U);
    }
    /// The number of a group's first cell.
    [[nodiscard]] WEIR_INLINE std::uint32_t first_of(std::uint64_t h) const noexcept {
        return static_cast<std::uint32_t>(h) & mask_;
    }
    /// Visits every group once, by odd steps in a number of groups that is a power of two.
    [[nodiscard]] WEIR_INLINE std::uint32_t next_of(std::uint32_t at, std::uint64_t h) const noexcept {
        return (at + (2U * tag_of(h) + 1) * stride) & mask_;
    }
    [[nodiscard]] WEIR_INLINE group& group_of(std::uint32_t cell) const noexcept {
        static_assert(sizeof(group) == stride);
        return *reinterpret_cast<group*>(reinterpret_cast<char*>(groups_) + cell);
    }

    template <class K>
    [[nodiscard]] WEIR_INLINE entry_type* find_hashed(const K& key, std::uint64_t h) noexcept {
        const std::uint32_t at = first_of(h);
        const group& g = group_of(at);
        if (const unsigned hits = g.matches(tag_of(h)); hits != 0) {
            entry_type& e = cells_[at + static_cast<unsigned>(__builtin_ctz(hits))];
            if (e.key == key) [[likely]]
                return &e;
        } else if (!g.was_passed(tag_of(h))) [[likely]] {
            return nullptr;
        }
        return find_on_walk<K>(key, h);
    }
    /// Where the first match is not the key, or the first group was passed.
    template <class K>
    [[nodiscard]] WEIR_NOINLINE entry_type* find_on_walk(passed_key<K> key, std::uint64_t h) noexcept {
        for (std::uint32_t at = first_of(h);; at = next_of(at, h)) {
            const group& g = group_of(at);
            for (unsigned hits = g.matches(tag_of(h)); hits != 0; hits &= hits - 1) {
                entry_type& e = cells_[at + static_cast<unsigned>(__builtin_ctz(hits))];
                if (e.key == key) return &e;
            }
            if (!g.was_passed(tag_of(h))) return nullptr;
        }
    }

    /// The first empty cell on the walk; the groups before it remember that it went past them.
    [[nodiscard]] WEIR_INLINE place place_of(std::uint64_t h) noexcept {
        const std::uint32_t at = first_of(h);
        const unsigned vacant = group_of(at).vacant();
        if (vacant == 0) [[unlikely]]
            return place_on_walk(h);
        return {at + static_cast<unsigned>(__builtin_ctz(vacant)), false};
    }
    [[nodiscard]] WEIR_NOINLINE place place_on_walk(std::uint64_t h) noexcept {
        std::uint32_t walked = 0;
        int alike = 0;
        for (std::uint32_t at = first_of(h);; at = next_of(at, h)) {
            group& g = group_of(at);
            if (const unsigned vacant = g.vacant(); vacant != 0)
                return {at + static_cast<unsigned>(__builtin_ctz(vacant)), walked > longest_walk || alike > most_alike};
            g.pass(tag_of(h));
            ++walked;
            alike += __builtin_popcount(g.matches(tag_of(h)));
        }
    }
    void take(std::uint32_t cell, std::uint64_t h) noexcept {
        groups_[cell / stride].set(cell % stride, tag_of(h));
        order_[size_++] = cell;
    }

    WEIR_COLD void reseed() {
        rebuild(group_count(), detail::fold_multiply(seed_ ^ process_seed(), detail::hash_prime_b + reseeds_ + 1));
        ++reseeds_;
    }
    /// Moves all entries to cells of this many groups, or copies them where a move may throw.
    WEIR_NOINLINE void rebuild(std::size_t groups, std::uint64_t seed) {
        if (groups > most_groups) throw std::length_error("weir::flat_table: over 2^30 keys; use more shards");
        flat_table other(seed);
        other.allocate(groups);
        other.reseeds_ = reseeds_;
        for (entry_type& e : *this) {
            const std::uint64_t h = Hash{}(e.key, seed);
            const std::uint32_t cell = other.place_of(h).cell;
            void* const at = other.cells_ + cell;
            if constexpr (std::is_nothrow_move_constructible_v<entry_type>
                          || !std::is_copy_constructible_v<entry_type>) {
                ::new (at) entry_type(static_cast<entry_type&&>(e));
            } else {
                ::new (at) entry_type(static_cast<const entry_type&>(e));
            }
            other.take(cell, h);
        }
        swap(other);
    }
    void allocate(std::size_t groups) {
        const layout parts(groups);
        auto* const block = static_cast<char*>(detail::allocate_block(parts.size, alignment));
        // The order, too: who walks looks at a few numbers beyond the last.
        __builtin_memset(block, 0, parts.cells);
        groups_ = reinterpret_cast<group*>(block);
        order_ = reinterpret_cast<std::uint32_t*>(block + parts.order);
        cells_ = reinterpret_cast<entry_type*>(block + parts.cells);
        mask_ = static_cast<std::uint32_t>((groups - 1) * stride);
        room_ = static_cast<std::uint32_t>(groups * most_taken);
    }
    /// Not inline: g++ 12 would see the group of an empty table freed.
    WEIR_NOINLINE static void release(flat_table& t) noexcept {
        t.destroy_entries();
        detail::release_block(t.groups_, layout(t.group_count()).size, alignment);
    }
    void destroy_entries() noexcept {
        if constexpr (!std::is_trivially_destructible_v<entry_type>) {
            for (entry_type& e : *this) e.~entry_type();
        }
    }
    void swap(flat_table& other) noexcept {
        std::swap(groups_, other.groups_);
        std::swap(cells_, other.cells_);
        std::swap(order_, other.order_);
        std::swap(mask_, other.mask_);
        std::swap(size_, other.size_);
        std::swap(room_, other.room_);
        std::swap(reseeds_, other.reseeds_);
        std::swap(seed_, other.seed_);
    }

    group* groups_ = const_cast<group*>(&detail::no_cells);
    entry_type* cells_ = nullptr;
    std::uint32_t* order_ = nullptr;
    std::uint32_t mask_ = 0;  // of the numbers of groups' first cells
    std::uint32_t size_ = 0;
    std::uint32_t room_ = 0;  // entries before it grows; 0 without a block
    unsigned reseeds_ = 0;
    std::uint64_t seed_;
};

}  // namespace weir
