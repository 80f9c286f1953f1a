// SPDX-License-Identifier: BSL-1.0
// Windows against a model that has none: sort, then group.
#include "support/catch.hpp"

#include "analytics/ticks.hpp"

#include <weir/core/sinks/fold.hpp>
#include <weir/runtime/state.hpp>

#include <range/v3/algorithm/sort.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/chunk_by.hpp>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <random>
#include <tuple>

using namespace weir_test;
using namespace std::chrono_literals;
using std::chrono::microseconds;

namespace {

struct candle {
    std::string symbol;
    weir::window_bounds window;
    std::int64_t ticks;
    std::int64_t volume;
    double low;
    double high;
    double mean;
    double open;
    double close;
    std::string last_venue;
    friend bool operator==(const candle&, const candle&) = default;
};

auto candles() {
    return weir::aggregate<candle>(weir::count<"ticks">(), weir::sum<&tick::volume>(), weir::min<&tick::price, "low">(),
                                   weir::max<&tick::price, "high">(), weir::avg<&tick::price, "mean">(),
                                   weir::first<&tick::price, "open">(), weir::last<&tick::price, "close">(),
                                   weir::max<&tick::venue, "last_venue">());
}

auto chain_of(const std::vector<tick>& ticks, microseconds size, microseconds bound) {
    return weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(bound))
           | weir::key_by<&tick::symbol>() | weir::tumble(size) | candles();
}

struct expected {
    std::vector<candle> results;
    std::vector<tick> late;
};

/// What ought to come out: no window, no table, no watermark but the definition.
expected by_sorting(const std::vector<tick>& ticks, std::int64_t size, std::int64_t bound) {
    struct placed {
        std::int64_t start;
        std::string symbol;
        std::size_t arrival;
        tick record;
    };
    expected out;
    std::vector<placed> kept;
    std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
    for (const tick& t : ticks) {
        const std::int64_t time = t.time.time_since_epoch().count();
        std::int64_t start = time / size * size;
        if (start > time) start -= size;
        const bool none_yet = greatest == std::numeric_limits<std::int64_t>::min();
        if (!none_yet && start + size - 1 <= greatest - bound - 1) {
            out.late.push_back(t);
        } else {
            kept.push_back({start, t.symbol, kept.size(), t});
        }
        greatest = std::max(greatest, time);
    }
    ranges::sort(kept, {}, [](const placed& p) { return std::tuple(p.start, p.symbol, p.arrival); });
    const auto same = [](const placed& a, const placed& b) { return a.start == b.start && a.symbol == b.symbol; };
    std::vector<std::tuple<std::int64_t, std::size_t, candle>> groups;  // keys of a window in the order they first came
    for (auto&& group : kept | ranges::views::chunk_by(same)) {
        const auto of_key = group | ranges::to<std::vector>();
        candle c{};
        c.symbol = of_key[0].symbol;
        c.window = {at_us(of_key[0].start), at_us(of_key[0].start + size)};
        const auto by_time = [&] {
            auto sorted = of_key;
            std::stable_sort(sorted.begin(), sorted.end(),
                             [](const placed& a, const placed& b) { return a.record.time < b.record.time; });
            return sorted;
        }();
        c.open = by_time.front().record.price;
        c.close = by_time.back().record.price;
        c.low = c.high = of_key[0].record.price;
        double prices = 0;
        for (const placed& p : of_key) {
            ++c.ticks;
            c.volume += p.record.volume;
            prices += p.record.price;
            c.low = std::min(c.low, p.record.price);
            c.high = std::max(c.high, p.record.price);
            c.last_venue = std::max(c.last_venue, p.record.venue);
        }
        c.mean = prices / static_cast<double>(c.ticks);
        groups.emplace_back(of_key[0].start, of_key[0].arrival, c);
    }
    ranges::sort(groups, {}, [](const auto& g) { return std::pair(std::get<0>(g), std::get<1>(g)); });
    for (auto& g : groups) out.results.push_back(std::move(std::get<2>(g)));
    return out;
}

/// Random ticks around 1970, out of order by more than any bound of the tests.
std::vector<tick> random_ticks(std::uint64_t seed, std::size_t n) {
    std::mt19937_64 random(seed);
    std::vector<tick> ticks;
    std::int64_t time = -static_cast<std::int64_t>(random() % (20 * n));
    for (std::size_t i = 0; i < n; ++i) {
        time += static_cast<std::int64_t>(random() % 40);
        if (random() % 64 == 0) time += 5'000;
        const auto back = static_cast<std::int64_t>(random() % (random() % 8 == 0 ? 2'000 : 100));
        ticks.push_back(make_tick(time - back, std::string(1, static_cast<char>('a' + random() % 7)),
                                  static_cast<std::int64_t>(random() % 1'000) - 500, static_cast<double>(random() % 64),
                                  std::to_string(random() % 10)));
    }
    return ticks;
}

bool same_records(const std::vector<tick>& a, const std::vector<tick>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const tick& x, const tick& y) {
        return x.time == y.time && x.symbol == y.symbol && x.volume == y.volume && x.price == y.price
               && x.venue == y.venue;
    });
}

std::uint64_t seeds() { return std::getenv("WEIR_NIGHTLY") != nullptr ? 500 : 25; }

struct counted {
    weir::window_bounds window;
    std::int64_t hits;
};

}  // namespace

TEST_CASE("aggregate equals sort and group, and what is late is counted and leaves as it came", "[analytics]") {
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
        const std::int64_t size = std::int64_t{1} << (seed % 11);
        const auto bound = static_cast<std::int64_t>(seed % 4 * 150);
        CAPTURE(seed, size, bound);
        const std::vector<tick> ticks = random_ticks(seed, 600);
        const expected want = by_sorting(ticks, size, bound);
        std::vector<candle> out;
        std::vector<tick> late;
        const ledger counts = drive(chain_of(ticks, microseconds(size), microseconds(bound))
                                        | weir::on<"late">(weir::collect(late)) | weir::collect(out),
                                    1 + seed % 50);
        CHECK(out == want.results);
        CHECK(same_records(late, want.late));
        CHECK(counts.stages.at("4").late == want.late.size());
        CHECK(counts.stages.at("4").absorbed == ticks.size() - want.late.size());
        CHECK(counts.stages.at("4").made == want.results.size());
    }
}

TEST_CASE("aggregate fires when the watermark reaches the last microsecond of a window, not before", "[analytics]") {
    // Bound 5: after time t the watermark is t - 6. [0, 10) fires when it is 9.
    const std::vector<tick> ticks{make_tick(0, "a"), make_tick(14, "a"), make_tick(3, "a"), make_tick(15, "a"),
                                  make_tick(4, "a"), make_tick(9, "a"),  make_tick(10, "a")};
    std::vector<tick> late;
    std::vector<counted> out;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(5us)) | weir::tumble(10us)
          | weir::aggregate<counted>(weir::count<"hits">()) | weir::on<"late">(weir::collect(late))
          | weir::collect(out));
    REQUIRE(late.size() == 2);
    CHECK(late[0].time == at_us(4));
    CHECK(late[1].time == at_us(9));
    REQUIRE(out.size() == 2);
    CHECK(out[0].hits == 2);
    CHECK(out[1].hits == 3);
}

TEST_CASE("aggregate stops at full and goes on where it was", "[analytics]") {
    const std::vector<tick> ticks = random_ticks(3, 400);
    const expected want = by_sorting(ticks, 128, 50);
    for (const std::size_t every : {1U, 2U, 3U, 7U}) {
        CAPTURE(every);
        slow_log<candle> log;
        slow_log<tick> late;
        drive(chain_of(ticks, 128us, 50us) | weir::on<"late">(slow_sink<tick>(late, {1, 2, SIZE_MAX, true, 0}))
                  | slow_sink<candle>(log, {every, 2, SIZE_MAX, true, 0}),
              32);
        CHECK(log.records == want.results);
        CHECK(same_records(late.records, want.late));
        CHECK(log.given == log.records.size());
        CHECK(log.finishes == 1);
        // A watermark comes behind the results it fires: every window before it is out.
        for (std::size_t i = 0; i < log.watermarks.size(); ++i) {
            const auto fired = std::count_if(want.results.begin(), want.results.end(), [&](const candle& c) {
                return c.window.end.time_since_epoch().count() - 1 <= log.watermarks[i].us;
            });
            CHECK(log.at[i] == static_cast<std::size_t>(fired));
        }
    }
}

TEST_CASE("aggregate ends in the middle of a window that fires, when nobody wants more", "[analytics]") {
    const std::vector<tick> ticks = random_ticks(4, 300);
    const expected want = by_sorting(ticks, 64, 10);
    for (const std::size_t wanted : {std::size_t{1}, std::size_t{5}, want.results.size()}) {
        slow_log<candle> log;
        drive(chain_of(ticks, 64us, 10us) | weir::on<"late">(weir::discard)
              | slow_sink<candle>(log, {1, 1, wanted, false, 0}));
        CHECK(log.records
              == std::vector<candle>(want.results.begin(), want.results.begin() + static_cast<std::ptrdiff_t>(wanted)));
        CHECK(log.finishes == 1);
    }
}

TEST_CASE("aggregate: a gap of centuries is one step", "[analytics]") {
    constexpr std::int64_t centuries = 4LL * 100 * 365 * 86'400 * 1'000'000;
    const std::vector<tick> ticks{make_tick(-centuries, "a"), make_tick(5, "a"), make_tick(centuries, "a")};
    slow_log<counted> log;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(0us)) | weir::tumble(1ms)
          | weir::aggregate<counted>(weir::count<"hits">()) | weir::on<"late">(weir::discard)
          | slow_sink<counted>(log, {0, 1, SIZE_MAX, false, 0}));
    CHECK(log.records.size() == 3);
    CHECK(log.watermarks.size() == 3);  // one for each record, none for the windows between
}

TEST_CASE("aggregate holds a million keys, and gives them in the order they came", "[analytics]") {
    struct sample {
        us_time time;
        std::int64_t id;
    };
    struct seen {
        std::int64_t id;
        std::int64_t hits;
    };
    const std::size_t keys = 1'000'000;
    std::vector<sample> samples;
    samples.reserve(keys + keys / 10);
    for (std::size_t i = 0; i < keys + keys / 10; ++i) {
        samples.push_back({at_us(7), static_cast<std::int64_t>((i % keys) * 0x9E37'79B9U % 0x1'0000'0000U)});
    }
    std::size_t results = 0;
    std::int64_t hits = 0;
    bool in_order = true;
    drive(weir::from(samples) | weir::event_time<&sample::time>(weir::out_of_order_by(0us))
          | weir::key_by<&sample::id>() | weir::tumble(1s) | weir::aggregate<seen>(weir::count<"hits">())
          | weir::on<"late">(weir::discard) | weir::fold(hits, [&](std::int64_t sum, const seen& s) {
                in_order = in_order && s.id == samples[results].id;
                ++results;
                return sum + s.hits;
            }));
    CHECK(results == keys);
    CHECK(hits == static_cast<std::int64_t>(samples.size()));
    CHECK(in_order);
}

TEST_CASE("aggregate: firing many windows at once costs no more for each", "[analytics]") {
    const std::size_t windows = 200'000;  // seconds, not milliseconds, if one took a walk over all
    std::vector<tick> ticks(windows);
    for (std::size_t i = 0; i < windows; ++i) ticks[i].time = at_us(static_cast<std::int64_t>(i ^ 7U) * 10);
    std::int64_t fired = 0;
    std::int64_t last_start = -1;
    bool in_order = true;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(1h)) | weir::tumble(10us)
          | weir::aggregate<counted>(weir::count<"hits">()) | weir::on<"late">(weir::discard)
          | weir::fold(fired, [&](std::int64_t n, const counted& c) {
                const std::int64_t start = c.window.start.time_since_epoch().count();
                in_order = in_order && start > last_start;
                last_start = start;
                return n + c.hits;
            }));
    CHECK(fired == static_cast<std::int64_t>(windows));
    CHECK(in_order);
}

namespace {

/// The chain behind a source, fed by hand.
template <class Pipeline>
struct hand_fed {
    static auto bind(Pipeline& p, const builder& b) {
        return weir::detail::bind_from<1>(p.parts(), b,
                                          weir::detail::part_stage(weir::detail::element<0>(p.parts())).out());
    }
    builder place;
    Pipeline pipeline;
    decltype(bind(std::declval<Pipeline&>(), place)) chain;

    explicit hand_fed(Pipeline p) : pipeline(std::move(p)), chain(bind(pipeline, place)) {}
    void feed(const std::vector<tick>& ticks, std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i) chain.put(ticks[i], weir::meta_set<>{});
    }
    [[nodiscard]] std::string save() {
        weir::state_writer out;
        chain.snapshot(weir::barrier{1}, out);
        CHECK(out.incomplete().empty());
        return out.bytes();
    }
    void load(const std::string& bytes) {
        weir::state_reader in(bytes);
        chain.restore(in);
    }
};

}  // namespace

TEST_CASE("aggregate goes on from a snapshot as if nothing had happened", "[analytics]") {
    const std::vector<tick> ticks = random_ticks(9, 300);
    const expected want = by_sorting(ticks, 256, 120);
    for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{77}, std::size_t{200}, ticks.size()}) {
        CAPTURE(cut);
        std::vector<candle> out;
        std::vector<tick> late;
        const auto make = [&] {
            return chain_of(ticks, 256us, 120us) | weir::on<"late">(weir::collect(late)) | weir::collect(out);
        };
        hand_fed before(make());
        before.feed(ticks, 0, cut);
        const std::string state = before.save();
        hand_fed after(make());
        after.load(state);
        CHECK(after.save() == state);
        after.feed(ticks, cut, ticks.size());
        after.chain.finish();
        CHECK(out == want.results);
        CHECK(same_records(late, want.late));
    }
}

TEST_CASE("aggregate without a key has a snapshot too, and refuses one of other windows", "[analytics]") {
    const std::vector<tick> ticks{make_tick(1, "a"), make_tick(12, "b"), make_tick(3, "c")};
    std::vector<counted> out;
    const auto make = [&](microseconds size) {
        return weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(1s)) | weir::tumble(size)
               | weir::aggregate<counted>(weir::count<"hits">()) | weir::on<"late">(weir::discard) | weir::collect(out);
    };
    hand_fed before(make(10us));
    before.feed(ticks, 0, 3);
    const std::string state = before.save();
    hand_fed after(make(10us));
    after.load(state);
    after.chain.finish();
    REQUIRE(out.size() == 2);
    CHECK((out[0].hits == 2 && out[1].hits == 1));
    hand_fed other(make(20us));
    CHECK_THROWS_WITH(other.load(state), Catch::Matchers::Contains("another size"));
}

TEST_CASE("aggregate begins afresh in every run", "[analytics]") {
    const std::vector<tick> ticks{make_tick(1, "a"), make_tick(2, "a")};
    std::vector<candle> out;
    auto p = chain_of(ticks, 10us, 0us) | weir::on<"late">(weir::discard) | weir::collect(out);
    drive(p);
    drive(p);
    REQUIRE(out.size() == 2);
    CHECK(out[0] == out[1]);
    CHECK(out[0].ticks == 2);
}

TEST_CASE("aggregate takes a function that only moves, where the flow is one", "[analytics]") {
    struct only_moved {
        std::unique_ptr<int> step = std::make_unique<int>(2);
        std::int64_t operator()(std::int64_t n, const tick&) const { return n + *step; }
    };
    struct stepped {
        std::int64_t steps;
    };
    const std::vector<tick> ticks{make_tick(1, "a"), make_tick(2, "a")};
    std::vector<stepped> out;
    drive(weir::from(ticks) | weir::event_time<&tick::time>(weir::out_of_order_by(0us)) | weir::tumble(1s)
          | weir::aggregate<stepped>(weir::reduce<"steps">(std::int64_t{0}, only_moved{}))
          | weir::on<"late">(weir::discard) | weir::collect(out));
    REQUIRE(out.size() == 1);
    CHECK(out[0].steps == 4);
}
