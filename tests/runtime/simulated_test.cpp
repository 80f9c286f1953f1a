// SPDX-License-Identifier: BSL-1.0
// simulated: the order is a pure function of the seed, time jumps, deadlocks are reported.
#include <weir/runtime/simulated.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../support/catch.hpp"
#include "synthetic.hpp"

using namespace weir_test;
using weir::job_control;

namespace {

std::uint64_t digest_of(std::uint64_t seed) {
    chain_counts counts;
    weir::simulated on(seed);
    const auto job = std::make_shared<job_control>();
    on.start(job, make_chain({.tasks = 5, .ring = 3, .records = 300}, counts));
    wait_for_end(on, job);
    CHECK(counts.seen == 300);
    CHECK(counts.misplaced == 0);
    CHECK(on.steps() > 100);
    return on.digest();
}

class sleeper final : public weir::task {
  public:
    sleeper(std::string name, std::vector<std::int64_t>& woke, std::int64_t every, int times)
        : task(std::move(name)), woke_(woke), every_(every), times_(times) {}
    step_result step(std::uint32_t, weir::instant now) override {
        if (due_.us == 0) due_ = {now.us + every_};
        if (now < due_) return {step_result::kind::wait_until, due_};
        woke_.push_back(now.us);
        due_ = {now.us + every_};
        return {--times_ == 0 ? step_result::kind::done : step_result::kind::progress};
    }
    void abandon() noexcept override {}

  private:
    std::vector<std::int64_t>& woke_;
    const std::int64_t every_;
    int times_;
    weir::instant due_{};
};

template <class... Task>
std::vector<std::unique_ptr<weir::task>> tasks_of(std::unique_ptr<Task>... t) {
    std::vector<std::unique_ptr<weir::task>> out;
    (out.push_back(std::move(t)), ...);
    return out;
}

}  // namespace

TEST_CASE("simulated: the same seed makes the same steps, another one others", "[runtime]") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        const std::uint64_t first = digest_of(seed);
        CHECK(first == digest_of(seed));
        CHECK(first != digest_of(seed + 1));
    }
}

TEST_CASE("simulated: every ring, length and way to end, nothing lost", "[runtime]") {
    for (std::uint64_t seed = 1; seed <= rounds(200); ++seed) {
        INFO("seed " << seed);
        chain_counts counts;
        weir::simulated on(seed);
        const auto job = std::make_shared<job_control>();
        chain_options o{.tasks = 2 + seed % 5, .ring = 1 + seed % 8, .signals = 1 + seed % 2, .records = 200};
        if (seed % 4 == 3) {
            o.thrower = seed / 4 % o.tasks;
            o.throw_at = 50;
        }
        on.start(job, make_chain(o, counts));
        if (seed % 4 != 0) {
            for (std::uint64_t i = 0; i < seed % 97; ++i) on.step_once();
        }
        if (seed % 4 == 1) job->request_drain();
        if (seed % 4 == 2) job->request_stop();
        wait_for_end(on, job);
        CHECK(counts.misplaced == 0);
        CHECK(counts.ended + counts.abandoned == o.tasks);
        if (seed % 4 < 2) CHECK(counts.seen == counts.made);
        if (seed % 4 == 0) CHECK(counts.seen == 200);
        if (seed % 4 == 3) CHECK(job->exception() != nullptr);
    }
}

TEST_CASE("simulated: time stands while something can run, and jumps to the next timer", "[runtime]") {
    std::vector<std::int64_t> woke;
    weir::simulated on(7, {1'000});
    const auto job = std::make_shared<job_control>();
    on.start(job,
             tasks_of(std::make_unique<sleeper>("a", woke, 300, 3), std::make_unique<sleeper>("b", woke, 1'000, 1)));
    wait_for_end(on, job);
    CHECK(woke == std::vector<std::int64_t>{1'300, 1'600, 1'900, 2'000});
    CHECK(on.time().now().us == 2'000);
}

TEST_CASE("simulated: a deadline comes before a later timer", "[runtime]") {
    std::vector<std::int64_t> woke;
    weir::simulated on(8);
    weir::wait_point point;
    const auto job = std::make_shared<job_control>();
    on.start(job, tasks_of(std::make_unique<sleeper>("a", woke, 500, 2)));
    CHECK(on.wait(point, [] { return false; }, weir::instant{700}) == weir::wait_status::timed_out);
    CHECK(on.time().now().us == 700);
    CHECK(woke == std::vector<std::int64_t>{500});
    on.advance_to({5'000});
    CHECK(woke == std::vector<std::int64_t>{500, 1'000});
    CHECK(on.time().now().us == 5'000);
    CHECK(job->finished());
}

TEST_CASE("simulated: a deadlock is reported with the tasks and the seed", "[runtime]") {
    chain_counts counts;
    weir::simulated on(4711);
    const auto job = std::make_shared<job_control>();
    auto tasks = make_chain({.tasks = 3, .ring = 2, .records = 100}, counts);
    static_cast<sink*>(tasks[2].get())->writer = {};  // the sink forgets to notify
    on.start(job, std::move(tasks));
    try {
        wait_for_end(on, job);
        FAIL("no deadlock was reported");
    } catch (const weir::deadlock_error& e) {
        const std::string text = e.what();
        CHECK(e.seed() == 4711);
        CHECK(text.find("seed 4711") != std::string::npos);
        CHECK(text.find("source") != std::string::npos);
        CHECK(text.find("relay1") != std::string::npos);
    }
    job->request_stop();  // a state change wakes everything, so this ends
    wait_for_end(on, job);
    CHECK(counts.abandoned == 3);
}

TEST_CASE("simulated: destroyed with running tasks, it abandons them", "[runtime]") {
    chain_counts counts;
    const auto job = std::make_shared<job_control>();
    {
        weir::simulated on(3);
        on.start(job, make_chain({.records = UINT64_MAX}, counts));
        for (int i = 0; i < 50; ++i) CHECK(on.step_once());
    }
    CHECK(job->finished());
    CHECK(counts.abandoned == 3);
}
