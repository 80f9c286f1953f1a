// SPDX-License-Identifier: BSL-1.0
// byte_ring: random programs against a deque of byte strings, positions that wrap, records that run over the end, two
// real threads, and misuse.
#include <weir/buffers/byte_ring.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <memory_resource>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "../support/catch.hpp"
#include "last_words.hpp"

namespace {

using weir_test::last_words;

using bytes = std::vector<std::byte>;
using checked_ring = weir::byte_ring<weir::dynamic_capacity, weir::checked>;
template <std::size_t Capacity, std::size_t MaxRecord>
using fixed_ring = weir::byte_ring<Capacity, weir::checked, std::allocator<std::byte>, MaxRecord>;

static_assert(sizeof(weir::byte_ring<>) == 4 * weir::line_pair);
static_assert(!std::is_copy_constructible_v<weir::byte_ring<>>);

constinit weir::byte_ring<256> static_ring;

/// `n` bytes that tell which record they are of.
bytes record_of(std::uint64_t number, std::size_t n) {
    bytes b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = static_cast<std::byte>(number * 31 + i * 7 + n);
    return b;
}
bool same(std::span<const std::byte> a, const bytes& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
std::size_t cost(std::size_t n) { return 8 + (n + 7) / 8 * 8; }

template <class Ring>
void random_program(Ring& ring, std::size_t capacity, std::size_t max_record, std::uint64_t seed) {
    INFO("capacity " << capacity << ", max_record " << max_record << ", seed " << seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
    std::deque<bytes> published, pending;
    std::size_t used = 0;  // bytes, published or not
    std::size_t walked = 0;
    std::uint64_t next = 0;
    bool closed = false;
    REQUIRE(ring.capacity() == capacity);
    REQUIRE(ring.max_record() == max_record);
    const auto publish_all = [&] {
        published.insert(published.end(), pending.begin(), pending.end());
        pending.clear();
    };
    const auto release = [&](std::size_t n) {
        for (; n != 0; --n) {
            used -= cost(published.front().size());
            published.pop_front();
        }
        walked = 0;
    };
    for (int op = 0; op < 400; ++op) {
        const std::size_t want = below(4) == 0 ? max_record - below(std::min<std::size_t>(max_record, 9) + 1)
                                               : below(std::min<std::size_t>(max_record, 40) + 1);
        const bool fits = !closed && used + cost(want) <= capacity / 8 * 8;
        switch (below(op < 350 ? 7 : 8)) {
        case 0:
        case 1: {  // a claim, of which all, a part or nothing is written
            const auto room = ring.claim(want);
            REQUIRE(room.has_value() == fits);
            if (!room || below(8) == 0) break;
            REQUIRE(room->size() == want);
            REQUIRE(reinterpret_cast<std::uintptr_t>(room->data()) % 8 == 0);
            const bytes b = record_of(next++, below(2) == 0 ? want : below(want + 1));
            // To the last byte of the claim: nothing that is readable lies there.
            std::fill(room->begin(), room->end(), std::byte{0xEE});
            std::copy(b.begin(), b.end(), room->begin());
            used += cost(b.size());
            pending.push_back(b);
            if (below(2) == 0) {
                ring.wrote(b.size());
                break;
            }
            ring.publish(b.size());
            publish_all();
            break;
        }
        case 2: {
            const bytes b = record_of(next, want);
            REQUIRE(ring.try_write(b) == fits);
            if (!fits) break;
            ++next;
            used += cost(want);
            pending.push_back(b);
            publish_all();
            break;
        }
        case 3:
            ring.publish();
            publish_all();
            break;
        case 4: {
            const auto record = ring.peek();
            REQUIRE(record.has_value() == !published.empty());
            walked = record ? 1 : 0;
            if (!record) break;
            REQUIRE(same(*record, published.front()));
            REQUIRE(reinterpret_cast<std::uintptr_t>(record->data()) % 8 == 0);
            if (below(2) == 0) break;
            ring.release();
            release(1);
            break;
        }
        case 5: {  // a walk that goes on where the last one stopped
            for (std::size_t n = below(6); n != 0; --n) {
                const auto record = ring.next();
                REQUIRE(record.has_value() == (walked < published.size()));
                if (record) REQUIRE(same(*record, published[walked++]));
            }
            if (below(2) == 0) break;
            ring.release();
            release(walked);
            break;
        }
        case 6: {
            ring.flush_releases();
            std::size_t n = 0;
            for (const bytes& b : published) n += cost(b.size());
            REQUIRE(ring.size_approx() == n);
            REQUIRE(ring.drained() == (closed && published.empty()));
            break;
        }
        default:
            ring.close();
            publish_all();
            closed = true;
            REQUIRE(ring.closed());
        }
        // Space comes back lazily, so the model of "full" is exact only once it has.
        ring.flush_releases();
    }
}

std::string message_of(std::size_t capacity, std::size_t max_record) {
    try {
        const weir::byte_ring<> ring(capacity, max_record);
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "";
}

/// Record `number` of the two-thread test: its number, then bytes of it.
std::size_t length_of(std::uint64_t number, std::size_t max_record) {
    return 8 + static_cast<std::size_t>(number * 2'654'435'761U >> 5) % (max_record - 7);
}

void two_threads(std::size_t capacity, std::size_t max_record, std::uint64_t count) {
    INFO("capacity " << capacity << ", max_record " << max_record);
    weir::byte_ring<> ring(capacity, max_record, {UINT64_MAX - count});
    std::uint64_t bad = 0;
    std::uint64_t got = 0;
    std::thread reader([&] {
        const auto check = [&](std::span<const std::byte> record) {
            std::uint64_t number = 0;
            if (record.size() >= 8) std::memcpy(&number, record.data(), 8);
            bad += number != got || record.size() != length_of(got, max_record);
            for (std::size_t i = 8; i < record.size(); ++i) bad += record[i] != static_cast<std::byte>(got + i);
            ++got;
        };
        while (!ring.drained()) {
            const auto record = ring.peek();
            if (!record) {
                std::this_thread::yield();
                continue;
            }
            check(*record);
            if (got % 4 != 0) {
                for (int i = 0; i < 5; ++i) {
                    const auto more = ring.next();
                    if (!more) break;
                    check(*more);
                }
            }
            ring.release();
        }
        ring.close_reader();
    });
    std::uint64_t too_large = 0;
    for (std::uint64_t i = 0; i < count;) {
        const std::size_t n = length_of(i, max_record);
        // Claims what the largest record needs where that is there, and writes less.
        auto room = i % 3 == 0 ? ring.claim(max_record) : std::nullopt;
        if (!room) room = ring.claim(n);
        if (!room) {
            ring.publish();
            std::this_thread::yield();
            continue;
        }
        std::memcpy(room->data(), &i, 8);
        for (std::size_t j = 8; j < n; ++j) (*room)[j] = static_cast<std::byte>(i + j);
        ring.wrote(n);
        if (i % 5 == 0) ring.publish();
        too_large += ring.size_approx() > capacity;
        ++i;
    }
    ring.close();
    reader.join();
    CHECK(ring.reader_closed());
    CHECK(bad == 0);
    CHECK(too_large == 0);
    CHECK(got == count);
}

}  // namespace

TEST_CASE("byte_ring does what a deque does, for every capacity and across wrapping positions", "[buffers]") {
    for (const std::size_t capacity : {8U, 16U, 24U, 64U, 100U, 200U, 256U, 1000U, 4096U}) {
        const std::size_t longest = (capacity - 8) / 8 * 8;
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 99, UINT64_MAX - 200}) {
            INFO("start " << start);
            for (std::uint64_t seed = 1; seed <= 8; ++seed) {
                checked_ring ring(capacity, longest, {start});
                random_program(ring, capacity, longest, seed);
                checked_ring narrow(capacity, longest / 3, {start});
                random_program(narrow, capacity, longest / 3, seed);
            }
        }
    }
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        fixed_ring<200, 101> ring({UINT64_MAX - 8 * seed});
        random_program(ring, 200, 101, seed);
    }
}

TEST_CASE("byte_ring keeps every record contiguous where it runs over the end", "[buffers]") {
    // 256 bytes of ring; each lap starts 8 bytes further on, so that a record starts at each place and crosses the end.
    for (std::size_t shift = 0; shift < 256; shift += 8) {
        INFO("shift " << shift);
        checked_ring ring(256, 248, {shift});
        const bytes b = record_of(shift, ring.max_record());
        REQUIRE(ring.max_record() == 248);
        REQUIRE(ring.try_write(b));
        CHECK(!ring.try_write({}));  // full to the last byte
        const auto record = ring.peek();
        REQUIRE(record);
        CHECK(same(*record, b));
        ring.release();
        CHECK(!ring.peek());
        CHECK(ring.try_write({}));
    }
}

TEST_CASE("byte_ring uses exactly the capacity it was asked for", "[buffers]") {
    for (const std::size_t capacity : {8U, 24U, 100U, 104U, 1000U}) {
        INFO("capacity " << capacity);
        weir::byte_ring<> ring(capacity);
        std::size_t records = 0;
        while (ring.try_write({})) ++records;
        CHECK(records == capacity / 8);
        CHECK(ring.size_approx() == capacity / 8 * 8);
    }
}

TEST_CASE("byte_ring refuses sizes that make no sense", "[buffers]") {
    CHECK(message_of(0, 0).find("weir::byte_ring: a capacity of 0") == 0);
    CHECK(message_of(7, 0).find("at least 8") != std::string::npos);
    CHECK(message_of(SIZE_MAX, 8).find("no memory holds") != std::string::npos);
    CHECK(message_of(64, 57).find("largest record does not fit") != std::string::npos);
    CHECK(message_of(64, SIZE_MAX).find("largest record does not fit") != std::string::npos);
    CHECK(message_of(64, 56).empty());
    CHECK_THROWS_AS(weir::byte_ring<>(0), std::invalid_argument);
    CHECK_THROWS_AS(weir::byte_ring<>(SIZE_MAX), std::invalid_argument);
}

TEST_CASE("byte_ring: a record longer than the longest is an error at once, not a wait for ever", "[buffers]") {
    checked_ring ring(1024, 100);
    for (const std::size_t n : {std::size_t{101}, std::size_t{104}, std::size_t{1024}, SIZE_MAX - 7, SIZE_MAX}) {
        INFO(n);
        CHECK_THROWS_AS(ring.claim(n), std::length_error);
    }
    CHECK_THROWS_AS(ring.try_write(bytes(101)), std::length_error);
    try {
        static_cast<void>(ring.claim(101));
    } catch (const std::length_error& e) {
        CHECK(std::string(e.what()) == "weir::byte_ring: a record of 101 bytes; max_record() is 100");
    }
    CHECK(!ring.peek());
    CHECK(ring.try_write(bytes(100)));
    CHECK(ring.peek()->size() == 100);
}

TEST_CASE("byte_ring: a record of no bytes is a record", "[buffers]") {
    checked_ring ring(64);
    const auto room = ring.claim(0);
    REQUIRE(room);
    CHECK(room->empty());
    ring.publish(0);
    REQUIRE(ring.peek());
    CHECK(ring.peek()->empty());
    ring.release();
    CHECK(!ring.peek());
}

TEST_CASE("byte_ring shows records only when they are published", "[buffers]") {
    checked_ring ring(256);
    for (std::uint64_t i = 0; i < 3; ++i) {
        const bytes b = record_of(i, 10);
        const auto room = ring.claim(32);
        REQUIRE(room);
        std::copy(b.begin(), b.end(), room->begin());
        ring.wrote(10);
        CHECK(!ring.peek());
    }
    ring.publish();
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(same(*ring.next(), record_of(i, 10)));
    CHECK(!ring.next());
    CHECK(same(*ring.peek(), record_of(0, 10)));  // a walk anew
    CHECK(same(*ring.next(), record_of(1, 10)));
    ring.release();
    CHECK(same(*ring.next(), record_of(2, 10)));
    ring.release();
    CHECK(!ring.next());
    ring.release();  // of nothing: nothing
    CHECK(ring.size_approx() == 0);
}

TEST_CASE("byte_ring returns space lazily, and when the reader runs dry", "[buffers]") {
    checked_ring ring(1024);
    const bytes b(24);
    while (ring.try_write(b)) {}
    for (int i = 0; i < 3; ++i) {
        REQUIRE(ring.next());
        ring.release();
    }
    CHECK(!ring.try_write(b));  // less than an eighth
    REQUIRE(ring.next());
    ring.release();
    CHECK(ring.size_approx() == 1024 - 4 * 32);
    CHECK(ring.try_write(b));
    REQUIRE(ring.next());
    ring.release();
    ring.flush_releases();
    CHECK(ring.size_approx() == 1024 - 4 * 32);
    while (ring.peek()) ring.release();
    CHECK(ring.size_approx() == 0);
    CHECK(ring.claim(ring.max_record()));
}

TEST_CASE("byte_ring: what a walk holds is not given back when it finds no more", "[buffers]") {
    checked_ring ring(64);
    REQUIRE(ring.try_write(record_of(1, 40)));
    const auto held = ring.next();
    REQUIRE(held);
    CHECK(!ring.next());
    CHECK(!ring.try_write(record_of(2, 40)));
    CHECK(same(*held, record_of(1, 40)));
    ring.release();
    CHECK(!ring.next());
    CHECK(ring.try_write(record_of(2, 40)));
}

TEST_CASE("byte_ring of a constant capacity is there before main; others take the allocator given", "[buffers]") {
    CHECK(static_ring.max_record() == 248);
    for (std::uint64_t i = 0; i < 40; ++i) {
        REQUIRE(static_ring.try_write(record_of(i, 100)));
        CHECK(same(*static_ring.peek(), record_of(i, 100)));
        static_ring.release();
    }
    std::vector<std::byte> memory(1 << 13);
    std::pmr::monotonic_buffer_resource resource(memory.data(), memory.size(), std::pmr::null_memory_resource());
    weir::byte_ring<weir::dynamic_capacity, weir::unchecked, std::pmr::polymorphic_allocator<std::byte>> ring(
        1000, 100, {}, std::pmr::polymorphic_allocator<std::byte>(&resource));
    const auto room = ring.claim(8);
    REQUIRE(room);
    CHECK((room->data() >= memory.data() && room->data() < memory.data() + memory.size()));
}

TEST_CASE("byte_ring: the end, of either side", "[buffers]") {
    checked_ring ring(64);
    static_cast<void>(ring.claim(8));
    ring.wrote(8);
    ring.close();  // publishes what is left
    CHECK(ring.closed());
    CHECK(!ring.claim(0));
    CHECK(!ring.try_write({}));
    CHECK(!ring.drained());
    REQUIRE(ring.peek());
    CHECK(!ring.drained());  // read, and still held
    ring.release();
    CHECK(ring.drained());
    CHECK(!ring.claim(0));
    CHECK(!ring.reader_closed());
    ring.close_reader();
    CHECK(ring.reader_closed());
}

TEST_CASE("byte_ring, checked: misuse ends the process and says what is wrong", "[buffers]") {
    const auto says = [](const std::string& words, const char* what) {
        INFO(words);
        return words.find(std::string("weir::byte_ring: ") + what) != std::string::npos;
    };
    const char* const more = "publish: more than was claimed";
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   ring.publish(0);
               }),
               more));
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   static_cast<void>(ring.claim(8));
                   ring.publish(9);
               }),
               more));
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   static_cast<void>(ring.claim(8));
                   ring.publish(1);
                   ring.publish(1);  // a claim is one record
               }),
               more));
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   static_cast<void>(ring.claim(8));
                   ring.close();
                   ring.publish(8);
               }),
               more));
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   static_cast<void>(ring.try_write({}));
                   std::thread([&] { static_cast<void>(ring.try_write({})); }).join();
               }),
               "a second thread writes"));
    CHECK(says(last_words([] {
                   checked_ring ring(64);
                   static_cast<void>(ring.peek());
                   std::thread([&] { static_cast<void>(ring.next()); }).join();
               }),
               "a second thread reads"));
}

TEST_CASE("byte_ring, checked: a side changes hands when it is handed over", "[buffers][threads]") {
    checked_ring ring(64);
    REQUIRE(ring.try_write(bytes(3)));
    REQUIRE(ring.peek());
    ring.hand_writer_over();
    ring.hand_reader_over();
    bool done = false;
    std::thread([&] {
        done = ring.peek().has_value() && ring.try_write(bytes(5));
        ring.release();
    }).join();
    CHECK(done);
}

TEST_CASE("byte_ring between two threads loses, repeats and reorders nothing", "[buffers][threads]") {
    two_threads(16, 8, 5'000);
    two_threads(64, 56, 5'000);
    two_threads(100, 50, 5'000);
    two_threads(1'000, 300, 20'000);
    two_threads(8'192, 8'000, 2'000);
    two_threads(65'536, 512, 50'000);
}
