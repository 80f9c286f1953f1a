// SPDX-License-Identifier: BSL-1.0
// The same chains as pipelines: run on the caller's thread, or as a task of a worker.
#include <array>
#include <utility>

#include <weir/weir.hpp>

#include "kernels.hpp"
#include "stepped.hpp"

namespace fusion::ours {
namespace {

struct per_key {
    std::int64_t key;
    weir::window_bounds window;
    std::int64_t count;
    std::int64_t value;
};

struct per_name {
    std::string key;
    weir::window_bounds window;
    std::int64_t count;
    std::int64_t value;
};

const auto plus = [](std::int64_t a, std::int64_t b) { return a + b; };
const auto triple = [](std::int32_t x) { return x * 3L; };
const auto even = [](std::int64_t x) { return (x & 1) == 0; };
const auto plus_one = [](std::int64_t x) { return x + 1; };
const auto wanted = [](const auto& t) { return (t.value & 7) != 0; };
const auto digest = [](std::int64_t d, const auto& r) { return d + mix(r.key, r.count, r.value); };

weir::runtime& one_worker() {
    static weir::runtime shared({.workers = 1});
    return shared;
}

template <way How, class Pipeline>
outcome play(Pipeline p, const std::int64_t& result) {
    const weir::report r = [&] {
        if constexpr (How == way::caller) {
            return weir::run(std::move(p));
        } else if constexpr (How == way::worker) {
            return weir::run(std::move(p), one_worker());
        } else {
            stepped scheduler;
            return weir::run(std::move(p), scheduler);
        }
    }();
    r.rethrow();
    outcome out{result, r.delivered(), r.dropped(), r.late()};
    for (const weir::stage_report& s : r.stages) {
        out.absorbed += s.counts.absorbed;
        out.made += s.counts.made;
    }
    return out;
}

/// Filtered, timed and keyed.
template <class Ticks>
auto prepared(const Ticks& ticks) {
    using record = typename Ticks::value_type;
    return weir::from(ticks) | weir::filter(wanted) | weir::event_time<&record::time>(weir::out_of_order_by(bound))
           | weir::key_by<&record::key>();
}

}  // namespace

template <way How>
outcome map_filter(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::from(in.ints) | weir::map(triple) | weir::filter(even) | weir::map(plus_one)
                         | weir::fold(sum, plus),
                     sum);
}

template <way How>
outcome take_while(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::from(in.ints) | weir::map(triple) | weir::filter(even) | weir::map(plus_one)
                         | weir::take_while([](std::int64_t x) { return x < 1'000'000; }) | weir::fold(sum, plus),
                     sum);
}

template <way How>
outcome flat_map(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::from(in.ints)
                         | weir::flat_map([](std::int32_t x) { return std::array<std::int32_t, 3>{x, x + 1, x + 2}; })
                         | weir::filter(even) | weir::fold(sum, plus),
                     sum);
}

template <way How>
outcome keyed_fold(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::from(in.ticks) | weir::key_by<&tick::key>()
                         | weir::scan(std::int64_t{0}, [](std::int64_t s, const tick& t) { return s + t.value; })
                         | weir::fold(sum, [](std::int64_t a, std::int64_t b) { return a ^ b; }),
                     sum);
}

template <way How>
outcome wide_records(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::from(in.wides) | weir::map([](const wide& w) {
                         wide x = w;
                         x.a *= 3;
                         return x;
                     }) | weir::filter([](const wide& w) {
                         return (w.a & 1) == 0;
                     }) | weir::map([](wide w) {
                         w.a += 1;
                         return w;
                     }) | weir::fold(sum, [](std::int64_t s, const wide& w) { return s + w.a; }),
                     sum);
}

template <way How>
outcome int_windows(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(prepared(in.ticks) | weir::tumble(window)
                         | weir::aggregate<per_key>(weir::count<"count">(), weir::sum<&tick::value>())
                         | weir::on<"late">(weir::discard) | weir::fold(sum, digest),
                     sum);
}

template <way How>
outcome text_windows(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(prepared(in.named) | weir::tumble(window)
                         | weir::aggregate<per_name>(weir::count<"count">(), weir::sum<&named_tick::value>())
                         | weir::on<"late">(weir::discard) | weir::fold(sum, digest),
                     sum);
}

template <way How>
outcome merged(const inputs& in) {
    std::int64_t sum = 0;
    return play<How>(weir::merge(prepared(in.ticks), prepared(in.more_ticks)) | weir::tumble(window)
                         | weir::aggregate<per_key>(weir::count<"count">(), weir::sum<&tick::value>())
                         | weir::on<"late">(weir::discard) | weir::fold(sum, digest),
                     sum);
}

template outcome map_filter<way::caller>(const inputs&);
template outcome map_filter<way::task>(const inputs&);
template outcome map_filter<way::worker>(const inputs&);
template outcome take_while<way::caller>(const inputs&);
template outcome take_while<way::task>(const inputs&);
template outcome take_while<way::worker>(const inputs&);
template outcome flat_map<way::caller>(const inputs&);
template outcome flat_map<way::task>(const inputs&);
template outcome flat_map<way::worker>(const inputs&);
template outcome keyed_fold<way::caller>(const inputs&);
template outcome keyed_fold<way::task>(const inputs&);
template outcome keyed_fold<way::worker>(const inputs&);
template outcome wide_records<way::caller>(const inputs&);
template outcome wide_records<way::task>(const inputs&);
template outcome wide_records<way::worker>(const inputs&);
template outcome int_windows<way::caller>(const inputs&);
template outcome int_windows<way::task>(const inputs&);
template outcome int_windows<way::worker>(const inputs&);
template outcome text_windows<way::caller>(const inputs&);
template outcome text_windows<way::task>(const inputs&);
template outcome text_windows<way::worker>(const inputs&);
template outcome merged<way::caller>(const inputs&);
template outcome merged<way::task>(const inputs&);
template outcome merged<way::worker>(const inputs&);

}  // namespace fusion::ours
