// SPDX-License-Identifier: BSL-1.0
// A source, a stage and a sink of one's own, written from public headers. Each is a value that says what leaves it, and
// makes what runs; the library's own ones are written the same way (weir/core/stages/map.hpp).
#include <weir/weir.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace {

// --- a source: `out()` names the records, `connect()` gives the cursor that a task pulls
// --------------------------------

/// A thermometer that warms up and overshoots, `count` readings long.
struct thermometer : weir::source_base<thermometer> {
    int count;

    explicit thermometer(int readings) : count(readings) {}

    struct cursor {
        int at;
        int count;

        /// At most `max_records`, and no further than the first answer that is not `more`.
        template <class Receiver>
        weir::pull_result pull(Receiver& receiver, std::size_t max_records) {
            for (std::size_t n = 0; n < max_records;) {
                if (at == count) return {weir::pulled::exhausted, n};
                const double reading = 20.0 + 60.0 * (1.0 - 1.0 / (1 + at)) + (at % 2 == 0 ? 4.0 : -4.0);
                ++at;
                ++n;
                const weir::flow answer = receiver.put(double{reading}, weir::meta_set<>{});
                if (answer == weir::flow::full) return {weir::pulled::full, n};
                if (answer == weir::flow::done) return {weir::pulled::done, n};
            }
            return {weir::pulled::more, max_records};
        }
    };

    [[nodiscard]] auto out() const { return weir::stream<double, weir::category::given>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) const {
        return cursor{0, count};
    }
};

// --- a stage: checked in `accepts`, forward in `out`, backward in `bind`, which makes its receiver
// ----------------------

template <class Next>
struct smooth_receiver : weir::forward_signals<smooth_receiver<Next>> {
    using needs = typename Next::needs;  // event time or a key, when a later stage asks for them

    const weir::stage_info* stage;
    double weight;
    Next next;
    double level = std::numeric_limits<double>::quiet_NaN();  // nothing seen yet

    template <class V, class M>
    weir::flow put(V&& value, const M& meta) {
        level = level == level ? level + weight * (value - level) : value;
        // The record changes here, so what travels beside it is read from the old one first.
        return next.put(double{level}, weir::keep_meta<needs>(meta, value));
    }

    /// A checkpoint passes: the state goes into it, and comes back before the first record.
    template <class Writer>
    weir::flow snapshot(weir::barrier at, Writer& out) {
        weir::save_state(*stage, out, level);
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        weir::load_state(*stage, in, level);
        next.restore(in);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, weir::exits{});  // one out for each in
        next.account(ledger);
    }
};

/// Exponential smoothing: each reading moves the level by `weight` of its distance.
struct smooth : weir::stage_base<smooth> {
    double weight;

    explicit smooth(double w) : weight(w) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool one_chain = !In::sharded;
        static_assert(one_chain, "smooth: behind shard(n) each shard would smooth for itself; put | merge() before it");
        constexpr bool numbers = std::is_convertible_v<typename In::value_type, double>;
        static_assert(numbers, "smooth: it takes numbers; put | map(...) before it");
        return one_chain && numbers;
    }
    template <class In>
    [[nodiscard]] auto out(const In& in) const {
        return weir::changed_stream<In, double>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) const {
        return smooth_receiver<decltype(make_next(b))>{{}, b.info("smooth"), weight, make_next(b)};
    }
};

// --- a sink: only `bind`, and a receiver with nothing behind it
// ----------------------------------------------------------

struct extremes {
    double least = std::numeric_limits<double>::infinity();
    double greatest = -std::numeric_limits<double>::infinity();
};

struct extremes_receiver : weir::end_of_signals<extremes_receiver> {
    using needs = weir::tags<>;

    const weir::stage_info* stage;
    extremes* result;
    extremes seen{};
    std::uint64_t taken = 0;

    template <class V, class M>
    weir::flow put(V&& value, const M&) {
        ++taken;
        seen = {std::min<double>(seen.least, value), std::max<double>(seen.greatest, value)};
        return weir::flow::more;
    }
    weir::flow finish() {
        *result = seen;
        return weir::flow::more;
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.sink(*stage, taken);
    }
};

/// Writes the least and the greatest record to a variable when the stream ends.
struct extremes_to : weir::sink_base<extremes_to> {
    extremes* result;

    explicit extremes_to(extremes& where) : result(&where) {}

    template <class Builder, class In>
    [[nodiscard]] auto bind(Builder b, const In&) const {
        return extremes_receiver{{}, b.info("extremes_to"), result};
    }
};

}  // namespace

int main() {
    extremes raw;
    extremes smoothed;
    const weir::report done = weir::run(weir::from(thermometer(100)) | weir::tee(extremes_to(raw))
                                        | smooth(0.25).named("smoother") | extremes_to(smoothed));

    fmt::print("raw      {:.1f} to {:.1f}\n", raw.least, raw.greatest);
    fmt::print("smoothed {:.1f} to {:.1f}\n", smoothed.least, smoothed.greatest);
    fmt::print("{} readings, {} through the smoother\n", done.taken(), done.of("smoother").passed);
    return done ? 0 : 1;
}
