// SPDX-License-Identifier: BSL-1.0
// Group commit: 1 to 64 producers, each waiting until its 100-byte record is durable before it puts the next, and one
// thread that writes. No timer: what comes while a sync runs is the next commit. Durable acknowledgements a second, and
// how long one takes. Beside it a bare `pwrite` of 4 KiB and `fdatasync`, one after another. TMPDIR chooses the disk.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <weir/buffers/log_storage.hpp>

#include "../disk/peers.hpp"
#include "../support/bench.hpp"

namespace {

struct outcome {
    double acks_a_second = 0;
    std::vector<double> us;
};

outcome run(weir::log_storage& log, std::size_t producers, double seconds) {
    weir::atomic<std::uint64_t> left{producers};
    std::vector<std::vector<double>> took(producers);
    std::vector<std::thread> threads;
    const double start = bench::now_ns();
    const double end = start + seconds * 1e9;
    for (std::size_t i = 0; i < producers; ++i) {
        threads.emplace_back([&, i] {
            const std::string payload(100, 'p');
            const weir::log_record one{"12345678", payload, 0};
            for (double now = bench::now_ns(); now < end;) {
                const auto at = log.append({&one, 1});
                if (!at || !log.wait_for(weir::log_acknowledge::durable, *at)) break;
                const double then = bench::now_ns();
                took[i].push_back((then - now) / 1e3);
                now = then;
            }
            left.fetch_sub(1, weir::memory_order_acq_rel);
        });
    }
    while (left.load(weir::memory_order_acquire) != 0) {
        if (log.step() == weir::storage_step::idle) std::this_thread::yield();
    }
    for (auto& t : threads) t.join();
    outcome o;
    for (const auto& v : took) o.us.insert(o.us.end(), v.begin(), v.end());
    o.acks_a_second = static_cast<double>(o.us.size()) / ((bench::now_ns() - start) / 1e9);
    std::sort(o.us.begin(), o.us.end());
    return o;
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("group_commit", argc, argv);
    const bench::disk_folder folder;
    const auto log = weir::log_storage::open(folder / "log", {}).value();
    bench::bare_disk bare(folder / "bare");
    const std::string page(4'096, 'x');
    const double seconds = p.quick() ? 0.12 : 1;
    const std::size_t rounds = p.runs(9);
    for (const std::size_t producers : {1U, 4U, 16U, 64U}) {
        std::vector<double> rates, p50, p99, alone;
        for (std::size_t i = 0; i < rounds; ++i) {
            const outcome o = run(*log, producers, seconds);
            if (o.us.empty()) return 1;
            rates.push_back(o.acks_a_second);
            p50.push_back(o.us[o.us.size() / 2]);
            p99.push_back(o.us[o.us.size() * 99 / 100]);
            const std::size_t n = p.quick() ? 40 : 400;
            const double start = bench::now_ns();
            for (std::size_t k = 0; k < n; ++k) bare.commit(1, page);
            alone.push_back(static_cast<double>(n) / ((bench::now_ns() - start) / 1e9));
        }
        const std::string name = std::to_string(producers) + (producers == 1 ? " producer" : " producers");
        p.add(name, "acks/s", bench::summarize("weir", rates), bench::summarize("bare syncs", alone), bench::none,
              bench::better::more);
        p.add(name + ", p50", "us", bench::summarize("weir", p50));
        p.add(name + ", p99", "us", bench::summarize("weir", p99));
    }
    return p.finish();
}
