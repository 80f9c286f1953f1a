// SPDX-License-Identifier: BSL-1.0
// Long chains of stages drawn at random when this file is compiled, with random settings, input, batch and sink,
// against a plain model that takes one record at a time: the same records, as many calls of every function, the same
// counters of every stage (core_protocol.md, H).
#include "support/catch.hpp"

#include "core/harness.hpp"
#include "core/slow_sink.hpp"

#include <weir/core/sources/from.hpp>
#include <weir/core/stages/drop.hpp>
#include <weir/core/stages/drop_while.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/scan.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/take_while.hpp>
#include <weir/core/stages/tap.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace weir_test;

namespace {

using rows = std::vector<int>;

enum class op : int { map, filter, take, drop, take_while, drop_while, flat_map, scan, tap };
constexpr std::size_t ops = 9;
constexpr std::size_t longest = 8;

// --- what the functions compute, for the library and for the model alike ---------------------------------------------
constexpr int mapped(int k, int x) { return (x * 7 + k) % 101; }
constexpr bool kept(int k, int x) { return x % (k + 2) != 0; }
constexpr bool begins(int k, int x) { return x % 17 != k; }
constexpr bool goes_on(int k, int x) { return x % 61 != k; }
constexpr int copies(int k, int x) { return (x + k) % 3; }
constexpr int summed(int k, int sum, int x) { return (sum + x + k) % 97; }

/// What a stage of a chain is set to, and how often its function was called.
struct setting {
    int k = 0;
    std::uint64_t calls = 0;
};

template <op Op>
auto stage_of(setting& s) {
    const int k = s.k;
    std::uint64_t* const calls = &s.calls;
    if constexpr (Op == op::map) {
        return weir::map([k, calls](int x) { return ++*calls, mapped(k, x); });
    } else if constexpr (Op == op::filter) {
        return weir::filter([k, calls](int x) { return ++*calls, kept(k, x); });
    } else if constexpr (Op == op::take) {
        return weir::take(static_cast<std::size_t>(k) * 6);
    } else if constexpr (Op == op::drop) {
        return weir::drop(static_cast<std::size_t>(k));
    } else if constexpr (Op == op::take_while) {
        return weir::take_while([k, calls](int x) { return ++*calls, goes_on(k, x); });
    } else if constexpr (Op == op::drop_while) {
        return weir::drop_while([k, calls](int x) { return ++*calls, begins(k, x); });
    } else if constexpr (Op == op::flat_map) {
        return weir::flat_map(
            [k, calls](int x) { return ++*calls, rows(static_cast<std::size_t>(copies(k, x)), x + 1); });
    } else if constexpr (Op == op::scan) {
        return weir::scan(k, [k, calls](int sum, int x) { return ++*calls, summed(k, sum, x); });
    } else {
        return weir::tap([calls](const int&) { ++*calls; });
    }
}

// --- the model: what a stage does with one record
// ---------------------------------------------------------------------
struct model {
    struct step {
        op what{};
        int k = 0;
        int state = 0;
        std::uint64_t calls = 0, in = 0, passed = 0;
        std::uint64_t dropped = 0, absorbed = 0, made = 0;
    };
    std::vector<step> steps;
    std::size_t wanted;  // by the sink
    rows out{};
    std::uint64_t read = 0;

    /// Whether more is wanted.
    bool pass(std::size_t i, int x) {
        ++steps[i].passed;
        return put(i + 1, x);
    }
    bool put(std::size_t i, int x) {
        if (i == steps.size()) {
            out.push_back(x);
            return out.size() < wanted;
        }
        step& s = steps[i];
        ++s.in;
        switch (s.what) {
        case op::map:
            ++s.calls;
            return pass(i, mapped(s.k, x));
        case op::filter:
            ++s.calls;
            return kept(s.k, x) ? pass(i, x) : (++s.dropped, true);
        case op::take:
            if (s.state == s.k * 6) return ++s.dropped, false;
            return ++s.state, pass(i, x) && s.state < s.k * 6;
        case op::drop:
            return s.state < s.k ? (++s.state, ++s.dropped, true) : pass(i, x);
        case op::take_while:
            ++s.calls;
            return goes_on(s.k, x) ? pass(i, x) : (++s.dropped, false);
        case op::drop_while:
            if (s.state == 0) {
                ++s.calls;
                if (begins(s.k, x)) return ++s.dropped, true;
                s.state = 1;
            }
            return pass(i, x);
        case op::flat_map:
            ++s.calls;
            ++s.absorbed;
            for (int n = copies(s.k, x); n > 0; --n) {
                ++s.made;
                if (!pass(i, x + 1)) return false;
            }
            return true;
        case op::scan:
            ++s.calls;
            s.state = summed(s.k, s.state, x);
            return pass(i, s.state);
        case op::tap:
            ++s.calls;
            return pass(i, x);
        }
        return false;
    }
    void run(const rows& in) {
        for (const int x : in) {
            ++read;
            if (!put(0, x)) return;
        }
    }
};

// --- chains as types
// ----------------------------------------------------------------------------------------------------
struct drawn {
    std::array<op, longest> stages{};
    std::size_t length = 0;
};

/// Chain number c: 4 to 8 stages.
constexpr drawn draw(std::uint64_t c) {
    std::uint64_t state = c * 0x9E3779B97F4A7C15U + 20261126;
    const auto next = [&state](std::uint64_t below) {
        state ^= state >> 33U;
        state *= 0xFF51AFD7ED558CCDU;
        state ^= state >> 29U;
        return (state >> 8U) % below;
    };
    drawn d;
    d.length = static_cast<std::size_t>(4 + next(5));
    for (op& o : d.stages) o = static_cast<op>(next(ops));
    d.stages[next(d.length)] = static_cast<op>(c % ops);  // so that each stage is in some
    return d;
}

template <std::uint64_t C, std::size_t... I>
auto chain_of(std::vector<setting>& settings, std::index_sequence<I...>) {
    constexpr drawn d = draw(C);
    return (... | stage_of<d.stages[I]>(settings[I]));
}

struct trial {
    rows in;
    std::vector<setting> settings;
    std::size_t batch;
    slow_options slow;
};

trial try_at_random(std::mt19937& random, std::size_t length) {
    trial t{rows(random() % 120),
            std::vector<setting>(length),
            1 + random() % 40,
            {random() % 4, 1 + static_cast<int>(random() % 3), SIZE_MAX, random() % 2 == 0, 0}};
    for (int& x : t.in) x = static_cast<int>(random() % 100);
    for (setting& s : t.settings) s.k = static_cast<int>(random() % 9);
    if (random() % 4 == 0) t.slow.done_after = 1 + random() % 20;
    return t;
}

void check(const trial& t, const drawn& d, const slow_log<int>& log, const ledger& l) {
    model m{{}, t.slow.done_after};
    for (std::size_t i = 0; i < d.length; ++i) {
        const int k = t.settings[i].k;
        m.steps.push_back({d.stages[i], k, d.stages[i] == op::scan ? k : 0});
    }
    m.run(t.in);
    CHECK(log.records == m.out);
    CHECK(log.finishes == 1);
    CHECK(l.sinks.at("source") == m.read);
    CHECK(l.entered() == l.left());
    for (std::size_t i = 0; i < d.length; ++i) {
        const model::step& s = m.steps[i];
        CAPTURE(i, static_cast<int>(s.what), s.k);
        CHECK(t.settings[i].calls == s.calls);
        const weir::exits& e = l.stages.at(std::to_string(i + 1));
        CHECK(e.dropped == s.dropped);
        CHECK(e.absorbed == s.absorbed);
        CHECK(e.made == s.made);
        CHECK(e.held + e.late + e.failed + e.routed == 0);
        CHECK(s.in + e.made == s.passed + e.absorbed + e.dropped);
    }
}

/// The even chains are lent their records, the odd ones are given them.
template <std::uint64_t C>
void compare(unsigned seed) {
    constexpr drawn d = draw(C);
    std::mt19937 random(seed + static_cast<unsigned>(C));
    for (int round = 0; round < 25; ++round) {
        trial t = try_at_random(random, d.length);
        CAPTURE(C, round, t.in, t.batch, t.slow.full_every, t.slow.resumes, t.slow.done_after);
        slow_log<int> log;
        auto behind = chain_of<C>(t.settings, std::make_index_sequence<d.length>{}) | slow_sink<int>(log, t.slow);
        if constexpr (C % 2 == 0) {
            const ledger l = drive(weir::from(t.in) | std::move(behind), t.batch);
            check(t, d, log, l);
        } else {
            const ledger l = drive(weir::from(rows(t.in)) | std::move(behind), t.batch);
            check(t, d, log, l);
        }
    }
}

template <std::uint64_t First, std::uint64_t... C>
void compare_all(unsigned seed, std::integer_sequence<std::uint64_t, C...>) {
    (compare<First + C>(seed), ...);
}

}  // namespace

TEST_CASE("random chains: records, calls and counters are those of the model", "[core]") {
    const unsigned seed = 20261126;
    INFO("seed " << seed);
    compare_all<0>(seed, std::make_integer_sequence<std::uint64_t, 27>{});
}
