// SPDX-License-Identifier: BSL-1.0
// mpsc_ring (buffers.md, section 3; its T8 and 2.11): random programs against deques with producers that come and go,
// turns and idle lanes, ends, counted objects, bad use, and threads whose records are all checked.
#include <weir/buffers/blocking.hpp>
#include <weir/buffers/mpsc_ring.hpp>

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "last_words.hpp"
#include "records.hpp"

namespace {

using weir_test::last_words;
using weir_test::nothing;
using weir_test::wide;

/// Who sent it, and the how manieth it is.
struct record {
    std::uint64_t from;
    std::uint64_t number;
};

using counted = weir_test::counted_of<record>;

using ring_of_ints = weir::mpsc_ring<int>;
static_assert(weir::span_producer<ring_of_ints::producer> && weir::span_consumer<ring_of_ints>);
static_assert(!weir::span_producer<ring_of_ints>);
static_assert(!std::is_copy_constructible_v<ring_of_ints> && !std::is_copy_constructible_v<ring_of_ints::producer>);
static_assert(std::is_nothrow_move_constructible_v<ring_of_ints::producer>);

/// One thread plays all. What each producer wrote and nobody read is in its deque, under its number; 0: the shared
/// lane.
void random_program(std::size_t capacity, std::uint64_t start, std::uint64_t seed) {
    INFO("capacity " << capacity << ", start " << start << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    using ring_type = weir::mpsc_ring<counted, weir::dynamic_capacity, weir::checked>;
    constexpr std::size_t most = 4;
    {
        ring_type ring(capacity, {.most = most, .ready = below(3), .start = {start}});
        struct writer {
            ring_type::producer handle;
            std::uint64_t id;
        };
        std::vector<writer> writers;
        std::map<std::uint64_t, std::deque<std::uint64_t>> unread;
        std::map<std::uint64_t, std::uint64_t> next;
        std::uint64_t ids = 0;
        std::size_t left = 0;
        bool all_read = true;  // the reader has just found nothing: every slot is free
        const auto wrote = [&](std::uint64_t id) {
            unread[id].push_back(next[id]++);
            ++left;
            all_read = false;
        };
        const auto took = [&](const counted& c) {
            auto& of = unread[c.value.from];
            REQUIRE(!of.empty());
            REQUIRE(c.value.number == of.front());
            of.pop_front();
            --left;
        };
        const auto maybe_throw = [&](std::size_t within) {
            counted::throw_in = below(4) == 0 ? static_cast<int>(below(within)) : -1;
        };
        for (int op = 0; op < 600; ++op) {
            switch (below(12)) {
            case 0:
                if (writers.size() == most) {
                    REQUIRE_THROWS_AS(ring.make_producer(), std::length_error);
                } else {
                    writers.push_back({ring.make_producer(), ++ids});
                    REQUIRE(writers.back().handle);
                }
                break;
            case 1:
                if (writers.empty()) break;
                writers.erase(writers.begin() + static_cast<std::ptrdiff_t>(below(writers.size())));
                break;
            case 2:
            case 3: {  // a claimed span of a lane
                if (writers.empty()) break;
                writer& w = writers[below(writers.size())];
                const std::size_t want = 1 + below(capacity + 2);
                auto slots = w.handle.claim(want);
                REQUIRE(slots.size() <= want);
                if (all_read) REQUIRE(!slots.empty());
                const std::size_t n = slots.empty() ? 0 : below(slots.size() + 1);
                for (std::size_t i = 0; i < n; ++i) slots.construct(i, record{w.id, next[w.id] + i});
                w.handle.publish(n);
                for (std::size_t i = 0; i < n; ++i) wrote(w.id);
                break;
            }
            case 4:
            case 5: {  // one record of a lane
                if (writers.empty()) break;
                writer& w = writers[below(writers.size())];
                maybe_throw(1);
                const bool throws = counted::throw_in == 0;
                try {
                    const bool taken = w.handle.try_emplace(record{w.id, next[w.id]});
                    REQUIRE((!taken || !throws));
                    if (all_read) REQUIRE(taken);
                    if (taken) wrote(w.id);
                } catch (const std::runtime_error&) {
                    REQUIRE(throws);
                }
                counted::throw_in = -1;
                break;
            }
            case 6:  // one of the shared lane
                maybe_throw(1);
                try {
                    const bool taken = ring.try_emplace(record{0, next[0]});
                    if (all_read) REQUIRE(taken);
                    if (taken) wrote(0);
                } catch (const std::runtime_error&) {
                    all_read = false;  // a slot is passed over, later
                }
                counted::throw_in = -1;
                break;
            case 7: {  // many of the shared lane
                std::vector<record> many;
                for (std::size_t i = below(capacity + 2); i != 0; --i) many.push_back({0, next[0] + many.size()});
                maybe_throw(many.size() + 1);
                auto first = many.begin();
                try {
                    const std::size_t n = ring.try_push_some(first, many.end());
                    REQUIRE(n == static_cast<std::size_t>(first - many.begin()));
                    if (all_read) REQUIRE(n == (many.size() < capacity ? many.size() : capacity));
                } catch (const std::runtime_error&) {
                    all_read = false;
                }
                counted::throw_in = -1;
                for (auto i = many.begin(); i != first; ++i) wrote(0);
                break;
            }
            case 8: {
                counted out(record{0, 0});
                const bool got = ring.try_pop(out);
                REQUIRE(got == (left != 0));
                if (got) took(out);
                if (!got) all_read = true;
                break;
            }
            case 9:
                REQUIRE(ring.has_records() == (left != 0));
                REQUIRE(ring.size_approx() >= left);
                REQUIRE(ring.size_approx() <= capacity * (1 + ring.lane_count()));
                REQUIRE(ring.lane_count() <= most);
                REQUIRE(ring.producer_count() == writers.size());
                REQUIRE(!ring.drained());
                break;
            default: {
                const auto span = ring.peek();
                REQUIRE(span.empty() == (left == 0));
                REQUIRE(span.size() <= 64);
                const std::size_t n = span.empty() ? 0 : below(span.size() + 1);
                for (std::size_t i = 0; i < n; ++i) took(span[i]);
                ring.release(n);
                if (span.empty()) all_read = true;
                if (!span.empty() && n == 0) REQUIRE(ring.peek().data() == span.data());
            }
            }
            REQUIRE(counted::alive == static_cast<int>(left));
        }
        if (below(2) == 0) {
            ring.close();
            REQUIRE(!ring.make_producer());
            REQUIRE(!ring.try_emplace(record{0, next[0]}));
            while (!ring.peek().empty()) {
                took(ring.peek().front());
                ring.release(1);
            }
            REQUIRE(left == 0);
            REQUIRE(ring.drained() == writers.empty());
            writers.clear();
            REQUIRE(ring.drained());
        }
    }
    REQUIRE(counted::alive == 0);  // what nobody read went with the ring
}

/// The reader of the tests with threads: every record of one sender in order.
struct check_order {
    std::vector<std::uint64_t> next;
    std::uint64_t bad = 0;
    std::uint64_t total = 0;
    void operator()(const record& r) {
        if (r.from >= next.size()) next.resize(r.from + 1);
        bad += r.number != next[r.from]++;
        ++total;
    }
};

}  // namespace

TEST_CASE("mpsc_ring keeps the order of each producer, as producers come and go and indices wrap", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 100U}) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 20, UINT64_MAX - 20,
                                          (std::uint64_t{1} << 62) - 20, (std::uint64_t{1} << 63) - 20}) {
            for (std::uint64_t seed = 1; seed <= 8; ++seed) random_program(capacity, start, seed);
        }
    }
}

TEST_CASE("mpsc_ring reads at most 64 records of a lane before it turns to the next", "[buffers]") {
    weir::mpsc_ring<record> ring(256);
    auto a = ring.make_producer();
    auto b = ring.make_producer();
    for (std::uint64_t i = 0; i < 200; ++i) {
        REQUIRE(a.try_emplace(record{1, i}));
        REQUIRE(b.try_emplace(record{2, i}));
        REQUIRE(ring.try_emplace(record{0, i}));
    }
    std::uint64_t last = 9, run = 0, read = 0;
    check_order order;
    for (auto span = ring.peek(); !span.empty(); span = ring.peek()) {
        for (const record& r : span) {
            order(r);
            run = r.from == last ? run + 1 : 1;
            last = r.from;
            // The last lane that has some left is read alone.
            if (read + run <= 600 - 3 * 8) REQUIRE(run <= 64);
        }
        read += span.size();
        ring.release(span.size());
    }
    CHECK(order.total == 600);
    CHECK(order.bad == 0);
}

TEST_CASE("mpsc_ring: a lane among a thousand idle ones waits for two turns a lane at most", "[buffers]") {
    weir::mpsc_ring<record> ring(128, {.most = 1'000});
    std::vector<decltype(ring)::producer> producers;
    for (int i = 0; i < 1'000; ++i) producers.push_back(ring.make_producer());
    const auto fill = [&](std::size_t of) {
        while (producers[of].try_emplace(record{1, 0})) {}
    };
    for (std::size_t late = 0; late < 1'000; late += 37) {
        if (late == 500) continue;
        fill(500);
        REQUIRE_FALSE(ring.peek().empty());
        REQUIRE(producers[late].try_emplace(record{2, late}));
        std::size_t turns = 0;
        for (bool seen = false; !seen; ++turns) {
            REQUIRE(turns < 2'000);
            std::size_t read = 0;
            for (auto span = ring.peek(); read < 64 && !seen; span = ring.peek()) {
                REQUIRE_FALSE(span.empty());
                seen = span.front().from == 2;
                read += span.size();
                ring.release(span.size());
            }
            fill(500);  // never dry
        }
    }
    while (!ring.peek().empty()) ring.release(ring.peek().size());
    // Each of them is found, wherever it sits.
    for (std::size_t i = 0; i < 1'000; ++i) {
        REQUIRE(producers[i].try_emplace(record{3, i}));
        const auto span = ring.peek();
        REQUIRE(span.size() == 1);
        REQUIRE(span.front().number == i);
        ring.release(1);
        REQUIRE_FALSE(ring.has_records());
    }
}

TEST_CASE("mpsc_ring: a lane is taken by the next producer, read or not; there are no more than producers",
          "[buffers]") {
    weir::mpsc_ring<record> ring(8, {.most = 2});
    for (std::uint64_t i = 0; i < 100; ++i) {
        auto p = ring.make_producer();
        REQUIRE(p.try_emplace(record{0, i}));
        p.close();
        REQUIRE_FALSE(p.try_emplace(record{0, i}));
        REQUIRE(p.claim(1).empty());
        REQUIRE(p.reader_closed());
        if (i % 8 != 7) continue;
        REQUIRE_FALSE(ring.make_producer().try_emplace(record{0, i}));  // full: what left is not read yet
        for (std::uint64_t k = i - 7; k <= i; ++k) {
            record out{};
            REQUIRE(ring.try_pop(out));
            REQUIRE(out.number == k);
        }
        REQUIRE(ring.peek().empty());
    }
    CHECK(ring.lane_count() == 1);
    auto a = ring.make_producer();
    auto b = ring.make_producer();
    CHECK(ring.lane_count() == 2);
    try {
        static_cast<void>(ring.make_producer());
        CHECK(false);
    } catch (const std::length_error& e) {
        CHECK(std::string(e.what()).find("2 producers are there already") != std::string::npos);
    }
    REQUIRE(b.try_emplace(record{1, 0}));
    b = std::move(a);  // leaves its own
    CHECK(ring.producer_count() == 1);
    auto c = ring.make_producer();  // rather a lane that is read: there is none but that of `b`
    CHECK(ring.lane_count() == 2);
    CHECK(c.try_emplace(record{2, 0}));
}

TEST_CASE("mpsc_ring ends when it is closed, every producer has left and all is read", "[buffers]") {
    weir::mpsc_ring<record> ring(4);
    auto a = ring.make_producer();
    REQUIRE(ring.try_emplace(record{0, 0}));
    CHECK_FALSE(ring.drained());
    ring.close();
    CHECK(ring.closed());
    CHECK_FALSE(ring.try_emplace(record{0, 1}));
    CHECK_FALSE(ring.make_producer());
    CHECK_FALSE(ring.make_producer().try_emplace(record{3, 0}));
    REQUIRE(a.try_emplace(record{1, 0}));  // who is there goes on
    REQUIRE(a.try_emplace_unpublished(record{1, 1}));
    check_order order;
    const auto read_all = [&] {
        for (record out{}; ring.try_pop(out);) order(out);
    };
    read_all();
    CHECK(order.total == 2);
    CHECK_FALSE(ring.drained());
    a.close();
    CHECK_FALSE(ring.drained());  // what it had not published came with its leaving
    read_all();
    CHECK(order.total == 3);
    CHECK(order.bad == 0);
    CHECK(ring.drained());
    CHECK(ring.drained());
}

TEST_CASE("mpsc_ring: every producer sees that the reader has left", "[buffers]") {
    weir::mpsc_ring<int> ring(4);
    auto a = ring.make_producer();
    CHECK_FALSE(a.reader_closed());
    CHECK_FALSE(ring.reader_closed());
    ring.close_reader();
    CHECK(a.reader_closed());
    CHECK(ring.make_producer().reader_closed());
    CHECK(ring.reader_closed());
    CHECK(weir::mpsc_ring<int>::producer().reader_closed());
}

TEST_CASE("mpsc_ring refuses capacities and counts that make no sense", "[buffers]") {
    CHECK_THROWS_AS(weir::mpsc_ring<int>(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::mpsc_ring<char>(SIZE_MAX / 16), std::invalid_argument);
    CHECK_THROWS_AS(weir::mpsc_ring<int>(1, {.most = 0}), std::invalid_argument);
    CHECK_THROWS_AS(weir::mpsc_ring<int>(1, {.most = std::size_t{1} << 31}), std::invalid_argument);
    try {
        weir::mpsc_ring<int> none(0);
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("weir::mpsc_ring: a capacity of 0") == 0);
    }
}

TEST_CASE("mpsc_ring: a constructor that throws in the shared lane leaves no hole and no slot", "[buffers]") {
    {
        weir::mpsc_ring<counted> ring(4);
        std::vector<record> many{{0, 0}, {0, 1}, {0, 2}};
        for (std::uint64_t lap = 0; lap < 20; ++lap) {
            counted::throw_in = 1;
            auto first = many.begin();
            CHECK_THROWS_AS(ring.try_push_some(first, many.end()), std::runtime_error);
            CHECK(first == many.begin() + 1);
            CHECK_THROWS_AS(ring.try_emplace(record{0, 9}), std::runtime_error);
            counted::throw_in = -1;
            CHECK_FALSE(ring.try_emplace(record{0, 9}));  // three slots are passed over when the reader comes there
            REQUIRE(ring.peek().size() == 1);
            CHECK(ring.peek()[0].value.number == 0);
            ring.release(1);
            CHECK(ring.peek().empty());
            for (std::uint64_t i = 0; i < 4; ++i) REQUIRE(ring.try_emplace(record{0, i}));
            for (std::uint64_t i = 0; i < 4; ++i) {
                counted out(record{1, 0});
                REQUIRE(ring.try_pop(out));
                CHECK(out.value.number == i);
            }
            CHECK(ring.peek().empty());
        }
        counted::throw_in = 2;
        auto first = many.begin();
        CHECK_THROWS_AS(ring.try_push_some(first, many.end()), std::runtime_error);
        counted::throw_in = -1;
        CHECK(counted::alive == 2);
    }
    CHECK(counted::alive == 0);  // the third was never there
    // A range whose length nobody knows is claimed one by one.
    weir::mpsc_ring<int> ints(4);
    std::istringstream text("1 2 3 4 5 6");
    std::istream_iterator<int> from(text);
    CHECK(ints.try_push_some(from, std::istream_iterator<int>()) == 4);
    CHECK(*from == 5);
    std::list<int> listed{7, 8, 9};
    for (int out = 0; ints.try_pop(out);) {}
    auto at = listed.begin();
    CHECK(ints.try_push_some(at, listed.end()) == 3);
}

TEST_CASE("mpsc_ring: lanes that are not read to the end are destroyed to the last record", "[buffers]") {
    auto shared = std::make_shared<int>(1);
    {
        weir::mpsc_ring<std::shared_ptr<int>> ring(8, {.start = {UINT64_MAX - 3}});
        auto a = ring.make_producer();
        auto b = ring.make_producer();
        for (int i = 0; i < 6; ++i) {
            REQUIRE(a.try_push(shared));
            REQUIRE(b.try_emplace_unpublished(shared));
            REQUIRE(ring.try_push(shared));
        }
        ring.release(ring.peek().size() - 2);  // of four, up to the wrap
        CHECK(shared.use_count() == 17);
        b.close();
        a.close();
    }
    CHECK(shared.use_count() == 1);
}

TEST_CASE("mpsc_ring holds move-only, over-aligned and empty records, in lanes of constant size too", "[buffers]") {
    weir::mpsc_ring<wide> wides(4);
    auto a = wides.make_producer();
    REQUIRE(a.try_emplace(wide{1}));
    REQUIRE(wides.try_emplace(wide{2}));
    for (int i = 0; i < 2; ++i) {
        CHECK(reinterpret_cast<std::uintptr_t>(wides.peek().data()) % 256 == 0);
        wides.release(1);
    }
    a.close();
    weir::mpsc_ring<std::unique_ptr<int>, 2> owners({.most = 2, .ready = 5});
    CHECK(owners.lane_count() == 2);
    auto b = owners.make_producer();
    REQUIRE(b.try_push(std::make_unique<int>(7)));
    REQUIRE(owners.try_push(std::make_unique<int>(7)));
    REQUIRE(owners.try_push(std::make_unique<int>(7)));
    auto third = std::make_unique<int>(8);
    CHECK_FALSE(owners.try_push(std::move(third)));
    CHECK(*third == 8);  // not moved from
    std::unique_ptr<int> out;
    for (int i = 0; i < 3; ++i) {
        REQUIRE(owners.try_pop(out));
        CHECK(*out == 7);
    }
    b.close();
    weir::mpsc_ring<nothing> empties(3);
    for (int i = 0; i < 3; ++i) REQUIRE(empties.try_emplace());
    CHECK_FALSE(empties.try_emplace());
    CHECK(empties.peek().size() == 3);
}

TEST_CASE("mpsc_ring takes all memory from its allocator, and gives it back when that fails", "[buffers]") {
    struct counting : std::pmr::memory_resource {
        std::size_t held = 0;
        int allocations = 0;
        int fail_at = -1;
        void* do_allocate(std::size_t bytes, std::size_t alignment) override {
            if (allocations++ == fail_at) throw std::bad_alloc();
            void* const p = std::pmr::new_delete_resource()->allocate(bytes, alignment);
            held += bytes;
            return p;
        }
        void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
            held -= bytes;
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }
        bool do_is_equal(const memory_resource& o) const noexcept override { return this == &o; }
    } memory;
    using ring_type =
        weir::mpsc_ring<int, weir::dynamic_capacity, weir::unchecked, std::pmr::polymorphic_allocator<int>>;
    int made = 0;
    for (memory.fail_at = 0; made == 0; ++memory.fail_at) {
        REQUIRE(memory.fail_at < 100);
        memory.allocations = 0;
        try {
            ring_type ring(16, {.most = 3, .ready = 1}, &memory);
            auto a = ring.make_producer();
            REQUIRE(a.try_push(1));
            try {
                auto b = ring.make_producer();
                made = 1;
                CHECK(ring.lane_count() == 2);
            } catch (const std::bad_alloc&) {  // as if it had not been asked for
                CHECK(ring.lane_count() == 1);
                CHECK(ring.producer_count() == 1);
            }
            CHECK(memory.held > 0);
        } catch (const std::bad_alloc&) {}
        CHECK(memory.held == 0);
    }
    CHECK(memory.fail_at > 5);
}

TEST_CASE("mpsc_ring, checked: bad use ends the process with the mistake's name", "[buffers]") {
    using ring_type = weir::mpsc_ring<int, weir::dynamic_capacity, weir::checked>;
    CHECK(last_words([] {
              ring_type ring(4);
              auto p = ring.make_producer();
              p.publish(1);
          }).find("weir::mpsc_ring: publish: more than was claimed")
          == 0);
    CHECK(last_words([] {
              ring_type ring(4);
              auto p = ring.make_producer();
              p.claim(1).construct(0, 1);
              p.close();
              p.publish(1);
          }).find("weir::mpsc_ring: publish: the producer has left")
          == 0);
    CHECK(last_words([] {
              ring_type ring(4);
              static_cast<void>(ring.try_push(1));
              ring.release(ring.peek().size() + 1);
          }).find("weir::mpsc_ring: release: more than was read")
          == 0);
    CHECK(last_words([] {
              ring_type ring(4);
              auto p = ring.make_producer();
              static_cast<void>(p.try_push(1));
              std::thread([&] { static_cast<void>(p.try_push(2)); }).join();
          }).find("weir::mpsc_ring: a second thread writes through one producer")
          == 0);
    CHECK(last_words([] {
              ring_type ring(4);
              static_cast<void>(ring.peek());
              std::thread([&] { static_cast<void>(ring.peek()); }).join();
          }).find("weir::mpsc_ring: a second thread reads")
          == 0);
    CHECK(last_words([] {
              ring_type::producer p;
              ring_type ring(4);
              p = ring.make_producer();
          }).find("weir::mpsc_ring: destroyed while producers are there")
          == 0);
    // Handed over, and taken by another thread after it was left: no mistake.
    ring_type ring(4);
    auto p = ring.make_producer();
    CHECK(p.try_push(1));
    CHECK_FALSE(ring.peek().empty());
    p.hand_over();
    ring.hand_reader_over();
    std::thread([&] {
        CHECK(p.try_push(2));
        p.close();
        int out = 0;
        CHECK((ring.try_pop(out) && out == 1 && ring.try_pop(out) && out == 2));
    }).join();
    CHECK(ring.make_producer().try_push(3));
}

TEST_CASE("mpsc_ring: producers that come, write and leave beside others lose and reorder nothing",
          "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 3U, 64U, 1024U}) {
        const std::uint64_t count = capacity < 8 ? 3'000 : 30'000;
        weir::mpsc_ring<std::unique_ptr<record>> ring(capacity, {.most = 3, .start = {UINT64_MAX - count / 4}});
        std::atomic<std::uint64_t> names{1};
        constexpr int writers = 4;
        std::vector<std::thread> threads;
        for (int t = 0; t < writers; ++t) {
            threads.emplace_back([&, t] {
                if (t == 3) {  // the shared lane, one by one and in spans
                    const std::uint64_t name = names.fetch_add(1);
                    std::vector<std::unique_ptr<record>> some;
                    for (std::uint64_t i = 0; i < count;) {
                        for (std::uint64_t k = 0; k < i % 7 && i < count; ++k, ++i) {
                            some.push_back(std::make_unique<record>(record{name, i}));
                        }
                        auto first = std::make_move_iterator(some.begin());
                        while (first != std::make_move_iterator(some.end())) {
                            if (ring.try_push_some(first, std::make_move_iterator(some.end())) == 0) {
                                std::this_thread::yield();
                            }
                        }
                        some.clear();
                        if (i == count) break;
                        auto one = std::make_unique<record>(record{name, i});
                        while (!ring.try_push(std::move(one))) std::this_thread::yield();
                        ++i;
                    }
                    return;
                }
                // 2 of 3 leave and come again all the time.
                const std::uint64_t stay = t == 0 ? count : 50;
                for (std::uint64_t done = 0; done < count;) {
                    auto p = ring.make_producer();
                    const std::uint64_t name = names.fetch_add(1);
                    for (std::uint64_t i = 0; i < stay && done < count;) {
                        auto slots = p.claim(1 + i % 9);
                        std::size_t n = 0;
                        for (; n < slots.size() && i < stay && done < count; ++n, ++i, ++done) {
                            slots.construct(n, std::make_unique<record>(record{name, i}));
                        }
                        p.publish(n);
                        if (n == 0) std::this_thread::yield();
                    }
                }
            });
        }
        std::thread closer([&] {
            for (std::thread& t : threads) t.join();
            ring.close();
        });
        check_order order;
        while (!ring.drained()) {
            const auto span = ring.peek();
            if (span.empty()) std::this_thread::yield();
            for (const auto& r : span) order(*r);
            ring.release(span.size());
        }
        closer.join();
        CHECK(order.bad == 0);
        CHECK(order.total == writers * count);
        CHECK(ring.lane_count() <= 3);
        CHECK(ring.size_approx() <= 4 * capacity);
    }
}

TEST_CASE("mpsc_ring: what a push answered is so, whenever the ring is closed", "[buffers][threads]") {
    for (std::uint64_t lap = 0; lap < 80; ++lap) {
        weir::mpsc_ring<std::uint64_t> ring(4, {.most = 2});
        std::atomic<std::uint64_t> sent{0};
        std::uint64_t left_by_closer = 0;
        const auto push = [&](bool own_lane) {
            std::uint64_t n = 0;
            auto p = own_lane ? ring.make_producer() : decltype(ring)::producer();
            if (p) {
                for (int i = 0; i < 20; ++i) n += p.try_push(1);
            } else {
                while (!ring.closed()) {
                    if (ring.try_push(1)) {
                        ++n;
                    } else {
                        std::this_thread::yield();
                    }
                }
                for (int i = 0; i < 3; ++i) n += ring.try_push(1);  // closed: no more
            }
            sent.fetch_add(n);
        };
        std::thread a(push, false), b(push, true), c([&] {
            for (std::uint64_t i = 0; i < lap % 20; ++i) std::this_thread::yield();
            left_by_closer = lap;
            ring.close();
        });
        std::uint64_t got = 0, value = 0;
        while (!ring.drained()) {
            if (ring.try_pop(value)) {
                got += value;
            } else {
                std::this_thread::yield();
            }
        }
        CHECK(left_by_closer == lap);  // what came before the close is seen behind the end
        a.join();
        b.join();
        c.join();
        CHECK_FALSE(ring.try_pop(value));
        CHECK(got == sent.load());
    }
}

TEST_CASE("mpsc_ring: a third thread sees no more than the lanes hold", "[buffers][threads]") {
    weir::mpsc_ring<int> ring(16, {.most = 2});
    std::atomic<bool> stop{false};
    std::uint64_t nonsense = 0;
    std::thread watcher([&] {
        while (!stop.load()) nonsense += ring.size_approx() > 3 * 16;
    });
    std::thread writer([&] {
        for (int i = 0; i < 20'000; ++i) {
            if (i % 100 == 0) std::this_thread::yield();
            auto p = ring.make_producer();
            static_cast<void>(p.try_push(i));
            static_cast<void>(ring.try_push(i));
        }
        ring.close();
    });
    int out = 0;
    while (!ring.drained()) static_cast<void>(ring.try_pop(out));
    stop = true;
    writer.join();
    watcher.join();
    CHECK(nonsense == 0);
}

TEST_CASE("mpsc_ring under blocking: writers that wait for room, a reader that waits for records",
          "[buffers][threads]") {
    weir::blocking<weir::mpsc_ring<record>, weir::wait::park> inbox(8);
    std::vector<std::thread> writers;
    for (std::uint64_t t = 0; t < 3; ++t) {
        writers.emplace_back([&, t] {
            auto p = inbox.make_producer();
            for (std::uint64_t i = 0; i < 2'000; ++i) {
                if (!p.push(record{t, i})) return;
            }
        });
    }
    std::thread closer([&] {
        for (std::thread& t : writers) t.join();
        inbox.close();
    });
    check_order order;
    while (const auto r = inbox.pop()) order(*r);
    closer.join();
    CHECK(order.total == 6'000);
    CHECK(order.bad == 0);
    CHECK(inbox.drained());
    auto late = inbox.make_producer();
    CHECK_FALSE(late.push(record{0, 0}));
}
