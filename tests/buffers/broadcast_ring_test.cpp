// SPDX-License-Identifier: BSL-1.0
// broadcast_ring, both kinds: random programs against a sequential model with readers that come and go, indices that
// wrap, records whose lives are counted, threads whose payload is checked, and misuse.
#include <weir/buffers/broadcast_ring.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../support/catch.hpp"
#include "last_words.hpp"
#include "records.hpp"

namespace {

using weir_test::last_words;
using weir_test::nothing;
using weir_test::wide;

/// Owns memory, so that a second destruction or a read behind the end shows; counts its lives; throws on demand.
struct counted {
    static inline int alive = 0;
    static inline int throw_in = -1;

    explicit counted(std::uint64_t v) : value(make(v)) { ++alive; }
    counted(counted&& o) noexcept : value(std::move(o.value)) { ++alive; }
    counted& operator=(counted&&) = delete;
    ~counted() { --alive; }

    std::unique_ptr<std::uint64_t> value;

  private:
    static std::unique_ptr<std::uint64_t> make(std::uint64_t v) {
        if (throw_in == 0) throw std::runtime_error("on demand");
        return std::make_unique<std::uint64_t>(v);
    }
};

using weir::gated;
using weir::join_at;
using weir::overwriting;

/// Words that all hold the record's number, and a tail that fills no word.
template <std::size_t Words, std::size_t Tail>
struct words_record {
    std::uint64_t word[Words];
    std::uint8_t tail[Tail];

    static words_record of(std::uint64_t n) {
        words_record r;
        for (auto& w : r.word) w = n;
        for (auto& t : r.tail) t = static_cast<std::uint8_t>(n);
        return r;
    }
    [[nodiscard]] bool is(std::uint64_t n) const {
        bool same = true;
        for (const auto w : word) same = same && w == n;
        for (const auto t : tail) same = same && t == static_cast<std::uint8_t>(n);
        return same;
    }
};
using tailed = words_record<3, 5>;

static_assert(weir::span_producer<weir::broadcast_ring<counted>>);
static_assert(weir::span_consumer<weir::broadcast_ring<counted>::reader>);
static_assert(weir::span_producer<weir::broadcast_ring<counted, gated, 8, weir::checked>>);
static_assert(weir::span_consumer<weir::broadcast_ring<counted, gated, 8, weir::checked>::reader>);
static_assert(!std::is_copy_constructible_v<weir::broadcast_ring<int>::reader>);
static_assert(std::is_nothrow_move_constructible_v<weir::broadcast_ring<int>::reader>);
static_assert(std::is_nothrow_move_assignable_v<weir::broadcast_ring<int>::reader>);
static_assert(!std::is_copy_constructible_v<weir::broadcast_ring<int, overwriting>::reader>);
static_assert(std::is_nothrow_move_assignable_v<weir::broadcast_ring<int, overwriting>::reader>);
static_assert(!std::is_copy_constructible_v<weir::broadcast_ring<int, overwriting>>);

constexpr std::uint64_t starts[] = {0, (std::uint64_t{1} << 32) - 20, UINT64_MAX - 20};

void gated_program(std::size_t capacity, std::uint64_t start, std::uint64_t seed) {
    INFO("capacity " << capacity << ", start " << start << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    using ring_type = weir::broadcast_ring<counted, gated, weir::dynamic_capacity, weir::checked>;
    struct one_reader {
        ring_type::reader handle;
        std::uint64_t next;
    };
    {
        ring_type ring(capacity, {start});
        std::list<one_reader> readers;
        std::uint64_t head = start;
        bool closed = false;
        const auto pick = [&] {
            auto it = readers.begin();
            std::advance(it, static_cast<std::ptrdiff_t>(below(readers.size())));
            return it;
        };
        const auto backlog = [&] {
            std::uint64_t most = 0;
            for (const auto& r : readers) most = std::max(most, head - r.next);
            return most;
        };
        const auto check_span = [](std::span<const counted> span, std::uint64_t from) {
            for (std::size_t i = 0; i < span.size(); ++i) REQUIRE(*span[i].value == from + i);
        };
        for (int op = 0; op < 500; ++op) {
            if (op == 450) {
                ring.close();
                closed = true;
            }
            const bool full = closed || backlog() == capacity;
            switch (below(9)) {
            case 0:
            case 1: {
                const std::size_t want = 1 + below(capacity + 2);
                auto slots = ring.claim(want);
                REQUIRE(slots.size() <= want);
                REQUIRE(slots.empty() == full);
                const std::size_t n = slots.empty() ? 0 : below(slots.size() + 1);
                for (std::size_t i = 0; i < n; ++i) slots.construct(i, head + i);
                ring.publish(n);
                head += n;
                break;
            }
            case 2: {
                counted::throw_in = below(4) == 0 ? 0 : -1;
                bool taken = false;
                try {
                    taken = ring.try_emplace(head);
                    REQUIRE(taken == !full);
                } catch (const std::runtime_error&) {
                    REQUIRE(!full);
                }
                counted::throw_in = -1;
                head += taken ? 1U : 0U;
                break;
            }
            case 3:
                if (readers.size() == 7) break;
                readers.push_back({ring.make_reader(), head});
                REQUIRE(readers.back().handle.read_index() == head);
                break;
            case 4: {
                if (readers.size() == 7) break;
                auto joined = ring.make_reader(join_at::oldest);
                const std::uint64_t kept = head - joined.read_index();
                REQUIRE(kept <= capacity);
                REQUIRE(kept >= std::min<std::uint64_t>(head - start, ring.retention()));
                readers.push_back({std::move(joined), head - kept});
                REQUIRE(joined.drained());
                REQUIRE(joined.peek().empty());
                break;
            }
            case 5: {
                if (readers.empty()) break;
                const auto it = pick();
                if (below(2) == 0) it->handle.close_reader();
                readers.erase(it);
                break;
            }
            case 6: {  // one handle takes the place of another
                if (readers.size() < 2) break;
                const auto from = pick();
                const auto to = pick();
                if (from == to) break;
                to->handle = std::move(from->handle);
                to->next = from->next;
                readers.erase(from);
                break;
            }
            default:
                for (auto& r : readers) {
                    const auto span = r.handle.peek();
                    REQUIRE(span.empty() == (r.next == head));
                    check_span(span, r.next);
                    const std::size_t n = span.empty() ? 0 : below(span.size() + 1);
                    r.handle.release(n);
                    r.handle.flush_releases();
                    r.next += n;
                    REQUIRE(r.handle.drained() == (closed && r.next == head));
                }
            }
            REQUIRE(ring.reader_count() == readers.size());
            REQUIRE(ring.size_approx() == backlog());
            REQUIRE(ring.write_index() == head);
            REQUIRE(counted::alive <= static_cast<int>(capacity));
            REQUIRE(counted::alive >= static_cast<int>(backlog()));
        }
        for (auto& r : readers) {
            for (auto span = r.handle.peek(); !span.empty(); span = r.handle.peek()) {
                check_span(span, r.next);
                r.next += span.size();
                r.handle.release(span.size());
            }
            REQUIRE(r.next == head);
            REQUIRE(r.handle.drained());
        }
    }
    REQUIRE(counted::alive == 0);
}

template <class T, class Make, class Is>
void overwriting_program(std::size_t capacity, std::uint64_t start, std::uint64_t seed, Make make, Is is) {
    INFO("capacity " << capacity << ", start " << start << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    using ring_type = weir::broadcast_ring<T, overwriting, weir::dynamic_capacity, weir::checked>;
    struct one_reader {
        typename ring_type::reader handle;
        std::uint64_t next;
        std::uint64_t missed;
    };
    ring_type ring(capacity, {start});
    std::list<one_reader> readers;
    std::uint64_t written = 0, announced = 0;  // counted from the start
    const std::uint64_t chunk = capacity - ring.retention();
    bool closed = false;
    REQUIRE(chunk == (capacity < 8 ? 1 : capacity / 4));
    const auto wrote = [&](std::size_t n) {
        for (; n != 0; --n, ++written) {
            if (written == announced) announced += chunk;
        }
    };
    const auto gone = [&] { return announced > capacity ? announced - capacity : 0; };
    std::vector<T> buffer(capacity + 5, make(0));
    for (int op = 0; op < 500; ++op) {
        if (op == 450) {
            ring.close();
            closed = true;
        }
        switch (below(8)) {
        case 0:
        case 1: {
            const std::size_t n = below(below(2) == 0 ? 4 : 3 * capacity);
            std::vector<T> values;
            for (std::size_t i = 0; i < n; ++i) values.push_back(make(start + written + i));
            REQUIRE(ring.write(values) == (closed ? 0 : n));
            if (!closed) wrote(n);
            break;
        }
        case 2:
            REQUIRE(ring.try_push(make(start + written)) == !closed);
            if (!closed) wrote(1);
            break;
        case 3: {
            if (readers.size() == 5) break;
            const bool oldest = below(2) == 0;
            readers.push_back(
                {ring.make_reader(oldest ? join_at::oldest : join_at::newest), oldest ? gone() : written, 0});
            REQUIRE(readers.back().handle.read_index() == start + readers.back().next);
            break;
        }
        case 4:
            if (readers.empty()) break;
            readers.front().handle.close_reader();
            REQUIRE(readers.front().handle.drained());
            REQUIRE(readers.front().handle.read(buffer).n == 0);
            readers.pop_front();
            break;
        case 5:  // moved
            if (readers.empty()) break;
            readers.push_back({std::move(readers.front().handle), readers.front().next, readers.front().missed});
            REQUIRE(readers.front().handle.drained());
            readers.pop_front();
            break;
        default:
            for (auto& r : readers) {
                const bool lapped = r.next < gone();
                const std::uint64_t resumed = written - capacity / 2;
                const bool any = r.next != written;
                REQUIRE((!lapped || written - r.next > ring.retention()));
                if (below(2) == 0) {
                    const std::size_t n = below(buffer.size() + 1);
                    const auto got = r.handle.read(std::span<T>(buffer).first(n));
                    if (lapped && n != 0) {
                        REQUIRE(got.n == 0);
                        REQUIRE(got.missed == resumed - r.next);
                        r.missed += got.missed;
                        r.next = resumed;
                    } else {
                        REQUIRE(got.missed == 0);
                        // What it knew of first, then what it sees when it asks again.
                        REQUIRE(got.n == std::min<std::uint64_t>(n, written - r.next));
                        for (std::size_t i = 0; i < got.n; ++i) REQUIRE(is(buffer[i], start + r.next + i));
                        r.next += got.n;
                    }
                } else {
                    const bool got = r.handle.try_pop(buffer[0]);
                    if (lapped) {
                        r.missed += resumed - r.next;
                        r.next = resumed;
                    }
                    REQUIRE(got == (lapped ? resumed != written : any));
                    if (got) REQUIRE(is(buffer[0], start + r.next++));
                }
                REQUIRE(r.handle.missed() == r.missed);
                REQUIRE(r.handle.read_index() == start + r.next);
                REQUIRE(r.handle.drained() == (closed && r.next == written));
            }
        }
        REQUIRE(ring.write_index() == start + written);
        REQUIRE(ring.size_approx() == std::min<std::uint64_t>(capacity, written - gone()));
    }
}

/// Readers stay, come and go while the writer writes; each must see every number from where it joined.
void gated_threads(std::size_t capacity, std::uint64_t count) {
    using ring_type = weir::broadcast_ring<std::unique_ptr<std::uint64_t>>;
    const std::uint64_t start = UINT64_MAX - count / 2;
    ring_type ring(capacity, {start});
    std::uint64_t bad[3] = {};
    const auto read_some = [](ring_type::reader& r, std::uint64_t& expected, std::uint64_t& wrong) {
        const auto span = r.peek();
        for (const auto& p : span) wrong += *p != expected++ ? 1U : 0U;
        r.release(span.size());
        if (span.empty()) std::this_thread::yield();
    };
    std::thread stays([&, r = ring.make_reader()]() mutable {
        std::uint64_t expected = start;
        while (!r.drained()) read_some(r, expected, bad[0]);
        bad[0] += expected != start + count ? 1U : 0U;
    });
    const auto come_and_go = [&](std::uint64_t& wrong, join_at at) {
        for (std::uint64_t round = 0; !ring.closed(); ++round) {
            auto r = ring.make_reader(at);
            std::uint64_t expected = r.read_index();
            for (std::uint64_t i = 0; i < round % 5; ++i) read_some(r, expected, wrong);
        }
        auto late = ring.make_reader(at);
        std::uint64_t expected = late.read_index();
        while (!late.drained()) read_some(late, expected, wrong);
        wrong += expected != start + count ? 1U : 0U;
    };
    std::thread newest([&] { come_and_go(bad[1], join_at::newest); });
    std::thread oldest([&] { come_and_go(bad[2], join_at::oldest); });
    for (std::uint64_t i = 0; i < count;) {
        if (i % 3 == 0) {
            auto slots = ring.claim(1 + i % 40);
            std::size_t n = 0;
            for (; n < slots.size() && i < count; ++n, ++i)
                slots.construct(n, std::make_unique<std::uint64_t>(start + i));
            ring.publish(n);
            if (n == 0) std::this_thread::yield();
        } else if (ring.try_emplace(std::make_unique<std::uint64_t>(start + i))) {
            ++i;
        } else {
            std::this_thread::yield();
        }
    }
    ring.close();
    stays.join();
    newest.join();
    oldest.join();
    CHECK(bad[0] == 0);
    CHECK(bad[1] == 0);
    CHECK(bad[2] == 0);
    CHECK(ring.reader_count() == 0);
}

/// Nobody stays: the writer runs freely but for readers that join, look once and leave, right where it announces.
void gated_churn(std::size_t capacity, int looks) {
    using ring_type = weir::broadcast_ring<std::unique_ptr<std::uint64_t>>;
    const std::uint64_t start = UINT64_MAX - 500;
    ring_type ring(capacity, {start});
    std::atomic<int> busy{3};
    const auto look = [&](join_at at, std::uint64_t& wrong) {
        for (int n = 0; n < looks; ++n) {
            auto r = ring.make_reader(at);
            const std::uint64_t first = r.read_index();
            const auto span = r.peek();
            for (std::size_t i = 0; i < span.size(); ++i) wrong += *span[i] != first + i ? 1U : 0U;
            wrong += span.size() > capacity ? 1U : 0U;
        }
        busy.fetch_sub(1);
    };
    std::uint64_t bad[3] = {};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) {
        threads.emplace_back([&, i] { look(i == 2 ? join_at::newest : join_at::oldest, bad[i]); });
    }
    for (std::uint64_t i = start; busy.load() != 0;) {
        if (ring.try_emplace(std::make_unique<std::uint64_t>(i))) {
            ++i;
        } else {
            std::this_thread::yield();
        }
    }
    ring.close();
    for (auto& t : threads) t.join();
    for (const std::uint64_t b : bad) CHECK(b == 0);
}

void overwriting_threads(std::size_t capacity, std::uint64_t count) {
    using ring_type = weir::broadcast_ring<tailed, overwriting>;
    const std::uint64_t start = UINT64_MAX - count / 2;
    ring_type ring(capacity, {start});
    std::uint64_t bad[2] = {};
    std::uint64_t got[2] = {};
    std::uint64_t missed[2] = {};
    std::thread by_span([&, r = ring.make_reader()]() mutable {
        std::array<tailed, 24> records;
        std::uint64_t expected = start;
        while (!r.drained()) {
            const auto some = r.read(records);
            for (std::size_t i = 0; i < some.n; ++i) bad[0] += records[i].is(expected + i) ? 0U : 1U;
            expected += some.n + some.missed;
            got[0] += some.n;
            missed[0] += some.missed;
            if (some.n == 0) std::this_thread::yield();
        }
        bad[0] += missed[0] != r.missed() ? 1U : 0U;
    });
    std::thread by_one([&, r = ring.make_reader()]() mutable {
        tailed record = tailed::of(0);
        while (!r.drained()) {
            if (!r.try_pop(record)) {
                std::this_thread::yield();
                continue;
            }
            ++got[1];
            bad[1] += record.is(start + got[1] + r.missed() - 1) ? 0U : 1U;
        }
        missed[1] = r.missed();
    });
    std::vector<tailed> some;
    for (std::uint64_t i = 0; i < count;) {
        if (i % 7 == 0) {
            some.clear();
            for (std::uint64_t k = 0; k < i % 50 && i < count; ++k, ++i) some.push_back(tailed::of(start + i));
            ring.write(some);
        }
        if (i < count) ring.try_push(tailed::of(start + i++));
        if (i % 64 < 3) std::this_thread::yield();
    }
    ring.close();
    by_span.join();
    by_one.join();
    for (const int r : {0, 1}) {
        CHECK(bad[r] == 0);
        CHECK(got[r] + missed[r] == count);             // each learned exactly how many it missed
        if (ring.retention() != 0) CHECK(got[r] != 0);  // else a reader that comes late may find nothing, ever
    }
}

constinit weir::broadcast_ring<int, gated, 8> static_gated;
constinit weir::broadcast_ring<int, overwriting, 8> static_overwriting;

}  // namespace

TEST_CASE("broadcast_ring, gated: random programs with readers that come and go", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 100U}) {
        for (const std::uint64_t start : starts) {
            for (std::uint64_t seed = 1; seed <= 12; ++seed) gated_program(capacity, start, seed);
        }
    }
}

TEST_CASE("broadcast_ring, overwriting: random programs; a lapped reader learns exactly what it missed", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 100U}) {
        for (const std::uint64_t start : starts) {
            for (std::uint64_t seed = 1; seed <= 8; ++seed) {
                overwriting_program<tailed>(capacity, start, seed, tailed::of,
                                            [](const tailed& r, std::uint64_t n) { return r.is(n); });
                overwriting_program<std::uint16_t>(
                    capacity, start, seed, [](std::uint64_t n) { return static_cast<std::uint16_t>(n); },
                    [](std::uint16_t r, std::uint64_t n) { return r == static_cast<std::uint16_t>(n); });
            }
        }
    }
}

TEST_CASE("broadcast_ring, gated: without readers the writer runs freely, the slowest reader stops it", "[buffers]") {
    weir::broadcast_ring<int> ring(64);
    for (int i = 0; i < 1'000; ++i) REQUIRE(ring.try_push(i));
    CHECK_FALSE(ring.reader_closed());
    auto fast = ring.make_reader();
    auto slow = ring.make_reader();
    CHECK(fast.read_index() == 1'000);
    for (int i = 0; i < 64; ++i) REQUIRE(ring.try_push(i));
    CHECK_FALSE(ring.try_push(64));
    CHECK(ring.claim(1).empty());
    while (!fast.peek().empty()) fast.release(fast.peek().size());
    CHECK_FALSE(ring.try_push(64));
    CHECK(ring.size_approx() == 64);
    CHECK(slow.peek().size() == 24);  // to the wrap
    slow.release(7);
    CHECK_FALSE(ring.try_push(64));  // less than an eighth is not told
    slow.release(1);
    for (int i = 0; i < 8; ++i) REQUIRE(ring.try_push(64 + i));
    CHECK_FALSE(ring.try_push(72));
    slow.close_reader();
    for (int i = 0; i < 56; ++i) REQUIRE(ring.try_push(72 + i));
    CHECK_FALSE(ring.try_push(128));  // now the other
    int first = -1;
    REQUIRE(fast.try_pop(first));
    CHECK(first == 64);
}

TEST_CASE("broadcast_ring: a reader that joins at the oldest gets all but a chunk", "[buffers]") {
    weir::broadcast_ring<int> ring(64);
    CHECK(ring.retention() == 48);
    CHECK(ring.make_reader(join_at::oldest).read_index() == 0);
    std::vector<int> fifty(50);
    auto first = fifty.begin();
    CHECK(weir::try_push_some(ring, first, fifty.end()) == 50);
    CHECK(ring.make_reader(join_at::oldest).read_index() == 0);
    for (int i = 50; i < 10'000; ++i) REQUIRE(ring.try_push(i));
    auto late = ring.make_reader(join_at::oldest);
    const std::size_t kept = late.fresh_readable();
    CHECK(kept >= 48);
    CHECK(kept <= 64);
    int next = 10'000 - static_cast<int>(kept);
    for (int value = 0; late.try_pop(value); ++next) REQUIRE(value == next);
    CHECK(next == 10'000);
    // What it holds stops the writer although others run freely.
    for (int i = 0; i < 64; ++i) REQUIRE(ring.try_push(i));
    CHECK_FALSE(ring.try_push(64));
}

TEST_CASE("broadcast_ring: close drains, and who joins later is told", "[buffers]") {
    weir::broadcast_ring<int> ring(8);
    auto reader = ring.make_reader();
    REQUIRE(ring.try_push(1));
    REQUIRE(ring.try_push(2));
    ring.close();
    CHECK(ring.closed());
    CHECK_FALSE(ring.try_push(3));
    CHECK(ring.claim(1).empty());
    CHECK(ring.fresh_room() == 0);
    CHECK_FALSE(reader.drained());
    int out = 0;
    REQUIRE(reader.try_pop(out));
    CHECK_FALSE(reader.drained());
    REQUIRE(reader.try_pop(out));
    CHECK(out == 2);
    CHECK(reader.drained());
    CHECK(ring.make_reader().drained());
    auto late = ring.make_reader(join_at::oldest);
    CHECK_FALSE(late.drained());
    CHECK(late.peek().size() == 2);
    late.release(2);
    CHECK(late.drained());

    weir::broadcast_ring<int, overwriting> tape(8);
    auto behind = tape.make_reader();
    for (int i = 0; i < 100; ++i) REQUIRE(tape.try_push(i));
    tape.close();
    CHECK_FALSE(tape.try_push(100));
    CHECK_FALSE(behind.drained());
    REQUIRE(behind.try_pop(out));
    CHECK(out == 96);
    CHECK(behind.missed() == 96);
    CHECK(behind.readable() == 3);
    CHECK(tape.make_reader().drained());
    CHECK_FALSE(tape.make_reader(join_at::oldest).drained());
    while (behind.try_pop(out)) {}
    CHECK(out == 99);
    CHECK(behind.drained());
}

TEST_CASE("broadcast_ring keeps over-aligned, empty and move-only records, in the ring or from an allocator",
          "[buffers]") {
    weir::broadcast_ring<wide> ring(3);
    auto reader = ring.make_reader();
    REQUIRE(ring.try_emplace(wide{1}));
    CHECK(reinterpret_cast<std::uintptr_t>(reader.peek().data()) % 256 == 0);
    weir::broadcast_ring<wide, overwriting> tape(3);
    auto tape_reader = tape.make_reader();
    REQUIRE(tape.try_emplace(wide{7}));
    wide w{0};
    REQUIRE(tape_reader.try_pop(w));
    CHECK(w.value == 7);
    weir::broadcast_ring<nothing> nothings(5);
    auto nothing_reader = nothings.make_reader();
    for (int i = 0; i < 5; ++i) REQUIRE(nothings.try_emplace());
    CHECK_FALSE(nothings.try_emplace());
    CHECK(nothing_reader.readable() == 5);

    auto a = static_gated.make_reader();
    auto b = static_overwriting.make_reader();
    REQUIRE(static_gated.try_push(5));
    REQUIRE(static_overwriting.try_push(6));
    int out = 0;
    REQUIRE(a.try_pop(out));
    CHECK(out == 5);
    REQUIRE(b.try_pop(out));
    CHECK(out == 6);

    std::pmr::unsynchronized_pool_resource pool;
    const std::pmr::polymorphic_allocator<int> allocator(&pool);
    using pmr = std::pmr::polymorphic_allocator<int>;
    weir::broadcast_ring<int, gated, weir::dynamic_capacity, weir::unchecked, pmr> pooled(100, allocator);
    weir::broadcast_ring<int, overwriting, weir::dynamic_capacity, weir::unchecked, pmr> pooled_tape(100, allocator);
    std::vector<decltype(pooled)::reader> many;
    for (int i = 0; i < 20; ++i) many.push_back(pooled.make_reader());
    REQUIRE(pooled.try_push(3));
    CHECK(pooled.reader_count() == 20);
    for (auto& r : many) CHECK((r.try_pop(out) && out == 3));
}

TEST_CASE("broadcast_ring, gated: a throwing constructor leaves no hole", "[buffers]") {
    {
        weir::broadcast_ring<counted> ring(8);
        auto reader = ring.make_reader();
        auto slots = ring.claim(2);
        REQUIRE(slots.size() == 2);
        slots.construct(0, 10U);
        counted::throw_in = 0;
        CHECK_THROWS_AS(slots.construct(1, 11U), std::runtime_error);
        CHECK_THROWS_AS(ring.try_emplace(11U), std::runtime_error);
        counted::throw_in = -1;
        ring.publish(1);
        REQUIRE(ring.try_emplace(12U));
        REQUIRE(reader.peek().size() == 2);
        CHECK(*reader.peek()[1].value == 12);
        auto more = ring.claim(1);
        more.construct(0, 13U);
        more.discard(1);
        CHECK(counted::alive == 2);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("broadcast_ring refuses capacities that make no sense", "[buffers]") {
    CHECK_THROWS_AS(weir::broadcast_ring<int>(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::broadcast_ring<int>(SIZE_MAX), std::invalid_argument);
    CHECK_THROWS_AS((weir::broadcast_ring<int, overwriting>(0)), std::invalid_argument);
    CHECK_THROWS_AS((weir::broadcast_ring<tailed, overwriting>(SIZE_MAX / 8)), std::invalid_argument);
    try {
        weir::broadcast_ring<int, overwriting> none(0);
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("weir::broadcast_ring: a capacity of 0") != std::string::npos);
    }
}

TEST_CASE("broadcast_ring, checked: misuse ends the process and says what is wrong", "[buffers]") {
    using gated_ring = weir::broadcast_ring<int, gated, 8, weir::checked>;
    using tape = weir::broadcast_ring<int, overwriting, 8, weir::checked>;
    const auto says = [](const std::string& words, const char* what) {
        INFO(words);
        return words.find(std::string("weir::broadcast_ring: ") + what) != std::string::npos;
    };
    CHECK(says(last_words([] {
                   gated_ring ring;
                   ring.publish(1);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   gated_ring ring;
                   static_cast<void>(ring.claim(2));
                   ring.close();
                   ring.publish(2);
               }),
               "publish: more than was claimed"));
    CHECK(says(last_words([] {
                   gated_ring ring;
                   auto reader = ring.make_reader();
                   static_cast<void>(ring.try_push(1));
                   static_cast<void>(reader.peek());
                   reader.release(2);
               }),
               "release: more than was read"));
    CHECK(says(last_words([] {
                   gated_ring ring;
                   auto reader = ring.make_reader();
                   static_cast<void>(ring.try_push(1));
                   static_cast<void>(reader.peek());
                   reader.close_reader();
                   reader.release(1);
               }),
               "release: more than was read"));
    CHECK(says(last_words([] {
                   gated_ring ring;
                   static_cast<void>(ring.try_push(1));
                   std::thread([&] { static_cast<void>(ring.try_push(2)); }).join();
               }),
               "a second thread writes"));
    CHECK(says(last_words([] {
                   gated_ring ring;
                   auto reader = ring.make_reader();
                   static_cast<void>(reader.peek());
                   std::thread([&] { static_cast<void>(reader.peek()); }).join();
               }),
               "a second thread uses a reader"));
    CHECK(says(last_words([] {
                   std::optional<gated_ring> ring(std::in_place);
                   auto reader = ring->make_reader();
                   ring.reset();
               }),
               "destroyed while it has readers"));
    CHECK(says(last_words([] {
                   tape ring;
                   ring.try_push(1);
                   std::thread([&] { ring.close(); }).join();
               }),
               "a second thread writes"));
    CHECK(says(last_words([] {
                   tape ring;
                   auto reader = ring.make_reader();
                   int out = 0;
                   static_cast<void>(reader.try_pop(out));
                   std::thread([&] { static_cast<void>(reader.try_pop(out)); }).join();
               }),
               "a second thread uses a reader"));

    // Moved or handed over, another thread may go on.
    gated_ring ring;
    auto reader = ring.make_reader();
    static_cast<void>(ring.try_push(1));
    static_cast<void>(reader.peek());
    std::size_t seen = 0;
    std::thread([&seen, r = std::move(reader)]() mutable { seen = r.peek().size(); }).join();
    CHECK(seen == 1);
    ring.hand_writer_over();
    std::thread([&] { static_cast<void>(ring.try_push(2)); }).join();
    CHECK(ring.write_index() == 2);
}

TEST_CASE("broadcast_ring, gated, between threads: readers come and go, nothing is lost or repeated",
          "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 3U, 8U, 256U}) gated_threads(capacity, capacity < 8 ? 5'000 : 60'000);
}

TEST_CASE("broadcast_ring, gated, between threads: who joins gets nothing that is overwritten", "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 4U, 8U, 64U}) gated_churn(capacity, 30'000);
}

TEST_CASE("broadcast_ring, overwriting, between threads: no torn record, and misses are exact", "[buffers][threads]") {
    for (const std::size_t capacity : {1U, 3U, 8U, 256U}) overwriting_threads(capacity, 60'000);
}
