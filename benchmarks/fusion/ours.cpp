// SPDX-License-Identifier: BSL-1.0
// The same chains as pipelines. `Run` is `weir::run` on the caller's thread, or a task on a worker.
#include "ours.hpp"

#include <weir/weir.hpp>

#include <array>

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
const auto digest = [](std::int64_t d, const auto& r) { return d * 31 + r.count * 7 + r.value; };

template <class Pipeline>
outcome play(Pipeline&& p, const std::int64_t& result, way how) {
    const weir::report r = how == way::caller ? weir::run(std::forward<Pipeline>(p))
                                              : weir::run(std::forward<Pipeline>(p), weir::runtime::get_default());
    r.rethrow();
    return {result, r.delivered(), r.dropped()};
}

}  // namespace

outcome map_filter(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.ints) | weir::map(triple) | weir::filter(even) | weir::map(plus_one) | weir::fold(sum, plus),
                sum, how);
}

outcome take_while(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.ints) | weir::map(triple) | weir::filter(even) | weir::map(plus_one)
                    | weir::take_while([](std::int64_t x) { return x < 1'000'000; }) | weir::fold(sum, plus),
                sum, how);
}

outcome flat_map(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.ints)
                    | weir::flat_map([](std::int32_t x) { return std::array<std::int32_t, 3>{x, x + 1, x + 2}; })
                    | weir::filter(even) | weir::fold(sum, plus),
                sum, how);
}

outcome keyed_fold(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.ticks) | weir::key_by<&tick::key>()
                    | weir::scan(std::int64_t{0}, [](std::int64_t s, const tick& t) { return s + t.value; })
                    | weir::fold(sum, [](std::int64_t a, std::int64_t b) { return a ^ b; }),
                sum, how);
}

outcome wide_records(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.wides)
                    | weir::map([](const wide& w) {
                          wide x = w;
                          x.a *= 3;
                          return x;
                      })
                    | weir::filter([](const wide& w) { return (w.a & 1) == 0; })
                    | weir::map([](wide w) {
                          w.a += 1;
                          return w;
                      })
                    | weir::fold(sum, [](std::int64_t s, const wide& w) { return s + w.a; }),
                sum, how);
}

outcome int_windows(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.ticks) | weir::filter(wanted) | weir::event_time<&tick::time>(weir::out_of_order_by(bound))
                    | weir::key_by<&tick::key>() | weir::tumble(window)
                    | weir::aggregate<per_key>(weir::count<"count">(), weir::sum<&tick::value>())
                    | weir::on<"late">(weir::discard) | weir::fold(sum, digest),
                sum, how);
}

outcome text_windows(const inputs& in, way how) {
    std::int64_t sum = 0;
    return play(weir::from(in.named) | weir::filter(wanted)
                    | weir::event_time<&named_tick::time>(weir::out_of_order_by(bound)) | weir::key_by<&named_tick::key>()
                    | weir::tumble(window)
                    | weir::aggregate<per_name>(weir::count<"count">(), weir::sum<&named_tick::value>())
                    | weir::on<"late">(weir::discard) | weir::fold(sum, digest),
                sum, how);
}

}  // namespace fusion::ours
