// SPDX-License-Identifier: BSL-1.0
// A cursor and its chain, stepped: what each answer of either makes of the step, where a batch's receiver lives, and
// that one end is one `finish()`.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/listed_cursor.hpp"

#include <weir/core/driver.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace weir_test;
using weir::flow;
using weir::instant;
using weir::pulled;
using kind = weir::step_result::kind;

namespace {

/// What happens, in order; and what the chain answers next (`more` when nothing is left).
struct scene {
    std::vector<std::string> calls{};
    std::deque<flow> answers{};
    instant due = instant::max();

    flow note(std::string what) {
        calls.push_back(std::move(what));
        if (answers.empty()) return flow::more;
        const flow f = answers.front();
        answers.pop_front();
        return f;
    }
    std::vector<std::string> taken() { return std::exchange(calls, {}); }
};

struct chain : weir::end_of_signals<chain> {
    using needs = weir::tags<>;
    scene* at;
    int puts = 0;

    explicit chain(scene& s) : at(&s) {}
    flow put(int n, const weir::meta_set<>&) {
        ++puts;
        if (n < 0) throw std::runtime_error("negative");
        return at->note("put " + std::to_string(n));
    }
    template <class Writer>
    flow snapshot(weir::barrier, Writer& out) {
        out += "chain ";
        return at->note("snapshot");
    }
    template <class Reader>
    void restore(Reader& in) {
        in += "chain ";
    }
    flow finish() { return at->note("finish"); }
    flow resume() { return at->note("resume"); }
    [[nodiscard]] instant due() const { return at->due; }
    flow tick(instant) {
        at->due = instant::max();
        return at->note("tick");
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.unwanted["puts"] = static_cast<std::uint64_t>(puts);
    }
};

struct numbers : weir_test::listed_cursor {
    instant told = instant::min();

    void now(instant t) { told = t; }
    template <class Writer>
    void save(const weir::stage_info* source, Writer& out) const {
        out += std::string(source->path) + " " + std::to_string(next) + " ";
    }
    template <class Reader>
    void load(const weir::stage_info*, Reader& in) {
        in += "cursor ";
        next = 2;
    }
};
/// One that reads what others write: a drain takes what there is.
struct reading : numbers {
    static constexpr bool ends_on_drain = false;
    bool drained = false;
    void drain() { drained = true; }
};

const weir::stage_info info{"numbers", "0", 0};

template <class Receiver = chain, class Cursor = numbers>
auto make(scene& s, std::vector<int> list) {
    const auto cursor = [&] {
        Cursor c{};
        c.list = std::move(list);
        return c;
    };
    return weir::driver<Cursor, Receiver>(cursor, [&] { return Receiver(s); }, &info);
}

void check(const weir::step_result& r, kind what, std::uint32_t records, instant until = instant::max()) {
    CHECK(int(r.what) == int(what));
    CHECK(r.records == records);
    CHECK(r.until == until);
}

/// Big, or with state in tables: stays where it is.
struct big_chain : chain {
    using chain::chain;
    std::array<char, weir::detail::largest_moved_receiver> more{};
    const void* seen = nullptr;
    flow put(int n, const weir::meta_set<>& m) {
        seen = this;
        return chain::put(n, m);
    }
};
struct table_chain : chain {
    static constexpr bool in_place = true;
    using chain::chain;
    const void* seen = nullptr;
    flow put(int n, const weir::meta_set<>& m) {
        seen = this;
        return chain::put(n, m);
    }
};

}  // namespace

static_assert(weir::detail::moves_to_stack<chain>);
static_assert(!weir::detail::moves_to_stack<big_chain> && !weir::detail::moves_to_stack<table_chain>);

TEST_CASE("driver: batches, then one finish, then done for good", "[core]") {
    scene s;
    auto d = make(s, {1, 2, 3});
    check(d.step(2, {}), kind::progress, 2);
    check(d.step(2, {}), kind::done, 1);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "put 2", "put 3", "finish"});
    CHECK(d.finished());
    check(d.step(2, {}), kind::done, 0);
    CHECK(s.calls.empty());
    CHECK(d.records() == 3);
}

TEST_CASE("driver: while the chain is full it is resumed, and nothing else", "[core]") {
    scene s;
    s.answers = {flow::full, flow::full, flow::more, flow::more, flow::full, flow::full, flow::more};
    s.due = {5};
    auto d = make(s, {1, 2});
    check(d.step(9, {1}), kind::progress, 1);
    CHECK(d.blocked());
    check(d.step(9, {9}), kind::wait_until, 0, {10'009});  // a waker calls, or room comes by time alone
    CHECK(s.taken() == std::vector<std::string>{"put 1", "resume"});
    check(d.step(9, {9}), kind::progress, 1);  // finish meets full
    CHECK(s.taken() == std::vector<std::string>{"resume", "tick", "put 2"});
    CHECK(d.blocked());
    check(d.step(9, {9}), kind::idle, 0);
    check(d.step(9, {9}), kind::done, 0);
    CHECK(s.taken() == std::vector<std::string>{"resume", "resume", "finish"});
}

TEST_CASE("driver: what finish stopped is resumed, and finish comes once", "[core]") {
    scene s;
    s.answers = {flow::more, flow::full, flow::full, flow::more};
    auto d = make(s, {1});
    check(d.step(9, {}), kind::progress, 1);
    CHECK_FALSE(d.finished());
    check(d.step(9, {}), kind::idle, 0);
    check(d.step(9, {}), kind::done, 0);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "finish", "resume", "resume"});
}

TEST_CASE("driver: done ends the input, from a put, a resume or a timer", "[core]") {
    scene s;
    s.answers = {flow::more, flow::done};
    auto by_put = make(s, {1, 2, 3});
    check(by_put.step(9, {}), kind::done, 2);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "put 2", "finish"});

    s.answers = {flow::full, flow::done};
    auto by_resume = make(s, {1, 2, 3});
    check(by_resume.step(9, {}), kind::progress, 1);
    check(by_resume.step(9, {}), kind::done, 0);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "resume", "finish"});

    s.answers = {flow::done};
    s.due = {5};
    auto by_timer = make(s, {1, 2, 3});
    check(by_timer.step(9, {5}), kind::done, 0);
    CHECK(s.taken() == std::vector<std::string>{"tick", "finish"});
}

TEST_CASE("driver: with nothing to read it says when it has to be asked again", "[core]") {
    scene s;
    auto d = make(s, {0, 0, 0, 1, 0, 0});
    check(d.step(9, {1}), kind::idle, 0);
    CHECK(d.cursor().told == instant{1});
    d.cursor().wakes = {70};
    check(d.step(9, {2}), kind::wait_until, 0, {70});
    s.due = {50};
    check(d.step(9, {3}), kind::wait_until, 0, {50});
    check(d.step(9, {4}), kind::progress, 1);  // a record, then a pause
    s.due = {50};
    check(d.step(9, {50}), kind::progress, 0);  // a timer is progress too
    CHECK(s.taken() == std::vector<std::string>{"put 1", "tick"});
}

TEST_CASE("driver: a drain ends a source where it is, and a reader at the end of what there is", "[core]") {
    scene s;
    auto d = make(s, {1, 2, 3});
    check(d.step(1, {}), kind::progress, 1);
    check(d.step(1, {}, true), kind::done, 0);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "finish"});
    auto reader = make<chain, reading>(s, {1, 2, 3});
    check(reader.step(2, {}, true), kind::progress, 2);
    CHECK(reader.cursor().drained);
    check(reader.step(2, {}, true), kind::done, 1);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "put 2", "put 3", "finish"});
}

TEST_CASE("driver: a checkpoint has the place of the source, then the chain; what it fills is resumed", "[core]") {
    scene s;
    auto d = make(s, {1, 2, 3});
    check(d.step(1, {}), kind::progress, 1);
    s.answers = {flow::full};
    std::string out;
    d.snapshot(weir::barrier{1}, out);
    CHECK(out == "0 1 chain ");
    CHECK(d.blocked());
    check(d.step(9, {}), kind::done, 2);
    CHECK(s.taken() == std::vector<std::string>{"put 1", "snapshot", "resume", "put 2", "put 3", "finish"});

    std::string in;
    auto again = make(s, {1, 2, 3});
    again.restore(in);
    CHECK(in == "cursor chain ");
    check(again.step(9, {}), kind::done, 1);
    CHECK(s.taken() == std::vector<std::string>{"put 3", "finish"});
}

TEST_CASE("driver: a receiver comes home with its state, also when it throws; a big one stays there", "[core]") {
    scene s;
    auto d = make(s, {1, 2, -1, 3});
    CHECK_THROWS_WITH(d.step(9, {}), "negative");
    CHECK(d.receiver().puts == 3);
    auto big = make<big_chain>(s, {1, -1});
    CHECK_THROWS_WITH(big.step(9, {}), "negative");
    CHECK(big.receiver().seen == &big.receiver());
    auto table = make<table_chain>(s, {1});
    table.step(9, {});
    CHECK(table.receiver().seen == &table.receiver());
    CHECK(table.receiver().puts == 1);
}

TEST_CASE("driver: counters are those of the source and of all behind it", "[core]") {
    struct with_counts : ledger {
        std::string source;
        std::uint64_t read = 0;
        void begin(const weir::stage_info* stage, std::uint64_t n) {
            source = stage->kind;
            read = n;
        }
    };
    scene s;
    auto d = make(s, {1, 2, 3});
    d.step(2, {});
    with_counts counts;
    d.account(counts);
    CHECK(counts.source == "numbers");
    CHECK(counts.read == 2);
    CHECK(counts.unwanted.at("puts") == 2);
}
