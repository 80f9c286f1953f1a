// SPDX-License-Identifier: BSL-1.0
// A task whose records take long beside four fast ones: whoever has a free worker does not wait for it (runtime.md, D).
//
// A slow record ends only when the fast tasks have got on meanwhile, so a fast task that waited for it would wait for
// ever. How long they wait in microseconds is a row of benchmarks/idle.
#include "support/catch.hpp"

#include <weir/core.hpp>
#include <weir/runtime.hpp>

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "waiting.hpp"

using weir_test::eventually;
using weir_test::watchdog;

namespace {

constexpr std::uint64_t rounds = 300;
constexpr std::uint64_t rounds_a_record = 25;

/// A slow task's function: its record lasts until the fast tasks have gone through some rounds, and at least 11 ms.
class held_by_rounds {
  public:
    void operator()(int) const {
        const std::uint64_t from = done_->load(std::memory_order_relaxed);
        const std::int64_t least = weir::monotonic_now() + 11'000'000;
        begun_->fetch_add(1, std::memory_order_relaxed);
        const std::uint64_t enough = std::min(from + rounds_a_record, rounds);
        while (weir::monotonic_now() < least || done_->load(std::memory_order_relaxed) < enough) {}
    }
    void count_a_round() const { done_->fetch_add(1, std::memory_order_relaxed); }
    /// Every record ends, whether or not the others got on.
    void let_go() const { done_->store(rounds, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t begun() const { return begun_->load(std::memory_order_relaxed); }

  private:
    std::shared_ptr<std::atomic<std::uint64_t>> done_ = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::shared_ptr<std::atomic<std::uint64_t>> begun_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

/// Four pipelines that are given a record a round, beside a slow one.
template <class StartSlow>
void go_on_beside(const std::string& what, StartSlow start_slow) {
    const watchdog dog("fairness: " + what, std::chrono::seconds(120));
    weir::runtime rt{{.workers = 2, .oversubscribe = true}};
    const held_by_rounds slow_record;
    weir::job slow = start_slow(rt, slow_record);

    std::atomic<std::uint64_t> seen[4] = {};
    std::vector<weir::inlet<std::uint64_t>> in;
    std::vector<weir::job> fast;
    for (std::atomic<std::uint64_t>& mine : seen) {
        in.emplace_back(std::size_t{1'024});
        fast.push_back(weir::start(weir::from(in.back()) | weir::for_each([&mine](std::uint64_t round) {
                                       mine.store(round, std::memory_order_relaxed);
                                   }),
                                   rt));
    }
    CHECK(eventually([&] { return slow_record.begun() > 0; }));
    bool got_on = true;
    for (std::uint64_t round = 1; round <= rounds && got_on; ++round) {
        for (auto& i : in) i.put(round);
        for (const std::atomic<std::uint64_t>& theirs : seen) {
            got_on = got_on && eventually([&] { return theirs.load(std::memory_order_relaxed) == round; });
        }
        INFO(what << ": round " << round << ", slow record " << slow_record.begun());
        CHECK(got_on);
        slow_record.count_a_round();
    }
    slow_record.let_go();
    for (auto& i : in) i.close();
    for (weir::job& job : fast) CHECK(job.wait());
    slow.stop();
    const weir::report end = slow.wait();
    CHECK(end.delivered() == slow_record.begun());
    CHECK(end.delivered() >= 3);  // it was beside them
    bool told = false;
    for (const weir::task_report& t : end.tasks) told = told || t.slow_record;
    CHECK(told);
}

}  // namespace

TEST_CASE("fairness: a slow task on a shared worker", "[runtime][fairness]") {
    go_on_beside("shared", [](weir::runtime& rt, const held_by_rounds& slow_record) {
        return weir::start(
            weir::from(weir::generate([] { return std::optional<int>(1); })) | weir::for_each(slow_record), rt);
    });
}

TEST_CASE("fairness: a slow stage on a thread of its own", "[runtime][fairness]") {
    go_on_beside("own thread", [](weir::runtime& rt, const held_by_rounds& slow_record) {
        return weir::start(weir::from(weir::generate([] { return std::optional<int>(1); }))
                               | weir::tap(slow_record).on_own_thread() | weir::discard,
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
