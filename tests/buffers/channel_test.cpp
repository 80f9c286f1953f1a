// SPDX-License-Identifier: BSL-1.0
// channel and signal_ring: signals keep their exact position between records (core_protocol.md, C.6 and C.7).
#include <weir/buffers/channel.hpp>

#include <cstdint>
#include <deque>
#include <random>
#include <stdexcept>
#include <thread>
#include <variant>

#include "../support/catch.hpp"

using weir::signal_kind;
using kind = weir::channel_item<std::uint64_t>::kind;

TEST_CASE("signal_ring is bounded and keeps order", "[buffers]") {
    weir::signal_ring ring(3);
    CHECK(ring.capacity() == 3);
    CHECK(ring.try_signal(0, signal_kind::watermark, -5));
    CHECK(ring.try_signal(0, signal_kind::idle));
    CHECK(ring.try_signal(9, signal_kind::barrier, 7));
    CHECK_FALSE(ring.has_slot());
    CHECK_FALSE(ring.try_signal(9, signal_kind::end));
    CHECK(ring.next() == nullptr);  // not looked yet
    ring.refresh();
    CHECK(*ring.next() == weir::signal_entry{0, -5, signal_kind::watermark});
    ring.pop();
    CHECK(ring.has_slot());
    CHECK(ring.next()->kind == signal_kind::idle);
    ring.pop();
    CHECK(*ring.next() == weir::signal_entry{9, 7, signal_kind::barrier});
    ring.pop();
    CHECK(ring.next() == nullptr);
    CHECK_THROWS_AS(weir::signal_ring(0), std::invalid_argument);
}

TEST_CASE("channel: nothing is visible before publish, and a span ends at a signal", "[buffers]") {
    weir::channel<std::uint64_t> c(8, 2);
    c.emplace(1U);
    c.emplace(2U);
    REQUIRE(c.signal(signal_kind::watermark, 100));
    c.emplace(3U);
    CHECK(c.next().what == kind::nothing);  // the signal stands behind two records that are not there yet
    c.publish();
    auto item = c.next();
    REQUIRE(item.what == kind::records);
    REQUIRE(item.records.size() == 2);
    c.release(1);
    item = c.next();
    REQUIRE(item.records.size() == 1);
    CHECK(item.records[0] == 2);
    c.release(1);
    item = c.next();
    REQUIRE(item.what == kind::signal);
    CHECK(item.signal.value == 100);
    c.pop_signal();
    item = c.next();
    REQUIRE(item.what == kind::records);
    CHECK(item.records[0] == 3);
    c.release(1);
    CHECK(c.next().what == kind::nothing);
    CHECK(c.written() == 3);
    CHECK(c.consumed() == 3);
    CHECK_FALSE(c.reader_closed());
    c.close_reader();
    CHECK(c.reader_closed());
}

TEST_CASE("channel: a writer that met a full ring goes on when half of it is free", "[buffers]") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U}) {
        weir::channel<std::uint64_t> c(capacity);
        CHECK(c.has_room_again());
        while (c.room() != 0) c.emplace(0U);
        c.publish();
        std::size_t free = 0;
        while (2 * free < capacity) {
            CHECK_FALSE(c.end_of_step());
            CHECK_FALSE(c.has_room_again());
            REQUIRE(c.next().what == kind::records);
            c.release(1);
            ++free;
        }
        CHECK(c.end_of_step());
        CHECK(c.has_room_again());
        CHECK(c.room() == free);
    }
}

TEST_CASE("channel: a signal without a slot is refused until there is one", "[buffers]") {
    weir::channel<std::uint64_t> c(8, 1);
    REQUIRE(c.signal(signal_kind::watermark, 1));
    CHECK_FALSE(c.signal(signal_kind::watermark, 2));
    CHECK_FALSE(c.has_room_again());
    REQUIRE(c.next().what == kind::signal);
    c.pop_signal();
    CHECK(c.has_room_again());
    CHECK(c.signal(signal_kind::watermark, 2));
}

TEST_CASE("channel: random programs against one queue of records and signals", "[buffers]") {
    using entry = std::variant<std::uint64_t, weir::signal_entry>;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        const std::size_t capacity = 1 + random() % 9;
        const std::uint64_t start = seed % 2 == 0 ? 0 : UINT64_MAX - 30;
        weir::channel<std::uint64_t> c(capacity, 1 + random() % 3, {start});
        std::deque<entry> model;    // written
        std::uint64_t visible = 0;  // records of it that are published
        std::uint64_t next = 0;
        for (int op = 0; op < 600; ++op) {
            switch (random() % 5) {
            case 0:
            case 1:
                if (c.room() != 0) {
                    c.emplace(next);
                    model.emplace_back(next++);
                }
                break;
            case 2:
                if (c.signal(signal_kind::watermark, op)) {
                    model.emplace_back(weir::signal_entry{start + next, op, signal_kind::watermark});
                }
                break;
            case 3:
                c.publish();
                visible = next;
                break;
            default: {
                const auto item = c.next();
                if (item.what == kind::nothing) {
                    static_cast<void>(c.end_of_step());
                    break;
                }
                REQUIRE(!model.empty());
                if (item.what == kind::signal) {
                    REQUIRE(std::holds_alternative<weir::signal_entry>(model.front()));
                    REQUIRE(std::get<weir::signal_entry>(model.front()) == item.signal);
                    model.pop_front();
                    c.pop_signal();
                    break;
                }
                const std::size_t n = 1 + random() % item.records.size();
                for (std::size_t i = 0; i < n; ++i) {
                    REQUIRE(std::holds_alternative<std::uint64_t>(model.front()));
                    REQUIRE(std::get<std::uint64_t>(model.front()) == item.records[i]);
                    REQUIRE(item.records[i] < visible);
                    model.pop_front();
                }
                c.release(n);
                if (random() % 2 == 0) static_cast<void>(c.end_of_step());
            }
            }
        }
    }
}

TEST_CASE("channel between two threads: no record passes a signal, none is passed by one", "[buffers][threads]") {
    constexpr std::uint64_t count = 150'000;
    for (const std::size_t capacity : {1U, 3U, 64U}) {
        weir::channel<std::uint64_t> c(capacity, 4);
        std::uint64_t bad = 0;
        std::uint64_t signals = 0;
        std::thread reader([&] {
            std::uint64_t expected = 0;
            for (bool end = false; !end;) {
                const auto item = c.next();
                switch (item.what) {
                case kind::nothing:
                    static_cast<void>(c.end_of_step());
                    std::this_thread::yield();
                    break;
                case kind::records:
                    for (const std::uint64_t v : item.records) bad += v != expected++;
                    c.release(item.records.size());
                    if (expected % 2 == 0) static_cast<void>(c.end_of_step());
                    break;
                case kind::signal:
                    bad += item.signal.value != static_cast<std::int64_t>(expected);
                    end = item.signal.kind == signal_kind::end;
                    ++signals;
                    c.pop_signal();
                }
            }
            bad += expected != count;
        });
        std::mt19937_64 random(capacity);
        const auto send = [&](signal_kind what, std::uint64_t at) {
            while (!c.signal(what, static_cast<std::int64_t>(at))) {
                c.publish();
                std::this_thread::yield();
            }
        };
        std::uint64_t sent = 0;
        for (std::uint64_t i = 0; i < count; ++i) {
            while (c.room() == 0) {
                c.publish();
                std::this_thread::yield();
            }
            c.emplace(i);
            if (random() % 5 == 0) {
                send(signal_kind::watermark, i + 1);
                ++sent;
            }
            if (random() % 16 == 0) c.publish();
        }
        send(signal_kind::end, count);
        c.publish();
        reader.join();
        CHECK(bad == 0);
        CHECK(signals == sent + 1);
    }
}
