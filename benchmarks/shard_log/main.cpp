// SPDX-License-Identifier: BSL-1.0
// The retained log: append while one reader follows, beside spsc_ring, which keeps nothing; and four readers that
// replay what is retained, beside copying the same bytes.
#include <weir/buffers/shard_log.hpp>

#include <cstring>

#include "../support/queues.hpp"

namespace {

using queues::item;

template <class T>
double through_ring(std::uint64_t items, bool& whole) {
    const auto q = std::make_unique<queues::ours<T>>();
    bool same = true;
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                while (!q->q.try_emplace(i)) queues::pause();
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const std::size_t n = q->read([&](const T& v) { same = same && v.is(i++); });
                if (n == 0) queues::pause();
            }
        });
    whole = same;
    return ns;
}

template <class T>
double through_log(std::uint64_t items, bool& whole) {
    weir::shard_log<T> log(4'096, {.records = 16'384});
    log.reserve(8);
    auto reader = log.make_reader(weir::log_start::oldest);
    bool same = true;
    std::uint64_t missed = 0;
    std::atomic<std::uint64_t> read{0};
    const double ns = queues::two_threads(
        [&] {
            for (std::uint64_t i = 0; i < items; ++i) {
                static_cast<void>(log.try_emplace(i));
                // The log never waits for a reader; this one shall not lose anything.
                while (i % 1'024 == 0 && i > read.load(std::memory_order_relaxed) + 8'192) queues::pause();
            }
        },
        [&] {
            for (std::uint64_t i = 0; i < items;) {
                const auto span = reader.peek();
                for (const T& v : span) same = same && v.is(i++);
                reader.release(span.size());
                read.store(i, std::memory_order_relaxed);
                if (span.empty()) queues::pause();
            }
            missed = reader.missed();
        });
    whole = same && missed == 0;
    return ns;
}

/// GB/s of each of four readers, in turn on one core, and of memcpy of the same bytes.
void replay(bench::program& p) {
    using T = item<8>;
    const std::uint64_t items = p.size(1U << 18U, 4);
    weir::shard_log<T> log(4'096);
    for (std::uint64_t i = 0; i < items; ++i) static_cast<void>(log.try_emplace(i));
    log.close();
    std::vector<T> flat(items);
    std::vector<T> copy(items);
    bool same = true;
    const double bytes = static_cast<double>(items) * sizeof(T);
    const auto t = bench::measure(p.runs(11), 4 * bytes,
                                  bench::named("weir::shard_log, 4 readers",
                                               [&] {
                                                   for (int r = 0; r < 4; ++r) {
                                                       auto reader = log.make_reader(weir::log_start::oldest);
                                                       std::uint64_t at = 0;
                                                       T* out = copy.data();
                                                       while (!reader.drained()) {
                                                           const auto span = reader.peek();
                                                           std::memcpy(static_cast<void*>(out + at), span.data(),
                                                                       span.size_bytes());
                                                           at += span.size();
                                                           reader.release(span.size());
                                                       }
                                                       same = same && at == items && copy[items - 1].is(items - 1)
                                                              && copy[items / 2].is(items / 2);
                                                   }
                                               }),
                                  bench::named("memcpy", [&] {
                                      for (int r = 0; r < 4; ++r) {
                                          std::memcpy(static_cast<void*>(copy.data()), flat.data(), items * sizeof(T));
                                          bench::keep(copy.data());
                                      }
                                  }));
    p.add("four replaying readers, 64 B", "ns/B", t[0], t[1], same ? 0.5 : bench::none, bench::better::less,
          same ? "" : "OUR PAYLOAD IS WRONG");
}

template <class T>
void row(bench::program& p, const std::string& size, std::uint64_t items) {
    std::vector<queues::competitor> all{{"weir::shard_log", through_log<T>}, {"weir::spsc_ring", through_ring<T>}};
    queues::measure(all, p.runs(11), p.size(items, 8));
    queues::add_row(p, "append and one reader, " + size, all, 0.8);
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("shard_log", argc, argv);
    row<item<1>>(p, "8 B", 8'000'000);
    row<item<8>>(p, "64 B", 4'000'000);
    replay(p);
    return p.finish();
}
