// SPDX-License-Identifier: BSL-1.0
// One of each stage, for what must hold for all of them: `make(calls)` gives a stage, or a few in a row, that counts
// the calls of its function; `once` says that there is one call for each record that came in, `allocates` that its
// function does (a container, an exception), which is not the library's doing.
#pragma once

#include <weir/core/failure.hpp>
#include <weir/core/sinks/discard.hpp>
#include <weir/core/stages/drop.hpp>
#include <weir/core/stages/drop_while.hpp>
#include <weir/core/stages/event_time.hpp>
#include <weir/core/stages/filter.hpp>
#include <weir/core/stages/flat_map.hpp>
#include <weir/core/stages/key_by.hpp>
#include <weir/core/stages/map.hpp>
#include <weir/core/stages/route.hpp>
#include <weir/core/stages/scan.hpp>
#include <weir/core/stages/take.hpp>
#include <weir/core/stages/take_while.hpp>
#include <weir/core/stages/tap.hpp>
#include <weir/core/stages/tee.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <tuple>
#include <vector>

namespace weir_test {

struct row {
    std::chrono::sys_time<std::chrono::microseconds> time;
    int key = 0;
    int n = 0;
    friend bool operator==(const row&, const row&) = default;
};

/// `count` rows of five keys, in pairs of neighbours that are out of order.
inline std::vector<row> make_rows(int count) {
    std::vector<row> rows;
    rows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
        rows.push_back({std::chrono::sys_time<std::chrono::microseconds>(std::chrono::microseconds(i ^ 1)), i % 5, i});
    return rows;
}

/// Throws for every fifth row.
inline int refuse_some(const row& r) {
    if (r.n % 5 == 3) throw std::runtime_error("refused");
    return r.n;
}

namespace subjects {

struct map {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::map([&calls](const row& r) { return ++calls, r.n * 2; });
    }
};
struct map_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::map([&calls](const row& r) { return ++calls, refuse_some(r); }).catch_failed()
               | weir::on<"failed">(weir::discard);
    }
};
struct filter {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::filter([&calls](const row& r) { return ++calls, r.n % 3 != 0; });
    }
};
struct filter_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::filter([&calls](const row& r) { return ++calls, refuse_some(r) % 3 != 0; }).catch_failed()
               | weir::on<"failed">(weir::discard);
    }
};
/// An array by value: lent, so its rest is copied when those behind are full.
struct flat_map {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::flat_map([&calls](const row& r) { return ++calls, std::array{r.n, -r.n, r.n + 1}; });
    }
};
/// A container by value: kept whole when those behind are full.
struct flat_map_owned {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::flat_map([&calls](const row& r) { return ++calls, std::vector<int>(std::size_t(r.n % 4), r.n); });
    }
};
struct flat_map_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::flat_map([&calls](const row& r) { return ++calls, std::array{refuse_some(r), 0}; }).catch_failed()
               | weir::on<"failed">(weir::discard);
    }
};
struct take {
    static constexpr bool once = false;
    static constexpr bool allocates = false;
    static auto make(int&) { return weir::take(11); }
};
struct drop {
    static constexpr bool once = false;
    static constexpr bool allocates = false;
    static auto make(int&) { return weir::drop(11); }
};
struct take_while {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::take_while([&calls](const row& r) { return ++calls, r.n < 13; });
    }
};
struct drop_while {
    static constexpr bool once = false;  // not asked again once it said no
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::drop_while([&calls](const row& r) { return ++calls, r.n < 13; });
    }
};
struct scan {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::scan(0, [&calls](int sum, const row& r) { return ++calls, sum + r.n; });
    }
};
struct scan_by_key {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::key_by<&row::key>()
               | weir::scan(0, [&calls](int sum, const row& r) { return ++calls, sum + r.n; });
    }
};
struct tap {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::tap([&calls](const row&) { ++calls; });
    }
};
struct tap_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::tap([&calls](const row& r) { ++calls, refuse_some(r); }).catch_failed()
               | weir::on<"failed">(weir::discard);
    }
};
struct key_by {
    static constexpr bool once = false;  // a projection: read when asked
    static constexpr bool allocates = false;
    static auto make(int&) { return weir::key_by<&row::key, &row::n>(); }
};
struct key_by_computed {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::key_by<"parity">([&calls](const row& r) { return ++calls, r.n % 2; });
    }
};
struct key_by_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::key_by<"k">([&calls](const row& r) { return ++calls, refuse_some(r); }).catch_failed()
               | weir::on<"failed">(weir::discard);
    }
};
struct event_time {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::event_time([&calls](const row& r) { return ++calls, r.time; },
                                weir::out_of_order_by(std::chrono::microseconds(2)));
    }
};
struct event_time_of_member {
    static constexpr bool once = false;
    static constexpr bool allocates = false;
    static auto make(int&) { return weir::event_time<&row::time>(weir::out_of_order_by(std::chrono::microseconds(2))); }
};
struct route {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::route<"odd">([&calls](const row& r) { return ++calls, r.n % 2 != 0; })
               | weir::on<"odd">(weir::discard);
    }
};
struct route_caught {
    static constexpr bool once = true;
    static constexpr bool allocates = true;
    static auto make(int& calls) {
        return weir::route<"odd">([&calls](const row& r) { return ++calls, refuse_some(r) % 2 != 0; }).catch_failed()
               | weir::on_rest(weir::discard);
    }
};
struct tee {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::tee(weir::tap([&calls](const row&) { ++calls; }) | weir::discard);
    }
};
/// The time and the key of a record that is changed are stored, and asked for later.
struct stored_meta {
    static constexpr bool once = true;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::key_by<&row::key>() | weir::map([](const row& r) { return r.n; })
               | weir::map([](int n) { return n + 1; })
               | weir::filter([&calls](int n, auto meta) { return ++calls, n % 7 != meta.key(); });
    }
};
struct long_chain {
    static constexpr bool once = false;
    static constexpr bool allocates = false;
    static auto make(int& calls) {
        return weir::drop(3) | weir::tap([](const row&) {}) | weir::filter([](const row& r) { return r.n % 11 != 0; })
               | weir::key_by<&row::key>() | weir::map([&calls](const row& r) { return ++calls, r.n; })
               | weir::flat_map([](int n) { return std::array{n, n + 1}; })
               | weir::route<"high">([](int n) { return n > 40; }) | weir::on<"high">(weir::take(5) | weir::discard)
               | weir::tee(weir::take_while([](int n) { return n < 20; }) | weir::discard)
               | weir::scan(0, [](int sum, int n) { return (sum + n) % 1000; })
               | weir::filter([](int n, auto meta) { return n >= meta.key(); }) | weir::take(50);
    }
};

}  // namespace subjects

using every_stage =
    std::tuple<subjects::map, subjects::map_caught, subjects::filter, subjects::filter_caught, subjects::flat_map,
               subjects::flat_map_owned, subjects::flat_map_caught, subjects::take, subjects::drop,
               subjects::take_while, subjects::drop_while, subjects::scan, subjects::scan_by_key, subjects::tap,
               subjects::tap_caught, subjects::key_by, subjects::key_by_computed, subjects::key_by_caught,
               subjects::event_time, subjects::event_time_of_member, subjects::route, subjects::route_caught,
               subjects::tee, subjects::stored_meta, subjects::long_chain>;

}  // namespace weir_test
