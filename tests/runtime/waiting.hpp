// SPDX-License-Identifier: BSL-1.0
// For tests with real threads: waits with a deadline, a watchdog against hangs, and both wake modes.
#pragma once

#include <weir/support/clock.hpp>
#include <weir/support/membarrier.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace weir_test {

/// Waits for a condition; false when it does not come true within 30 s.
template <class Condition>
bool eventually(Condition condition) {
    const std::int64_t limit = weir::monotonic_now() + 30'000'000'000;
    while (!condition()) {
        if (weir::monotonic_now() > limit) return false;
        std::this_thread::yield();
    }
    return true;
}

/// Ends the process with a message when it is not gone in time: what it stands before has hung.
class watchdog {
  public:
    explicit watchdog(std::string what, std::chrono::seconds limit = std::chrono::seconds(60))
        : what_(std::move(what)), thread_([this, limit] {
              std::unique_lock hold(mutex_);
              if (gone_.wait_for(hold, limit, [this] { return over_; })) return;
              std::fprintf(stderr, "watchdog: hung: %s\n", what_.c_str());
              std::abort();
          }) {}
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog() {
        {
            const std::lock_guard hold(mutex_);
            over_ = true;
        }
        gone_.notify_one();
        thread_.join();
    }

  private:
    const std::string what_;
    std::mutex mutex_;
    std::condition_variable gone_;
    bool over_ = false;
    std::thread thread_;
};

/// Until its end every new task and wait point wakes in this mode.
class in_wake_mode {
  public:
    explicit in_wake_mode(weir::wake_mode mode) { weir::override_wake_mode(mode); }
    in_wake_mode(const in_wake_mode&) = delete;
    in_wake_mode& operator=(const in_wake_mode&) = delete;
    ~in_wake_mode() { weir::override_wake_mode(weir::wake_mode::undecided); }
};

/// Calls `test` in the mode that the kernel allows, and in the one that asks nothing of it.
template <class Test>
void in_both_wake_modes(Test test) {
    for (const weir::wake_mode mode : {weir::wake_mode::undecided, weir::wake_mode::read_modify_write}) {
        const in_wake_mode hold(mode);
        test();
    }
}

}  // namespace weir_test
