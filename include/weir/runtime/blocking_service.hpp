// SPDX-License-Identifier: BSL-1.0
// The threads of `threads` that serve blocking queues: as many as there ever were queues with something to do at the
// same time, so that no queue waits behind the slow disk or the silent pipe of another. They run no tasks, sleep while
// there is nothing to do, and take no signals: a reader that has gone is an error of the write, not a SIGPIPE.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "../buffers/parking.hpp"
#include "blocking_queue.hpp"
#include "cores.hpp"

namespace weir::detail {

class blocking_service {
  public:
    blocking_service() = default;
    blocking_service(const blocking_service&) = delete;
    blocking_service& operator=(const blocking_service&) = delete;
    /// When no queue has anything to do any more.
    ~blocking_service() {
        if (forgotten_) return;
        {
            const std::lock_guard hold(mutex_);
            exiting_ = true;
        }
        for (server& s : servers_) s.sleeper.wake();
        for (server& s : servers_) s.thread.join();
    }

    /// Any thread. Throws std::system_error where not even a first thread can be had.
    void serve(std::shared_ptr<blocking_state> queue) {
        server* idle = nullptr;
        {
            const std::lock_guard hold(mutex_);
            if (idle_.empty()) {
                start(std::move(queue));
                return;
            }
            idle = idle_.back();
            idle_.pop_back();
            idle->queue = std::move(queue);
        }
        idle->sleeper.wake();
    }

    /// In the child of a fork: its threads are in the parent, and nothing may be asked of them here.
    void forget() noexcept {
        forgotten_ = true;
        for (server& s : servers_) std::construct_at(&s.thread);
    }

  private:
    struct server {
        std::shared_ptr<blocking_state> queue;
        parker sleeper;
        std::thread thread;
    };

    void start(std::shared_ptr<blocking_state> queue) {
        waiting_.push_back(std::move(queue));
        try {
            idle_.reserve(servers_.size() + 1);
            servers_.emplace_back();
            server& made = servers_.back();
            try {
                made.thread = std::thread([this, &made] { run(made); });
            } catch (...) {
                servers_.pop_back();
                throw;
            }
        } catch (...) {
            if (!servers_.empty()) return;  // the next that has nothing to do takes it
            waiting_.pop_back();
            throw;
        }
    }

    void run(server& me) noexcept {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
        name_this_thread("weir-blocking");
        while (next(me)) {
            while (me.queue->serve_next(true)) {}
            me.queue.reset();
        }
    }

    /// Waits for a queue; false at the end.
    bool next(server& me) noexcept {
        {
            const std::lock_guard hold(mutex_);
            if (!waiting_.empty()) {
                me.queue = std::move(waiting_.front());
                waiting_.pop_front();
                return true;
            }
            if (exiting_) return false;
            idle_.push_back(&me);  // reserved
            me.sleeper.announce();
        }
        while (me.sleeper.parked()) me.sleeper.sleep(for_ever);
        me.sleeper.cancel();
        return me.queue != nullptr;
    }

    std::mutex mutex_;  // held for a few instructions, and to start a thread
    std::deque<server> servers_;
    std::vector<server*> idle_;
    std::deque<std::shared_ptr<blocking_state>> waiting_;  // for a thread that starts, or gets free
    bool exiting_ = false;
    bool forgotten_ = false;
};

}  // namespace weir::detail
