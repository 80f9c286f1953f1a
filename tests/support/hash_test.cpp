// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <weir/support/hash.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using weir::hash_of;

namespace {

using namespace std::chrono_literals;

enum class color : std::uint8_t { red = 1 };
struct own {
    int a;
    int not_hashed;
    [[nodiscard]] friend constexpr std::uint64_t weir_hash(const own& o, std::uint64_t seed) {
        return hash_of(o.a, seed);
    }
};

static_assert(hash_of(5, 1) == hash_of(5L, 1), "integers by their value");
static_assert(hash_of(5, 1) != hash_of(5, 2));
static_assert(hash_of(5, 1) != hash_of(6, 1));
static_assert(hash_of(color::red, 3) == hash_of(1, 3));
static_assert(hash_of(0.0, 3) == hash_of(-0.0, 3), "equal, so they hash alike");
static_assert(hash_of(1.5F, 3) == hash_of(1.5, 3));
static_assert(hash_of(90s, 3) == hash_of(90, 3));
static_assert(hash_of(std::chrono::sys_seconds(7s), 3) == hash_of(7, 3));
static_assert(hash_of(own{4, 1}, 3) == hash_of(own{4, 2}, 3));
static_assert(hash_of(std::pair(1, 2), 3) != hash_of(std::pair(2, 1), 3));
static_assert(hash_of(std::array{1, 2}, 3) == hash_of(std::pair(1, 2), 3));
static_assert(weir::route_hash(5) != hash_of(5, 0));

std::string random_text(std::mt19937_64& random, std::size_t size) {
    std::string s(size, '\0');
    for (char& c : s) c = static_cast<char>(random());
    return s;
}

/// How many of n keys fall into the fullest of n buckets.
template <class Bucket>
std::size_t fullest(std::size_t n, Bucket bucket) {
    std::vector<std::size_t> load(n, 0);
    for (std::size_t i = 0; i < n; ++i) ++load[bucket(i) % n];
    return *std::max_element(load.begin(), load.end());
}

}  // namespace

TEST_CASE("hash: text hashes alike however it is held", "[support]") {
    const std::string text = "some text of twenty-two";
    const std::string small = "x";
    CHECK(hash_of(text, 9) == hash_of(std::string_view(text), 9));
    CHECK(hash_of(small, 9) == hash_of(std::string_view("x"), 9));
    CHECK(hash_of(std::tuple<const std::string&, const int&>(text, 3), 9) == hash_of(std::tuple(text, 3), 9));
    CHECK(hash_of(std::tuple(std::string("ab"), std::string("c")), 9)
          != hash_of(std::tuple(std::string("a"), std::string("bc")), 9));
    CHECK(weir::route_hash(text) == weir::route_hash(std::string_view(text)));
}

TEST_CASE("hash: every bit of every length counts", "[support]") {
    std::mt19937_64 random(1);
    std::set<std::uint64_t> seen;
    std::size_t texts = 0;
    for (std::size_t size = 0; size <= 70; ++size) {
        const std::string text = random_text(random, size);
        seen.insert(hash_of(text, 5));
        ++texts;
        for (std::size_t bit = 0; bit < size * 8; ++bit) {
            std::string changed = text;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
            seen.insert(hash_of(changed, 5));
            ++texts;
        }
    }
    for (std::size_t size = 1; size <= 70; ++size) {  // 0 was there: the empty text
        seen.insert(hash_of(std::string(size, '\0'), 5));
        ++texts;
    }
    CHECK(seen.size() == texts);
}

TEST_CASE("hash: a changed bit changes half of both halves", "[support]") {
    std::mt19937_64 random(2);
    const auto flips = [&](auto make, auto change, std::size_t bits) {
        double low = 0;
        double high = 0;
        double n = 0;
        for (int round = 0; round < 300; ++round) {
            const auto key = make();
            const std::uint64_t seed = random();
            for (std::size_t bit = 0; bit < bits; ++bit) {
                const std::uint64_t d = hash_of(key, seed) ^ hash_of(change(key, bit), seed);
                low += __builtin_popcountll(d & 0xFFFF'FFFFU);
                high += __builtin_popcountll(d >> 32U);
                n += 32;
            }
        }
        CHECK(low / n > 0.45);
        CHECK(low / n < 0.55);
        CHECK(high / n > 0.45);
        CHECK(high / n < 0.55);
    };
    flips([&] { return random(); }, [](std::uint64_t k, std::size_t bit) { return k ^ (std::uint64_t{1} << bit); }, 64);
    for (const std::size_t size : {1U, 3U, 7U, 8U, 15U, 16U, 17U, 22U, 33U}) {
        CAPTURE(size);
        flips([&] { return random_text(random, size); },
              [](std::string s, std::size_t bit) {
                  s[bit / 8] = static_cast<char>(s[bit / 8] ^ (1 << (bit % 8)));
                  return s;
              },
              size * 8);
    }
}

TEST_CASE("hash: keys in regular steps spread over low bits and over high ones", "[support]") {
    constexpr std::size_t n = std::size_t{1} << 14U;
    std::mt19937_64 random(4);
    for (int round = 0; round < 5; ++round) {
        const std::uint64_t seed = random();
        CAPTURE(seed);
        for (unsigned shift = 0; shift <= 48; shift += 4) {
            CAPTURE(shift);
            // n keys in n buckets by chance: 13 in one is a matter of 1 in 10^5.
            CHECK(fullest(n, [&](std::uint64_t i) { return hash_of(i << shift, seed); }) < 14);
            CHECK(fullest(n, [&](std::uint64_t i) { return hash_of(i << shift, seed) >> 50U; }) < 14);
            CHECK(fullest(n, [&](std::uint64_t i) { return weir::route_hash(i << shift); }) < 14);
        }
        CHECK(fullest(n, [&](std::uint64_t i) { return hash_of("10.0." + std::to_string(i), seed); }) < 14);
        CHECK(fullest(n, [&](std::uint64_t i) { return hash_of(std::pair(i % 128, i / 128), seed); }) < 14);
    }
}

TEST_CASE("hash: the keys of one shard fill all of its table", "[support]") {
    constexpr std::size_t shards = 16;
    constexpr std::size_t cells = 1'024;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{0x8F2C'5A6B'D1E3'7049U}, std::uint64_t{77}}) {
        CAPTURE(seed);
        std::vector<std::size_t> load(cells, 0);
        std::size_t of_shard = 0;
        for (std::uint64_t key = 0; key < shards * cells * 8; ++key) {
            if (weir::route_hash(key) % shards != 3) continue;
            ++of_shard;
            ++load[hash_of(key, seed) % cells];
        }
        CHECK(of_shard > 8 * cells * 9 / 10);
        CHECK(of_shard < 8 * cells * 11 / 10);
        CHECK(std::count(load.begin(), load.end(), std::size_t{0}) < 20);  // by chance: 0.3
        CHECK(*std::max_element(load.begin(), load.end()) < 32);
    }
}

TEST_CASE("hash: no block of bytes wipes out the others whatever the seed", "[support]") {
    // A factor of the products that is known without the seed could be made 0.
    const std::uint64_t constants[] = {0, ~std::uint64_t{0}, weir::detail::hash_prime_a, weir::detail::hash_prime_b,
                                       weir::detail::hash_prime_a ^ weir::detail::hash_prime_b};
    std::mt19937_64 random(6);
    const std::uint64_t seed = random();
    for (const std::uint64_t constant : constants) {
        for (const std::size_t at : {0U, 8U, 16U, 24U}) {
            std::set<std::uint64_t> seen;
            for (int i = 0; i < 1'000; ++i) {
                std::string text = random_text(random, 32);
                std::memcpy(text.data() + at, &constant, 8);
                seen.insert(hash_of(text, seed));
            }
            CHECK(seen.size() == 1'000);
        }
    }
}
