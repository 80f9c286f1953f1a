// SPDX-License-Identifier: BSL-1.0
// threads: real workers. Nothing is lost or repeated, one thread at a time is inside a task, everything stops.
#include <weir/runtime/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "../support/catch.hpp"
#include "synthetic.hpp"

using namespace weir_test;
using weir::job_control;

namespace {

/// Until the test's end every new task and wait point wakes in this mode.
struct in_mode {
    explicit in_mode(weir::wake_mode mode) { weir::override_wake_mode(mode); }
    in_mode(const in_mode&) = delete;
    in_mode& operator=(const in_mode&) = delete;
    ~in_mode() { weir::override_wake_mode(weir::wake_mode::undecided); }
};

weir::wake_mode kernels_mode() {
    weir::override_wake_mode(weir::wake_mode::undecided);
    return weir::current_wake_mode();
}

weir::runtime_options options(unsigned workers, std::int64_t spin_us = 0) {
    return {.workers = workers, .oversubscribe = true, .spin_us = spin_us};
}

enum class way { to_the_end, drain, stop, fail, destroy };

void round(weir::threads& on, std::mt19937_64& random, way how) {
    chain_options o;
    const std::size_t rings[] = {1, 2, 3, 8};
    o.tasks = 2 + random() % 5;
    o.ring = rings[random() % 4];
    o.signals = 1 + random() % 3;
    o.records = how == way::to_the_end ? 5'000 : 50'000'000;
    if (random() % 4 == 0) o.alone = random() % o.tasks;
    if (how == way::fail) {
        o.thrower = random() % o.tasks;
        o.throw_at = random() % 400;
    }
    chain_counts counts;
    const auto job = std::make_shared<job_control>();
    on.start(job, make_chain(o, counts));
    const std::uint64_t until = random() % 300;
    if (how == way::drain || how == way::stop) {
        while (counts.seen.load() < until) std::this_thread::yield();
        how == way::drain ? job->request_drain() : job->request_stop();
    }
    wait_for_end(on, job);
    CHECK(job->state() == weir::job_state::finished);
    CHECK(job->live_tasks() == 0);
    CHECK(counts.overlapping == 0);
    CHECK(counts.misplaced == 0);
    CHECK(counts.ended + counts.abandoned == o.tasks);
    if (how == way::to_the_end || how == way::drain) {
        CHECK(counts.ended == o.tasks);
        CHECK(counts.seen == counts.made);
    }
    if (how == way::to_the_end) CHECK(counts.seen == o.records);
    if (how == way::stop) CHECK(counts.abandoned > 0);
    if (how == way::fail) {
        CHECK(counts.abandoned == o.tasks);
        REQUIRE(job->exception() != nullptr);
        CHECK_THROWS_AS(std::rethrow_exception(job->exception()), std::runtime_error);
        const std::string expected = o.thrower == 0             ? "source"
                                     : o.thrower + 1 == o.tasks ? "sink"
                                                                : "relay" + std::to_string(o.thrower);
        CHECK(job->failed_stage() == expected);
    }
    CHECK(job->take_tasks().size() == o.tasks);
}

}  // namespace

TEST_CASE("threads: chains run to the end, drain, stop and fail, whatever the rings and wake-ups",
          "[runtime][threads]") {
    std::random_device device;
    const std::uint64_t seed = device();
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    for (const weir::wake_mode mode : {kernels_mode(), weir::wake_mode::read_modify_write}) {
        const in_mode hold(mode);
        for (const unsigned workers : {1U, 2U, 4U}) {
            weir::threads on(options(workers, static_cast<std::int64_t>(random() % 2) * 10));
            CHECK(on.workers() == workers);
            for (std::uint64_t i = 0; i < rounds(34); ++i) {
                const way how[] = {way::to_the_end, way::drain, way::stop, way::fail};
                round(on, random, how[i % 4]);
            }
        }
    }
}

TEST_CASE("threads: many pipelines share the workers", "[runtime][threads]") {
    weir::threads on(options(2));
    chain_counts counts[20];
    std::shared_ptr<job_control> jobs[20];
    for (std::size_t i = 0; i < 20; ++i) {
        jobs[i] = std::make_shared<job_control>();
        on.start(jobs[i], make_chain({.tasks = 4, .ring = 3, .records = 2'000}, counts[i]));
    }
    for (std::size_t i = 0; i < 20; ++i) {
        wait_for_end(on, jobs[i]);
        CHECK(counts[i].seen == 2'000);
        CHECK(counts[i].misplaced == 0);
    }
}

TEST_CASE("threads: destroyed at a random moment, everything is abandoned", "[runtime][threads]") {
    for (std::uint64_t i = 0; i < rounds(40); ++i) {
        chain_counts counts;
        const auto job = std::make_shared<job_control>();
        {
            weir::threads on(options(1 + static_cast<unsigned>(i % 3)));
            on.start(job, make_chain({.tasks = 4, .ring = 2, .records = UINT64_MAX, .alone = i % 6}, counts));
            while (counts.seen.load() < 10 * i) std::this_thread::yield();
        }
        CHECK(job->finished());
        CHECK(counts.abandoned == 4);
    }
}

TEST_CASE("threads: a job without tasks is finished at once, and stop before start counts", "[runtime]") {
    weir::threads on(options(1));
    const auto none = std::make_shared<job_control>();
    on.start(none, {});
    CHECK(none->finished());

    chain_counts counts;
    const auto stopped = std::make_shared<job_control>();
    stopped->request_stop();
    on.start(stopped, make_chain({.records = UINT64_MAX}, counts));
    wait_for_end(on, stopped);
    CHECK(counts.abandoned == 3);
    CHECK(counts.made == 0);
}

namespace {

/// Calls a function in its only step.
template <class F>
class once final : public weir::task {
  public:
    explicit once(F f) : task("once"), f_(std::move(f)) {}
    step_result step(std::uint32_t, weir::instant now) override {
        f_(now);
        return {step_result::kind::done};
    }
    void abandon() noexcept override {}

  private:
    F f_;
};

template <class F>
void run_once(weir::scheduler& on, const std::shared_ptr<job_control>& job, F f) {
    std::vector<std::unique_ptr<weir::task>> tasks;
    tasks.push_back(std::make_unique<once<F>>(std::move(f)));
    on.start(job, std::move(tasks));
    wait_for_end(on, job);
}

}  // namespace

TEST_CASE("threads: a wait from inside a task throws and says why", "[runtime][threads]") {
    weir::threads on(options(1));
    weir::wait_point point;
    const auto job = std::make_shared<job_control>();
    run_once(on, job, [&](weir::instant) { static_cast<void>(on.wait(point, [] { return false; })); });
    REQUIRE(job->exception() != nullptr);
    try {
        std::rethrow_exception(job->exception());
    } catch (const std::logic_error& e) {
        CHECK(std::string(e.what()).find("waits for its own scheduler") != std::string::npos);
    }
    CHECK(job->failed_stage() == "once");
    CHECK_FALSE(on.inside());
}

TEST_CASE("threads: application threads wait for tasks, with a deadline on the scheduler's clock",
          "[runtime][threads]") {
    weir::virtual_clock frozen({1'000});
    weir::runtime_options o = options(1);
    o.time = &frozen;
    weir::threads on(o);
    weir::wait_point point;
    CHECK(on.wait(point, [] { return false; }, weir::instant{1'000}) == weir::wait_status::timed_out);
    CHECK(on.wait(point, [] { return true; }, weir::instant{0}) == weir::wait_status::ready);
    std::int64_t seen = 0;
    run_once(on, std::make_shared<job_control>(), [&](weir::instant now) { seen = now.us; });
    CHECK(seen == 1'000);

    weir::threads real(options(1));
    const weir::instant soon{real.time().now().us + 2'000};
    CHECK(real.wait(point, [] { return false; }, soon) == weir::wait_status::timed_out);
    CHECK(real.time().now() >= soon);

    // Many waiters on one point; a job's watched points are notified when its state changes.
    const auto job = std::make_shared<job_control>();
    const auto watched = std::make_shared<weir::wait_point>();
    job->watch(watched);
    std::vector<std::thread> waiters;
    std::atomic<int> woken{0};
    for (int i = 0; i < 4; ++i) {
        waiters.emplace_back([&] {
            static_cast<void>(real.wait(*watched, [&] { return job->stopping(); }));
            ++woken;
        });
    }
    job->request_stop();
    for (auto& t : waiters) t.join();
    CHECK(woken == 4);
}

namespace {

/// Counts what application threads add to `offered`, asleep in between.
class counter final : public weir::task {
  public:
    counter(std::atomic<std::uint64_t>& offered, std::uint64_t goal, weir::wait_point& point)
        : task("counter"), offered_(offered), goal_(goal), taken_point_(point) {}
    std::atomic<std::uint64_t> taken{0};

    step_result step(std::uint32_t, weir::instant) override {
        const std::uint64_t n = offered_.load(std::memory_order_acquire);
        if (n == taken.load(std::memory_order_relaxed)) return {step_result::kind::idle};
        taken.store(n, std::memory_order_release);
        taken_point_.notify();
        return {n == goal_ ? step_result::kind::done : step_result::kind::progress, weir::instant::max(), 1};
    }
    void abandon() noexcept override {}

  private:
    std::atomic<std::uint64_t>& offered_;
    const std::uint64_t goal_;
    weir::wait_point& taken_point_;
};

void ping_pong(weir::wake_mode mode) {
    const in_mode hold(mode);
    weir::threads on(options(2));
    weir::wait_point taken;
    std::atomic<std::uint64_t> offered{0};
    constexpr std::uint64_t goal = 3'000;
    auto owned = std::make_unique<counter>(offered, goal, taken);
    counter& task = *owned;
    const weir::waker waker = task.make_waker();
    const auto job = std::make_shared<job_control>();
    std::vector<std::unique_ptr<weir::task>> tasks;
    tasks.push_back(std::move(owned));
    on.start(job, std::move(tasks));
    for (std::uint64_t i = 1; i <= goal; ++i) {
        offered.store(i, std::memory_order_release);
        waker.notify();
        REQUIRE(on.wait(taken, [&] { return task.taken.load(std::memory_order_acquire) == i; })
                == weir::wait_status::ready);
    }
    wait_for_end(on, job);
    waker.notify();  // late: nothing happens
    CHECK(job->finished());
}

}  // namespace

TEST_CASE("threads: neither a sleeping task nor a sleeping application thread misses a wake-up", "[runtime][threads]") {
    ping_pong(kernels_mode());
    ping_pong(weir::wake_mode::read_modify_write);
}

namespace {

class alarm_clock final : public weir::task {
  public:
    explicit alarm_clock(std::vector<weir::instant>& seen) : task("alarm"), seen_(seen) {}
    step_result step(std::uint32_t, weir::instant now) override {
        if (due_ == weir::instant{}) due_ = {now.us + 300};
        if (now < due_) return {step_result::kind::wait_until, due_};
        seen_.push_back({now.us - due_.us});
        due_ = {now.us + 300};
        return {seen_.size() == 10 ? step_result::kind::done : step_result::kind::progress};
    }
    void abandon() noexcept override {}

  private:
    std::vector<weir::instant>& seen_;
    weir::instant due_{};
};

}  // namespace

TEST_CASE("threads: a sleeping task is woken at its time", "[runtime][threads]") {
    weir::threads on(options(1));
    std::vector<weir::instant> late;
    const auto job = std::make_shared<job_control>();
    std::vector<std::unique_ptr<weir::task>> tasks;
    tasks.push_back(std::make_unique<alarm_clock>(late));
    on.start(job, std::move(tasks));
    wait_for_end(on, job);
    REQUIRE(late.size() == 10);
    for (const weir::instant l : late) CHECK(l.us >= 0);
}

namespace {

/// Busy for a while in its first step, until the other one has run.
class hog final : public weir::task {
  public:
    explicit hog(std::atomic<bool>& other_ran) : task("hog"), other_ran_(other_ran) {}
    step_result step(std::uint32_t, weir::instant) override {
        const std::int64_t limit = weir::monotonic_now() + 12'000'000;
        while (weir::monotonic_now() < limit || (rounds_ > 0 && !other_ran_.load())) std::this_thread::yield();
        return {++rounds_ == 3 ? step_result::kind::done : step_result::kind::progress, weir::instant::max(), 1};
    }
    void abandon() noexcept override {}

  private:
    std::atomic<bool>& other_ran_;
    int rounds_ = 0;
};

class bystander final : public weir::task {
  public:
    explicit bystander(std::atomic<bool>& ran) : task("bystander"), ran_(ran) {}
    step_result step(std::uint32_t, weir::instant) override {
        if (++steps_ < 3) return {step_result::kind::progress, weir::instant::max(), 1};
        ran_.store(true);
        return {step_result::kind::done};
    }
    void abandon() noexcept override {}

  private:
    std::atomic<bool>& ran_;
    int steps_ = 0;
};

}  // namespace

TEST_CASE("threads: what waits behind a slow task is taken over, and the slow one is told", "[runtime][threads]") {
    for (std::uint64_t i = 0; i < rounds(10); ++i) {  // whether the other worker sleeps, or is just about to
        weir::threads on(options(2, static_cast<std::int64_t>(i % 2) * 10));
        std::atomic<bool> ran{false};
        const auto job = std::make_shared<job_control>();
        std::vector<std::unique_ptr<weir::task>> tasks;
        tasks.push_back(std::make_unique<hog>(ran));
        tasks.push_back(std::make_unique<bystander>(ran));
        on.start(job, std::move(tasks));
        wait_for_end(on, job);  // would not end if the bystander had to wait for the hog's last step
        weir::task& slow = *job->tasks()[0];
        const std::unique_lock<weir::task> look(slow);
        CHECK(slow.statistics().slow());
        CHECK(slow.statistics().steps == 3);
        CHECK(slow.statistics().records == 3);
        CHECK(slow.statistics().longest_step_ns >= 12'000'000);
    }
}

TEST_CASE("runtime: the default one is made once and never has more workers than cores", "[runtime]") {
    weir::runtime& shared = weir::runtime::get_default();
    CHECK(&shared == &weir::runtime::get_default());
    CHECK(shared.workers() >= 1);
    CHECK(shared.workers() <= weir::detail::usable_cores());
    weir::runtime many({.workers = 10'000, .pin = true});
    CHECK(many.workers() == weir::detail::usable_cores());
    chain_counts counts;
    const auto job = std::make_shared<job_control>();
    many.start(job, make_chain({.records = 100}, counts));
    wait_for_end(many, job);
    CHECK(counts.seen == 100);
}
