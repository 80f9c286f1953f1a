// SPDX-License-Identifier: BSL-1.0
// The end of one input's chain: calls carry the input's index to the node; what the node has once is asked of it once.
#include "support/catch.hpp"

#include <weir/core/concepts.hpp>
#include <weir/core/port.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using weir::flow;
using weir::instant;

namespace {

struct node {
    using needs = weir::tags<weir::meta_of::key>;

    std::vector<std::string> calls{};
    flow answer = flow::more;

    flow note(std::size_t input, std::string what) {
        calls.push_back(std::to_string(input) + " " + std::move(what));
        return answer;
    }
    template <std::size_t I, class V, class M>
    flow put(V&& value, const M&) {
        return note(I, (std::is_lvalue_reference_v<V> ? "lent " : "given ") + std::string(std::forward<V>(value)));
    }
    template <std::size_t I>
    flow advance(instant w) {
        return note(I, "advance " + std::to_string(w.us));
    }
    template <std::size_t I>
    flow idle() {
        return note(I, "idle");
    }
    template <std::size_t I>
    flow finish() {
        return note(I, "finish");
    }
    template <std::size_t I, class Writer>
    flow snapshot(weir::barrier at, Writer&) {
        return note(I, "snapshot " + std::to_string(at.checkpoint));
    }
    flow resume() {
        calls.emplace_back("resume");
        return answer;
    }
    [[nodiscard]] std::int64_t grain() const { return 12; }
};
struct big_node : node {
    static constexpr bool in_place = true;
};

template <std::size_t I>
using port = weir::port<I, node>;

}  // namespace

static_assert(weir::receiver<port<0>, const std::string&, weir::meta_set<>>);
static_assert(std::is_same_v<port<3>::needs, node::needs>, "a chain brings what its node asks for");
static_assert(sizeof(port<7>) == sizeof(void*), "the index is in the type");
static_assert(!port<0>::in_place && weir::port<0, big_node>::in_place, "a node says how its inputs are best run");

TEST_CASE("port: what a chain sends arrives under the index of its input", "[core]") {
    for (const flow answer : {flow::more, flow::full, flow::done}) {
        node n;
        n.answer = answer;
        port<0> first{&n};
        port<2> third{&n};
        const std::string lent = "a";
        int writer = 0;
        CHECK(first.put(lent, weir::meta_set<>{}) == answer);
        CHECK(third.put(std::string("b"), weir::meta_set<>{}) == answer);
        CHECK(third.advance({7}) == answer);
        CHECK(first.idle() == answer);
        CHECK(first.snapshot(weir::barrier{4}, writer) == answer);
        CHECK(third.resume() == answer);
        CHECK(first.finish() == answer);
        CHECK(n.calls
              == std::vector<std::string>{"0 lent a", "2 given b", "2 advance 7", "0 idle", "0 snapshot 4", "resume",
                                          "0 finish"});
        CHECK(first.grain() == 12);
    }
}

TEST_CASE("port: timers, counters and restoring are the node's own affair", "[core]") {
    node n;
    n.answer = flow::full;
    port<1> p{&n};
    int ledger = 1;
    CHECK(p.due() == instant::max());
    CHECK(p.tick({5}) == flow::more);
    p.account(ledger);
    p.restore(ledger);
    CHECK(ledger == 1);
    CHECK(n.calls.empty());
}
