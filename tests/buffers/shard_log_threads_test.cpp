// SPDX-License-Identifier: BSL-1.0
// shard_log with real threads: retention against readers, appends from everywhere. Payloads know where they belong.
#include <weir/buffers/shard_log.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "../support/catch.hpp"

namespace {

/// Says whether it is alive, and which one it is, at a place of its own on the heap.
struct witness {
    static inline std::atomic<std::int64_t> alive{0};

    explicit witness(std::uint64_t v) : value(new std::uint64_t(v)), inverse(~v) { ++alive; }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;
    ~witness() {
        *value = inverse = 0;
        delete value;
        --alive;
    }
    [[nodiscard]] bool is(std::uint64_t v) const { return *value == v && inverse == ~v; }

    std::uint64_t* value;
    std::uint64_t inverse;
};

using log_of_witnesses = weir::shard_log<witness, weir::dynamic_capacity, weir::checked>;

/// Reads to the end; how many were not what they should be, or not accounted for.
template <class Log>
std::uint64_t read_to_end(Log& log, std::uint64_t start, std::uint64_t seed, std::uint64_t portion,
                          bool comes_and_goes) {
    std::mt19937_64 random(seed);
    std::uint64_t bad = 0;
    std::optional reader{log.make_reader(start)};
    std::uint64_t expected = start;
    std::uint64_t missed = 0;
    while (!reader->drained()) {
        const auto records = reader->peek();
        expected += reader->missed() - missed;
        missed = reader->missed();
        bad += reader->position() != expected;
        const std::uint64_t n = std::min<std::uint64_t>(records.size(), 1 + random() % portion);
        for (std::uint64_t i = 0; i < n && i < records.size(); ++i) bad += !records[i].is(expected + i - start);
        if (records.empty() || random() % 8 == 0) std::this_thread::yield();
        if (!records.empty()) {
            for (std::uint64_t i = 0; i < n; ++i) bad += !records[i].is(expected + i - start);  // still
            reader->release(n);
            expected += n;
        }
        if (comes_and_goes && random() % 32 == 0) {
            reader.reset();
            const std::uint64_t oldest = log.oldest_position() - start;
            const std::uint64_t end = log.end_position() - start;
            switch (random() % 3) {
            case 0:
                reader.emplace(log.make_reader(weir::log_start::oldest));
                bad += reader->position() - start < oldest;
                bad += reader->missed() != 0;
                break;
            case 1:
                reader.emplace(log.make_reader(weir::log_start::newest));
                bad += reader->position() - start < end;
                break;
            default: {
                const std::uint64_t to = random() % (end + 20);
                reader.emplace(log.make_reader(start + to));
                bad += reader->position() - start - to != reader->missed();
            }
            }
            expected = reader->position();
            missed = reader->missed();
        }
    }
    return bad;
}

void retention_against_readers(std::size_t segment_records, weir::log_retention keep, std::uint64_t start,
                               std::uint64_t count, std::uint64_t seed) {
    INFO("segments of " << segment_records << ", start " << start << ", seed " << seed);
    std::uint64_t bad[4] = {};
    {
        log_of_witnesses log(segment_records, keep, {start});
        std::vector<std::thread> threads;
        threads.emplace_back([&] { bad[0] = read_to_end(log, start, seed + 1, 3, false); });
        threads.emplace_back([&] { bad[1] = read_to_end(log, start, seed + 2, 1'000, false); });
        threads.emplace_back([&] { bad[2] = read_to_end(log, start, seed + 3, 20, true); });
        threads.emplace_back([&] {  // drops, too
            std::mt19937_64 random(seed + 4);
            while (!log.closed()) {
                const std::uint64_t size = log.size_approx();
                const std::uint64_t before = log.oldest_position() + random() % (size + 1);
                const std::uint64_t end = log.end_position();  // what is not written when it drops need not go
                const std::uint64_t oldest = log.drop_before(before);
                bad[3] += static_cast<std::int64_t>(before - end) <= 0
                          && static_cast<std::int64_t>(oldest + segment_records - before) <= 0;
                std::this_thread::yield();
            }
        });
        std::mt19937_64 random(seed);
        for (std::uint64_t i = 0; i < count;) {
            if (random() % 4 == 0) {
                auto slots = log.claim(1 + random() % 40);
                std::size_t n = 0;
                while (n < slots.size() && i < count) slots.construct(n++, i++);
                log.publish(n);
            } else {
                static_cast<void>(log.try_emplace(i++));
            }
            if (random() % 256 == 0) std::this_thread::yield();
        }
        log.close();
        for (std::thread& t : threads) t.join();
        CHECK(log.end_position() == start + count);
        CHECK(log.size_approx() == static_cast<std::uint64_t>(witness::alive.load()));
        CHECK(log.readers() == 0);
    }
    for (int i = 0; i < 4; ++i) {
        INFO("thread " << i);
        CHECK(bad[i] == 0);
    }
    CHECK(witness::alive.load() == 0);
}

/// A record that says who appended it; some cannot be constructed.
struct entry {
    entry(std::uint64_t from, std::uint64_t n) : thread(from), number(n) {
        if (n % 97 == 96) throw std::runtime_error("this one never");
    }
    std::uint64_t thread;
    std::uint64_t number;
};

}  // namespace

TEST_CASE("shard_log: readers that are overtaken, come and go, and threads that drop", "[buffers][threads]") {
    retention_against_readers(1, {.segments = 2}, 0, 40'000, 1);
    retention_against_readers(2, {.records = 3}, UINT64_MAX - 20'000, 60'000, 2);
    retention_against_readers(3, {}, (std::uint64_t{1} << 32) - 20'000, 60'000, 3);
    retention_against_readers(64, {.segments = 3}, UINT64_MAX - 50'000, 200'000, 4);
}

TEST_CASE("shard_log: one reader, everything retained, nothing lost", "[buffers][threads]") {
    weir::shard_log<std::uint64_t, 16> log;
    std::uint64_t bad = 0;
    const std::uint64_t count = 200'000;
    std::thread thread([&, reader = log.make_reader(weir::log_start::oldest)]() mutable {
        std::uint64_t expected = 0;
        for (std::uint64_t v = 0; !reader.drained();) {
            if (!reader.try_pop(v)) {
                std::this_thread::yield();
                continue;
            }
            bad += v != expected++;
        }
        bad += expected != count || reader.missed() != 0;
    });
    for (std::uint64_t i = 0; i < count; ++i) static_cast<void>(log.try_push(i));
    log.close();
    thread.join();
    CHECK(bad == 0);
}

TEST_CASE("shard_log::append from many threads: each has its own position, in its order", "[buffers][threads]") {
    constexpr std::uint64_t threads = 4;
    constexpr std::uint64_t each = 20'000;
    weir::shard_log<entry, 32, weir::checked> log;
    std::vector<std::vector<std::pair<std::uint64_t, std::uint64_t>>> taken(threads);  // position, number
    std::vector<std::uint64_t> refused(threads);
    std::vector<std::thread> pool;
    for (std::uint64_t t = 0; t < threads; ++t) {
        pool.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < each; ++i) {
                try {
                    const auto position = log.append(t, i);
                    if (!position.has_value()) break;
                    taken[t].emplace_back(*position, i);
                } catch (const std::runtime_error&) {
                    refused[t] += i % 97 == 96;
                }
                if (t == 0 && i == each - 100) log.close();  // the others may still be at it
                if (i % 128 == 0) std::this_thread::yield();
            }
        });
    }
    auto reader = log.make_reader(weir::log_start::oldest);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> read;  // thread, number
    while (!reader.drained()) {
        const auto records = reader.peek();
        for (const entry& e : records) read.emplace_back(e.thread, e.number);
        reader.release(records.size());
        if (records.empty()) std::this_thread::yield();
    }
    for (std::thread& t : pool) t.join();
    CHECK(log.end_position() == read.size());
    CHECK(reader.peek().empty());
    std::uint64_t in_all = 0;
    std::uint64_t bad = 0;
    for (std::uint64_t t = 0; t < threads; ++t) {
        in_all += taken[t].size();
        for (std::size_t i = 0; i < taken[t].size(); ++i) {
            const auto& [position, number] = taken[t][i];
            bad += position >= read.size() || read[position] != std::pair(t, number);
            bad += i != 0 && position <= taken[t][i - 1].first;
        }
    }
    CHECK(in_all == read.size());
    CHECK(bad == 0);
    CHECK(refused[0] == (each - 100 + 1) / 97);
}

TEST_CASE("shard_log::append_range from many threads: no range has another's records in between",
          "[buffers][threads]") {
    weir::shard_log<std::pair<std::uint64_t, std::uint64_t>, 8> log;
    std::vector<std::thread> pool;
    for (std::uint64_t t = 0; t < 3; ++t) {
        pool.emplace_back([&, t] {
            for (std::uint64_t i = 0; i < 2'000; ++i) {
                const std::vector<std::pair<std::uint64_t, std::uint64_t>> range(1 + i % 11, {t, i});
                static_cast<void>(log.append_range(range));
            }
        });
    }
    for (std::thread& t : pool) t.join();
    log.close();
    std::uint64_t bad = 0;
    std::uint64_t left = 0;
    std::pair<std::uint64_t, std::uint64_t> current;
    auto reader = log.make_reader(weir::log_start::oldest);
    for (auto records = reader.peek(); !records.empty(); records = reader.peek()) {
        for (const auto& r : records) {
            if (left == 0) {
                current = r;
                left = 1 + r.second % 11;
            }
            bad += r != current;
            --left;
        }
        reader.release(records.size());
    }
    CHECK(bad == 0);
    CHECK(left == 0);
}

TEST_CASE("shard_log::lower_bound beside a writer that drops", "[buffers][threads]") {
    weir::shard_log<std::uint64_t> log(4, {.segments = 3});
    std::atomic<bool> over{false};
    std::uint64_t bad = 0;
    std::thread finder([&] {
        std::uint64_t i = 0;
        while (!over.load()) {
            const std::uint64_t value = log.oldest_position() + i++ % 16;
            const std::uint64_t oldest = log.oldest_position();
            const std::uint64_t found = log.lower_bound(value);
            // The value at a position is the position: found where it is, or where the log began or ended meanwhile.
            const std::uint64_t end = log.end_position();
            bad += found < oldest || found > end || (found > value && found > log.oldest_position());
            std::this_thread::yield();
        }
    });
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        static_cast<void>(log.try_push(i));
        if (i % 16 == 0) std::this_thread::yield();
    }
    over.store(true);
    finder.join();
    CHECK(bad == 0);
}
