// SPDX-License-Identifier: BSL-1.0
// What waiting costs: 1,000 pipelines that have nothing to do, and one busy inlet beside 1,000 idle tasks.
#include <sys/resource.h>

#include <weir/core/sinks/for_each.hpp>
#include <weir/core/sources/from.hpp>
#include <weir/runtime/run.hpp>
#include <weir/runtime/stages/inlet.hpp>
#include <weir/runtime/start.hpp>

#include <ctime>
#include <list>

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
    return p.finish();
}
