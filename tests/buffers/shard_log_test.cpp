// SPDX-License-Identifier: BSL-1.0
// shard_log: random programs against a model that knows which segments are retained and pinned, readers that are
// overtaken, positions near 2^32 and 2^64, bad use.
#include <weir/buffers/shard_log.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "../support/catch.hpp"
#include "last_words.hpp"
#include "records.hpp"

namespace {

using weir_test::counted;
using weir_test::last_words;
using weir_test::nothing;
using weir_test::wide;

using log_of_ints = weir::shard_log<int, weir::dynamic_capacity, weir::checked>;
using log_of_counted = weir::shard_log<counted, weir::dynamic_capacity, weir::checked>;

static_assert(weir::span_producer<log_of_ints>);
static_assert(weir::span_consumer<log_of_ints::reader>);
static_assert(weir::span_producer<weir::shard_log<std::unique_ptr<int>, 8>>);
static_assert(!std::is_copy_constructible_v<log_of_ints>);
static_assert(std::is_nothrow_move_constructible_v<log_of_ints::reader>);
static_assert(!std::is_copy_constructible_v<log_of_ints::reader>);
static_assert(alignof(log_of_ints) == weir::line_pair && alignof(log_of_ints::reader) == weir::line_pair);

/// The log as it should be; record at offset o has the value o.
struct model {
    std::uint64_t segment_records;
    weir::log_retention keep;
    std::uint64_t written = 0;
    std::uint64_t started = 0;
    std::uint64_t oldest = 0;  // segment
    bool closed = false;

    /// Before a record is written, or a slot claimed.
    void room() {
        if (written != started * segment_records) return;
        std::uint64_t from = 0;
        if (started >= keep.segments) from = started - keep.segments + 1;
        while ((written - from * segment_records >= segment_records)
               && written - (from + 1) * segment_records >= keep.records) {
            ++from;
        }
        drop(from);
        ++started;
    }
    void drop(std::uint64_t before) { oldest = std::max(oldest, std::min(before, written / segment_records)); }
};

struct model_reader {
    log_of_counted::reader real;
    std::uint64_t at = 0;
    std::optional<std::uint64_t> pinned = std::nullopt;  // segment
    std::uint64_t missed = 0;

    void look(const model& m) {
        if (pinned.has_value() || static_cast<std::int64_t>(m.written - at) <= 0) return;
        if (at / m.segment_records < m.oldest) {
            missed += m.oldest * m.segment_records - at;
            at = m.oldest * m.segment_records;
        }
        if (at < m.written) pinned = at / m.segment_records;
    }
    void seek(const model& m, std::uint64_t to) {
        pinned.reset();
        at = to;
        if (static_cast<std::int64_t>(at - m.oldest * m.segment_records) < 0) {
            missed += m.oldest * m.segment_records - at;
            at = m.oldest * m.segment_records;
        }
        look(m);
    }
};

class random_program {
  public:
    random_program(std::uint64_t segment_records, weir::log_retention keep, std::uint64_t start, std::uint64_t seed)
        : start_(start), random_(seed), model_{segment_records, keep},
          log_(static_cast<std::size_t>(segment_records), keep, {start}) {}

    void run(int operations) {
        for (int i = 0; i < operations; ++i) {
            if (model_.closed || below(3) != 0) {
                read();
            } else {
                write();
            }
            verify();
        }
        log_.close();
        model_.closed = true;
        for (model_reader& r : readers_) {
            for (r.look(model_); !r.real.peek().empty(); r.look(model_)) take(r, r.real.peek().size());
            REQUIRE(r.real.drained() == (r.at >= model_.written));
        }
        verify();
        readers_.clear();
    }

  private:
    std::uint64_t below(std::uint64_t n) { return random_() % n; }

    void write() {
        const std::uint64_t n = below(2 * model_.segment_records + 2);
        switch (below(6)) {
        case 0: {
            auto slots = log_.claim(static_cast<std::size_t>(n));
            if (n != 0) model_.room();
            REQUIRE(slots.size() == std::min(n, model_.started * model_.segment_records - model_.written));
            const std::size_t used = slots.empty() ? 0 : static_cast<std::size_t>(below(slots.size() + 1));
            for (std::size_t i = 0; i < used; ++i) slots.construct(i, model_.written + i);
            log_.publish(used);
            model_.written += used;
            break;
        }
        case 1: {
            model_.room();
            counted::throw_in = 0;
            REQUIRE_THROWS_AS(log_.try_emplace(1U), std::runtime_error);
            counted::throw_in = -1;
            break;
        }
        case 2:
            model_.room();
            REQUIRE(log_.try_push(counted(model_.written++)));
            break;
        case 3: {
            model_.room();
            const auto position = log_.append(model_.written);
            REQUIRE(position == start_ + model_.written);
            ++model_.written;
            break;
        }
        case 4: {
            std::vector<std::uint64_t> values(static_cast<std::size_t>(n));
            for (std::uint64_t& v : values) {
                model_.room();
                v = model_.written++;
            }
            REQUIRE(log_.append_range(values) == start_ + model_.written - n);
            break;
        }
        default: {
            const std::uint64_t before = model_.written + 3 - std::min(below(20), model_.written + 3);
            model_.drop(before / model_.segment_records);
            REQUIRE(log_.drop_before(start_ + before) == start_ + model_.oldest * model_.segment_records);
        }
        }
    }

    void read() {
        if (readers_.empty() || (readers_.size() < 5 && below(8) == 0)) {
            join();
            return;
        }
        auto r = readers_.begin();
        std::advance(r, static_cast<std::ptrdiff_t>(below(readers_.size())));
        switch (below(6)) {
        case 0:
            if (below(2) == 0) {
                readers_.erase(r);
            } else {
                r->real.close_reader();
                REQUIRE(r->real.peek().empty());
                REQUIRE(r->real.drained());
                readers_.erase(r);
            }
            break;
        case 1: {
            const std::uint64_t to = below(model_.written + 5);
            const bool retained = to >= model_.oldest * model_.segment_records;
            r->seek(model_, to);
            REQUIRE(r->real.seek(start_ + to) == retained);
            break;
        }
        default: {
            r->look(model_);
            const auto records = r->real.peek();
            const std::uint64_t end =
                r->pinned.has_value() ? std::min(model_.written, (*r->pinned + 1) * model_.segment_records) : r->at;
            // What it knows already it need not look up again.
            REQUIRE(records.size() <= end - r->at);
            REQUIRE(records.empty() == (end == r->at));
            REQUIRE(r->real.known_readable() >= records.size());
            for (std::size_t i = 0; i < records.size(); ++i) REQUIRE(records[i].value == r->at + i);
            take(*r, below(records.size() + 1));
        }
        }
    }

    void join() {
        const std::uint64_t oldest = model_.oldest * model_.segment_records;
        switch (below(3)) {
        case 0:
            readers_.push_back({log_.make_reader(weir::log_start::oldest)});
            readers_.back().seek(model_, oldest);
            break;
        case 1:
            readers_.push_back({log_.make_reader(weir::log_start::newest)});
            readers_.back().seek(model_, model_.written);
            break;
        default: {
            const std::uint64_t at = below(model_.written + 5);
            readers_.push_back({log_.make_reader(start_ + at)});
            readers_.back().seek(model_, at);
        }
        }
    }

    void take(model_reader& r, std::uint64_t n) {
        r.real.release(static_cast<std::size_t>(n));
        r.at += n;
        if (r.pinned.has_value() && r.at == (*r.pinned + 1) * model_.segment_records) r.pinned.reset();
    }

    void verify() {
        std::set<std::uint64_t> kept_by_pins;
        for (model_reader& r : readers_) {
            REQUIRE(r.real.position() == start_ + r.at);
            REQUIRE(r.real.missed() == r.missed);
            if (r.pinned.has_value() && *r.pinned < model_.oldest) kept_by_pins.insert(*r.pinned);
        }
        const std::uint64_t retained = model_.written - model_.oldest * model_.segment_records;
        REQUIRE(counted::alive == static_cast<int>(retained + kept_by_pins.size() * model_.segment_records));
        REQUIRE(log_.size_approx() == retained);
        REQUIRE(log_.end_position() == start_ + model_.written);
        REQUIRE(log_.oldest_position() == start_ + model_.oldest * model_.segment_records);
        REQUIRE(log_.readers() == readers_.size());
    }

    std::uint64_t start_;
    std::mt19937_64 random_;
    model model_;
    log_of_counted log_;
    std::list<model_reader> readers_;
};

template <class Reader>
std::vector<int> read_all(Reader& reader) {
    std::vector<int> out;
    auto to = std::back_inserter(out);
    while (weir::try_pop_some(reader, to, SIZE_MAX) != 0) {}
    return out;
}

/// Counts what it is asked for.
class counting_memory : public std::pmr::memory_resource {
  public:
    int blocks = 0;
    int asked = 0;
    int refuse_in = -1;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (refuse_in == 0) throw std::bad_alloc();
        if (refuse_in > 0) --refuse_in;
        ++blocks;
        ++asked;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        --blocks;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& o) const noexcept override { return this == &o; }
};

}  // namespace

TEST_CASE("shard_log does what its model does, whatever is retained, pinned and dropped", "[buffers]") {
    for (const std::uint64_t n : {1U, 2U, 3U, 8U}) {
        for (const weir::log_retention keep : {weir::log_retention{},
                                               {.segments = 1},
                                               {.segments = 3},
                                               {.records = 0},
                                               {.records = 5},
                                               {.records = 7, .segments = 2}}) {
            for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 40, UINT64_MAX - 40}) {
                for (std::uint64_t seed = 1; seed <= 8; ++seed) {
                    INFO("segments of " << n << ", keep " << keep.records << " records and " << keep.segments
                                        << " segments, start " << start << ", seed " << seed);
                    random_program(n, keep, start, seed).run(300);
                    REQUIRE(counted::alive == 0);
                }
            }
        }
    }
}

TEST_CASE("shard_log: a reader that was overtaken reads its segment to the end, then is told what it missed",
          "[buffers]") {
    log_of_ints log(4, {.segments = 2});
    auto slow = log.make_reader(weir::log_start::oldest);
    for (int i = 0; i < 6; ++i) REQUIRE(log.try_push(i));
    REQUIRE(slow.peek().size() == 4);
    slow.release(1);
    for (int i = 6; i < 21; ++i) REQUIRE(log.try_push(i));  // segments 4 and 5 remain: 16 to 20
    CHECK(log.oldest_position() == 16);
    CHECK(slow.missed() == 0);
    CHECK(slow.peek()[0] == 1);
    slow.release(3);
    CHECK(slow.position() == 4);
    REQUIRE(slow.peek().size() == 4);
    CHECK(slow.peek()[0] == 16);
    CHECK(slow.take_missed() == 12);
    CHECK(slow.take_missed() == 0);
    CHECK(slow.missed() == 12);

    SECTION("and goes on at the oldest") { CHECK(read_all(slow) == std::vector<int>{16, 17, 18, 19, 20}); }
    SECTION("or where it says: a skip of its own is not missed") {
        CHECK(slow.seek(weir::log_start::newest));
        CHECK(slow.peek().empty());
        REQUIRE(log.try_push(21));
        CHECK(read_all(slow) == std::vector<int>{21});
        CHECK(slow.missed() == 12);
        CHECK(slow.seek(18));
        CHECK(read_all(slow) == std::vector<int>{18, 19, 20, 21});
        CHECK_FALSE(slow.seek(3));
        CHECK(slow.position() == 16);
        CHECK(slow.take_missed() == 13);
    }
}

TEST_CASE("shard_log: a reader starts at any position, told what is not there any more", "[buffers]") {
    log_of_ints log(4, {.records = 6}, {100});
    for (int i = 0; i < 22; ++i) REQUIRE(log.try_push(i));
    CHECK(log.oldest_position() == 112);  // at the start of the last segment: 20 records, 6 stay, so 12 went
    CHECK(log.end_position() == 122);
    SECTION("retained") {
        for (std::uint64_t p = 112; p <= 122; ++p) {
            auto reader = log.make_reader(p);
            const std::vector<int> got = read_all(reader);
            CHECK(got.size() == 122 - p);
            CHECK((got.empty() || got.front() == static_cast<int>(p) - 100));
            CHECK(reader.missed() == 0);
        }
    }
    SECTION("older, also than the log's start") {
        for (const std::uint64_t p : {111U, 100U, 40U}) {
            auto reader = log.make_reader(p);
            CHECK(reader.missed() == 112 - p);
            CHECK(reader.position() == 112);
            CHECK(read_all(reader).size() == 10);
        }
    }
    SECTION("beyond the end: waits for it") {
        auto reader = log.make_reader(125);
        CHECK(reader.peek().empty());
        CHECK_FALSE(reader.drained());
        for (int i = 22; i < 27; ++i) REQUIRE(log.try_push(i));
        CHECK(read_all(reader) == std::vector<int>{25, 26});
        CHECK(reader.missed() == 0);
        auto never = log.make_reader(1'000);
        CHECK_FALSE(never.drained());
        log.close();
        CHECK(never.drained());
    }
}

TEST_CASE("shard_log: closed, it takes nothing, and readers of before and after read to the end", "[buffers]") {
    log_of_ints log(4);
    auto before = log.make_reader(weir::log_start::oldest);
    for (int i = 0; i < 6; ++i) REQUIRE(log.try_push(i));
    log.close();
    CHECK(log.closed());
    CHECK(log.claim(5).empty());
    log.publish(0);
    CHECK_FALSE(log.try_push(6));
    CHECK(log.append(6) == std::nullopt);
    CHECK(log.append_range(std::vector<int>{6, 7}) == std::nullopt);
    log.close();  // a second time: nothing
    CHECK(log.end_position() == 6);
    auto after = log.make_reader(4);
    CHECK_FALSE(before.drained());
    CHECK(read_all(before) == std::vector<int>{0, 1, 2, 3, 4, 5});
    CHECK(before.drained());
    CHECK(read_all(after) == std::vector<int>{4, 5});
    CHECK(after.drained());
    CHECK(log.drop_before(log.end_position()) == 4);
}

TEST_CASE("shard_log: all that is full can be dropped, also before a reader that has yet to come there", "[buffers]") {
    log_of_ints log(4);
    auto reader = log.make_reader(weir::log_start::oldest);
    for (int i = 0; i < 8; ++i) REQUIRE(log.try_push(i));
    CHECK(log.drop_before(3) == 0);  // segment 0 holds 3
    CHECK(log.drop_before(4) == 4);
    CHECK(log.drop_before(2) == 4);
    CHECK(log.drop_before(1'000) == 8);
    CHECK(log.size_approx() == 0);
    CHECK(reader.peek().empty());
    CHECK(reader.take_missed() == 8);
    CHECK(reader.position() == 8);
    REQUIRE(log.try_push(8));
    CHECK(read_all(reader) == std::vector<int>{8});
    auto closed_behind = log.make_reader(weir::log_start::oldest);
    for (int i = 9; i < 12; ++i) REQUIRE(log.try_push(i));
    auto unpinned = log.make_reader(11);
    unpinned.release(unpinned.peek().size());
    log.close();
    CHECK(log.drop_before(12) == 12);
    CHECK(read_all(closed_behind).size() == 4);  // it had the segment pinned
    CHECK(closed_behind.drained());
    CHECK(unpinned.drained());
    auto late = log.make_reader(weir::log_start::oldest);
    CHECK(late.drained());
}

TEST_CASE("shard_log keeps move-only, over-aligned, empty records, and segments of a constant size", "[buffers]") {
    weir::shard_log<std::unique_ptr<int>, 2, weir::checked> owners({.segments = 2});
    for (int i = 0; i < 7; ++i) REQUIRE(owners.try_push(std::make_unique<int>(i)));
    auto reader = owners.make_reader(weir::log_start::oldest);
    CHECK(**reader.peek().data() == 4);
    weir::shard_log<wide, 3> log;
    for (std::uint64_t i = 0; i < 7; ++i) REQUIRE(log.try_emplace(wide{i}));
    auto aligned = log.make_reader(weir::log_start::oldest);
    CHECK(aligned.peek().size() == 3);
    CHECK(reinterpret_cast<std::uintptr_t>(aligned.peek().data()) % 256 == 0);
    wide out{};
    for (std::uint64_t i = 0; i < 7; ++i) {
        REQUIRE(aligned.try_pop(out));
        CHECK(out.value == i);
    }
    CHECK_FALSE(aligned.try_pop(out));
    weir::shard_log<nothing, 4> nothings;
    for (int i = 0; i < 6; ++i) REQUIRE(nothings.try_emplace());
    auto count = nothings.make_reader(2);
    CHECK(count.peek().size() == 2);
}

TEST_CASE("shard_log: a reader moves with what it holds", "[buffers]") {
    log_of_counted log(2, {.segments = 1});
    REQUIRE(log.try_emplace(0U));
    {
        auto first = log.make_reader(weir::log_start::oldest);
        REQUIRE(first.peek().size() == 1);
        auto second = std::move(first);
        CHECK(first.drained());
        CHECK(first.peek().empty());
        CHECK_FALSE(first.seek(0));
        CHECK(log.readers() == 1);
        for (std::uint64_t i = 1; i < 5; ++i) REQUIRE(log.try_emplace(i));
        CHECK(counted::alive == 3);  // 0 and 1, pinned, and 4
        REQUIRE(second.peek().size() == 1);
        CHECK(second.peek()[0].value == 0);
        second.release(1);
        second.release(second.peek().size());
        CHECK(counted::alive == 1);
        CHECK(second.peek()[0].value == 4);
        CHECK(second.missed() == 2);
    }
    CHECK(log.readers() == 0);
}

TEST_CASE("shard_log asks its allocator for nothing once retention has gone round", "[buffers]") {
    using log_type = weir::shard_log<std::uint64_t, weir::dynamic_capacity, weir::checked,
                                     std::pmr::polymorphic_allocator<std::uint64_t>>;
    counting_memory memory;
    {
        log_type log(16, {.segments = 3}, {}, &memory);
        auto reader = log.make_reader(weir::log_start::oldest);
        for (std::uint64_t i = 0; i < 100; ++i) REQUIRE(log.try_push(i));  // the reader holds one segment more
        const int asked = memory.asked;
        for (std::uint64_t i = 100; i < 5'000; ++i) REQUIRE(log.try_push(i));
        CHECK(memory.asked == asked);

        log.drop_before(log.end_position());
        const int full = memory.blocks;
        log.free_spares();
        CHECK(memory.blocks < full);
        log.reserve(8);
        const int reserved = memory.asked;
        for (std::uint64_t i = 0; i < 64; ++i) REQUIRE(log.try_push(i));
        CHECK(memory.asked == reserved);
    }
    CHECK(memory.blocks == 0);
}

TEST_CASE("shard_log: without memory for a segment nothing has happened, wherever it fails", "[buffers]") {
    using log_type = weir::shard_log<std::uint64_t, weir::dynamic_capacity, weir::checked,
                                     std::pmr::polymorphic_allocator<std::uint64_t>>;
    counting_memory memory;
    for (int refuse_in = 0; refuse_in < 6; ++refuse_in) {
        log_type log(2, {}, {}, &memory);
        auto reader = log.make_reader(weir::log_start::oldest);
        std::uint64_t written = 0;
        std::uint64_t refused = 0;
        while (written < 40) {
            memory.refuse_in = refuse_in;
            try {
                while (written < 40 && log.try_push(written)) ++written;
            } catch (const std::bad_alloc&) {
                ++refused;
                CHECK(log.end_position() == written);
            }
            memory.refuse_in = -1;
            if (written < 40 && log.try_push(written)) ++written;
        }
        CHECK(refused > 0);
        std::uint64_t read = 0;
        for (auto span = reader.peek(); !span.empty(); span = reader.peek()) {
            for (const std::uint64_t v : span) CHECK(v == read++);
            reader.release(span.size());
        }
        CHECK(read == 40);
    }
    CHECK(memory.blocks == 0);
}

TEST_CASE("shard_log::append passes a constructor's exception on and leaves no hole", "[buffers]") {
    {
        log_of_counted log(2);
        CHECK(log.append(0U) == 0U);
        counted::throw_in = 0;
        CHECK_THROWS_AS(log.append(7U), std::runtime_error);
        counted::throw_in = 2;
        CHECK_THROWS_AS(log.append_range(std::vector<unsigned>{1, 2, 7, 8}), std::runtime_error);
        counted::throw_in = -1;
        CHECK(log.append(3U) == 3U);
        auto reader = log.make_reader(weir::log_start::oldest);
        for (std::uint64_t i = 0; i < 4; ++i) {
            REQUIRE_FALSE(reader.peek().empty());
            CHECK(reader.peek()[0].value == i);
            reader.release(1);
        }
        CHECK(counted::alive == 4);
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("shard_log::append by a thread that has kept the right: an exception leaves no hole either", "[buffers]") {
    {
        log_of_counted log(8);
        std::uint64_t next = 0;
        for (; next < 300; ++next) REQUIRE(log.append(static_cast<unsigned>(next)) == next);
        for (int round = 0; round < 3; ++round) {
            counted::throw_in = 0;
            CHECK_THROWS_AS(log.append(7U), std::runtime_error);
            counted::throw_in = 2;
            const auto some = std::vector<unsigned>{static_cast<unsigned>(next), static_cast<unsigned>(next) + 1, 7, 8};
            CHECK_THROWS_AS(log.append_range(some), std::runtime_error);
            counted::throw_in = -1;
            next += 2;
            CHECK(log.end_position() == next);
            std::thread([&] { CHECK(log.append(static_cast<unsigned>(next)) == next); }).join();
            ++next;
            for (int i = 0; i < 100; ++i, ++next) REQUIRE(log.append(static_cast<unsigned>(next)) == next);
        }
        auto reader = log.make_reader(weir::log_start::oldest);
        for (std::uint64_t i = 0; i < next; ++i) {
            REQUIRE_FALSE(reader.peek().empty());
            REQUIRE(reader.peek()[0].value == i);
            reader.release(1);
        }
    }
    CHECK(counted::alive == 0);
}

TEST_CASE("shard_log::lower_bound finds what std::lower_bound finds in the records retained", "[buffers]") {
    const std::uint64_t seed = 20'240'511;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const std::size_t n : {1U, 3U, 8U}) {
        for (std::uint64_t size = 0; size < 40; ++size) {
            weir::shard_log<std::pair<int, char>> log(n, {.records = 20}, {UINT64_MAX - 9});
            std::vector<int> times;
            int time = 0;
            for (std::uint64_t i = 0; i < size; ++i) {
                time += static_cast<int>(random() % 3);
                REQUIRE(log.try_emplace(time, 'x'));
                times.push_back(time);
            }
            const std::uint64_t oldest = log.oldest_position() - (UINT64_MAX - 9);
            for (int t = -1; t <= time + 1; ++t) {
                const auto from = times.begin() + static_cast<std::ptrdiff_t>(oldest);
                const auto expected =
                    static_cast<std::uint64_t>(std::lower_bound(from, times.end(), t) - times.begin());
                REQUIRE(log.lower_bound(t, &std::pair<int, char>::first) == UINT64_MAX - 9 + expected);
            }
        }
    }
}

TEST_CASE("pin_word: no pin on what is dropped or has become another, and one who is last", "[buffers]") {
    weir::detail::pin_word word;
    CHECK_FALSE(word.try_pin(0));  // not begun
    word.begin(5);
    CHECK(word.try_pin(5));
    CHECK(word.try_pin(5));
    CHECK_FALSE(word.try_pin(4));
    CHECK_FALSE(word.unpin());
    CHECK_FALSE(word.drop());  // pinned
    CHECK_FALSE(word.try_pin(5));
    CHECK(word.unpin());
    word.begin((std::uint64_t{1} << 39) + 6);
    CHECK_FALSE(word.try_pin(5));
    CHECK(word.try_pin((std::uint64_t{1} << 39) + 6));
    CHECK_FALSE(word.unpin());
    CHECK(word.drop());
}

TEST_CASE("shard_log refuses segments and retention that make no sense", "[buffers]") {
    CHECK_THROWS_AS(log_of_ints(0), std::invalid_argument);
    CHECK_THROWS_AS(log_of_ints(SIZE_MAX), std::invalid_argument);
    CHECK_THROWS_AS(weir::shard_log<wide>(SIZE_MAX / 300), std::invalid_argument);
    try {
        log_of_ints none(4, {.segments = 0});
        FAIL("not refused");
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("at least 1") != std::string::npos);
    }
}

TEST_CASE("shard_log, checked, says what is wrong", "[buffers]") {
    CHECK(last_words([] {
              log_of_ints log(4);
              log.publish(1);
          })
          == "weir::shard_log: publish: more than was claimed; publish at most what claim() gave\n");
    CHECK(last_words([] {
              log_of_ints log(4);
              static_cast<void>(log.try_push(1));
              auto reader = log.make_reader(weir::log_start::oldest);
              reader.release(reader.peek().size() + 1);
          })
          == "weir::shard_log: release: more than was read; release at most what peek() gave\n");
    const std::string two_writers = last_words([] {
        log_of_ints log(4);
        static_cast<void>(log.try_push(1));
        std::thread([&] { static_cast<void>(log.try_push(2)); }).join();
    });
    CHECK(two_writers.find("a second thread writes") != std::string::npos);
    const std::string mixed = last_words([] {
        log_of_ints log(4);
        static_cast<void>(log.try_push(1));
        std::thread([&] { log.append(2); }).join();
    });
    CHECK(mixed.find("all use append()") != std::string::npos);
    const std::string two_readers = last_words([] {
        log_of_ints log(4);
        auto reader = log.make_reader(weir::log_start::oldest);
        static_cast<void>(reader.peek());
        std::thread([&] { static_cast<void>(reader.peek()); }).join();
    });
    CHECK(two_readers.find("a second thread reads") != std::string::npos);
    const std::string outlived = last_words([] {
        std::optional<log_of_ints> log(std::in_place, 4U);
        auto reader = log->make_reader(weir::log_start::oldest);
        log.reset();
    });
    CHECK(outlived.find("destroyed with a reader on it") != std::string::npos);
}

TEST_CASE("shard_log, checked, changes hands", "[buffers][threads]") {
    log_of_ints log(4);
    REQUIRE(log.try_push(1));
    auto reader = log.make_reader(weir::log_start::oldest);
    REQUIRE(reader.peek().size() == 1);
    log.hand_writer_over();
    reader.hand_over();
    std::thread([&] {
        static_cast<void>(log.try_push(2));
        reader.release(reader.peek().size());
        log.hand_writer_over();
        reader.hand_over();
    }).join();
    CHECK(read_all(reader) == std::vector<int>{2});
    CHECK(log.append(3) == 2U);
}
