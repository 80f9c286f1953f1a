// SPDX-License-Identifier: BSL-1.0
// The tables that are compared, behind one interface: ours, and those of the peers whose headers are there.
//
// `find` gives the value or null, `add` makes an entry for a new key, `each` visits all values; `place(key)` is what
// the table finds a key's cell by, for whoever wants to choose keys that collide.
#pragma once

#include <weir/support/flat_table.hpp>

#include <cstdint>
#include <utility>

#if __has_include(<boost/unordered/unordered_flat_map.hpp>)
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>
#define WEIR_BENCH_BOOST BOOST_VERSION
#else
#define WEIR_BENCH_BOOST 0
#endif
#if __has_include(<absl/container/flat_hash_map.h>)
#include <absl/container/flat_hash_map.h>
#define WEIR_BENCH_ABSL 1
#else
#define WEIR_BENCH_ABSL 0
#endif

namespace tables {

/// What a window keeps for a key.
struct totals {
    std::int64_t count = 0;
    std::int64_t sum = 0;
};

template <class Key>
struct ours {
    static constexpr const char* name = "weir::flat_table";

    weir::flat_table<Key, totals> table;

    totals* find(const Key& key) {
        auto* e = table.find(key);
        return e == nullptr ? nullptr : &e->value;
    }
    void add(const Key& key, totals value) { table.try_emplace(key, value); }
    template <class F>
    void each(F f) const {
        for (const auto& e : table) f(e.value);
    }

    /// A table whose seed the attacker knows.
    static ours attacked() { return {weir::flat_table<Key, totals>(known_seed)}; }
    static std::uint64_t place(const Key& key) { return weir::hash_of(key, known_seed); }
    static constexpr std::uint64_t known_seed = 0x0123'4567'89AB'CDEFU;
};

/// A map with the interface of the standard's.
template <class Map>
struct standard_like {
    using key = typename Map::key_type;

    Map table;

    totals* find(const key& k) {
        const auto at = table.find(k);
        return at == table.end() ? nullptr : &at->second;
    }
    void add(const key& k, totals value) { table.try_emplace(k, value); }
    template <class F>
    void each(F f) const {
        for (const auto& e : table) f(e.second);
    }
};

#if WEIR_BENCH_BOOST
template <class Key>
struct boost_map : standard_like<boost::unordered_flat_map<Key, totals>> {
    static constexpr const char* name = "boost::unordered_flat_map";
    static boost_map attacked() { return {}; }
    /// 1.81 mixes an integer's hash, which is the integer, and takes the high bits.
    static std::uint64_t place(const Key& key) {
        const std::uint64_t mixed = boost::unordered::detail::xmx(boost::hash<Key>{}(key));
        return __builtin_bswap64(mixed);
    }
};
#endif

#if WEIR_BENCH_ABSL
template <class Key>
struct absl_map : standard_like<absl::flat_hash_map<Key, totals>> {
    static constexpr const char* name = "absl::flat_hash_map";
    static absl_map attacked() { return {}; }
    static std::uint64_t place(const Key& key) { return absl::Hash<Key>{}(key); }
};
#endif

}  // namespace tables
