// SPDX-License-Identifier: BSL-1.0
// Drivers of several inputs round one node: whose turn it is, what `full` and `done` make of the others, timers,
// checkpoints (core_protocol.md, E). The stages that are made of it: merge_test.cpp.
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/listed_cursor.hpp"
#include "core/scripted_source.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/merge_driver.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/merge.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

using namespace weir_test;
using namespace std::chrono_literals;
using weir::flow;
using weir::instant;
using weir::pulled;
using kind = weir::step_result::kind;

namespace {

/// What happens at the node, in order; and what it answers next (`more` when nothing is left).
struct scene {
    std::string calls{};
    std::deque<flow> answers{};
    instant due = instant::max();
    bool done = false;

    flow note(const std::string& what) {
        calls += (calls.empty() ? "" : " ") + what;
        if (answers.empty()) return flow::more;
        const flow f = answers.front();
        answers.pop_front();
        done = done || f == flow::done;
        return f;
    }
    std::string taken() { return std::exchange(calls, {}); }
};

struct node {
    using needs = weir::tags<>;
    scene* at;

    template <std::size_t I, class M>
    flow put(int n, const M&) {
        return at->note(std::string(1, char('a' + int(I))) + std::to_string(n));
    }
    template <std::size_t I>
    flow advance(instant) {
        return flow::more;
    }
    template <std::size_t I>
    flow idle() {
        return flow::more;
    }
    template <std::size_t I>
    flow finish() {
        return at->note(std::string(1, char('a' + int(I))) + ".");
    }
    template <std::size_t I, class Writer>
    flow snapshot(weir::barrier b, Writer&) {
        return at->note(std::string(1, char('a' + int(I))) + "!" + std::to_string(b.checkpoint));
    }
    template <class Writer>
    void save(weir::barrier b, Writer&) {
        at->note("save" + std::to_string(b.checkpoint));
    }
    template <class Reader>
    void restore(Reader&) {
        at->note("restore");
    }
    flow resume() { return at->note("resume"); }
    [[nodiscard]] bool done() const { return at->done; }
    [[nodiscard]] instant due() const { return at->due; }
    flow tick(instant) {
        at->due = instant::max();
        return at->note("tick");
    }
    [[nodiscard]] std::int64_t grain() const { return 0; }
    template <class Ledger>
    void account(Ledger&) const {}
};

struct numbers : weir_test::listed_cursor {
    template <class Writer>
    void save(const weir::stage_info*, Writer& out) const {
        out += std::to_string(next) + " ";
    }
    template <class Reader>
    void load(const weir::stage_info*, Reader& in) {
        next = in++;
    }
};

template <std::size_t I>
using input = weir::driver<numbers, weir::port<I, node>>;
using two = weir::merge_driver<node, input<0>, input<1>>;

two make(scene& s, std::vector<weir_test::listed_cursor> in) {
    return two([&] { return node{&s}; },
               [&](auto i, node* where) {
                   constexpr std::size_t index = decltype(i)::value;
                   return input<index>([&] { return numbers{in[index]}; },
                                       [&] { return weir::port<index, node>{where}; });
               });
}

void check(const weir::step_result& r, kind what, std::uint32_t records, instant until = instant::max()) {
    CHECK(int(r.what) == int(what));
    CHECK(r.records == records);
    CHECK(r.until == until);
}

}  // namespace

TEST_CASE("merge_driver: each input has its share, and each step begins with another", "[core]") {
    scene s;
    two d = make(s, {{{1, 2, 3, 4}}, {{5, 6, 7, 8, 9}}});
    check(d.step(4, {}), kind::progress, 4);
    CHECK(s.taken() == "a1 a2 b5 b6");
    check(d.step(1, {}), kind::progress, 2);  // fewer than inputs: one each
    CHECK(s.taken() == "b7 a3");
    two moved = std::move(d);  // the ports still know their node
    check(moved.step(4, {}), kind::progress, 3);
    CHECK(s.taken() == "a4 a. b8 b9");
    CHECK_FALSE(moved.finished());
    check(moved.step(4, {}), kind::done, 0);  // an input that has ended is left out
    CHECK(s.taken() == "b.");
    CHECK(moved.finished());
    check(moved.step(4, {}), kind::done, 0);
    CHECK(s.calls.empty());
    CHECK(moved.records() == 9);
}

TEST_CASE("merge_driver: while an input is full no other is stepped, and no timer", "[core]") {
    scene s;
    s.answers = {flow::full, flow::full, flow::more, flow::more};
    two d = make(s, {{{1, 2}}, {{5}}});
    check(d.step(8, {}), kind::progress, 1);
    CHECK(d.blocked());
    s.due = {3};
    check(d.step(8, {4}), kind::idle, 0);
    CHECK(s.taken() == "a1 resume");
    check(d.step(8, {4}), kind::done, 2);
    CHECK(s.taken() == "resume a2 a. tick b5 b.");
}

TEST_CASE("merge_driver: the end of one input that meets full is resumed by that one", "[core]") {
    scene s;
    s.answers = {flow::more, flow::full};
    two d = make(s, {{{1}}, {{5}}});
    check(d.step(8, {}), kind::progress, 1);
    CHECK(s.taken() == "a1 a.");
    check(d.step(8, {}), kind::done, 1);
    CHECK(s.taken() == "resume b5 b.");
}

TEST_CASE("merge_driver: a timer of the node comes before the records, and is resumed by nobody else", "[core]") {
    scene s;
    s.answers = {flow::full, flow::full, flow::more};
    s.due = {7};
    two d = make(s, {{{1}}, {{5}}});
    check(d.step(8, {7}), kind::progress, 0);
    CHECK(d.blocked());
    CHECK_FALSE(d.finished());
    check(d.step(8, {7}), kind::idle, 0);
    check(d.step(8, {7}), kind::done, 2);
    CHECK(s.taken() == "tick resume resume a1 a. b5 b.");
}

TEST_CASE("merge_driver: with nothing to read it waits for the first of its timers", "[core]") {
    scene s;
    two silent = make(s, {{{0, 0}}, {{0, 0, 5}}});
    check(silent.step(8, {1}), kind::idle, 0);
    two d = make(s, {{{0, 0, 0}, {30}}, {{0, 0, 5}, {40}}});
    check(d.step(8, {1}), kind::wait_until, 0, {30});
    s.due = {20};
    check(d.step(8, {2}), kind::wait_until, 0, {20});
    s.due = instant::max();
    check(d.step(8, {3}), kind::progress, 1);  // one has something: it is asked again at once
}

TEST_CASE("merge_driver: when those behind are done, or a drain is asked for, the inputs end where they are",
          "[core]") {
    scene s;
    s.answers = {flow::more, flow::done};
    two d = make(s, {{{1, 2, 3}}, {{5, 6}}});
    check(d.step(8, {}), kind::done, 2);
    CHECK(s.taken() == "a1 a2 a. b.");
    scene t;
    two drained = make(t, {{{1, 2, 3}}, {{5, 6}}});
    check(drained.step(2, {}), kind::progress, 2);
    check(drained.step(2, {}, true), kind::done, 0);
    CHECK(t.taken() == "a1 b5 b. a.");
}

TEST_CASE("merge_driver: a checkpoint has every source's place, and reaches the node by each input", "[core]") {
    scene s;
    two d = make(s, {{{1}}, {{5, 6, 7}}});
    d.step(4, {});
    CHECK(s.taken() == "a1 a. b5 b6");
    std::string places;
    s.answers = {flow::more, flow::full, flow::full, flow::more};
    CHECK(d.snapshot(weir::barrier{3}, places) == flow::full);
    CHECK(places == "1 2 ");
    CHECK(s.taken() == "a!0 b!3");  // of the one that has ended only its state is asked
    CHECK(d.blocked());
    check(d.step(4, {}), kind::idle, 0);
    check(d.step(4, {}), kind::done, 1);
    CHECK(s.taken() == "resume resume b7 b.");  // by the input that met full alone
    CHECK(d.snapshot(weir::barrier{}, places) == flow::more);
    CHECK(s.taken() == "a!0 b!0 save0");  // nobody is left to bring it a barrier

    std::size_t place = 1;  // the first begins at 1, the second at 2
    two again = make(s, {{{1, 2}}, {{5, 6, 7}}});
    again.restore(place);
    check(again.step(8, {}), kind::done, 2);
    CHECK(s.taken() == "restore a2 a. b7 b.");
}

TEST_CASE("merge_driver: the watermark is the least of the inputs that are not idle", "[core]") {
    struct event {
        std::chrono::sys_time<std::chrono::microseconds> time;
        int n;
    };
    const auto at = [](std::int64_t now, std::int64_t us) {
        return scripted<event>{{now}, {std::chrono::sys_time<std::chrono::microseconds>(us * 1us), 0}};
    };
    const auto bound = weir::out_of_order_by(0us).idle_after(100us);
    slow_log<event> log;
    // The second input is silent from 1 on, idle at 200, and comes back at 950 with what the watermark has passed: from
    // then on it counts again. The first one has ended at 1,000 and counts no more.
    drive(weir::merge(weir::from(scripted_source<event>(
                          {at(0, 10), at(1, 20), at(150, 21), at(250, 22), at(900, 30), at(1000, 40)}))
                          | weir::event_time<&event::time>(bound),
                      weir::from(scripted_source<event>({at(0, 12), at(950, 15), at(2000, 50)}))
                          | weir::event_time<&event::time>(bound))
          | slow_sink<event>(log, {0, 1, SIZE_MAX, false, 1}));
    std::vector<std::int64_t> sent;
    for (const instant w : log.watermarks) sent.push_back(w.us);
    CHECK(sent == std::vector<std::int64_t>{9, 11, 20, 21, 29, 49});
}
