// SPDX-License-Identifier: BSL-1.0
// Retained 100-byte records in one shard, replayed by 1, 2 and 4 readers at a time, each on its own: `retained`, and a
// pipeline behind `from`. Each reader copies every payload into a block that stays in its L2; beside it memcpy of the
// same payloads into L2, and from memory to memory, as many threads at a time (runtime.md, G). GB/s are payload bytes
// of each reader. Without a goal: what the records' own layout leaves (a payload, its hash key and its moment of
// arrival), the same loop over an array; and readers that copy to memory.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/streams/from_stream.hpp>
#include <weir/streams/retained.hpp>

#include "../support/bench.hpp"

namespace {

struct sample {
    std::uint32_t sensor;
    std::array<std::uint32_t, 24> body;
    friend bool operator==(const sample&, const sample&) = default;
};
static_assert(sizeof(sample) == 100);
using stream = weir::data_stream<sample, &sample::sensor>;
using stored = weir::detail::stream_shard<sample>::record;
/// As large as a record in its shard.
struct laid_out {
    sample payload;
    std::array<std::byte, sizeof(stored) - sizeof(sample)> beside;
};

constexpr std::size_t l2_records = 2'048;          // 200 KiB: in L2, not in L1
constexpr std::size_t memory_records = 2'500'000;  // 250 MB: in no cache
constexpr std::size_t most_readers = 4;

sample sample_of(std::uint32_t n) {
    sample s{n, {}};
    for (std::uint32_t i = 0; i < s.body.size(); ++i) s.body[i] = (n + i) * 2'654'435'761U;
    return s;
}

/// Where a reader copies to, over and over; on lines of its own.
class alignas(weir::line_pair) target {
  public:
    explicit target(std::span<sample> to) : first_(to.data()), at_(first_), end_(first_ + to.size()) {}
    void put(const sample& s) {
        *at_ = s;
        ++count_;
        if (++at_ == end_) wrap();
    }
    /// Copied `from` whole, and its last records are there.
    [[nodiscard]] bool holds(std::span<const sample> from) const {
        const auto there = static_cast<std::size_t>(at_ - first_);
        return count_ == from.size() && std::equal(first_, at_, from.data() + (from.size() - there));
    }

  private:
    void wrap() {
        bench::keep(first_);
        at_ = first_;
    }
    sample* first_;
    sample* at_;
    sample* end_;
    std::size_t count_ = 0;
};

struct replayed {
    const stream& from;
    std::span<const sample> flat;      // the same payloads
    std::span<const laid_out> spaced;  // the same, as far apart as records
    std::vector<std::vector<sample>>& to;
    std::size_t window;  // records of `to` that are used
    bool whole = true;

    [[nodiscard]] target target_of(std::size_t reader) const {
        return target(std::span(to[reader]).first(std::min(window, flat.size())));
    }
    void check(const target& t) { whole = whole && t.holds(flat); }

    /// `work(reader)` in a thread each.
    template <class Work>
    static void in_threads(std::size_t readers, Work work) {
        std::vector<std::thread> all;
        for (std::size_t r = 1; r < readers; ++r) all.emplace_back([&work, r] { work(r); });
        work(0);
        for (std::thread& t : all) t.join();
    }

    double by_memcpy(std::size_t readers) {
        const double start = bench::now_ns();
        in_threads(readers, [&](std::size_t r) {
            const std::size_t size = std::min(window, flat.size());
            for (std::size_t i = 0; i < flat.size(); i += size) {
                std::memcpy(static_cast<void*>(to[r].data()), flat.data() + i,
                            std::min(size, flat.size() - i) * sizeof(sample));
                bench::keep(to[r].data());
            }
        });
        return bench::now_ns() - start;
    }
    double by_array(std::size_t readers) {
        std::vector<std::optional<target>> targets(readers);
        const double start = bench::now_ns();
        in_threads(readers, [&](std::size_t r) {
            target t = target_of(r);
            for (const laid_out& record : spaced) t.put(record.payload);
            targets[r] = t;
        });
        const double ns = bench::now_ns() - start;
        for (const auto& t : targets) check(*t);
        return ns;
    }
    double by_retained(std::size_t readers) {
        std::vector<std::optional<target>> targets(readers);
        const double start = bench::now_ns();
        in_threads(readers, [&](std::size_t r) {
            target t = target_of(r);
            for (const auto& record : weir::retained(from, {0})) t.put(record.value);
            targets[r] = t;
        });
        const double ns = bench::now_ns() - start;
        for (const auto& t : targets) check(*t);
        return ns;
    }
    double by_pipelines(std::size_t readers) {
        weir::runtime rt{{.workers = static_cast<unsigned>(readers)}};
        std::vector<target> targets;
        for (std::size_t r = 0; r < readers; ++r) targets.push_back(target_of(r));
        const double start = bench::now_ns();
        std::vector<weir::job> jobs;
        for (target& t : targets) {
            jobs.push_back(weir::start(weir::from(from, {.chains = 1}) | weir::per_shard([&t](std::uint32_t) {
                                           return weir::for_each([&t](const sample& s) { t.put(s); });
                                       }),
                                       rt));
        }
        for (weir::job& j : jobs) whole = static_cast<bool>(j.wait()) && whole;
        const double ns = bench::now_ns() - start;
        for (const target& t : targets) check(t);
        return ns;
    }
};

/// Every record, in its place.
bool same_records(const stream& s, std::span<const sample> flat) {
    std::size_t i = 0;
    bool same = true;
    for (const auto& record : weir::retained(s, {0})) same = same && i < flat.size() && record.value == flat[i++];
    std::size_t j = 0;
    weir::runtime rt{{.workers = 1}};
    weir::job reading = weir::start(weir::from(s, {.chains = 1}) | weir::per_shard([&](std::uint32_t) {
                                        return weir::for_each(
                                            [&](const sample& v) { same = same && j < flat.size() && v == flat[j++]; });
                                    }),
                                    rt);
    return reading.wait() && same && i == flat.size() && j == flat.size();
}

/// ns for a record, as GB/s of payload.
bench::timing gb_per_s(const bench::timing& t) {
    bench::timing out = t;
    out.median = sizeof(sample) / t.median;
    out.iqr = out.median * t.spread();
    return out;
}

std::string counted(std::size_t readers) {
    return std::to_string(readers) + (readers == 1 ? " reader, " : " readers, ");
}

/// The readers against both copies.
void replay_rows(bench::program& p, std::size_t readers, replayed& l2, replayed& memory) {
    const auto t = bench::measure(
        p.runs(9), static_cast<double>(l2.flat.size()),
        bench::named("retained", [&] { return l2.by_retained(readers); }),
        bench::named("from(stream)", [&] { return l2.by_pipelines(readers); }),
        bench::named("array of " + std::to_string(sizeof(laid_out)) + " B", [&] { return l2.by_array(readers); }),
        bench::named("memcpy into L2", [&] { return l2.by_memcpy(readers); }),
        bench::named("memcpy to memory", [&] { return memory.by_memcpy(readers); }));
    for (const auto& [copy, goal] : {std::pair(3U, 0.7), std::pair(4U, 0.9)}) {
        for (const std::size_t i : {0U, 1U, 2U}) {
            const bool ours = i != 2;
            const std::string name = ours ? t[i].name : "limit: " + t[i].name;
            p.add(name + ", " + counted(readers) + "into L2", "GB/s", gb_per_s(t[i]), gb_per_s(t[copy]),
                  l2.whole && ours ? goal : bench::none, bench::better::more, l2.whole ? "" : "OUR PAYLOAD IS WRONG");
        }
    }
}

/// Readers that write as much as they read: their stores fetch each line first, a large memcpy's do not.
void copy_rows(bench::program& p, std::size_t readers, replayed& memory) {
    const auto t = bench::measure(
        p.runs(9), static_cast<double>(memory.flat.size()),
        bench::named("retained", [&] { return memory.by_retained(readers); }),
        bench::named("from(stream)", [&] { return memory.by_pipelines(readers); }),
        bench::named("array of " + std::to_string(sizeof(laid_out)) + " B", [&] { return memory.by_array(readers); }),
        bench::named("memcpy to memory", [&] { return memory.by_memcpy(readers); }));
    for (const std::size_t i : {0U, 1U, 2U}) {
        p.add("no goal: " + t[i].name + ", " + counted(readers) + "to memory", "GB/s", gb_per_s(t[i]), gb_per_s(t[3]),
              bench::none, bench::better::more, memory.whole ? "" : "OUR PAYLOAD IS WRONG");
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("replay", argc, argv);
    const std::size_t items = p.size(10'000'000, 5);
    std::vector<sample> flat(items);
    for (std::size_t i = 0; i < items; ++i) flat[i] = sample_of(static_cast<std::uint32_t>(i));
    std::vector<laid_out> spaced(items);
    for (std::size_t i = 0; i < items; ++i) spaced[i].payload = flat[i];
    const stream s("s", {.segment_records = 4'096});
    for (std::size_t i = 0; i < items; i += 1'000) {
        if (!s.put_span(std::span(flat).subspan(i, std::min<std::size_t>(1'000, items - i)), {})) return 1;
    }
    s.close();
    std::vector<std::vector<sample>> to(most_readers, std::vector<sample>(std::min(items, memory_records)));
    const bool same = same_records(s, flat);
    for (const std::size_t readers : {1U, 2U, 4U}) {
        replayed l2{s, flat, spaced, to, l2_records, same};
        replayed memory{s, flat, spaced, to, memory_records, same};
        replay_rows(p, readers, l2, memory);
        copy_rows(p, readers, memory);
    }
    return p.finish();
}
