// SPDX-License-Identifier: BSL-1.0
// `flat_table` against the flat maps of Boost (1.81 and newer) and Abseil: what a keyed stage does with its table.
//
// Every competitor looks up the same keys in the same order and must give the same checksum; one that does not is shown
// and is never the best. The reference of a row is the fastest peer.
#include "peers.hpp"

#include "support/bench.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using tables::totals;

template <class... T>
struct list {};

template <class Key>
using peers = list<tables::ours<Key>
#if WEIR_BENCH_BOOST
                   ,
                   tables::boost_map<Key>
#endif
#if WEIR_BENCH_ABSL
                   ,
                   tables::absl_map<Key>
#endif
                   >;

constexpr double within_1_2 = 1 / 1.2;
constexpr double within_1_5 = 1 / 1.5;

/// Keys of a case: `in` stand in the table, `out` do not, `order` says which are asked for.
template <class Key>
struct data {
    std::string name;
    std::vector<Key> in;
    std::vector<Key> out;
    std::vector<Key> hits;    // of `in`, in random order
    std::vector<Key> misses;  // of `out`, in random order
    double goal;
};

std::int64_t make_key(std::mt19937_64& random, std::int64_t*) { return static_cast<std::int64_t>(random()); }

/// 22 characters, so that no string keeps them inside itself; the digits vary.
std::string make_key(std::mt19937_64& random, std::string*) {
    std::string text = "host-" + std::to_string(10'000'000'000'000'000U + random() % 1'000'000'000'000'000U);
    text.resize(22, 'x');
    return text;
}

template <class Key>
std::vector<Key> drawn(const std::vector<Key>& from, std::size_t n, std::mt19937_64& random) {
    std::vector<Key> out;
    out.reserve(n);
    for (std::size_t i = 0; i < n; ++i) out.push_back(from[random() % from.size()]);
    return out;
}

template <class Key>
data<Key> make_data(std::string name, std::vector<Key> in, std::vector<Key> out, std::size_t asked, double goal) {
    std::mt19937_64 random(11);
    data<Key> d{std::move(name), std::move(in), std::move(out), {}, {}, goal};
    d.hits = drawn(d.in, asked, random);
    d.misses = drawn(d.out, asked, random);
    return d;
}

template <class Key>
data<Key> random_keys(std::string name, std::size_t n, std::size_t asked, double goal) {
    std::mt19937_64 random(n);
    std::vector<Key> keys;
    for (std::size_t i = 0; i < 2 * n; ++i) keys.push_back(make_key(random, static_cast<Key*>(nullptr)));
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::shuffle(keys.begin(), keys.end(), random);
    const auto middle = keys.begin() + static_cast<std::ptrdiff_t>(keys.size() / 2);
    return make_data<Key>(std::move(name), {keys.begin(), middle}, {middle, keys.end()}, asked, goal);
}

/// Adds the row of ours against the best peer whose checksum is ours.
void add_row(bench::program& p, const std::string& name, const std::vector<bench::timing>& times,
             const std::vector<std::int64_t>& sums, double goal) {
    bench::timing best;
    std::string note;
    for (std::size_t i = 1; i < times.size(); ++i) {
        char text[96];
        std::snprintf(text, sizeof(text), "%s%s %.3g", note.empty() ? "" : ", ", times[i].name.c_str(),
                      times[i].median);
        note += text;
        if (sums[i] != sums[0]) {
            note += " (wrong payload)";
        } else if (best.runs == 0 || times[i].median < best.median) {
            best = times[i];
        }
    }
    std::printf("    %s: payload %lld; %s\n", name.c_str(), static_cast<long long>(sums[0]), note.c_str());
    p.add(name, "ns/op", times[0], best, goal);
}

/// Runs `work(table)` on each competitor's table in turns; what it returns must be the same for all.
template <class... Table, class Work>
void compare(bench::program& p, const std::string& name, double operations, double goal, std::tuple<Table...>& all,
             Work work) {
    std::vector<std::int64_t> sums(sizeof...(Table));
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        add_row(p, name,
                bench::measure(p.runs(9), operations,
                               bench::named(Table::name,
                                            [&] {
                                                const std::int64_t sum = work(std::get<I>(all));
                                                bench::keep(sum);
                                                sums[I] = sum;
                                            })...),
                sums, goal);
    }(std::index_sequence_for<Table...>{});
}

template <class Table, class Key>
Table filled(Table t, const std::vector<Key>& keys) {
    std::int64_t i = 0;
    for (const Key& k : keys) t.add(k, totals{1, i++});
    return t;
}

template <class Key, class... Table>
void run(bench::program& p, const data<Key>& d, std::tuple<Table...> empty, list<Table...>) {
    const auto asked = static_cast<double>(d.hits.size());
    auto all = std::apply([&](auto&... t) { return std::tuple<Table...>(filled(std::move(t), d.in)...); }, empty);
    compare(p, d.name + ", find", asked, d.goal, all, [&](auto& t) {
        std::int64_t sum = 0;
        for (const Key& k : d.hits) sum += t.find(k)->sum;
        return sum;
    });
    compare(p, d.name + ", find missing", asked, d.goal, all, [&](auto& t) {
        std::int64_t found = 0;
        for (const Key& k : d.misses) found += t.find(k) != nullptr ? 1 : 0;
        return found;
    });
    compare(p, d.name + ", update", asked, d.goal, all, [&](auto& t) {
        std::int64_t last = 0;
        for (const Key& k : d.hits) {
            totals* v = t.find(k);
            last = ++v->count;
            v->sum += last;
        }
        return last;
    });
    const std::size_t rounds = std::max<std::size_t>(1, d.hits.size() / d.in.size());
    compare(p, d.name + ", insert", static_cast<double>(rounds * d.in.size()), d.goal, all, [&](auto& t) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < rounds; ++i) {
            auto grown = filled(std::remove_reference_t<decltype(t)>::attacked(), d.in);
            sum += grown.find(d.in[i % d.in.size()])->sum;
        }
        return sum;
    });
    compare(p, d.name + ", iterate", static_cast<double>(rounds * d.in.size()), d.goal, all, [&](auto& t) {
        std::int64_t count = 0;
        for (std::size_t i = 0; i < rounds; ++i) {
            t.each([&](const totals& v) { count += v.count; });
            bench::keep(count);
        }
        return count;
    });
}

template <class Key>
void run(bench::program& p, const data<Key>& d) {
    [&]<class... Table>(list<Table...> all) { run(p, d, std::tuple<Table...>{}, all); }(peers<Key>{});
}

/// Keys that differ in their high half only: a table that takes an integer as its hash puts all in one cell.
data<std::int64_t> equal_low_bits(std::size_t n, std::size_t asked) {
    std::vector<std::int64_t> in;
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < n; ++i) {
        in.push_back(static_cast<std::int64_t>(i << 32U));
        out.push_back(static_cast<std::int64_t>((n + i) << 32U));
    }
    return make_data<std::int64_t>("multiples of 2^32", std::move(in), std::move(out), asked, 1);
}

/// Each table gets keys chosen against its own hash: the lowest 14 bits of what places them are zero.
template <class... Table>
void run_attacks(bench::program& p, std::size_t n, list<Table...>) {
    std::mt19937_64 random(5);
    const auto against = [&](auto* table) {
        std::vector<std::int64_t> keys;
        while (keys.size() < n) {
            const auto key = static_cast<std::int64_t>(random());
            if ((std::remove_pointer_t<decltype(table)>::place(key) & 0x3FFFU) == 0) keys.push_back(key);
        }
        return keys;
    };
    const std::vector<std::vector<std::int64_t>> keys{against(static_cast<Table*>(nullptr))...};
    std::vector<std::int64_t> sums(sizeof...(Table));
    constexpr int rounds = 20;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        const auto times =
            bench::measure(p.runs(9), static_cast<double>(n) * (rounds + 1), bench::named(Table::name, [&] {
                               Table t = filled(Table::attacked(), keys[I]);
                               std::int64_t sum = 0;
                               for (int round = 0; round < rounds; ++round) {
                                   for (const std::int64_t k : keys[I]) sum += t.find(k)->sum;
                               }
                               bench::keep(sum);
                               sums[I] = sum;
                           })...);
        add_row(p, "keys chosen against each table's hash, insert + find", times, sums, 1);
    }(std::index_sequence_for<Table...>{});
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("tables", argc, argv);
    const std::size_t asked = p.size(1'000'000, 4);
    run(p, random_keys<std::int64_t>("1,024 integers", 1'024, asked, within_1_5));
    run(p, random_keys<std::int64_t>("1,000,000 integers", 1'000'000, asked, within_1_2));
    run(p, random_keys<std::string>("1,024 texts", 1'024, asked, within_1_2));
    run(p, random_keys<std::string>("100,000 texts", 100'000, asked, within_1_2));
    run(p, equal_low_bits(65'536, asked));
    run_attacks(p, p.size(4'096, 4), peers<std::int64_t>{});
    return p.finish();
}
