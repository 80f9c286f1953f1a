// SPDX-License-Identifier: BSL-1.0
// Hand-off: 64-byte records from one task through shard(1), shard(4) and shard(16) to their consumers, on two workers,
// with 0, 5 and 40 ns of work on each, against oneTBB at its best batch size and whatever else is found.
//
// What crosses cores moves with the distance of the cores, so each row prints their round trip, measured beside it.
// Where it is at most 150 ns a row's goal is a share of the best peer; where it is longer, that two workers are no
// slower than one.
#include "../support/bench.hpp"
#include "load.hpp"

#include <algorithm>
#include <cmath>

namespace {

using handoff::order;
using handoff::outcome;

constexpr double near_ns = 150;
constexpr std::size_t batches[] = {64, 256, 1'024, 4'096, 16'384};

struct competitor {
    std::string name;
    outcome (*run)(const order&);
    order asked;
    std::vector<double> rates{};
    std::vector<double> p50{};
    std::vector<double> p99{};
    bool whole = true;

    void once() {
        const outcome out = run(asked);
        whole = whole && out.whole;
        rates.push_back(out.rate(asked.records));
        p50.push_back(out.delay_p50);
        p99.push_back(out.delay_p99);
    }
    [[nodiscard]] bench::timing timing() const { return bench::summarize(name, rates); }
    [[nodiscard]] std::string delay() const {
        char text[64];
        std::snprintf(text, sizeof(text), "%.1f/%.1f us", bench::summarize("", p50).median / 1'000,
                      bench::summarize("", p99).median / 1'000);
        return text;
    }
};

/// In turns, whose first one changes.
void measure(std::vector<competitor*> all, std::size_t runs) {
    for (std::size_t round = 0; round < runs; ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) all[(round + i) % all.size()]->once();
    }
}

/// How often `consumer::take` goes round for so many nanoseconds of work.
unsigned rounds_for(double ns) {
    if (ns <= 0) return 0;
    constexpr unsigned many = 1'000;
    std::vector<double> each;
    for (int i = 0; i < 9; ++i) {
        handoff::consumer c(many);
        const handoff::record r = handoff::make(1);
        const double start = bench::now_ns();
        for (int k = 0; k < 1'000; ++k) c.take(r);
        each.push_back((bench::now_ns() - start) / 1'000 / many);
        bench::keep(c.chain());
    }
    return static_cast<unsigned>(std::lround(ns / bench::summarize("", std::move(each)).median));
}

std::string trip_text(double ns) {
    char text[48];
    std::snprintf(text, sizeof(text), "round trip %.0f ns", ns);
    return text;
}

class handoff_bench {
  public:
    explicit handoff_bench(bench::program& p) : p_(p) {}

    void cell(std::size_t shards, double work) {
        const unsigned rounds = rounds_for(work);
        const std::uint64_t most = work < 1 ? 16'000'000 : work < 10 ? 8'000'000 : 2'000'000;
        const std::uint64_t records = p_.size(most, 4);
        const order base{records, shards, rounds, 0};
        const std::string name =
            "shard(" + std::to_string(shards) + "), " + std::to_string(std::lround(work)) + " ns of work a record";
        const double trip = bench::round_trip_ns();

        competitor ours{"weir", handoff::ours, base};
        if (trip > near_ns) {
            competitor two{"weir", handoff::ours, base};
            two.asked.records = p_.size(most, 2);
            competitor alone = two;
            alone.name = "weir, one worker";
            alone.asked.workers = 1;
            measure({&two, &alone}, p_.runs(11));
            add(name + ", two workers", two, &alone, 0.95, trip);
            if (p_.quick()) return;
        }
        std::vector<competitor> peers;
        if (handoff::has_tbb()) {
            for (const std::size_t batch : batches) {
                for (const bool graph : {false, true}) {
                    competitor peer{std::string(graph ? "TBB graph" : "TBB pipeline") + " by " + std::to_string(batch),
                                    graph ? handoff::tbb_graph : handoff::tbb_pipeline, base};
                    peer.asked.batch = batch;
                    peers.push_back(std::move(peer));
                }
            }
        }
        if (handoff::has_windflow()) {
            for (const std::size_t batch : {std::size_t{1'024}, std::size_t{4'096}}) {  // its best here
                competitor peer{"WindFlow by " + std::to_string(batch), handoff::windflow, base};
                peer.asked.batch = batch;
                peers.push_back(std::move(peer));
            }
        }
        std::vector<competitor*> all;
        for (competitor& peer : peers) all.push_back(&peer);
        ours.once();  // to warm up
        measure(all, 2);
        std::sort(all.begin(), all.end(), [](const competitor* a, const competitor* b) {
            return a->whole != b->whole ? a->whole : a->timing().median > b->timing().median;
        });
        if (p_.quick() && all.size() > 2) all.resize(2);
        for (competitor* peer : all) peer->rates.clear();
        ours.rates.clear();
        std::vector<competitor*> measured = all;
        measured.push_back(&ours);
        measure(measured, p_.runs(11));

        competitor* best = nullptr;
        for (competitor* peer : all) {
            if (!peer->whole) continue;
            if (best == nullptr || peer->timing().median > best->timing().median) best = peer;
        }
        const bool near = trip <= near_ns;
        add(name, ours, best, near ? (shards == 1 ? 0.8 : 0.85) : bench::none, trip);
        if (!p_.quick()) {
            for (competitor* peer : all) {
                if (peer != best) add(name + " ", ours, peer, bench::none, trip);
            }
        }
    }

    /// The peers that hand over a record at a time: fewer records, since they are so much slower.
    void one_at_a_time(std::size_t shards) {
        const double trip = bench::round_trip_ns();
        const order base{p_.size(1'000'000, 4), shards, 0, 0};
        competitor ours{"weir", handoff::ours, base};
        competitor peer{"FastFlow", handoff::fastflow, base};
        const std::string name = "shard(" + std::to_string(shards) + ") and a record at a time";
        if (handoff::has_fastflow()) {
            measure({&ours, &peer}, p_.runs(7));
            add(name, ours, &peer, 10, trip);
        } else if (!p_.quick()) {
            measure({&ours}, p_.runs(7));
            add(name, ours, nullptr, 10, trip);
        }
    }

    /// More shards than workers.
    void many_shards(double work) {
        const double trip = bench::round_trip_ns();
        const order base{p_.size(16'000'000, 4), 2, rounds_for(work), 0};
        competitor two{"weir, 2 shards", handoff::ours, base};
        competitor sixteen{"weir, 16 shards", handoff::ours, base};
        sixteen.asked.shards = 16;
        two.once();
        sixteen.once();
        two.rates.clear();
        sixteen.rates.clear();
        measure({&two, &sixteen}, p_.runs(11));
        add("16 shards and 2", sixteen, &two, trip <= near_ns ? 0.9 : bench::none, trip);
    }

  private:
    void add(std::string name, const competitor& ours, const competitor* reference, double goal, double trip) {
        std::string note = trip_text(trip) + "; delay p50/p99 " + ours.delay();
        if (reference != nullptr) note += " and " + reference->delay();
        if (!ours.whole) note += "; OURS IS NOT WHOLE";
        if (reference != nullptr && !reference->whole) note += "; the reference is not whole";
        p_.add(std::move(name), "M/s", ours.timing(), reference != nullptr ? reference->timing() : bench::timing{},
               ours.whole ? goal : bench::none, bench::better::more, std::move(note));
    }

    bench::program& p_;
};

}  // namespace

int main(int argc, char** argv) {
    bench::program p("handoff", argc, argv);
    handoff_bench b(p);
    for (const double work : {0.0, 5.0, 40.0}) {
        for (const std::size_t shards : {std::size_t{1}, std::size_t{4}, std::size_t{16}}) b.cell(shards, work);
    }
    b.many_shards(0);
    for (const std::size_t shards : {std::size_t{1}, std::size_t{4}}) b.one_at_a_time(shards);
    return p.finish();
}
