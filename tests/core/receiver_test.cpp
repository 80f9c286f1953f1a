// SPDX-License-Identifier: BSL-1.0
// The bases of receivers: every signal goes on to the next one and its answer comes back, a sink answers `more`; the
// sections in which states are kept.
#include "support/catch.hpp"

#include <weir/core/concepts.hpp>
#include <weir/core/receiver.hpp>
#include <weir/runtime/state.hpp>
#include <weir/support/flat_table.hpp>

#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using weir::flow;
using weir::instant;

namespace {

/// Notes what it is told, and answers what it was told to answer.
struct told {
    using needs = weir::tags<>;
    std::vector<std::string> calls{};
    flow answer = flow::more;

    flow note(std::string what) { return calls.push_back(std::move(what)), answer; }
    template <class V, class M>
    flow put(V&&, const M&) {
        return note("put");
    }
    flow advance(instant w) { return note("advance " + std::to_string(w.us)); }
    flow idle() { return note("idle"); }
    template <class Writer>
    flow snapshot(weir::barrier at, Writer& out) {
        return note("snapshot " + std::to_string(at.checkpoint) + ++out);
    }
    template <class Reader>
    void restore(Reader& in) {
        note(std::string("restore ") + ++in);
    }
    flow finish() { return note("finish"); }
    flow resume() { return note("resume"); }
    [[nodiscard]] instant due() const { return {5}; }
    flow tick(instant now) { return note("tick " + std::to_string(now.us)); }
    [[nodiscard]] std::int64_t grain() const { return 60; }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger += 10;
    }
};

struct forwarding : weir::forward_signals<forwarding> {
    using needs = weir::tags<>;
    told next{};
    template <class V, class M>
    flow put(V&& value, const M& meta) {
        return next.put(static_cast<V&&>(value), meta);
    }
};
/// A stage that does one thing itself.
struct half : weir::forward_signals<half> {
    told next{};
    flow idle() { return flow::done; }
};
struct ending : weir::end_of_signals<ending> {
    using needs = weir::tags<>;
    template <class V, class M>
    flow put(V&&, const M&) {
        return flow::more;
    }
};

bool ends_quietly() {
    weir::end_of_signals<ending> sink;
    int nothing = 0;
    sink.restore(nothing);
    return sink.advance({1}) == flow::more && sink.idle() == flow::more
           && sink.snapshot(weir::barrier{1}, nothing) == flow::more && sink.due() == instant::max()
           && sink.grain() == 0 && nothing == 0;
}

}  // namespace

static_assert(weir::receiver<forwarding, int&&, weir::meta_set<>> && weir::receiver<ending, int&&, weir::meta_set<>>);
static_assert(!weir::receiver<half, int&&, weir::meta_set<>>, "the bases give all but put and needs");
static_assert(weir::barrier{}.after_end() && !weir::barrier{1}.after_end());

// The grain of several: the greatest unit that hits the boundaries of each; 0 has no opinion.
static_assert(weir::common_grain(60, 0) == 60 && weir::common_grain(0, 60) == 60 && weir::common_grain(0, 0) == 0);
static_assert(weir::common_grain(60, 24) == 12 && weir::common_grain(1, 3'600'000'000) == 1);
static_assert(weir::common_grain(INT64_MAX, INT64_MAX) == INT64_MAX);

TEST_CASE("receiver: signals go on and the answer comes back", "[core]") {
    for (const flow answer : {flow::more, flow::full, flow::done}) {
        forwarding f;
        f.next.answer = answer;
        char text = 'a';
        CHECK(f.advance({7}) == answer);
        CHECK(f.idle() == answer);
        CHECK(f.snapshot(weir::barrier{3}, text) == answer);
        f.restore(text);
        CHECK(f.tick({9}) == answer);
        CHECK(f.resume() == answer);
        CHECK(f.finish() == answer);
        CHECK(
            f.next.calls
            == std::vector<std::string>{"advance 7", "idle", "snapshot 3b", "restore c", "tick 9", "resume", "finish"});
        CHECK(f.due() == instant{5});
        CHECK(f.grain() == 60);
        int count = 1;
        f.account(count);
        CHECK(count == 11);
    }
    half h;
    CHECK(h.idle() == flow::done);
    CHECK(h.finish() == flow::more);
    CHECK(h.next.calls == std::vector<std::string>{"finish"});
}

TEST_CASE("receiver: a sink wants everything and has no wishes", "[core]") {
    ending sink;
    CHECK(sink.finish() == flow::more);
    CHECK(sink.resume() == flow::more);
    CHECK(sink.tick({1}) == flow::more);
    CHECK(ends_quietly());
}

TEST_CASE("receiver: common_grain is the greatest common divisor", "[core]") {
    const unsigned seed = 5;
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 200; ++round) {
        const auto a = static_cast<std::int64_t>(random() % 1'000'000);
        const auto b = static_cast<std::int64_t>(random() % 1'000);
        CHECK(weir::common_grain(a, b) == std::gcd(a, b));
    }
}

TEST_CASE("receiver: a state is found again by its stage, and left alone where there is none", "[core]") {
    const weir::stage_info mine{"take", "1", 0};
    const weir::stage_info other{"take", "2", 0};
    weir::state_writer out;
    weir::save_state(mine, out, std::string("kept"));
    std::string state = "first";
    weir::state_reader in(out.bytes());
    weir::load_state(other, in, state);
    CHECK(state == "first");
    weir::load_state(mine, in, state);
    CHECK(state == "kept");
}

TEST_CASE("receiver: a table of states by key survives, also an empty one", "[core]") {
    const weir::stage_info stage{"scan", "1", 0};
    for (int count : {0, 1, 300}) {
        CAPTURE(count);
        weir::flat_table<std::string, long> table;
        for (int i = 0; i < count; ++i) table.try_emplace(std::to_string(i), long{i} * 3);
        weir::state_writer out;
        weir::save_table(stage, out, table);
        CHECK(out.incomplete().empty());
        weir::flat_table<std::string, long> again;
        weir::state_reader in(out.bytes());
        weir::load_table(stage, in, again);
        REQUIRE(again.size() == table.size());
        auto at = again.begin();
        for (const auto& e : table) {
            CHECK(at->key == e.key);
            CHECK(at->value == e.value);
            ++at;
        }
    }
}
