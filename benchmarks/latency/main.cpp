// SPDX-License-Identifier: BSL-1.0
// Ping-pong: an item of 8 bytes goes to another core and back over two queues; the time of each round trip. Beside it,
// the same with two bare words: what the machine allows.
#include <weir/buffers/in_slot_ring.hpp>

#include "../support/queues.hpp"

namespace {

using T = queues::item<1>;

template <class T>
struct in_slot {
    static constexpr const char* name = "weir::in_slot_ring";
    weir::in_slot_ring<T> q{64};
    bool try_push(const T& v) { return q.try_emplace(v); }
    bool try_pop(T& v) { return q.try_pop(v); }
};

struct player {
    std::string name;
    std::vector<double> (*run)(std::size_t trips);
    std::vector<double> p50{}, p99{}, p999{};

    void once(std::size_t trips) {
        std::vector<double> ns = run(trips);
        std::sort(ns.begin(), ns.end());
        const auto at = [&](double q) { return ns[static_cast<std::size_t>(q * static_cast<double>(ns.size() - 1))]; };
        p50.push_back(at(0.5));
        p99.push_back(at(0.99));
        p999.push_back(at(0.999));
    }
};

template <class Queue>
std::vector<double> trips_of(std::size_t trips) {
    struct both {
        Queue there;
        Queue back;
    };
    const auto q = std::make_unique<both>();
    std::vector<double> ns(trips);
    static_cast<void>(queues::two_threads(
        [&] {
            T v;
            for (std::size_t i = 0; i < trips; ++i) {
                const double start = bench::now_ns();
                while (!q->there.try_push(T(i))) queues::pause();
                while (!q->back.try_pop(v)) {}
                ns[i] = bench::now_ns() - start;
            }
        },
        [&] {
            T v;
            for (std::size_t i = 0; i < trips; ++i) {
                while (!q->there.try_pop(v)) {}
                while (!q->back.try_push(v)) queues::pause();
            }
        }));
    return ns;
}

std::string tail_of(const player& a) {
    char text[96];
    std::snprintf(text, sizeof(text), "%s p99 %.0f p99.9 %.0f", a.name.c_str(), bench::summarize("", a.p99).median,
                  bench::summarize("", a.p999).median);
    return text;
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("latency", argc, argv);
    std::vector<player> all{{in_slot<T>::name, trips_of<in_slot<T>>},
                            {queues::ours<T>::name, trips_of<queues::ours<T>>}};
    queues::for_each_spsc_peer<T>([&]<class Q>() { all.push_back({Q::name, trips_of<Q>}); });
    const std::size_t trips = p.size(200'000, 4);
    for (std::size_t round = 0; round <= p.runs(11); ++round) {
        for (std::size_t i = 0; i < all.size(); ++i) all[(round + i) % all.size()].once(trips);
    }
    const player* best = nullptr;
    std::string note =
        "two bare words: " + std::to_string(std::lround(bench::round_trip_ns())) + " ns; " + tail_of(all[0]);
    for (std::size_t i = 1; i < all.size(); ++i) {
        const double median = bench::summarize("", all[i].p50).median;
        if (i > 1 && (best == nullptr || median < bench::summarize("", best->p50).median)) best = &all[i];
        note += ", " + all[i].name + " " + std::to_string(std::lround(median));
    }
    if (best != nullptr) note += "; " + tail_of(*best);
    p.add("ping-pong, p50", "ns", bench::summarize(all[0].name, all[0].p50),
          best != nullptr ? bench::summarize(best->name, best->p50) : bench::timing{}, 1 / 1.05, bench::better::less,
          note);
    p.add("ping-pong over spsc_ring, p50", "ns", bench::summarize(all[1].name, all[1].p50),
          best != nullptr ? bench::summarize(best->name, best->p50) : bench::timing{}, bench::none, bench::better::less,
          tail_of(all[1]));
    return p.finish();
}
