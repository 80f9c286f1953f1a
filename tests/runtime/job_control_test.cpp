// SPDX-License-Identifier: BSL-1.0
// job_control: states, the first exception, who is woken. And the waker's rule that many notifications are one wake.
#include <weir/runtime/job_control.hpp>
#include <weir/runtime/task.hpp>
#include <weir/runtime/timer_queue.hpp>
#include <weir/runtime/waker.hpp>

#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../support/catch.hpp"

namespace {

class nothing final : public weir::task {
  public:
    nothing() : task("nothing") {}
    weir::step_result step(std::uint32_t, weir::instant) override { return {weir::step_result::kind::idle}; }
    void abandon() noexcept override { ++abandoned; }
    int abandoned = 0;
};

class thrower final : public weir::task {
  public:
    thrower() : task("thrower") {}
    weir::step_result step(std::uint32_t, weir::instant) override { throw 42; }
    void abandon() noexcept override {}
};

struct counting_domain final : weir::detail::wake_domain {
    void ready(weir::detail::wake_node&) noexcept override { ++woken; }
    int woken = 0;
};

static_assert(!std::is_copy_constructible_v<weir::task> && !std::is_move_constructible_v<weir::task>);

}  // namespace

TEST_CASE("job_control: later states win, and nothing goes back", "[runtime]") {
    weir::job_control job;
    CHECK(job.state() == weir::job_state::running);
    job.request_drain();
    CHECK(job.state() == weir::job_state::draining);
    job.request_stop();
    job.request_drain();
    CHECK(job.state() == weir::job_state::stopping);
    CHECK(job.draining());
    job.adopt({});
    CHECK(job.state() == weir::job_state::finished);
    CHECK(job.stopping());
}

TEST_CASE("job_control: the first exception stays and stops the job", "[runtime]") {
    weir::job_control job;
    CHECK(job.exception() == nullptr);
    job.fail(std::make_exception_ptr(1), "first");
    job.fail(std::make_exception_ptr(2.0), "second");
    CHECK(job.stopping());
    CHECK(job.failed_stage() == "first");
    CHECK_THROWS_AS(std::rethrow_exception(job.exception()), int);
}

TEST_CASE("job_control: a change of state wakes every sleeping task, once", "[runtime]") {
    const auto domain = std::make_shared<counting_domain>();
    weir::job_control job;
    std::vector<std::unique_ptr<weir::task>> tasks;
    for (int i = 0; i < 3; ++i) {
        tasks.push_back(std::make_unique<nothing>());
        weir::detail::task_access::node(*tasks.back()).domain = domain;
    }
    weir::detail::task_access::node(*tasks[0]).announce();
    weir::detail::task_access::node(*tasks[2]).announce();
    job.adopt(std::move(tasks));
    CHECK(job.live_tasks() == 3);
    job.request_drain();
    CHECK(domain->woken == 2);
    job.request_drain();
    job.request_stop();
    CHECK(domain->woken == 2);
    job.task_ended();
    job.task_ended();
    CHECK_FALSE(job.finished());
    CHECK(job.take_tasks().empty());  // one still lives
    job.task_ended();
    CHECK(job.finished());
    CHECK(job.take_tasks().size() == 3);
}

TEST_CASE("waker: many notifications cost one wake-up, in both modes, and late ones nothing", "[runtime]") {
    for (const weir::wake_mode mode : {weir::wake_mode::undecided, weir::wake_mode::read_modify_write}) {
        weir::override_wake_mode(mode);
        const auto domain = std::make_shared<counting_domain>();
        auto t = std::make_unique<nothing>();
        const weir::waker waker = t->make_waker();
        auto& node = weir::detail::task_access::node(*t);
        waker.notify();  // not started
        node.domain = domain;
        waker.notify();  // being polled
        CHECK(domain->woken == 0);
        node.announce();
        for (int i = 0; i < 5; ++i) waker.notify();
        CHECK(domain->woken == 1);
        t.reset();
        waker.notify();
        weir::waker().notify();
        CHECK(domain->woken == 1);
        CHECK(waker);
        CHECK_FALSE(weir::waker());
    }
    weir::override_wake_mode(weir::wake_mode::undecided);
}

TEST_CASE("a stopped job's task is abandoned once, without a step; a throwing one stops its job", "[runtime]") {
    using weir::detail::task_access;
    const auto job = std::make_shared<weir::job_control>();
    nothing idle;
    thrower bad;
    task_access::job(idle) = job;
    task_access::job(bad) = job;
    using kind = weir::step_result::kind;
    CHECK(weir::detail::step_task(idle, 1, {}).what == kind::idle);
    CHECK(weir::detail::step_task(bad, 1, {}).what == kind::done);
    CHECK(job->failed_stage() == "thrower");
    CHECK(weir::detail::step_task(idle, 1, {}).what == kind::done);
    CHECK(weir::detail::step_task(idle, 1, {}).what == kind::done);
    CHECK(idle.abandoned == 1);
    std::unique_lock<weir::task> held(idle);
    CHECK_FALSE(idle.try_lock());
    held.unlock();
    CHECK(idle.try_lock());
    idle.unlock();
}

TEST_CASE("timer_queue: in order of time, without the void ones, and bounded", "[runtime]") {
    using weir::detail::task_access;
    weir::detail::timer_queue queue;
    nothing a, b;
    const auto sleep = [&](nothing& t, std::int64_t until) {
        task_access::node(t).sleeps.fetch_add(1);
        task_access::node(t).announce();
        queue.add(task_access::shared_node(t), {until});
    };
    sleep(a, 30);
    sleep(b, 20);
    CHECK(queue.next().us == 20);
    CHECK(queue.take_due({19}) == nullptr);
    CHECK(queue.take_due({30}) == &task_access::node(b));
    CHECK(queue.take_due({30}) == &task_access::node(a));
    CHECK(queue.take_due({30}) == nullptr);
    sleep(a, 10);
    CHECK(task_access::node(a).take());  // woken by something else
    CHECK(queue.take_due({50}) == nullptr);
    for (int i = 0; i < 10'000; ++i) sleep(a, 1'000'000 + i);
    CHECK(queue.size() <= 65);
    CHECK(queue.take_due({weir::instant::max()}) == &task_access::node(a));
}
