// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/flat_table.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using weir::flat_table;

namespace {

static_assert(!std::is_copy_constructible_v<flat_table<int, int>>);
static_assert(std::is_nothrow_move_constructible_v<flat_table<int, int>>);
static_assert(std::is_nothrow_move_assignable_v<flat_table<int, int>>);

template <class Key>
Key key_of(std::uint64_t n);
template <>
std::int64_t key_of(std::uint64_t n) {
    return static_cast<std::int64_t>(n) - 40;
}
template <>
std::uint64_t key_of(std::uint64_t n) {
    return n << 32U;
}
template <>
std::string key_of(std::uint64_t n) {
    return "key number " + std::to_string(n) + (n % 2 == 0 ? " of those that no small string holds" : "");
}
template <>
std::pair<int, std::string> key_of(std::uint64_t n) {
    return {static_cast<int>(n % 7), std::to_string(n)};
}

/// The order of arrival, and a map beside it.
template <class Key>
struct model {
    std::vector<Key> order;
    std::map<Key, std::uint64_t> values;
};

template <class Key>
void check_same(const flat_table<Key, std::uint64_t>& table, const model<Key>& m) {
    REQUIRE(table.size() == m.order.size());
    CHECK(table.empty() == m.order.empty());
    std::uint32_t i = 0;
    bool same = true;
    for (const auto& e : table) {
        same = same && e.key == m.order[i] && e.value == m.values.at(e.key) && &e == &table.entry(i)
               && &e == table.find(e.key);
        ++i;
    }
    CHECK(same);
    CHECK(i == m.order.size());
}

std::uint64_t seeds() { return std::getenv("WEIR_NIGHTLY") != nullptr ? 300 : 20; }

}  // namespace

TEMPLATE_TEST_CASE("flat_table equals a map with the order of arrival beside it", "[support]", std::int64_t,
                   std::uint64_t, std::string, (std::pair<int, std::string>)) {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        const std::uint64_t keys = std::uint64_t{4} << (random() % 9);
        flat_table<TestType, std::uint64_t> table =
            random() % 2 == 0 ? flat_table<TestType, std::uint64_t>() : flat_table<TestType, std::uint64_t>(random());
        model<TestType> m;
        std::uint32_t cursor = 0;  // a walk that goes on whatever happens between its steps
        for (int step = 0; step < 1'500; ++step) {
            const auto key = key_of<TestType>(random() % keys);
            if (cursor < table.size()) {
                const auto& e = table.entry(cursor);
                REQUIRE(e.key == m.order[cursor]);
                CHECK(e.value == m.values.at(e.key));
                ++cursor;
            }
            switch (random() % 64) {
            case 0:
                if (random() % 8 != 0) break;
                table.clear();
                m = {};
                cursor = 0;
                break;
            case 1:
                table.reserve(static_cast<std::uint32_t>(random() % 2'000));
                break;
            case 2: {
                flat_table<TestType, std::uint64_t> moved = std::move(table);
                table = std::move(moved);
                break;
            }
            case 3:
                check_same(table, m);
                break;
            default: {
                auto* found = table.find(key);
                const auto known = m.values.find(key);
                REQUIRE((found != nullptr) == (known != m.values.end()));
                const std::uint64_t value = random();
                if (found != nullptr && random() % 2 == 0) {
                    CHECK(found->value == known->second);
                    found->value = known->second = value;
                } else {
                    const auto made = table.try_emplace(key, value);
                    CHECK(made.second == m.values.emplace(key, value).second);
                    CHECK(made.first->value == m.values.at(key));
                    if (made.second) m.order.push_back(key);
                }
            }
            }
        }
        check_same(table, m);
    }
}

TEST_CASE("flat_table: an empty one finds nothing and can be cleared, moved and walked", "[support]") {
    flat_table<int, int> t;
    CHECK(t.find(1) == nullptr);
    CHECK(t.begin() == t.end());
    t.clear();
    flat_table<int, int> moved = std::move(t);
    CHECK(moved.empty());
    moved.try_emplace(1, 10);
    t = std::move(moved);
    CHECK(t.find(1)->value == 10);
    CHECK(moved.find(1) == nullptr);  // NOLINT(bugprone-use-after-move): empty, as promised
    moved.try_emplace(2, 20);
    CHECK(moved.find(2)->value == 20);
    t.reserve(0);
    CHECK(t.size() == 1);
    CHECK_THROWS_AS(t.reserve(0x8000'0000U), std::length_error);
    CHECK(t.find(1)->value == 10);
}

TEST_CASE("flat_table: an entry's number survives growth, and clear keeps the memory", "[support]") {
    flat_table<std::string, int> t;
    std::uint32_t cursor = 0;
    long seen = 0;
    for (int i = 0; i < 5'000; ++i) {
        t.try_emplace(std::to_string(i), i);
        if (i % 3 == 0) seen += t.entry(cursor++).value;  // a walk that goes on while the table grows
    }
    while (cursor < t.size()) seen += t.entry(cursor++).value;
    CHECK(seen == 5'000L * 4'999 / 2);
    const auto* first = &t.entry(0);
    t.clear();
    CHECK(t.empty());
    for (int i = 0; i < 5'000; ++i) CHECK(t.find(std::to_string(i)) == nullptr);
    for (int i = 4'999; i >= 0; --i) t.try_emplace(std::to_string(i), i);
    CHECK(t.entry(0).value == 4'999);
    t.clear();
    for (int i = 0; i < 5'000; ++i) t.try_emplace(std::to_string(i), i);
    CHECK(&t.entry(0) == first);  // the same keys in the same order, so in the same memory in the same cells
}

TEST_CASE("flat_table: its iterators walk as those of a list do", "[support]") {
    flat_table<int, int> t;
    for (int i = 0; i < 100; ++i) t.try_emplace(i * 7, i);
    auto at = t.begin();
    CHECK((*at++).value == 0);
    CHECK(at->value == 1);
    CHECK((++at)->key == 14);
    CHECK(at++ == std::next(t.begin(), 2));
    CHECK(at != t.begin());
    int sum = 0;
    for (auto& e : t) sum += std::exchange(e.value, 0);
    CHECK(sum == 4'950);
    const auto& constant = t;
    CHECK(std::all_of(constant.begin(), constant.end(), [](const auto& e) { return e.value == 0; }));
}

TEST_CASE("flat_table: a large one, in huge pages where there are such", "[support]") {
    constexpr std::uint64_t keys = 150'000;
    flat_table<std::uint64_t, std::uint64_t> t;
    for (std::uint64_t i = 0; i < keys; ++i) REQUIRE(t.try_emplace(i * 0x1'0000'0001U, i).second);
    bool right = true;
    for (std::uint64_t i = 0; i < keys; ++i) {
        const auto* e = t.find(i * 0x1'0000'0001U);
        right = right && e != nullptr && e->value == i && e == &t.entry(static_cast<std::uint32_t>(i))
                && t.find(i * 0x1'0000'0001U + 1) == nullptr;
    }
    CHECK(right);
    t.clear();
    for (std::uint64_t i = 0; i < 50; ++i) t.try_emplace(i, i);
    t.clear();  // by its entries alone
    std::uint64_t found = 0;
    for (std::uint64_t i = 0; i < keys; ++i) found += t.find(i * 0x1'0000'0001U) != nullptr ? 1U : 0U;
    CHECK(found == 0);
}

TEST_CASE("flat_table: filled to the brim at every size", "[support]") {
    for (std::uint32_t groups = 1; groups <= 256; groups *= 2) {
        CAPTURE(groups);
        flat_table<std::uint64_t, std::uint32_t> t(groups);
        t.reserve(groups * 13);
        t.try_emplace(std::uint64_t{0}, 0U);
        const auto* first = &t.entry(0);
        std::uint32_t stood = 1;  // until the table grew
        for (std::uint32_t i = 1; i <= groups * 13; ++i) {
            t.try_emplace(std::uint64_t{i} << 40U, i);
            stood += &t.entry(0) == first ? 1U : 0U;
        }
        CHECK(stood == groups * 13);
        bool right = true;
        for (std::uint32_t i = 0; i <= groups * 13; ++i) {
            const auto* e = t.find(std::uint64_t{i} << 40U);
            right = right && e != nullptr && e->value == i;
        }
        CHECK(right);
    }
}

TEST_CASE("flat_table: a large index with few entries is cleared by them alone", "[support]") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        flat_table<std::uint64_t, int> t(seed);
        t.reserve(2'048);
        for (std::uint64_t round = 0; round < 20; ++round) {
            const std::uint64_t n = round * round % 300;  // below and above a sixteenth of the cells
            for (std::uint64_t i = 0; i < n; ++i) CHECK(t.try_emplace(round << 32U | i, 1).second);
            CHECK(t.size() == n);
            t.clear();
            for (std::uint64_t i = 0; i < n; ++i) CHECK(t.find(round << 32U | i) == nullptr);
        }
    }
}

namespace {

/// Counts what happens to keys.
struct watched {
    static inline int made = 0;
    static inline int alive = 0;
    static inline long compared = 0;
    static inline int throws_at = -1;
    std::string text;

    explicit watched(std::string_view t) : text(t) { count(); }
    watched(const watched& other) : text(other.text) { count(); }
    watched(watched&& other) : text(std::move(other.text)) { count(); }  // NOLINT: not noexcept, so growth copies
    watched& operator=(const watched&) = delete;
    ~watched() { --alive; }
    friend bool operator==(const watched& a, const watched& b) {
        ++compared;
        return a.text == b.text;
    }
    friend bool operator==(const watched& a, std::string_view b) {
        ++compared;
        return a.text == b;
    }
    friend std::uint64_t weir_hash(const watched& w, std::uint64_t seed) { return weir::hash_of(w.text, seed); }

  private:
    void count() {
        if (throws_at >= 0 && throws_at-- == 0) throw std::runtime_error("no more");
        ++made;
        ++alive;
    }
};

}  // namespace

TEST_CASE("flat_table: a search by something like the key makes no key", "[support]") {
    {
        flat_table<watched, int> t;
        for (int i = 0; i < 100; ++i) t.try_emplace(std::string_view(std::to_string(i)), i);
        const int made = watched::made;
        for (int i = 0; i < 100; ++i) CHECK(t.find(std::string_view(std::to_string(i)))->value == i);
        CHECK(t.find(std::string_view("none")) == nullptr);
        CHECK_FALSE(t.try_emplace(std::string_view("7"), 0).second);
        CHECK(watched::made == made);
        CHECK(watched::alive == 100);
    }
    CHECK(watched::alive == 0);
}

TEST_CASE("flat_table: a constructor that throws changes nothing", "[support]") {
    for (int at = 0; at < 60; ++at) {
        CAPTURE(at);
        {
            flat_table<watched, int> t;
            int done = 0;
            watched::throws_at = at;
            try {
                for (; done < 40; ++done) t.try_emplace(std::string_view(std::to_string(done)), done);
            } catch (const std::runtime_error&) {}
            watched::throws_at = -1;
            CHECK(t.size() == static_cast<std::uint32_t>(done));
            for (int i = 0; i < done; ++i) CHECK(t.find(std::string_view(std::to_string(i)))->value == i);
            CHECK(t.find(std::string_view(std::to_string(done))) == nullptr);
            t.try_emplace(std::string_view("after"), 99);
            CHECK(t.find(std::string_view("after"))->value == 99);
            CHECK(watched::alive == static_cast<int>(t.size()));
        }
        CHECK(watched::alive == 0);
    }
}

TEST_CASE("flat_table: a value's constructor that throws leaves its key out", "[support]") {
    struct picky {
        int n;
        explicit picky(int value) : n(value) {
            if (value < 0) throw std::runtime_error("below zero");
        }
    };
    flat_table<int, picky> t;
    for (int i = 0; i < 20; ++i) {
        CHECK_THROWS(t.try_emplace(i, -1));
        CHECK(t.find(i) == nullptr);
        CHECK(t.try_emplace(i, i).second);
    }
    CHECK(t.size() == 20);
    CHECK(t.find(7)->value.n == 7);
}

TEST_CASE("flat_table: values that only move, over-aligned ones, and none", "[support]") {
    struct alignas(128) wide {
        std::uint64_t n;
    };
    struct nothing {};
    flat_table<int, std::unique_ptr<int>> moved;
    flat_table<int, wide> aligned;
    flat_table<std::int64_t, nothing> set;
    for (int i = 0; i < 100; ++i) {
        moved.try_emplace(i, std::make_unique<int>(i));
        aligned.try_emplace(i, wide{static_cast<std::uint64_t>(i)});
        set.try_emplace(std::int64_t{i});
    }
    CHECK(*moved.find(63)->value == 63);
    bool on_lines = true;
    for (const auto& e : aligned) on_lines = on_lines && reinterpret_cast<std::uintptr_t>(&e.value) % 128 == 0;
    CHECK(on_lines);
    CHECK(aligned.find(5)->value.n == 5);
    CHECK(set.size() == 100);
    static_assert(sizeof(decltype(set)::entry_type) == sizeof(std::int64_t));
}

namespace {

constexpr std::uint64_t known_seed = 42;

/// As if the attacker knew the first seed: all keys are one to it.
struct attacked_hash {
    std::uint64_t operator()(const watched& key, std::uint64_t seed) const {
        return seed == known_seed ? 0x1234'5678'9ABC'DEF0U : weir::hash_of(key, seed);
    }
};
/// As if the attacker knew the first seed and chose keys of one group and 16 tags.
struct crowding_hash {
    static inline std::uint64_t hashed_anew = 0;
    std::uint64_t operator()(std::uint64_t key, std::uint64_t seed) const {
        if (seed == known_seed) return key << 60U;
        ++hashed_anew;
        return weir::hash_of(key, seed);
    }
};
/// All keys are one to every seed.
struct constant_hash {
    std::uint64_t operator()(int, std::uint64_t) const { return 77; }
};

}  // namespace

TEST_CASE("flat_table: keys chosen against its seed make it draw another", "[support]") {
    constexpr int keys = 4'000;
    flat_table<watched, int, attacked_hash> t(known_seed);
    watched::compared = 0;
    for (int i = 0; i < keys; ++i) t.try_emplace(watched(std::to_string(i)), i);
    // About 16 keys are compared with each other before it notices, then hardly any.
    CHECK(watched::compared < 1'000);
    watched::compared = 0;
    for (int i = 0; i < keys; ++i) CHECK(t.find(watched(std::to_string(i)))->value == i);
    CHECK(watched::compared < 2 * keys);
    for (int i = 0; i < keys; ++i) CHECK(t.entry(static_cast<std::uint32_t>(i)).value == i);
}

TEST_CASE("flat_table: keys of few tags that share a group make it draw another seed", "[support]") {
    flat_table<std::uint64_t, std::uint64_t, crowding_hash> t(known_seed);
    crowding_hash::hashed_anew = 0;
    std::uint64_t last_before = 0;
    for (std::uint64_t i = 0; i < 4'000; ++i) {
        CHECK(t.try_emplace(i, i).second);
        if (crowding_hash::hashed_anew == 0) last_before = i;
    }
    CHECK(last_before >= 14);  // a group of them is nothing to it
    CHECK(last_before < 600);
    for (std::uint64_t i = 0; i < 4'000; ++i) {
        CHECK(t.find(i)->value == i);
        CHECK(t.entry(static_cast<std::uint32_t>(i)).value == i);
    }
}

TEST_CASE("flat_table: real keys that collide under a known seed are found as fast as others", "[support]") {
    std::mt19937_64 random(3);
    std::vector<std::uint64_t> keys;
    while (keys.size() < 1'000) {
        const std::uint64_t key = random();
        if ((weir::hash_of(key, known_seed) & 0xFFF0U) == 0) keys.push_back(key);  // of one group
    }
    flat_table<std::uint64_t, std::size_t> attacked(known_seed);
    flat_table<std::uint64_t, std::size_t> unknown;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        attacked.try_emplace(keys[i], i);
        unknown.try_emplace(keys[i], i);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        CHECK(attacked.find(keys[i])->value == i);
        CHECK(attacked.entry(static_cast<std::uint32_t>(i)).key == unknown.entry(static_cast<std::uint32_t>(i)).key);
    }
}

TEST_CASE("flat_table: a hash that is always the same is slow, and right", "[support]") {
    flat_table<int, int, constant_hash> t;
    for (int i = 0; i < 600; ++i) CHECK(t.try_emplace(i, -i).second);
    for (int i = 0; i < 600; ++i) CHECK(t.find(i)->value == -i);
    CHECK(t.find(600) == nullptr);
    t.clear();
    CHECK(t.find(1) == nullptr);
    CHECK(t.try_emplace(1, 5).second);
}

TEST_CASE("flat_table: the order of entries depends on no seed", "[support]") {
    std::vector<std::int64_t> first;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, weir::process_seed()}) {
        flat_table<std::int64_t, int> t(seed);
        for (std::int64_t i = 0; i < 3'000; ++i) t.try_emplace(i * 7'919 % 1'511, 0);
        std::vector<std::int64_t> order;
        for (const auto& e : t) order.push_back(e.key);
        if (first.empty()) first = order;
        CHECK(order == first);
    }
    CHECK(first.size() == 1'511);
}
