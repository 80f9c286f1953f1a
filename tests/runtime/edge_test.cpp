// SPDX-License-Identifier: BSL-1.0
// The two sides of edges between tasks, by hand: who is full and when, what joins, what aligns, and where every record
// went.
#include "support/catch.hpp"

#include <weir/runtime/edge_reader.hpp>
#include <weir/runtime/edge_writer.hpp>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

using weir::flow;
using weir::instant;
using weir::pull_result;
using weir::pulled;
using weir::signal_kind;

namespace {

using no_meta = weir::meta_set<>;
using slot = weir::detail::slot<int, no_meta>;
using edge = weir::detail::edge<slot>;
using writer = weir::detail::edge_writer<slot>;
using reader = weir::detail::edge_reader<slot>;

/// What came, in order: "r5" a record, "w10" a watermark, "i" idle, "b1" a barrier.
struct recorder {
    std::vector<std::string> seen;
    std::vector<std::size_t> from;  // the input of each record
    std::size_t full_every = 0;     // records
    bool full_on_signals = false;
    std::size_t done_after = SIZE_MAX;
    std::size_t input = 0;
    bool stopped = false;

    void reading(std::size_t i) { input = i; }
    flow put(int&& value, const no_meta&) {
        REQUIRE_FALSE(std::exchange(stopped, false));
        seen.push_back("r" + std::to_string(value));
        from.push_back(input);
        if (from.size() >= done_after) return flow::done;
        return full_every != 0 && from.size() % full_every == 0 ? stop() : flow::more;
    }
    flow advance(instant w) { return signal("w" + std::to_string(w.us)); }
    flow idle() { return signal("i"); }
    template <class Writer>
    flow snapshot(weir::barrier at, Writer&) {
        return signal("b" + std::to_string(at.checkpoint));
    }
    /// What a driver does before it pulls again.
    void resume() { stopped = false; }

  private:
    flow signal(std::string what) {
        REQUIRE_FALSE(stopped);
        seen.push_back(std::move(what));
        return full_on_signals ? stop() : flow::more;
    }
    flow stop() {
        stopped = true;
        return flow::full;
    }
};

/// A task that only stands there, so that a reader has somewhere to bring its part of a checkpoint.
struct bystander final : weir::detail::chain_base {
    bystander() : chain_base("bystander") {}
    weir::step_result step(std::uint32_t, instant) override { return {}; }
    void account(weir::report&) const override {}
    void save(weir::state_writer&) override {}
    void restore(weir::state_reader&) override {}
};

/// P writers, each with an edge to each of C readers.
struct mesh {
    weir::detail::checkpoint_desk desk;
    weir::stage_info stage{"shard", "3.in.0", 0};
    bystander task;
    std::vector<std::unique_ptr<writer>> writers;
    std::vector<std::unique_ptr<reader>> readers;
    std::vector<std::vector<std::shared_ptr<edge>>> edges;

    mesh(std::size_t p, std::size_t c, std::size_t capacity) {
        task.reports_to(desk);
        for (std::size_t j = 0; j < c; ++j) {
            readers.push_back(std::make_unique<reader>());
            readers.back()->stands_in(task, &stage);
        }
        for (std::size_t i = 0; i < p; ++i) {
            writers.push_back(std::make_unique<writer>());
            edges.emplace_back();
            for (std::size_t j = 0; j < c; ++j) {
                edges.back().push_back(std::make_shared<edge>(capacity));
                readers[j]->add(edges.back().back());
                writers.back()->add(edges.back().back());
            }
        }
    }
    pull_result pull(std::size_t j, recorder& into, std::size_t n = 1U << 20U) {
        into.resume();
        const pull_result got = readers[j]->pull<no_meta>(into, n);
        readers[j]->end_of_step();
        return got;
    }
    flow put(std::size_t i, std::size_t j, int value) { return writers[i]->put(j, value, no_meta{}); }
    flow put_now(std::size_t i, std::size_t j, int value) {
        const flow f = put(i, j, value);
        writers[i]->end_of_step();
        return f;
    }
    flow signal(std::size_t i, signal_kind kind, std::int64_t value = 0) {
        const flow f = writers[i]->signal(kind, value);
        writers[i]->end_of_step();
        return f;
    }
};

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("edge: a full ring is answered when it is full, and room again when half of it is free") {
    for (const std::size_t capacity : {1U, 2U, 3U, 8U, 1'024U}) {
        CAPTURE(capacity);
        mesh m(1, 2, capacity);
        recorder got;
        for (std::size_t i = 0; i + 1 < capacity; ++i) REQUIRE(m.put(0, 1, 0) == flow::more);
        CHECK(m.put(0, 1, 0) == flow::full);
        m.writers[0]->end_of_step();
        CHECK(m.writers[0]->resume() == flow::full);
        m.pull(1, got, 1);
        CHECK(m.writers[0]->resume() == (capacity <= 2 ? flow::more : flow::full));
        m.pull(1, got);
        CHECK(m.writers[0]->resume() == flow::more);
        CHECK(got.from.size() == capacity);
    }
}

TEST_CASE("edge: a signal without a slot is owed, and nothing passes it") {
    mesh m(1, 1, 64);
    int sent = 0;
    while (m.signal(0, signal_kind::watermark, ++sent) == flow::more) REQUIRE(sent < 100);
    CHECK(m.writers[0]->resume() == flow::full);
    recorder got;
    CHECK(m.pull(0, got).what == pulled::starved);
    CHECK(m.writers[0]->resume() == flow::more);
    CHECK(m.put_now(0, 0, 7) == flow::more);
    m.pull(0, got);
    strings expected;
    for (int w = 1; w <= sent; ++w) expected.push_back("w" + std::to_string(w));
    expected.emplace_back("r7");
    CHECK(got.seen == expected);
}

TEST_CASE("edge: a ring that is never empty keeps no other waiting") {
    // Those behind have room for one record at a time, and input 0 is filled again whenever it has room.
    for (const std::size_t step : {1U, 3U, 64U}) {
        CAPTURE(step);
        mesh m(3, 1, 4);
        recorder got;
        got.full_every = 1;
        for (int i = 0; i < 4; ++i) {
            m.put(1, 0, 100 + i);
            m.put(2, 0, 200 + i);
        }
        m.writers[1]->end_of_step();
        m.writers[2]->end_of_step();
        for (int i = 0; i < 12; ++i) {
            if (m.writers[0]->resume() == flow::more) m.put_now(0, 0, i);
            m.pull(0, got, step);
        }
        std::size_t others = 0;
        for (const std::size_t f : got.from) others += f != 0 ? 1U : 0U;
        CHECK(others >= 7);  // two of three turns
    }
}

TEST_CASE("edge: the joint watermark is the least, and never goes back") {
    mesh m(3, 1, 8);
    recorder got;
    m.signal(0, signal_kind::watermark, 10);
    m.signal(1, signal_kind::watermark, 20);
    m.pull(0, got);
    CHECK(got.seen.empty());  // input 2 has none
    m.signal(2, signal_kind::watermark, 5);
    m.pull(0, got);
    CHECK(got.seen == strings{"w5"});
    m.signal(2, signal_kind::watermark, 4);
    m.pull(0, got);
    CHECK(got.seen == strings{"w5"});
    m.signal(2, signal_kind::end);
    m.pull(0, got);
    CHECK(got.seen == strings{"w5", "w10"});
    m.signal(0, signal_kind::end);
    m.pull(0, got);
    CHECK(got.seen == strings{"w5", "w10", "w20"});
    m.signal(1, signal_kind::end);
    CHECK(m.pull(0, got).what == pulled::exhausted);
    CHECK(got.seen == strings{"w5", "w10", "w20"});
}

TEST_CASE("edge: an idle input is left out until a record or a watermark; all idle hold, and say so once") {
    mesh m(2, 1, 8);
    recorder got;
    m.signal(0, signal_kind::watermark, 10);
    m.signal(1, signal_kind::idle);
    m.pull(0, got);
    CHECK(got.seen == strings{"w10"});
    m.put_now(1, 0, 1);  // back, and it has no watermark: it holds
    m.signal(0, signal_kind::watermark, 20);
    m.pull(0, got);
    CHECK(got.seen == strings{"w10", "r1"});
    m.signal(1, signal_kind::idle);
    m.pull(0, got);
    CHECK(got.seen == strings{"w10", "r1", "w20"});
    m.signal(0, signal_kind::idle);
    m.signal(0, signal_kind::idle);
    m.signal(1, signal_kind::idle);
    m.pull(0, got);
    CHECK(got.seen == strings{"w10", "r1", "w20", "i"});
    SECTION("a record ends it, for those behind too") {
        m.put_now(1, 0, 2);
        m.signal(1, signal_kind::idle);
        m.pull(0, got);
        CHECK(got.seen == strings{"w10", "r1", "w20", "i", "r2", "i"});
    }
    SECTION("an old watermark ends it, and is heard behind") {
        m.signal(1, signal_kind::watermark, 15);
        m.pull(0, got);
        CHECK(got.seen == strings{"w10", "r1", "w20", "i", "w20"});
        m.signal(0, signal_kind::watermark, 30);  // input 1 is back and holds
        m.pull(0, got);
        CHECK(got.seen == strings{"w10", "r1", "w20", "i", "w20"});
    }
}

TEST_CASE("edge: a channel is not read beyond its barrier until all have brought it") {
    mesh m(3, 1, 8);
    recorder got;
    m.put(0, 0, 1);
    m.signal(0, signal_kind::barrier, 1);
    m.put_now(0, 0, 2);
    m.put_now(1, 0, 3);
    m.pull(0, got);
    CHECK(got.seen == strings{"r1", "r3"});
    m.signal(1, signal_kind::barrier, 1);
    m.put_now(1, 0, 4);
    m.signal(1, signal_kind::watermark, 9);
    CHECK(m.pull(0, got).what == pulled::starved);
    CHECK(got.seen == strings{"r1", "r3"});
    SECTION("the last one brings it") {
        m.put_now(2, 0, 5);
        m.signal(2, signal_kind::barrier, 1);
        m.pull(0, got);
        CHECK(got.seen.at(2) == "r5");
        CHECK(got.seen.at(3) == "b1");
        CHECK(got.seen.size() == 6);
    }
    SECTION("an end is as good") {
        m.signal(2, signal_kind::watermark, 1);
        m.signal(2, signal_kind::end);
        m.pull(0, got);
        CHECK(got.seen.at(2) == "b1");
        CHECK(got.seen.size() == 5);  // input 0 has no watermark yet
    }
    SECTION("an end whose watermark is full: the barrier follows") {
        m.signal(0, signal_kind::watermark, 20);  // behind the barrier, not seen yet
        m.put_now(2, 0, 5);
        m.signal(2, signal_kind::end);
        got.full_on_signals = true;
        m.pull(0, got);
        CHECK(got.seen == strings{"r1", "r3", "r5", "b1"});
        m.pull(0, got);
        CHECK(got.seen.size() >= 5);
    }
}

TEST_CASE("edge: a barrier behind the watermark that an end releases") {
    mesh m(2, 1, 8);
    recorder got;
    got.full_on_signals = true;
    m.signal(0, signal_kind::watermark, 20);
    m.signal(0, signal_kind::barrier, 1);
    m.put_now(0, 0, 1);
    m.signal(1, signal_kind::end);
    CHECK(m.pull(0, got).what == pulled::full);  // the end lets 20 through
    CHECK(got.seen == strings{"w20"});
    CHECK(m.pull(0, got).what == pulled::full);
    CHECK(got.seen == strings{"w20", "b1"});
    CHECK(m.pull(0, got).what == pulled::starved);
    CHECK(got.seen == strings{"w20", "b1", "r1"});
}

TEST_CASE("edge: a reader that has had enough is noticed, and what comes for it is dropped") {
    mesh m(1, 2, 4);
    recorder got;
    m.put(0, 0, 1);
    m.put_now(0, 1, 2);
    m.pull(0, got);
    m.readers[0]->close();
    CHECK_FALSE(m.writers[0]->deserted());
    CHECK(m.put(0, 0, 3) == flow::more);  // there is room, and it was not looked at yet
    m.writers[0]->end_of_step();
    for (int i = 0; i < 10; ++i) CHECK(m.put(0, 0, 4) == flow::more);  // the other one reads
    m.readers[1]->close();
    CHECK(m.writers[0]->deserted());
    CHECK(m.writers[0]->look() == flow::done);
    CHECK(m.put(0, 1, 5) == flow::done);
    CHECK(m.signal(0, signal_kind::end) == flow::done);
    const auto went = m.writers[0]->tally();
    CHECK(went.passed == 1);
    CHECK(went.dropped == 13);
    CHECK(went.held == 0);
}

TEST_CASE("edge: what a stop leaves in a ring is held, not dropped") {
    mesh m(1, 1, 2);
    recorder got;
    m.put_now(0, 0, 1);
    m.pull(0, got);
    m.put(0, 0, 2);
    CHECK(m.put(0, 0, 3) == flow::full);
    m.writers[0]->end_of_step();
    CHECK(m.writers[0]->tally().held == 2);  // on their way
    m.readers[0]->abandon();
    CHECK(m.writers[0]->resume() == flow::done);
    CHECK(m.put(0, 0, 4) == flow::done);
    const auto went = m.writers[0]->tally();
    CHECK(went.passed == 1);
    CHECK(went.dropped == 0);
    CHECK(went.held == 3);
}

TEST_CASE("edge: random steps lose nothing, keep order and never fill a ring beyond its capacity") {
    const unsigned rounds = std::getenv("WEIR_NIGHTLY") != nullptr ? 3'000 : 200;
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (unsigned round = 0; round < rounds; ++round) {
        const std::size_t capacities[] = {1, 2, 3, 8, 1'024};
        const std::size_t capacity = capacities[random() % 5];
        const std::size_t p = 1 + random() % 4;
        const std::size_t c = 1 + random() % 4;
        CAPTURE(round, capacity, p, c);
        mesh m(p, c, capacity);
        std::vector<recorder> got(c);
        for (recorder& r : got) r.full_every = random() % 4;
        std::vector<int> next(p);  // of each writer
        std::vector<bool> blocked(p), ended(p);
        std::vector<std::vector<strings>> sent(p, std::vector<strings>(c));
        std::size_t over = 0;
        for (int step = 0; step < 400 || over < p; ++step) {
            const std::size_t i = random() % p;
            if (blocked[i]) blocked[i] = m.writers[i]->resume() == flow::full;
            if (!ended[i]) {
                for (std::size_t n = random() % 6; n > 0 && !blocked[i]; --n) {
                    const std::size_t to = random() % c;
                    const int value = static_cast<int>(i) * 1'000'000 + next[i]++;
                    sent[i][to].push_back("r" + std::to_string(value));
                    blocked[i] = m.put(i, to, value) == flow::full;
                }
                if (!blocked[i] && step >= 400) {
                    ended[i] = true;
                    blocked[i] = m.writers[i]->signal(signal_kind::end, 0) == flow::full;
                } else if (!blocked[i] && random() % 8 == 0) {
                    blocked[i] = m.writers[i]->signal(signal_kind::watermark, next[i]) == flow::full;
                }
            }
            m.writers[i]->end_of_step();
            over = 0;
            for (std::size_t w = 0; w < p; ++w) over += ended[w] && !blocked[w] ? 1U : 0U;
            const std::size_t j = random() % c;
            m.pull(j, got[j], 1 + random() % 8);
            for (const auto& row : m.edges) {
                for (const auto& e : row) REQUIRE(e->records.size_approx() <= capacity);
            }
        }
        for (std::size_t j = 0; j < c; ++j) {
            while (m.pull(j, got[j]).what != pulled::exhausted) {}
            // Of each writer, in its order.
            std::vector<strings> came(p);
            std::size_t records = 0;
            for (const std::string& s : got[j].seen) {
                if (s[0] == 'r') came[got[j].from[records++]].push_back(s);
            }
            for (std::size_t i = 0; i < p; ++i) REQUIRE(came[i] == sent[i][j]);
        }
        for (std::size_t i = 0; i < p; ++i) {
            const auto went = m.writers[i]->tally();
            REQUIRE(went.passed == static_cast<std::uint64_t>(next[i]));
            REQUIRE(went.dropped + went.held == 0);
        }
    }
}

namespace {

/// A record whose construction throws when told to.
struct brittle {
    int n = 0;
    static inline int countdown = -1;

    explicit brittle(int value) : n(value) { tick(); }
    brittle(brittle&& other) : n(std::exchange(other.n, -1)) { tick(); }

  private:
    static void tick() {
        if (countdown > 0 && --countdown == 0) throw std::runtime_error("brittle");
    }
};

}  // namespace

TEST_CASE("edge: a record that throws when it is put is not in the ring, and leaves no hole") {
    using brittle_slot = weir::detail::slot<brittle, no_meta>;
    for (int at = 1; at < 12; ++at) {
        CAPTURE(at);
        const auto e = std::make_shared<weir::detail::edge<brittle_slot>>(16);
        weir::detail::edge_writer<brittle_slot> out;
        out.add(e);
        brittle::countdown = at;
        std::uint64_t put = 0;
        try {
            for (int i = 0; i < 6; ++i) {
                static_cast<void>(out.put(0, brittle(i), no_meta{}));
                ++put;
            }
        } catch (const std::runtime_error&) {}
        brittle::countdown = -1;
        out.close();
        CHECK(out.tally().held == put);
        CHECK(out.tally().passed + out.tally().dropped == 0);
    }
}
