// SPDX-License-Identifier: BSL-1.0
// The batch calls on the span contract, against a deque: what goes as bytes and what goes one by one, over the wrap, of
// every size of record, from and to every kind of range.
#include <weir/buffers/concepts.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <weir/buffers/shard_log.hpp>
#include <weir/buffers/spsc_ring.hpp>

#include "support/catch.hpp"

namespace {

/// `Size` bytes that follow from its number.
template <std::size_t Size>
struct bytes_of {
    std::array<unsigned char, Size> bytes = {};
    static bytes_of make(std::uint64_t n) {
        bytes_of b;
        for (std::size_t i = 0; i < Size; ++i) b.bytes[i] = static_cast<unsigned char>(n * 31 + i);
        return b;
    }
    bool operator==(const bytes_of&) const = default;
};
struct word {
    std::string text;
    static word make(std::uint64_t n) { return {std::string(n % 40, static_cast<char>('a' + n % 26))}; }
    bool operator==(const word&) const = default;
};

template <class T, class In, class Out>
void against_a_deque(std::uint64_t seed, std::size_t capacity) {
    INFO("seed " << seed << ", capacity " << capacity << ", record of " << sizeof(T));
    std::mt19937_64 random(seed);
    weir::spsc_ring<T, weir::dynamic_capacity, weir::checked> ring(capacity);
    std::deque<T> model;
    std::uint64_t next = 0;
    std::uint64_t through = 0;
    while (through < 4'000) {
        In in;
        const std::size_t wanted = random() % (capacity + 3);
        for (std::size_t i = 0; i < wanted; ++i) in.push_back(T::make(next + i));
        auto first = in.begin();
        const std::size_t pushed = weir::try_push_some(ring, first, in.end());
        REQUIRE(pushed <= wanted);
        REQUIRE(static_cast<std::size_t>(std::distance(in.begin(), first)) == pushed);
        REQUIRE(model.size() + pushed <= capacity);
        for (std::size_t i = 0; i < pushed; ++i) model.push_back(T::make(next++));
        Out out(capacity + 2);
        auto to = out.begin();
        const std::size_t most = random() % (capacity + 2);
        const std::size_t popped = weir::try_pop_some(ring, to, most);
        REQUIRE(popped <= most);
        REQUIRE(static_cast<std::size_t>(std::distance(out.begin(), to)) == popped);
        auto got = out.begin();
        for (std::size_t i = 0; i < popped; ++i, ++got) {
            REQUIRE(*got == model.front());
            model.pop_front();
        }
        through += popped;
    }
    ring.close();
    std::vector<T> rest(model.size());
    auto to = rest.begin();
    while (weir::try_pop_some(ring, to, rest.size()) != 0) {}
    CHECK(std::vector<T>(model.begin(), model.end()) == rest);
}
template <class T>
void every_range(std::uint64_t seed) {
    for (const std::size_t capacity : {1U, 2U, 16U, 128U}) {
        against_a_deque<T, std::vector<T>, std::vector<T>>(seed, capacity);
        against_a_deque<T, std::list<T>, std::vector<T>>(seed + 1, capacity);
        against_a_deque<T, std::vector<T>, std::deque<T>>(seed + 2, capacity);
        against_a_deque<T, std::deque<T>, std::list<T>>(seed + 3, capacity);
    }
}

static_assert(weir::detail::bytes_in_a_row<int*, int>);
static_assert(weir::detail::bytes_in_a_row<const int*, int>);
static_assert(weir::detail::bytes_in_a_row<std::vector<int>::iterator, int>);
static_assert(!weir::detail::bytes_in_a_row<std::vector<int>::iterator, long>);  // converts, one by one
static_assert(!weir::detail::bytes_in_a_row<std::list<int>::iterator, int>);
static_assert(!weir::detail::bytes_in_a_row<std::string*, std::string>);

}  // namespace

TEST_CASE("batches: records of every size, over the wrap, from and to every kind of range", "[buffers]") {
    every_range<bytes_of<1>>(1);
    every_range<bytes_of<3>>(2);
    every_range<bytes_of<8>>(3);
    every_range<bytes_of<24>>(4);
    every_range<bytes_of<64>>(5);
    every_range<bytes_of<200>>(6);
    every_range<word>(7);
}

TEST_CASE("batches: a span of slots takes bytes from its front, up to any number", "[buffers]") {
    weir::shard_log<std::uint64_t> log(32);
    std::vector<std::uint64_t> all(200);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i * i;
    auto first = all.begin();
    CHECK(weir::try_push_some(log, first, all.end()) == all.size());  // over segments
    auto reader = log.make_reader(0);
    std::vector<std::uint64_t> got(200);
    auto to = got.begin();
    while (weir::try_pop_some(reader, to, 7) != 0) {}
    CHECK(got == all);
    for (std::size_t n = 0; n <= 32; ++n) {
        weir::spsc_ring<std::uint16_t> ring(64);
        std::vector<std::uint16_t> from(n);
        for (std::size_t i = 0; i < n; ++i) from[i] = static_cast<std::uint16_t>(i + 100);
        const auto slots = ring.claim(32);
        REQUIRE(slots.size() == 32);
        weir::slot_span<std::uint16_t>(slots).copy(from.data(), n);
        ring.publish(n);
        const auto there = ring.peek();
        CHECK(std::vector<std::uint16_t>(there.begin(), there.end()) == from);
        ring.release(n);
    }
}
