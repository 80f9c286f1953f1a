// SPDX-License-Identifier: BSL-1.0
// in_slot_ring: random programs against std::deque, indices that wrap, counted objects, two real threads, and misuse.
#include <weir/buffers/in_slot_ring.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
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
using checked_ring = weir::in_slot_ring<T, weir::dynamic_capacity, weir::checked>;

static_assert(weir::span_producer<weir::in_slot_ring<int>> && weir::span_consumer<weir::in_slot_ring<int, 8>>);
static_assert(sizeof(weir::in_slot_ring<char>) == 4 * weir::line_pair);
static_assert(!std::is_copy_constructible_v<weir::in_slot_ring<int>>);

constinit weir::in_slot_ring<int, 3> static_ring;
constinit weir::in_slot_ring<std::unique_ptr<int>, 4> static_owners;

template <class Ring>
void random_program(Ring& ring, std::size_t capacity, std::uint64_t seed) {
    INFO("capacity " << capacity << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    std::deque<std::uint64_t> model;
    std::uint64_t next = 0;
    bool closed = false;
    const int before = counted::alive;
    REQUIRE(ring.capacity() == capacity);
    for (int op = 0; op < 400; ++op) {
        const bool has_room = !closed && model.size() < capacity;
        switch (below(op < 350 ? 6 : 7)) {
        case 0: {
            const std::size_t want = below(3);
            auto slots = ring.claim(want);
            REQUIRE(slots.size() == (has_room && want != 0 ? 1U : 0U));
            const std::size_t n = slots.empty() ? 0 : below(2);
            if (n != 0) {
                slots.construct(0, next);
                model.push_back(next++);
            }
            ring.publish(n);
            break;
        }
        case 1: {
            counted::throw_in = below(4) == 0 ? 0 : -1;
            bool taken = false;
            try {
                taken = ring.try_emplace(next);
                REQUIRE(taken == has_room);
            } catch (const std::runtime_error&) {
                REQUIRE(has_room);
            }
            counted::throw_in = -1;
            if (taken) model.push_back(next++);
            break;
        }
        case 2: {
            REQUIRE(ring.try_push(counted(next)) == has_room);
            if (has_room) model.push_back(next++);
            break;
        }
        case 3: {
            counted out(0);
            const bool got = ring.try_pop(out);
            REQUIRE(got == !model.empty());
            if (!got) break;
            REQUIRE(out.value == model.front());
            model.pop_front();
            break;
        }
        case 4: {
            const auto span = ring.peek();
            REQUIRE(span.size() == (model.empty() ? 0U : 1U));
            if (span.empty()) break;
            REQUIRE(span[0].value == model.front());
            const std::size_t n = below(2);
            ring.release(n);
            if (n != 0) model.pop_front();
            break;
        }
        case 5:
            ring.flush_releases();
            REQUIRE(ring.fresh_room() == (closed ? 0 : capacity - model.size()));
            REQUIRE(ring.drained() == (closed && model.empty()));
            break;
        default:
            ring.close();
            closed = true;
            REQUIRE(ring.closed());
        }
        // Slots come back lazily, so the writer's model of "full" is exact only once they have.
        ring.flush_releases();
        REQUIRE(ring.size_approx() == model.size());
        REQUIRE(counted::alive - before == static_cast<int>(model.size()));
    }
}

template <class T, class Make>
void two_threads(std::size_t capacity, std::uint64_t count, Make make) {
    weir::in_slot_ring<T> ring(capacity, {UINT64_MAX - count / 2});
    std::uint64_t bad = 0;
    std::uint64_t got = 0;
    std::uint64_t oversized = 0;
    std::thread reader([&] {
        for (; !ring.drained();) {
            const auto span = ring.peek();
            if (span.empty()) {
                std::this_thread::yield();
                continue;
            }
            if constexpr (requires { *span[0]; }) {
                bad += *span[0] != got++;
            } else {
                bad += span[0].value != got++;
            }
            ring.release(1);
        }
        ring.close_reader();
    });
    for (std::uint64_t i = 0; i < count;) {
        if (ring.try_emplace(make(i))) {
            ++i;
        } else {
            std::this_thread::yield();
        }
        if (i % 1'000 == 0) oversized += ring.size_approx() > capacity;
    }
    ring.close();
    reader.join();
    CHECK(ring.reader_closed());
    CHECK(bad == 0);
    CHECK(oversized == 0);
    CHECK(got == count);
}

}  // namespace

TEST_CASE("in_slot_ring does what a deque does, for every capacity and across wrapping indices", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 5U, 8U, 100U}) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 20, UINT64_MAX - 20}) {
            INFO("start " << start);
            for (std::uint64_t seed = 1; seed <= 12; ++seed) {
                {
                    checked_ring<counted> ring(capacity, {start});
                    random_program(ring, capacity, seed);
                }
                REQUIRE(counted::alive == 0);  // undrained records went with the ring
            }
        }
    }
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        {
            weir::in_slot_ring<counted, 5> ring({UINT64_MAX - seed});
            random_program(ring, 5, seed);
        }
        REQUIRE(counted::alive == 0);
    }
}

TEST_CASE("in_slot_ring refuses capacities that make no sense", "[buffers]") {
    CHECK_THROWS_AS(weir::in_slot_ring<int>(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::in_slot_ring<int>(SIZE_MAX), std::invalid_argument);
    CHECK_THROWS_AS(weir::in_slot_ring<wide>(SIZE_MAX / 300), std::invalid_argument);
    try {
        weir::in_slot_ring<int> none(0);
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("weir::in_slot_ring: a capacity of 0") != std::string::npos);
    }
}

TEST_CASE("in_slot_ring keeps over-aligned, move-only and empty records", "[buffers]") {
    weir::in_slot_ring<wide> ring(3);
    REQUIRE(ring.try_emplace(wide{1}));
    REQUIRE(ring.try_push(wide{2}));
    REQUIRE(ring.peek().size() == 1);
    CHECK(reinterpret_cast<std::uintptr_t>(ring.peek().data()) % 256 == 0);
    ring.release(1);
    CHECK(reinterpret_cast<std::uintptr_t>(ring.peek().data()) % 256 == 0);
    CHECK(ring.peek()[0].value == 2);

    weir::in_slot_ring<std::unique_ptr<int>> owners(2);
    REQUIRE(owners.try_push(std::make_unique<int>(7)));
    std::unique_ptr<int> out;
    REQUIRE(owners.try_pop(out));
    CHECK(*out == 7);
    // Full: the value that was not taken is still the caller's.
    REQUIRE(owners.try_push(std::make_unique<int>(1)));
    REQUIRE(owners.try_push(std::make_unique<int>(2)));
    auto kept = std::make_unique<int>(3);
    CHECK(!owners.try_push(std::move(kept)));
    CHECK((kept != nullptr && *kept == 3));

    weir::in_slot_ring<nothing, 2> signals;
    REQUIRE(signals.try_emplace());
    REQUIRE(signals.try_emplace());
    CHECK(!signals.try_emplace());
    nothing n;
    CHECK(signals.try_pop(n));
    CHECK(signals.try_pop(n));
    CHECK(!signals.try_pop(n));
}

TEST_CASE("in_slot_ring of a constant capacity is there before main and uses no heap", "[buffers]") {
    for (int lap = 0; lap < 5; ++lap) {
        for (int i = 0; i < 3; ++i) REQUIRE(static_ring.try_push(i));
        REQUIRE(!static_ring.try_push(3));
        int out = -1;
        for (int i = 0; i < 3; ++i) REQUIRE((static_ring.try_pop(out) && out == i));
        REQUIRE(!static_ring.try_pop(out));
    }
    REQUIRE(static_owners.try_push(std::make_unique<int>(1)));
    CHECK(*static_owners.peek()[0] == 1);  // destroyed with the ring, at exit
}

TEST_CASE("in_slot_ring takes its slots from the allocator it is given", "[buffers]") {
    std::vector<std::byte> memory(1 << 14);
    std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size(), std::pmr::null_memory_resource());
    weir::in_slot_ring<int, weir::dynamic_capacity, weir::unchecked, std::pmr::polymorphic_allocator<int>> ring(
        100, std::pmr::polymorphic_allocator<int>(&resource));
    REQUIRE(ring.try_push(1));
    const auto* const at = reinterpret_cast<const std::byte*>(ring.peek().data());
    CHECK((at >= memory.data() && at < memory.data() + memory.size()));
}

TEST_CASE("in_slot_ring returns slots lazily, and when the reader runs dry", "[buffers]") {
    weir::in_slot_ring<int> ring(64);
    int out = 0;
    for (int i = 0; i < 64; ++i) REQUIRE(ring.try_push(i));
    for (int i = 0; i < 7; ++i) REQUIRE(ring.try_pop(out));
    CHECK(ring.fresh_room() == 0);  // less than an eighth
    REQUIRE(ring.try_pop(out));
    CHECK(ring.fresh_room() == 8);
    REQUIRE(ring.try_pop(out));
    CHECK(ring.fresh_room() == 8);
    ring.flush_releases();
    CHECK(ring.fresh_room() == 9);
    while (ring.try_pop(out)) {}
    CHECK(out == 63);
    CHECK(ring.fresh_room() == 64);
}

TEST_CASE("in_slot_ring: the end, of either side", "[buffers]") {
    checked_ring<int> ring(2);
    REQUIRE(ring.try_push(1));
    CHECK(!ring.drained());
    ring.close();
    CHECK(ring.closed());
    CHECK(!ring.drained());
    CHECK(!ring.try_push(2));  // after the close: no room
    CHECK(ring.claim(1).empty());
    CHECK(ring.fresh_room() == 0);
    int out = 0;
    REQUIRE(ring.try_pop(out));
    CHECK(ring.drained());
    CHECK(!ring.reader_closed());
    ring.close_reader();
    CHECK(ring.reader_closed());
}

TEST_CASE("in_slot_ring in batches of ranges takes what there is room for", "[buffers]") {
    weir::in_slot_ring<int> ring(4);
    const std::vector<int> in{1, 2, 3, 4, 5, 6};
    auto first = in.begin();
    CHECK(weir::try_push_some(ring, first, in.end()) == 4);
    CHECK(first == in.begin() + 4);
    std::vector<int> got;
    auto to = std::back_inserter(got);
    while (weir::try_pop_some(ring, to, 10) != 0) {}
    CHECK(got == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("in_slot_ring: a throwing constructor leaves no hole", "[buffers]") {
    {
        weir::in_slot_ring<counted> ring(8);
        auto slots = ring.claim(4);
        REQUIRE(slots.size() == 1);
        counted::throw_in = 0;
        CHECK_THROWS_AS(slots.construct(0, 11U), std::runtime_error);
        CHECK_THROWS_AS(ring.try_emplace(11U), std::runtime_error);
        counted::throw_in = -1;
        CHECK(ring.peek().empty());
        REQUIRE(ring.try_emplace(12U));
        CHECK(ring.peek()[0].value == 12);
        auto more = ring.claim(1);
        more.construct(0, 13U);
        more.discard(1);
        CHECK(counted::alive == 1);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("in_slot_ring, checked: misuse ends the process and says what is wrong", "[buffers]") {
    const auto says = [](const std::string& words, const char* what) {
        INFO(words);
        return words.find(std::string("weir::in_slot_ring: ") + what) != std::string::npos;
    };
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   ring.publish(1);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   checked_ring<int> ring(2);
                   ring.claim(1).construct(0, 1);
                   ring.publish(2);
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
}

TEST_CASE("in_slot_ring, checked: a side changes hands when it is handed over", "[buffers][threads]") {
    checked_ring<int> ring(2);
    REQUIRE(ring.try_push(1));
    REQUIRE(!ring.peek().empty());
    ring.hand_writer_over();
    ring.hand_reader_over();
    int out = 0;
    bool pushed = false;
    std::thread([&] { pushed = ring.try_pop(out) && ring.try_push(2); }).join();
    CHECK((pushed && out == 1));
}

TEST_CASE("in_slot_ring between two threads loses, repeats and reorders nothing", "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1024U}) {
        const std::uint64_t count = capacity < 8 ? 5'000 : 50'000;
        two_threads<wide>(capacity, count, [](std::uint64_t i) { return wide{i}; });
        two_threads<std::unique_ptr<std::uint64_t>>(capacity, count,
                                                    [](std::uint64_t i) { return std::make_unique<std::uint64_t>(i); });
    }
}
