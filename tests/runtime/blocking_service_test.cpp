// SPDX-License-Identifier: BSL-1.0
// blocking_service: no queue waits behind another, threads are used again, and they take no signals.
#include <weir/runtime/blocking_service.hpp>

#include <weir/runtime/threads.hpp>

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../support/catch.hpp"
#include "waiting.hpp"

using weir::detail::blocking_service;
using weir::detail::blocking_state;
using namespace weir_test;

namespace {

/// Runs nothing; gives queues to the service under test.
class serving final : public weir::scheduler {
  public:
    std::optional<blocking_service> service{std::in_place};

    void start(std::shared_ptr<weir::job_control>, std::vector<std::unique_ptr<weir::task>>) override {
        throw std::logic_error("a test that starts no task");
    }
    void serve(std::shared_ptr<blocking_state> queue) override { service->serve(std::move(queue)); }
    [[nodiscard]] const weir::clock& time() const noexcept override { return weir::system_clock_source(); }

  protected:
    weir::wait_status wait_until(weir::wait_point&, predicate, void*, weir::instant) override {
        return weir::wait_status::timed_out;
    }
};

struct queue {
    explicit queue(weir::scheduler& on)
        : state(std::make_shared<blocking_state>(std::make_shared<weir::job_control>(), on, weir::waker(), 0)) {}
    template <class F>
    void hand_over(F f) {
        state->hand_over(std::make_unique<weir::detail::request_of<F>>(std::move(f)));
    }
    void wait() const {
        CHECK(eventually([this] { return state->pending() == 0; }));
    }
    std::shared_ptr<blocking_state> state;
};

}  // namespace

TEST_CASE("blocking_service: as many queues as have something to do are served at the same time", "[runtime]") {
    const watchdog dog("blocking_service with several queues");
    serving on;
    for (const int queues : {1, 5, 3, 8}) {
        std::atomic<int> inside{0};
        std::atomic<bool> open{false};
        std::vector<queue> all;
        for (int i = 0; i < queues; ++i) all.emplace_back(on);
        for (queue& q : all) {
            q.hand_over([&] {
                ++inside;
                while (!open) std::this_thread::yield();
            });
        }
        CHECK(eventually([&] { return inside == queues; }));  // would not come if one waited for another
        open = true;
        for (queue& q : all) q.wait();
    }
}

TEST_CASE("blocking_service: each queue's requests are served in their order, one at a time", "[runtime]") {
    const watchdog dog("blocking_service in order");
    serving on;
    std::vector<queue> all;
    for (int i = 0; i < 4; ++i) all.emplace_back(on);
    std::vector<std::vector<int>> seen(all.size());
    std::vector<std::atomic<int>> inside(all.size());
    std::atomic<int> overlapping{0};
    for (int n = 0; n < 500; ++n) {
        for (std::size_t q = 0; q < all.size(); ++q) {
            all[q].hand_over([&, q, n] {
                overlapping += inside[q].fetch_add(1);
                seen[q].push_back(n);
                inside[q].fetch_sub(1);
            });
        }
    }
    for (std::size_t q = 0; q < all.size(); ++q) {
        all[q].wait();
        REQUIRE(seen[q].size() == 500);
        for (int n = 0; n < 500; ++n) REQUIRE(seen[q][static_cast<std::size_t>(n)] == n);
    }
    CHECK(overlapping == 0);
}

TEST_CASE("blocking_service: a thread that has nothing to do is used again; it has a name and takes no signal",
          "[runtime]") {
    const watchdog dog("blocking_service and its threads");
    serving on;
    std::set<std::thread::id> threads;
    int served = 0;
    bool again = false;
    std::string name;
    bool deaf = true;
    while (!again) {
        queue q(on);
        q.hand_over([&] {
            again = !threads.insert(std::this_thread::get_id()).second;
            char text[16] = {};
            ::pthread_getname_np(::pthread_self(), text, sizeof text);
            name = text;
            sigset_t blocked;
            ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
            for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGALRM}) deaf = deaf && sigismember(&blocked, number);
        });
        q.wait();
        REQUIRE(++served < 10'000);
    }
    CHECK(name == "weir-blocking");
    CHECK(deaf);
}

TEST_CASE("blocking_service: what a request throws is kept for its queue; others are served", "[runtime]") {
    const watchdog dog("blocking_service and a request that throws");
    serving on;
    queue bad(on);
    queue good(on);
    std::atomic<int> done{0};
    bad.hand_over([]() -> void { throw std::runtime_error("disk"); });
    bad.hand_over([&] { done += 100; });
    good.hand_over([&] { ++done; });
    bad.wait();
    good.wait();
    CHECK(done == 1);
    CHECK_THROWS_WITH(bad.state->check(), "disk");
    CHECK_NOTHROW(good.state->check());
}

TEST_CASE("blocking_service: destroyed with threads that sleep, or none at all; in the child of a fork it only frees",
          "[runtime][fork]") {
    const watchdog dog("blocking_service that goes");
    for (int round = 0; round < 20; ++round) {
        serving on;
        on.service.reset();  // which never served
        on.service.emplace();
        queue q(on);
        q.hand_over([] {});
        q.wait();
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::alarm(20);
            on.service->forget();
            on.service.reset();
            ::_exit(0);
        }
        int status = -1;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    }
}
