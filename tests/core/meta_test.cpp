// SPDX-License-Identifier: BSL-1.0
// What travels beside a record: sets of names, lazy and stored entries, and that nothing is computed or copied that
// nobody asks for.
#include "support/catch.hpp"

#include "core/harness.hpp"

#include <weir/core/sinks/discard.hpp>
#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/tap.hpp>

#include <array>
#include <chrono>
#include <string>
#include <type_traits>
#include <vector>

using namespace weir_test;
using weir::tags;
using weir::meta_of::event_time;
using weir::meta_of::key;
using weir::meta_of::place;

// --- names -----------------------------------------------------------------------------------------------------------
static_assert(std::is_same_v<weir::tags_union<tags<>, tags<key>>, tags<key>>);
static_assert(
    std::is_same_v<weir::tags_union<tags<key, place>, tags<place, event_time>>, tags<key, place, event_time>>);
static_assert(std::is_same_v<weir::tags_without<tags<key, place>, tags<place, event_time>>, tags<key>>);
static_assert(std::is_same_v<weir::tags_without<tags<>, tags<place>>, tags<>>);

// --- sets ------------------------------------------------------------------------------------------------------------
namespace {

struct hit {
    std::chrono::sys_seconds time;
    int host = 0;
    int bytes = 0;
};

struct host_of {
    constexpr int operator()(const hit& h) const { return h.host; }
};
struct bytes_of {
    constexpr int operator()(const hit& h) const { return h.bytes; }
};

using lazy_host = weir::lazy<key, host_of>;
using lazy_bytes = weir::lazy<place, bytes_of>;
using stored_host = weir::stored<key, int, host_of>;
using both = weir::meta_set<lazy_host, lazy_bytes>;

constexpr hit sample{{}, 7, 100};

}  // namespace

static_assert(std::is_empty_v<both>, "lazy entries cost nothing");
static_assert(weir::has_entry<both, key> && weir::has_entry<both, place> && !weir::has_entry<both, event_time>);
static_assert(std::is_void_v<weir::entry_of<both, event_time>>);
static_assert(std::is_same_v<weir::entry_of<both, key>, lazy_host>);
static_assert(weir::read_meta<key>(both{}, sample) == 7);
static_assert(weir::read_meta<place>(both{}, sample) == 100);

// An entry takes the place of the one of its name, else it is added.
static_assert(std::is_same_v<weir::with_entry<both, stored_host>, weir::meta_set<lazy_bytes, stored_host>>);
static_assert(std::is_same_v<weir::with_entry<weir::meta_set<>, lazy_host>, weir::meta_set<lazy_host>>);
static_assert(weir::read_meta<key>(weir::replace_meta(both{}, stored_host{9}), sample) == 9);
static_assert(weir::read_meta<place>(weir::replace_meta(both{}, stored_host{9}), sample) == 100);

// Across a change only what is needed is kept, stored, under the name it had.
static_assert(std::is_same_v<weir::kept_meta<both, hit, tags<>>, weir::meta_set<>>);
static_assert(std::is_same_v<weir::kept_meta<both, hit, tags<key>>, weir::meta_set<stored_host>>);
static_assert(std::is_same_v<weir::kept_meta<both, hit, tags<key, event_time>>, weir::meta_set<stored_host>>);
static_assert(weir::read_meta<key>(weir::keep_meta<tags<key>>(both{}, sample), 0) == 7);

// --- counted: what a chain does with the meta of its records
// -----------------------------------------------------------
namespace {

/// A key that counts how often it is copied; moving is free.
struct counted_key {
    static inline int copies = 0;
    int n = 0;

    counted_key() = default;
    explicit counted_key(int value) : n(value) {}
    counted_key(const counted_key& other) : n(other.n) { ++copies; }
    counted_key(counted_key&& other) noexcept : n(other.n) {}
    counted_key& operator=(const counted_key& other) {
        n = other.n;
        ++copies;
        return *this;
    }
    counted_key& operator=(counted_key&&) noexcept = default;
    ~counted_key() = default;
};

struct visit {
    counted_key who;
    int n = 0;
};

/// Copies of the key while a pipeline runs over ten records.
template <class Make>
int copies_in(Make make) {
    std::vector<visit> visits;
    for (int i = 0; i < 10; ++i) visits.push_back({counted_key(i), i});
    counted_key::copies = 0;
    drive(make(visits));
    return counted_key::copies;
}

constexpr auto keyed = weir::key_by<&visit::who>();
constexpr auto number = weir::map([](const visit& v) { return v.n; });
constexpr auto plus_one = weir::map([](int n) { return n + 1; });
constexpr auto asks = weir::for_each([](const auto&, auto meta) { static_cast<void>(meta.key().n); });

}  // namespace

TEST_CASE("meta: a key is read in place while the record is unchanged", "[core]") {
    CHECK(copies_in([](const auto& v) {
              return weir::from(v) | keyed | weir::filter([](const visit& x) { return x.n > 3; })
                     | weir::tap([](const visit&, auto meta) { static_cast<void>(meta.key().n); }) | asks;
          })
          == 0);
}

TEST_CASE("meta: a key that nobody asks for is not kept across a change", "[core]") {
    CHECK(copies_in([](const auto& v) { return weir::from(v) | keyed | number | plus_one | weir::discard; }) == 0);
    // Asked for before the change, and not after it.
    CHECK(copies_in([](const auto& v) {
              return weir::from(v) | keyed | weir::tap([](const visit&, auto meta) { static_cast<void>(meta.key().n); })
                     | number | weir::discard;
          })
          == 0);
}

TEST_CASE("meta: a key that is asked for behind a change is kept once for each record, whatever follows", "[core]") {
    CHECK(copies_in([](const auto& v) { return weir::from(v) | keyed | number | asks; }) == 10);
    CHECK(
        copies_in([](const auto& v) { return weir::from(v) | keyed | number | plus_one | plus_one | plus_one | asks; })
        == 10);
    CHECK(copies_in([](const auto& v) {
              return weir::from(v) | keyed | number | weir::filter([](int n) { return n < 5; })
                     | weir::flat_map([](int n) { return std::array{n, n, n}; }) | asks;
          })
          == 10);
}

TEST_CASE("meta: a computed key is not copied on its way", "[core]") {
    int calls = 0;
    const auto computed = weir::key_by<"k">([&](const visit& x) { return ++calls, counted_key(x.n); });
    CHECK(copies_in([&](const auto& v) { return weir::from(v) | computed | number | plus_one | asks; }) == 0);
    CHECK(calls == 10);
    CHECK(copies_in([&](const auto& v) { return weir::from(v) | computed | weir::discard; }) == 0);
    CHECK(calls == 20);  // a user's function runs once, whether it is asked for or not
}

TEST_CASE("meta: event time is read from the record, kept across a change, and replaced", "[core]") {
    using namespace std::chrono_literals;
    const std::vector<hit> hits{{std::chrono::sys_seconds(5s), 1, 10}, {std::chrono::sys_seconds(6s), 2, 20}};
    std::vector<std::int64_t> seen;
    const auto note = weir::for_each([&](int, auto meta) { seen.push_back(meta.event_time().us); });
    drive(weir::from(hits) | weir::event_time<&hit::time>(weir::out_of_order_by(1s))
          | weir::map([](const hit& h) { return h.bytes; }) | note);
    CHECK(seen == std::vector<std::int64_t>{5'000'000, 6'000'000});
    seen.clear();
    drive(weir::from(hits) | weir::event_time<&hit::time>(weir::out_of_order_by(1s))
          | weir::map([](const hit& h) { return h.bytes; })
          | weir::event_time([](int bytes) { return std::chrono::sys_seconds(std::chrono::seconds(bytes)); },
                             weir::out_of_order_by(1s))
          | note);
    CHECK(seen == std::vector<std::int64_t>{10'000'000, 20'000'000});
}
