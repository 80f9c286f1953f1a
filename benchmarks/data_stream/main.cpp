// SPDX-License-Identifier: BSL-1.0
// Putting 100-byte records into four shards in memory while a consumer chain reads: in spans with explicit hash keys,
// beside the bare shard_log; one by one with partition keys, beside the MD5 of the same keys alone; 64 at a time,
// beside OpenSSL's MD5 of the same keys one by one; from put to consumer, beside a bare ring.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <weir/buffers/spsc_ring.hpp>
#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/streams/data_stream.hpp>
#include <weir/streams/from_stream.hpp>

#ifdef BENCH_HAS_OPENSSL
#include <openssl/md5.h>
#endif

#include "../support/bench.hpp"
#include "../support/queues.hpp"

namespace {

/// Text in place: a string's heap block is no part of what is measured.
struct short_text {
    std::array<char, 20> text{};
    operator std::string_view() const noexcept { return {text.data(), ::strnlen(text.data(), text.size())}; }
};
struct sample {
    short_text sensor;
    std::array<char, 80> body{};
};
static_assert(sizeof(sample) == 100);
using stream = weir::data_stream<sample, &sample::sensor>;
using stored = weir::detail::stream_shard<sample>::record;

constexpr std::size_t span_size = 256;
constexpr std::uint32_t shards = 4;
constexpr std::size_t segment = 4'096;
constexpr std::uint64_t kept = 65'536;

short_text text_of(std::uint64_t n) {
    short_text t;
    const std::string s = "sensor-" + std::to_string(n);
    std::copy_n(s.data(), std::min(s.size(), t.text.size()), t.text.data());
    return t;
}
std::vector<sample> uniform(std::size_t n) {
    std::mt19937_64 random(1);
    std::vector<sample> all(n);
    for (sample& s : all) s.sensor = text_of(random() % 1'000'000);
    return all;
}
/// Records of so many keys, all alike often.
std::vector<sample> of_keys(std::size_t keys) {
    std::mt19937_64 random(4);
    std::vector<sample> all(1U << 16U);
    for (sample& s : all) s.sensor = text_of(random() % keys);
    return all;
}
/// `n` keys, each once.
std::vector<sample> distinct(std::size_t n) {
    std::vector<sample> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i].sensor = text_of(i);
    std::ranges::shuffle(all, std::mt19937_64(3));
    return all;
}
std::vector<sample> zipf(std::size_t n) {
    std::mt19937_64 random(2);
    std::vector<double> sums;
    double sum = 0;
    for (int i = 1; i <= 100'000; ++i) sums.push_back(sum += 1.0 / i);
    std::uniform_real_distribution<double> in(0, sum);
    std::vector<sample> all(n);
    for (sample& s : all) {
        s.sensor = text_of(static_cast<std::uint64_t>(std::ranges::lower_bound(sums, in(random)) - sums.begin()));
    }
    return all;
}

/// The time in which `threads` threads do their part of `items` by `put(first, last)`.
template <class Put>
double in_threads(unsigned threads, std::uint64_t items, Put put) {
    const double start = bench::now_ns();
    std::vector<std::thread> all;
    for (unsigned t = 1; t < threads; ++t) {
        all.emplace_back([&, t] { put(items * t / threads, items * (t + 1) / threads); });
    }
    put(0, items / threads);
    for (std::thread& t : all) t.join();
    return bench::now_ns() - start;
}

/// The same into a stream that a chain reads.
template <class Put>
double into_stream(unsigned threads, std::uint64_t items, bool& whole, Put put) {
    weir::stream_options o{.shards = shards, .retained_records = kept, .segment_records = segment};
    const stream s("s", o);
    std::uint64_t read = 0;
    weir::runtime rt{{.workers = 1}};
    weir::job chain = weir::start(weir::from(s, {.chains = 1}) | weir::per_shard([&](std::uint32_t) {
                                      return weir::for_each([&](const sample&) { ++read; });
                                  }),
                                  rt);
    const double ns = in_threads(threads, items, [&](std::uint64_t first, std::uint64_t last) { put(s, first, last); });
    s.close();
    const weir::report done = chain.wait();
    whole = whole && done && read + done.dropped() >= items;
    return ns;
}

/// The same spans into bare logs, each with a reader; `append_range` as the stream's shards use it.
double into_logs(unsigned threads, std::uint64_t items, const std::vector<stored>& span, bool& whole) {
    std::vector<std::unique_ptr<weir::shard_log<stored>>> logs;
    for (std::uint32_t i = 0; i < shards; ++i) {
        logs.push_back(std::make_unique<weir::shard_log<stored>>(segment, weir::log_retention{.records = kept}));
    }
    std::atomic<bool> over{false};
    std::uint64_t read = 0;
    std::thread reader([&] {
        std::vector<weir::shard_log<stored>::reader> readers;
        for (auto& log : logs) readers.push_back(log->make_reader(weir::log_start::oldest));
        for (;;) {
            const bool last = over.load();
            std::uint64_t n = 0;
            for (auto& r : readers) {
                const auto records = r.peek();
                for (const stored& record : records) bench::keep(&record);
                n += records.size();
                r.release(records.size());
            }
            read += n;
            if (n == 0 && last) break;
            if (n == 0) std::this_thread::yield();
        }
        for (auto& r : readers) read += r.missed();
    });
    const double ns = in_threads(threads, items, [&](std::uint64_t i, std::uint64_t last) {
        for (; i < last; i += span_size) static_cast<void>(logs[(i / span_size) % shards]->append_range(span));
    });
    over.store(true);
    reader.join();
    whole = whole && read >= items;
    return ns;
}

void spans(bench::program& p, unsigned threads) {
    const std::uint64_t items = p.size(8'000'000, 8) / span_size / shards * span_size * shards;
    const std::vector<weir::hash_range> ranges = weir::equal_ranges(shards);
    const std::vector<sample> span = uniform(span_size);
    std::vector<stored> bare;
    for (const sample& s : span) {
        weir::stream_options o;
        const weir::detail::reader_places nobody;
        weir::detail::stream_shard<sample> maker({0}, {}, 0, o, {}, nobody);
        weir::detail::stream_shard<sample>::arriving<const sample&> a{&maker, {}, 0, {}, s};
        bare.emplace_back(a);
    }
    bool ours_whole = true;
    bool bare_whole = true;
    const auto t = bench::measure(
        p.runs(11), static_cast<double>(items),
        bench::named("weir::data_stream",
                     [&] {
                         return into_stream(
                             threads, items, ours_whole, [&](const stream& s, std::uint64_t i, std::uint64_t last) {
                                 for (; i < last; i += span_size) {
                                     static_cast<void>(s.put_span(span, ranges[(i / span_size) % shards].first));
                                 }
                             });
                     }),
        bench::named("weir::shard_log", [&] { return into_logs(threads, items, bare, bare_whole); }));
    p.add("put_span, explicit hash key, spans of 256, " + std::to_string(threads)
              + (threads == 1 ? " thread" : " threads"),
          "ns/record", t[0], t[1], ours_whole && bare_whole ? 1 / 1.3 : bench::none, bench::better::less,
          ours_whole && bare_whole ? "" : "A PAYLOAD IS WRONG");
}

void one_by_one(bench::program& p, const std::string& keys, const std::vector<sample>& samples, unsigned threads) {
    const std::uint64_t items = p.size(2'000'000, 8);
    bool whole = true;
    const auto t = bench::measure(
        p.runs(11), static_cast<double>(items),
        bench::named("weir::data_stream",
                     [&] {
                         return into_stream(threads, items, whole,
                                            [&](const stream& s, std::uint64_t i, std::uint64_t last) {
                                                for (; i < last; ++i) {
                                                    static_cast<void>(s.put_record(samples[i % samples.size()]));
                                                }
                                            });
                     }),
        bench::named("MD5 of the keys alone", [&] {
            return in_threads(threads, items, [&](std::uint64_t i, std::uint64_t last) {
                for (; i < last; ++i) bench::keep(weir::hash_of(samples[i % samples.size()].sensor));
            });
        }));
    p.add("put_record, " + keys + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads"), "ns/record",
          t[0], t[1], whole ? 0.8 : bench::none, bench::better::less, whole ? "" : "A PAYLOAD IS WRONG");
}

constexpr std::size_t batch = 64;

/// `put_records` of 64, and its hashing alone, beside MD5 one by one.
void batches(bench::program& p, const std::vector<sample>& samples, unsigned threads) {
    const std::uint64_t items = p.size(2'000'000, 8) / batch / threads * batch * threads;
    const std::size_t spans = samples.size() / batch;
    bool whole = true;
    const auto part = [&](std::uint64_t i) { return std::span(samples).subspan(i / batch % spans * batch, batch); };
    const auto t =
        bench::measure(p.runs(11), static_cast<double>(items),
                       bench::named("weir::data_stream",
                                    [&] {
                                        return into_stream(threads, items, whole,
                                                           [&](const stream& s, std::uint64_t i, std::uint64_t last) {
                                                               for (; i < last; i += batch)
                                                                   static_cast<void>(s.put_records(part(i)));
                                                           });
                                    }),
                       bench::named("weir::hash_of_many",
                                    [&] {
                                        return in_threads(threads, items, [&](std::uint64_t i, std::uint64_t last) {
                                            std::array<weir::hash_key, batch> hashes;
                                            for (; i < last; i += batch) {
                                                stream::hash_records(part(i), hashes);
                                                bench::keep(hashes);
                                            }
                                        });
                                    }),
                       bench::named("MD5 one by one", [&] {
                           return in_threads(threads, items, [&](std::uint64_t i, std::uint64_t last) {
                               for (; i < last; ++i) {
                                   const std::string_view key = samples[i % (spans * batch)].sensor;
#ifdef BENCH_HAS_OPENSSL
                                   unsigned char sum[16];
                                   MD5(reinterpret_cast<const unsigned char*>(key.data()), key.size(), sum);
                                   bench::keep(sum);
#else
                    bench::keep(weir::hash_of(key));
#endif
                               }
                           });
                       }));
    const std::string suffix = std::to_string(threads) + (threads == 1 ? " thread" : " threads");
#ifdef BENCH_HAS_OPENSSL
    const std::string note;
#else
    const std::string note = "weir's own MD5: OpenSSL is not here";
#endif
    p.add("put_records of 64, " + suffix, "ns/record", t[0], t[2], whole ? 3 : bench::none, bench::better::less,
          whole ? note : "A PAYLOAD IS WRONG");
    p.add("hashes of 64 keys, " + suffix, "ns/record", t[1], t[2], 3, bench::better::less, note);
}

// ---- Latency. ---------------------------------------------------------------------------------------------------

struct stamped {
    std::uint64_t key;
    double put;
    std::array<char, 84> body;
};
using stamped_stream = weir::data_stream<stamped, &stamped::key>;

struct latencies {
    double p50;
    double p99;
};
latencies of(std::vector<double> all) {
    std::ranges::sort(all);
    if (all.empty()) return {bench::none, bench::none};
    return {all[all.size() / 2], all[all.size() * 99 / 100]};
}
/// Puts `n` records, one each `gap` nanoseconds by the clock; a late one at once.
template <class Put>
void paced(std::size_t n, double gap, Put put) {
    double next = bench::now_ns();
    for (std::size_t i = 0; i < n; ++i, next += gap) {
        while (bench::now_ns() < next) {}
        put(stamped{i, bench::now_ns(), {}});
    }
}
latencies through_stream(std::size_t n, double gap) {
    const stamped_stream s("latency", {.shards = shards, .retained_records = kept, .segment_records = segment});
    std::vector<double> all;
    all.reserve(n);
    weir::runtime rt{{.workers = 1}};
    weir::job chain =
        weir::start(weir::from(s, {.chains = 1}) | weir::per_shard([&](std::uint32_t) {
                        return weir::for_each([&](const stamped& r) { all.push_back(bench::now_ns() - r.put); });
                    }),
                    rt);
    paced(n, gap, [&](const stamped& r) { static_cast<void>(s.put_record(r)); });
    s.close();
    static_cast<void>(chain.wait());
    return of(std::move(all));
}
latencies through_ring(std::size_t n, double gap) {
    weir::spsc_ring<stamped> ring(kept);
    std::vector<double> all;
    all.reserve(n);
    std::thread reader([&] {
        while (all.size() < n) {
            const auto records = ring.peek();
            for (const stamped& r : records) all.push_back(bench::now_ns() - r.put);
            ring.release(records.size());
        }
    });
    paced(n, gap, [&](const stamped& r) {
        while (!ring.try_emplace(r)) {}
        ring.publish();
    });
    reader.join();
    return of(std::move(all));
}
void latency(bench::program& p, const std::string& load, std::size_t n, double gap) {
    std::vector<double> ours[2];
    std::vector<double> theirs[2];
    for (std::size_t run = 0; run <= p.runs(11); ++run) {
        const latencies a = through_stream(n, gap);
        const latencies b = through_ring(n, gap);
        if (run == 0) continue;
        ours[0].push_back(a.p50);
        ours[1].push_back(a.p99);
        theirs[0].push_back(b.p50);
        theirs[1].push_back(b.p99);
    }
    for (const std::size_t i : {0U, 1U}) {
        p.add("put to consumer, " + load + (i == 0 ? ", p50" : ", p99"), "ns",
              bench::summarize("weir::data_stream", ours[i]), bench::summarize("weir::spsc_ring, spinning", theirs[i]),
              bench::none);
    }
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("data_stream", argc, argv);
    const std::vector<sample> even = distinct(1'000'000);
    const std::vector<sample> skewed = zipf(1U << 16U);
    const std::vector<sample> few = of_keys(500);
    for (const unsigned threads : {1U, 4U}) {
        spans(p, threads);
        one_by_one(p, "1 M distinct keys", even, threads);
        one_by_one(p, "Zipf keys", skewed, threads);
        one_by_one(p, "500 keys", few, threads);
        batches(p, skewed, threads);
    }
    latency(p, "idle (one in 50 us)", p.size(4'000, 4), 50'000);
    latency(p, "loaded (one in 1 us)", p.size(200'000, 4), 1'000);
    return p.finish();
}
