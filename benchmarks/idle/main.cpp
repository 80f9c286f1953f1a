// SPDX-License-Identifier: BSL-1.0
// What waiting costs: 1,000 pipelines that have nothing to do, one busy inlet beside 1,000 idle tasks, and four quick
// tasks beside one whose records take 10 ms.
#include <sys/resource.h>

#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/core/sources/generate.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/stages/inlet.hpp>
#include <weir/runtime/start.hpp>

#include <ctime>
#include <list>
#include <optional>

#include "../support/bench.hpp"

namespace {

struct usage {
    double cpu_ms;
    long switches;
};
usage so_far() {
    rusage r{};
    ::getrusage(RUSAGE_SELF, &r);
    const auto ms = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) * 1'000 + static_cast<double>(t.tv_usec) / 1'000;
    };
    return {ms(r.ru_utime) + ms(r.ru_stime), r.ru_nvcsw + r.ru_nivcsw};
}

class crowd {
  public:
    crowd(std::size_t n, weir::threads& on) {
        for (std::size_t i = 0; i < n; ++i) {
            inlets_.emplace_back(4);
            jobs_.push_back(weir::start(weir::from(inlets_.back()) | weir::for_each([](int) {}), on));
        }
    }
    void end() {
        for (auto& in : inlets_) in.close();
        for (auto& job : jobs_) static_cast<void>(job.wait());
    }

  private:
    std::list<weir::inlet<int>> inlets_;
    std::list<weir::job> jobs_;
};

/// M records/s of one inlet.
double busy_rate(weir::threads& on, std::uint64_t records, bool& whole) {
    weir::inlet<std::uint64_t> in(1'024);
    std::uint64_t sum = 0;
    weir::job job = weir::start(weir::from(in) | weir::for_each([&](std::uint64_t n) { sum += n; }), on);
    const double start = bench::now_ns();
    for (std::uint64_t i = 1; i <= records; ++i) static_cast<void>(in.put(i));
    in.close();
    whole = whole && static_cast<bool>(job.wait()) && sum == records * (records + 1) / 2;
    return static_cast<double>(records) / (bench::now_ns() - start) * 1'000;
}

void spin_for(double ns) {
    const double until = bench::now_ns() + ns;
    while (bench::now_ns() < until) {}
}

/// The 99th percentile, in microseconds, of what records wait for four tasks that are given one each millisecond;
/// `slow` adds a fifth, each record of which takes 10 ms. Two workers, so one of them is free.
double p99_of_quick_tasks(bool slow, std::size_t rounds) {
    weir::runtime on{{.workers = 2, .oversubscribe = true}};
    std::optional<weir::job> beside;
    if (slow) {
        beside.emplace(weir::start(weir::from(weir::generate([] { return std::optional<int>(1); }))
                                       | weir::for_each([](int) { spin_for(10e6); }),
                                   on));
    }
    std::vector<double> delays[4];
    std::list<weir::inlet<double>> in;
    std::list<weir::job> quick;
    for (std::vector<double>& mine : delays) {
        mine.reserve(rounds);
        in.emplace_back(1'024);
        quick.push_back(weir::start(weir::from(in.back()) | weir::for_each([&mine](double since) {
                                        mine.push_back((bench::now_ns() - since) / 1'000);
                                    }),
                                    on));
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        const timespec a_while{0, 1'000'000};
        ::nanosleep(&a_while, nullptr);
        for (auto& i : in) static_cast<void>(i.put(bench::now_ns()));
    }
    for (auto& i : in) i.close();
    for (weir::job& job : quick) static_cast<void>(job.wait());
    if (beside) {
        beside->stop();
        static_cast<void>(beside->wait());
    }
    std::vector<double> all;
    for (const std::vector<double>& mine : delays) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    return all[(all.size() - 1) * 99 / 100];
}

}  // namespace

int main(int argc, char** argv) {
    bench::program p("idle", argc, argv);
    weir::threads on;
    crowd idle(1'000, on);
    const timespec a_while{1, 0};
    ::nanosleep(&a_while, nullptr);  // everything has gone to sleep
    const usage before = so_far();
    const timespec measured{p.quick() ? 2 : 10, 0};
    ::nanosleep(&measured, nullptr);
    const usage after = so_far();
    const double seconds = static_cast<double>(measured.tv_sec);
    bench::row cpu;
    cpu.name = "1,000 parked pipelines, CPU in 10 s";
    cpu.unit = "ms";
    cpu.ours = (after.cpu_ms - before.cpu_ms) * 10 / seconds;
    cpu.reference = 1;
    cpu.reference_name = "at most";
    cpu.ratio = cpu.ours > 0 ? 1 / cpu.ours : 1'000;
    cpu.goal = 1;
    cpu.note = std::to_string(after.switches - before.switches - 1) + " context switches beside this thread's own, in "
               + std::to_string(measured.tv_sec) + " s";
    p.add(cpu);

    const std::uint64_t records = p.size(2'000'000, 4);
    weir::threads alone_on;
    std::vector<double> beside, alone;
    bool whole = true;
    for (std::size_t i = 0; i <= p.runs(11); ++i) {
        const double a = busy_rate(on, records, whole);
        const double b = busy_rate(alone_on, records, whole);
        if (i == 0) continue;
        beside.push_back(a);
        alone.push_back(b);
    }
    p.add("a busy inlet beside 1,000 idle tasks", "M/s", bench::summarize("beside 1,000", beside),
          bench::summarize("alone", alone), whole ? 0.9 : bench::none, bench::better::more,
          whole ? "" : "OUR PAYLOAD IS WRONG");
    idle.end();

    std::vector<double> with_slow, without;
    for (std::size_t i = 0; i < p.runs(11); ++i) {
        with_slow.push_back(p99_of_quick_tasks(true, p.size(1'000, 4)));
        without.push_back(p99_of_quick_tasks(false, p.size(1'000, 4)));
    }
    bench::row p99;
    p99.name = "four quick tasks beside one of 10 ms a record, p99";
    p99.unit = "us";
    p99.ours = bench::summarize("beside", with_slow).median;
    p99.reference = 1'000;
    p99.reference_name = "at most";
    p99.ratio = p99.reference / p99.ours;
    p99.goal = 1;
    p99.note = "without it " + std::to_string(std::lround(bench::summarize("without", without).median)) + " us";
    p.add(p99);
    return p.finish();
}
