// SPDX-License-Identifier: BSL-1.0
// A task whose records take 10 ms beside four fast ones: whoever has a free worker does not wait for it (runtime.md,
// D).
//
// Times are of this machine, which may stall any thread: a control thread, woken by the same thread at the same moments
// through nothing of the library, measures how much. An attempt in which it was stalled itself says nothing.
#include "support/catch.hpp"

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "waiting.hpp"

using weir_test::eventually;
using weir_test::watchdog;

namespace {

constexpr std::int64_t ms = 1'000'000;

void spin_for(std::int64_t ns) {
    const std::int64_t until = weir::monotonic_now() + ns;
    while (weir::monotonic_now() < until) {}
}

std::int64_t percentile(std::vector<std::int64_t> delays, std::size_t hundredth) {
    if (delays.empty()) return 0;
    std::sort(delays.begin(), delays.end());
    return delays[(delays.size() - 1) * hundredth / 100];
}

/// Is told a time, wakes up, and notes how long that took.
class control {
  public:
    control()
        : thread_([this] {
              std::unique_lock hold(mutex_);
              for (;;) {
                  told_.wait(hold, [this] { return over_ || since_ != 0; });
                  if (over_) return;
                  delays_.push_back(weir::monotonic_now() - since_);
                  since_ = 0;
              }
          }) {}
    void tell() {
        {
            const std::lock_guard hold(mutex_);
            since_ = weir::monotonic_now();
        }
        told_.notify_one();
    }
    std::vector<std::int64_t> stop() {
        {
            const std::lock_guard hold(mutex_);
            over_ = true;
        }
        told_.notify_one();
        thread_.join();
        return delays_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable told_;
    std::int64_t since_ = 0;
    bool over_ = false;
    std::vector<std::int64_t> delays_;
    std::thread thread_;
};

struct attempt {
    std::int64_t fast_p99 = 0;
    std::int64_t control_p99 = 0;
    std::uint64_t slow_records = 0;
    weir::report slow;
};

/// Four pipelines that are given a record each ms, beside a slow one.
template <class StartSlow>
attempt measure(int rounds, StartSlow start_slow) {
    attempt result;
    weir::runtime rt{{.workers = 2, .oversubscribe = true}};
    weir::job slow = start_slow(rt);

    std::vector<std::int64_t> delays[4];
    std::vector<weir::inlet<std::int64_t>> in;
    std::vector<weir::job> fast;
    for (std::vector<std::int64_t>& mine : delays) {
        mine.reserve(static_cast<std::size_t>(rounds));
        in.emplace_back(std::size_t{1'024});
        fast.push_back(weir::start(weir::from(in.back()) | weir::for_each([&mine](std::int64_t since) {
                                       mine.push_back(weir::monotonic_now() - since);
                                   }),
                                   rt));
    }
    control witness;
    weir::wait_point never;
    for (int round = 0; round < rounds; ++round) {
        static_cast<void>(rt.wait(never, [] { return false; }, weir::instant{rt.time().now().us + 1'000}));
        witness.tell();
        for (auto& i : in) i.put(weir::monotonic_now());
    }
    for (auto& i : in) i.close();
    std::vector<std::int64_t> all;
    for (std::size_t i = 0; i < fast.size(); ++i) {
        CHECK(fast[i].wait());
        CHECK(delays[i].size() == static_cast<std::size_t>(rounds));
        all.insert(all.end(), delays[i].begin(), delays[i].end());
    }
    slow.stop();
    result.slow = slow.wait();
    result.slow_records = result.slow.delivered();
    result.fast_p99 = percentile(all, 99);
    result.control_p99 = percentile(witness.stop(), 99);
    return result;
}

template <class StartSlow>
void judge(const std::string& what, StartSlow start_slow) {
    const watchdog dog("fairness: " + what, std::chrono::seconds(120));
    std::string seen;
    bool counts = false;
    for (int i = 0; i < 10; ++i) {
        const attempt a = measure(300, start_slow);
        CHECK(a.slow_records >= 3);  // it was beside them
        bool told = false;
        for (const weir::task_report& t : a.slow.tasks) told = told || t.slow_record;
        CHECK(told);
        seen += " " + std::to_string(a.fast_p99 / 1'000) + "/" + std::to_string(a.control_p99 / 1'000);
        if (a.fast_p99 < ms) return;
        counts = counts || a.control_p99 < ms / 2;
    }
    INFO(what << ": p99 of the fast tasks / of the control thread, in us:" << seen);
    if (counts) {
        FAIL("the fast tasks waited for the slow one");
    } else {
        WARN("this machine stalls threads for longer than what is to be measured; nothing was shown");
    }
}

}  // namespace

TEST_CASE("fairness: a slow task on a shared worker", "[runtime][fairness]") {
    judge("shared", [](weir::runtime& rt) {
        return weir::start(weir::from(weir::generate([] { return std::optional<int>(1); }))
                               | weir::for_each([](int) { spin_for(11 * ms); }),
                           rt);
    });
}

TEST_CASE("fairness: a slow stage on a thread of its own", "[runtime][fairness]") {
    judge("own thread", [](weir::runtime& rt) {
        return weir::start(weir::from(weir::generate([] { return std::optional<int>(1); }))
                               | weir::tap([](int) { spin_for(11 * ms); }).on_own_thread() | weir::discard,
                           rt);
    });
}

TEST_CASE("fairness: on_own_thread runs there, and on its core where one is given", "[runtime][fairness]") {
    const unsigned core = weir::detail::allowed_cores().back();
    weir::runtime rt{{.workers = 1}};
    std::thread::id first{};
    std::thread::id second{};
    cpu_set_t cores;
    CPU_ZERO(&cores);
    const std::vector<int> in{1, 2, 3};
    const weir::report done = weir::run(weir::from(in) | weir::tap([&](int) { first = std::this_thread::get_id(); })
                                            | weir::tap([&](int) {
                                                  second = std::this_thread::get_id();
                                                  ::sched_getaffinity(0, sizeof(cores), &cores);
                                              }).on_own_thread(static_cast<int>(core))
                                            | weir::discard,
                                        rt);
    CHECK(done);
    CHECK(done.tasks.size() == 2);
    CHECK(first != second);
    CHECK(CPU_COUNT(&cores) == 1);
    CHECK(CPU_ISSET(core, &cores));
}
