// SPDX-License-Identifier: BSL-1.0
// A stream goes from 4 shards to 8, to 4 and to 3 (one call at most halves them) while one thread puts records of 1,000
// keys and a pipeline reads. The longest time from put to consumer of any record, less the longest stall of a thread
// that does nothing but read the clock in the same run: what resharding, and not the machine, has kept a key waiting.
// Each key's records must arrive whole and in order. Beside it the same without resharding.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <weir/core.hpp>
#include <weir/runtime.hpp>
#include <weir/streams/from_stream.hpp>

#include "../support/bench.hpp"

namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t keys = 1'000;
constexpr std::uint32_t chains = 4;
constexpr double allowed_ms = 10;

struct sample {
    std::uint32_t sensor;
    std::uint32_t number;  // of its key: 0, 1, 2, ...
    std::int64_t put_ns;
    std::array<std::uint32_t, 21> body;
};
using stream = weir::data_stream<sample, &sample::sensor>;

std::int64_t clock_ns() { return std::chrono::steady_clock::now().time_since_epoch() / 1ns; }

struct load {
    const char* name;
    std::int64_t between_ns;  // puts; 0: as fast as the pipeline reads
    std::uint64_t ahead;      // of the pipeline, at most
};

struct outcome {
    double pause_ms = 0;   // longest
    double put_ms = 0;     // longest call
    double stall_ms = 0;   // longest, of the idle thread
    double update_ms = 0;  // longest call of update_shard_count
    double put = 0;        // records
    double seconds = 0;    // of putting
    std::string wrong = {};

    [[nodiscard]] double own_ms() const { return std::max(pause_ms - stall_ms, 0.001); }
};

/// What one chain has seen, on lines of its own. A key is one chain's for good.
struct alignas(weir::line_pair) seen {
    std::int64_t longest_ns = 0;
    std::atomic<std::uint64_t> read{0};
    std::array<std::uint32_t, keys> next{};
    std::uint64_t out_of_order = 0;
};

double longest_gap_ms(const std::atomic<bool>& over) {
    std::int64_t longest = 0;
    for (std::int64_t last = clock_ns(); !over.load(std::memory_order_relaxed);) {
        const std::int64_t now = clock_ns();
        longest = std::max(longest, now - last);
        last = now;
    }
    return static_cast<double>(longest) / 1e6;
}

/// Puts until `over`; how many of each key.
std::vector<std::uint32_t> put_all(const stream& s, const load& with, std::vector<seen>& chain,
                                   const std::atomic<bool>& over, outcome& out) {
    std::vector<std::uint32_t> put(keys);
    sample value{};
    std::int64_t longest = 0;
    std::uint64_t random = 1;
    std::uint64_t n = 0;
    const std::int64_t begun = clock_ns();
    for (std::int64_t due = begun; !over.load(std::memory_order_relaxed); ++n) {
        if (n % 256 == 0) {
            for (std::uint64_t read = 0; !over.load(std::memory_order_relaxed);) {
                read = 0;
                for (const seen& c : chain) read += c.read.load(std::memory_order_relaxed);
                if (n < read + with.ahead) break;
                std::this_thread::yield();
            }
        }
        due += with.between_ns;
        if (const std::int64_t early = with.between_ns == 0 ? 0 : due - clock_ns(); early > 0) {
            // Sleeps a while and puts what has become due.
            std::this_thread::sleep_for(std::max(100us, std::chrono::microseconds(early / 1'000)));
        }
        random = random * 6'364'136'223'846'793'005U + 1;
        value.sensor = static_cast<std::uint32_t>(random >> 33U) % keys;
        value.number = put[value.sensor]++;
        value.put_ns = clock_ns();
        if (!s.put_record(value)) out.wrong = "A PUT FAILED";
        longest = std::max(longest, clock_ns() - value.put_ns);
    }
    out.put_ms = static_cast<double>(longest) / 1e6;
    out.put = static_cast<double>(n);
    out.seconds = static_cast<double>(clock_ns() - begun) / 1e9;
    return put;
}

outcome one_run(const load& with, bool reshard, std::chrono::milliseconds length) {
    const stream s("s", {.shards = chains, .retained_records = 1'048'576});
    std::vector<seen> chain(chains);
    outcome out;
    std::atomic<bool> put_over{false};
    std::atomic<bool> run_over{false};
    weir::runtime rt{{.workers = 2}};
    weir::job reading =
        weir::start(weir::from(s) | weir::per_shard([&](std::uint32_t i) {
                        return weir::for_each([&c = chain[i]](const sample& v) {
                            c.longest_ns = std::max(c.longest_ns, clock_ns() - v.put_ns);
                            if (v.number != c.next[v.sensor]++) ++c.out_of_order;
                            c.read.store(c.read.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
                        });
                    }),
                    rt);
    std::thread idle([&] { out.stall_ms = longest_gap_ms(run_over); });
    std::vector<std::uint32_t> put;
    std::thread putter([&] { put = put_all(s, with, chain, put_over, out); });
    std::string refused;
    const auto to = [&](std::uint32_t shards) {
        const std::int64_t begun = clock_ns();
        if (reshard && !s.update_shard_count(shards)) refused = "A RESHARD FAILED";
        out.update_ms = std::max(out.update_ms, static_cast<double>(clock_ns() - begun) / 1e6);
    };
    std::this_thread::sleep_for(length / 3);
    to(8);
    std::this_thread::sleep_for(length / 3);
    to(4);
    to(3);
    if (reshard && s.describe_stream_summary().open_shards != 3) refused = "A RESHARD FAILED";
    std::this_thread::sleep_for(length / 3);
    put_over.store(true);
    putter.join();
    s.close();
    const weir::report done = reading.wait();
    run_over.store(true);
    idle.join();
    std::uint64_t read = 0;
    std::uint64_t wrong = 0;
    for (const seen& c : chain) {
        out.pause_ms = std::max(out.pause_ms, static_cast<double>(c.longest_ns) / 1e6);
        read += c.read.load();
        wrong += c.out_of_order;
    }
    for (std::uint32_t k = 0; k < keys; ++k) {
        std::uint64_t of_key = 0;
        for (const seen& c : chain) of_key += c.next[k];
        wrong += of_key == put[k] ? 0U : 1U;
    }
    if (!refused.empty()) out.wrong = refused;
    if (!done || done.dropped() != 0 || static_cast<double>(read) != out.put) out.wrong = "RECORDS ARE LOST";
    if (wrong != 0) out.wrong = "A KEY'S RECORDS ARE NOT WHOLE AND IN ORDER";
    return out;
}

/// The longest of all runs; the median would hide it.
template <class Member>
bench::timing longest(const std::string& name, const std::vector<outcome>& runs, Member of) {
    double most = 0;
    for (const outcome& o : runs) most = std::max(most, std::invoke(of, o));
    return {name, most, 0, runs.size()};
}

void rows(bench::program& p, const load& with) {
    const std::chrono::milliseconds length(p.quick() ? 210 : 900);
    std::vector<outcome> still;
    std::vector<outcome> resharded;
    for (std::size_t i = 0; i < p.runs(11); ++i) {
        still.push_back(one_run(with, false, length));
        resharded.push_back(one_run(with, true, length));
    }
    std::string wrong;
    double put = 0;
    double seconds = 0;
    for (const std::vector<outcome>* all : {&still, &resharded}) {
        for (const outcome& o : *all) {
            if (!o.wrong.empty()) wrong = o.wrong;
            put += o.put;
            seconds += o.seconds;
        }
    }
    const std::string of = std::string(", ") + with.name;
    const bench::timing limit{"allowed", allowed_ms, 0, resharded.size()};
    p.add("longest pause less stall" + of, "ms", longest("resharded", resharded, &outcome::own_ms), limit,
          wrong.empty() ? 1 : bench::none, bench::better::less, wrong);
    p.add("the same without resharding" + of, "ms", longest("still", still, &outcome::own_ms));
    p.add("longest pause, resharded and still" + of, "ms", longest("resharded", resharded, &outcome::pause_ms),
          longest("still", still, &outcome::pause_ms), bench::none);
    p.add("longest put_record, resharded and still" + of, "ms", longest("resharded", resharded, &outcome::put_ms),
          longest("still", still, &outcome::put_ms), bench::none);
    p.add("longest stall of the idle thread" + of, "ms", longest("resharded", resharded, &outcome::stall_ms),
          longest("still", still, &outcome::stall_ms), bench::none);
    p.add("put" + of, "M/s", bench::timing{"put", put / seconds / 1e6, 0, still.size() + resharded.size()});
    p.add("longest update_shard_count" + of, "ms", longest("update", resharded, &outcome::update_ms));
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("reshard", argc, argv);
    rows(p, {"paced", 2'000, 262'144});
    rows(p, {"as it is read", 0, 2'048});
    return p.finish();
}
