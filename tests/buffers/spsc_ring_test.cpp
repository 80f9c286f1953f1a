// SPDX-License-Identifier: BSL-1.0
// spsc_ring: random programs against std::deque, indices that wrap, counted objects, and two real threads.
#include <weir/buffers/spsc_ring.hpp>

#include <cstdint>
#include <deque>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "last_words.hpp"
#include "records.hpp"

namespace {

using weir_test::counted;
using weir_test::last_words;
using weir_test::nothing;
using weir_test::wide;

template <class T>
using checked_ring = weir::spsc_ring<T, weir::dynamic_capacity, weir::checked>;

static_assert(weir::span_producer<weir::spsc_ring<int>> && weir::span_consumer<weir::spsc_ring<int, 8>>);
static_assert(sizeof(weir::spsc_ring<char>) == 4 * weir::line_pair);
static_assert(!std::is_copy_constructible_v<weir::spsc_ring<int>>);

constinit weir::spsc_ring<int, 3> static_ring;

/// Counts what is taken from it and not given back.
struct counting_memory : std::pmr::memory_resource {
    std::size_t taken = 0;
    std::size_t held = 0;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        taken += bytes;
        held += bytes;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        held -= bytes;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& o) const noexcept override { return this == &o; }
};

void random_program(std::size_t capacity, std::uint64_t start, std::uint64_t seed) {
    INFO("capacity " << capacity << ", start " << start << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    {
        weir::spsc_ring<counted> ring(capacity, {start});
        std::deque<std::uint64_t> published, pending;
        std::uint64_t next = 0;
        REQUIRE(ring.capacity() == capacity);
        for (int op = 0; op < 400; ++op) {
            switch (below(8)) {
            case 0: {  // a claimed span
                const std::size_t want = 1 + below(capacity + 2);
                auto slots = ring.claim(want);
                REQUIRE(slots.size() <= want);
                REQUIRE((slots.empty() == (published.size() + pending.size() == capacity)));
                const std::size_t n = slots.empty() ? 0 : below(slots.size() + 1);
                for (std::size_t i = 0; i < n; ++i) slots.construct(i, next + i);
                for (std::size_t i = 0; i < n; ++i) pending.push_back(next++);
                ring.publish(n);
                published.insert(published.end(), pending.begin(), pending.end());
                pending.clear();
                break;
            }
            case 1:
            case 2: {
                counted::throw_in = below(4) == 0 ? 0 : -1;
                const bool full = published.size() + pending.size() == capacity;
                bool taken = false;
                try {
                    taken = ring.try_emplace_unpublished(next);
                    REQUIRE(taken == !full);
                } catch (const std::runtime_error&) {
                    REQUIRE(!full);
                }
                counted::throw_in = -1;
                if (taken) pending.push_back(next++);
                break;
            }
            case 3:
                ring.publish();
                published.insert(published.end(), pending.begin(), pending.end());
                pending.clear();
                break;
            case 4: {
                const bool full = published.size() + pending.size() == capacity;
                REQUIRE(ring.try_push(counted(next)) == !full);
                if (full) break;
                pending.push_back(next++);
                published.insert(published.end(), pending.begin(), pending.end());
                pending.clear();
                break;
            }
            case 5: {
                counted out(0);
                const bool got = ring.try_pop(out);
                REQUIRE(got == !published.empty());
                if (!got) break;
                REQUIRE(out.value == published.front());
                published.pop_front();
                break;
            }
            case 6: {
                const auto span = ring.peek();
                REQUIRE(span.size() <= published.size());
                REQUIRE(span.empty() == published.empty());
                for (std::size_t i = 0; i < span.size(); ++i) REQUIRE(span[i].value == published[i]);
                const std::size_t n = span.empty() ? 0 : below(span.size() + 1);
                ring.release(n);
                published.erase(published.begin(), published.begin() + static_cast<std::ptrdiff_t>(n));
                break;
            }
            default:
                ring.flush_releases();
                REQUIRE(ring.fresh_readable() == published.size());
                REQUIRE(ring.fresh_room() == capacity - published.size() - pending.size());
                REQUIRE(ring.unpublished() == pending.size());
                REQUIRE(ring.half_free() == (2 * published.size() <= capacity));
            }
            // Slots come back lazily, so the writer's model of "full" is exact only once they have.
            ring.flush_releases();
            REQUIRE(counted::alive == static_cast<int>(published.size() + pending.size()));
        }
    }
    REQUIRE(counted::alive == 0);  // undrained records, published or not, went with the ring
}

template <class T, class Make>
void two_threads(std::size_t capacity, std::uint64_t count, Make make) {
    weir::spsc_ring<T> ring(capacity, {UINT64_MAX - count / 2});
    std::uint64_t bad = 0;
    std::thread reader([&] {
        for (std::uint64_t expected = 0; expected < count;) {
            const auto span = ring.peek();
            if (span.empty()) std::this_thread::yield();
            for (std::size_t i = 0; i < span.size(); ++i) {
                weir::prefetch_within(span, i);
                if constexpr (requires { *span[i]; }) {
                    bad += *span[i] != expected++;
                } else {
                    bad += span[i].value != expected++;
                }
            }
            ring.release(span.size());
        }
    });
    for (std::uint64_t i = 0; i < count;) {
        if (i % 3 == 0) {
            auto slots = ring.claim(1 + i % 40);
            std::size_t n = 0;
            while (n < slots.size() && i < count) slots.construct(n++, make(i++));
            ring.publish(n);
            if (n == 0) std::this_thread::yield();
        } else if (ring.try_emplace(make(i))) {
            ++i;
        } else {
            std::this_thread::yield();
        }
    }
    reader.join();
    CHECK(bad == 0);
}

}  // namespace

TEST_CASE("spsc_ring does what a deque does, for every capacity and across wrapping indices", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1024U}) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 20, UINT64_MAX - 20}) {
            for (std::uint64_t seed = 1; seed <= 12; ++seed) random_program(capacity, start, seed);
        }
    }
}

TEST_CASE("spsc_ring refuses capacities that make no sense", "[buffers]") {
    CHECK_THROWS_AS(weir::spsc_ring<int>(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::spsc_ring<int>(SIZE_MAX), std::invalid_argument);
    CHECK_THROWS_AS(weir::spsc_ring<wide>(SIZE_MAX / 300), std::invalid_argument);
    try {
        weir::spsc_ring<int> none(0);
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("at least 1") != std::string::npos);
    }
}

TEST_CASE("spsc_ring keeps over-aligned and move-only records", "[buffers]") {
    weir::spsc_ring<wide> ring(3);
    REQUIRE(ring.try_emplace(wide{1}));
    REQUIRE(ring.try_emplace(wide{2}));
    CHECK(reinterpret_cast<std::uintptr_t>(ring.peek().data()) % 256 == 0);
    weir::spsc_ring<std::unique_ptr<int>> owners(2);
    REQUIRE(owners.try_push(std::make_unique<int>(7)));
    std::unique_ptr<int> out;
    REQUIRE(owners.try_pop(out));
    CHECK(*out == 7);
}

TEST_CASE("spsc_ring returns slots lazily, and when the reader runs dry", "[buffers]") {
    weir::spsc_ring<int> ring(64);
    for (int i = 0; i < 64; ++i) REQUIRE(ring.try_push(i));
    static_cast<void>(ring.peek());
    ring.release(7);
    CHECK(ring.fresh_room() == 0);  // less than an eighth
    ring.release(1);
    CHECK(ring.fresh_room() == 8);
    ring.release(1);
    CHECK(ring.fresh_room() == 8);
    ring.flush_releases();
    CHECK(ring.fresh_room() == 9);
    while (!ring.peek().empty()) ring.release(ring.peek().size());
    CHECK(ring.fresh_room() == 64);
}

TEST_CASE("spsc_ring: a throwing constructor in a claimed span leaves no hole", "[buffers]") {
    {
        weir::spsc_ring<counted> ring(8);
        auto slots = ring.claim(4);
        slots.construct(0, 10U);
        counted::throw_in = 0;
        CHECK_THROWS_AS(slots.construct(1, 11U), std::runtime_error);
        counted::throw_in = -1;
        ring.publish(1);
        REQUIRE(ring.try_emplace(12U));
        CHECK(ring.peek().size() == 2);
        CHECK(ring.peek()[1].value == 12);
        auto more = ring.claim(1);
        more.construct(0, 13U);
        more.discard(1);
        CHECK(counted::alive == 2);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("spsc_ring between two threads loses, repeats and reorders nothing", "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1024U}) {
        const std::uint64_t count = capacity < 8 ? 20'000 : 200'000;
        two_threads<wide>(capacity, count, [](std::uint64_t i) { return wide{i}; });
        two_threads<std::unique_ptr<std::uint64_t>>(capacity, count,
                                                    [](std::uint64_t i) { return std::make_unique<std::uint64_t>(i); });
    }
}

TEST_CASE("spsc_ring of a constant capacity: no heap, constant-initialised, the same behaviour", "[buffers]") {
    CHECK(static_ring.capacity() == 3);
    CHECK(static_ring.size_approx() == 0);
    for (int i = 0; i < 20; ++i) {
        REQUIRE(static_ring.try_push(i));
        int out = -1;
        REQUIRE(static_ring.try_pop(out));
        CHECK(out == i);
    }
    {
        const auto ring = std::make_unique<weir::spsc_ring<counted, 5>>(weir::ring_start{UINT64_MAX - 2});
        for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(ring->try_emplace(i));
        CHECK_FALSE(ring->try_emplace(5U));
        REQUIRE(ring->peek().size() == 3);  // up to the wrap
        ring->release(2);
        REQUIRE(ring->try_emplace(5U));
        CHECK(ring->peek().front().value == 2);
    }
    CHECK(counted::alive == 0);
    weir::spsc_ring<wide, 4> wides;
    REQUIRE(wides.try_push(wide{7}));
    CHECK(reinterpret_cast<std::uintptr_t>(wides.peek().data()) % 256 == 0);
    weir::spsc_ring<nothing, 2> empties;
    CHECK(empties.try_emplace());
    CHECK(empties.try_emplace());
    CHECK_FALSE(empties.try_emplace());
}

TEST_CASE("spsc_ring takes its slots from a user's allocator and gives them back", "[buffers]") {
    counting_memory memory;
    {
        weir::spsc_ring<int, weir::dynamic_capacity, weir::unchecked, std::pmr::polymorphic_allocator<int>> ring(
            100, &memory);
        CHECK(memory.taken >= 128 * sizeof(int));
        CHECK(ring.try_push(1));
    }
    CHECK(memory.held == 0);
}

TEST_CASE("spsc_ring: close drains, and either side learns that the other has gone", "[buffers]") {
    weir::spsc_ring<int> ring(4);
    REQUIRE(ring.try_emplace_unpublished(1));
    CHECK_FALSE(ring.drained());
    ring.close();  // publishes what was left
    CHECK(ring.closed());
    CHECK_FALSE(ring.drained());
    CHECK_FALSE(ring.try_push(2));
    CHECK(ring.room() == 0);
    CHECK(ring.fresh_room() == 0);
    CHECK(ring.claim(1).empty());
    CHECK(ring.claim_known().empty());
    int out = 0;
    REQUIRE(ring.try_pop(out));
    CHECK(out == 1);
    CHECK(ring.drained());
    CHECK_FALSE(ring.try_pop(out));

    weir::spsc_ring<int> left(4);
    CHECK_FALSE(left.reader_closed());
    left.close_reader();
    CHECK(left.reader_closed());
    CHECK(left.try_push(1));  // nobody reads it; it goes with the ring
}

TEST_CASE("spsc_ring: ranges go in and come out over the wrap, up to what fits and what is there", "[buffers]") {
    weir::spsc_ring<counted> ring(5, {UINT64_MAX - 3});
    const std::vector<std::uint64_t> numbers{1, 2, 3, 4, 5, 6, 7};
    auto first = numbers.begin();
    CHECK(weir::try_push_some(ring, first, numbers.end()) == 5);
    CHECK(first == numbers.begin() + 5);
    CHECK(weir::try_push_some(ring, first, numbers.end()) == 0);
    std::vector<counted> out;
    auto back = std::back_inserter(out);
    CHECK(weir::try_pop_some(ring, back, 2) == 2);
    CHECK(weir::try_pop_some(ring, back, 100) == 3);
    CHECK(weir::try_pop_some(ring, back, 100) == 0);
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(out[i].value == i + 1);

    // What came before a constructor that throws is there; the range stands at the element it threw on.
    counted::throw_in = 1;
    CHECK_THROWS_AS(weir::try_push_some(ring, first, numbers.end()), std::runtime_error);
    counted::throw_in = -1;
    CHECK(first == numbers.begin() + 6);
    CHECK(weir::try_pop_some(ring, back, 100) == 1);
    CHECK(out.back().value == 6);
    out.clear();
    CHECK(counted::alive == 0);
}

TEST_CASE("spsc_ring, checked: misuse ends the process and says what is wrong", "[buffers]") {
    const auto says = [](const std::string& words, const char* what) {
        INFO(words);
        return words.find(std::string("weir::spsc_ring: ") + what) != std::string::npos;
    };
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   ring.publish(1);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   ring.claim(1).construct(0, 1);
                   ring.close();
                   ring.publish(1);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   static_cast<void>(ring.claim(2));
                   static_cast<void>(ring.try_push(1));  // the claim is over
                   ring.publish(1);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   static_cast<void>(ring.try_push(1));
                   ring.release(1);
               }),
               "release: more than was read"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   static_cast<void>(ring.try_push(1));
                   std::thread([&] { static_cast<void>(ring.try_push(2)); }).join();
               }),
               "a second thread writes"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   static_cast<void>(ring.peek());
                   std::thread([&] { static_cast<void>(ring.peek()); }).join();
               }),
               "a second thread reads"));
    checked_ring<int> ring(2);
    CHECK(ring.try_push(1));
    ring.hand_writer_over();
    std::thread([&] { CHECK(ring.try_push(2)); }).join();
    CHECK(ring.peek().size() == 2);
    ring.release(2);
}
