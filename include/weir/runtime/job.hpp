// SPDX-License-Identifier: BSL-1.0
// A started pipeline: stop it, drain it, wait for it, look at its counters.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "builder.hpp"
#include "report.hpp"
#include "scheduler.hpp"

namespace weir {
namespace detail {

/// What a handle and its tasks share. The tasks go first, then the graph, then the pipeline they were made of.
struct running_job {
    std::shared_ptr<void> pipeline;
    graph parts;
    std::shared_ptr<job_control> control;
    scheduler* on = nullptr;
    std::vector<std::unique_ptr<task>> ended;  // after the end

    running_job() = default;
    running_job(const running_job&) = delete;
    running_job& operator=(const running_job&) = delete;
    ~running_job() { ended.clear(); }

    /// The counters as they are; of a running pipeline each task is held up for a moment.
    [[nodiscard]] report counters() {
        report out;
        for (chain_base* chain : parts.chains) {
            const std::unique_lock hold(static_cast<task&>(*chain));
            chain->account(out);
            const task_statistics& s = chain->statistics();
            out.tasks.push_back({chain->name(), s.records, static_cast<std::uint64_t>(s.busy_ns),
                                 static_cast<std::uint64_t>(s.longest_step_ns), s.slow()});
        }
        return out;
    }

    /// The counters of a pipeline that has ended, and how it ended.
    [[nodiscard]] report final_report() {
        report out = counters();
        out.error = control->exception();
        out.failed_stage = control->failed_stage();
        out.interrupted = !out.error && (control->stopping() || control->draining());
        out.finished = !control->stopping();
        if (out.error) {
            try {
                std::rethrow_exception(out.error);
            } catch (const std::exception& e) {
                out.message = e.what();
            } catch (...) {
                out.message = "an exception that is no std::exception";
            }
        }
        if (!out.finished) {
            // A batch that was cut short has moved records that its counters do not show yet.
            out.abandoned += std::exchange(out.unbalanced, 0);
        }
        return out;
    }
};

}  // namespace detail

/// Any thread may call it; one at a time. The destructor stops the pipeline and waits for its tasks; on a thread that
/// runs one of them it would wait for itself, and throws std::logic_error where it may.
class [[nodiscard]] job {
  public:
    explicit job(std::unique_ptr<detail::running_job> r) : running_(std::move(r)) {}
    job(job&&) noexcept = default;
    job& operator=(job&& other) noexcept {
        if (this != &other) {
            end();
            running_ = std::move(other.running_);
        }
        return *this;
    }
    ~job() { end(); }

    /// Now: nothing more is delivered; what is on its way is counted as abandoned. Does not wait.
    void stop() noexcept { running_->control->request_stop(); }
    /// Sources end where they are, everything taken is delivered. Does not wait.
    void drain() noexcept { running_->control->request_drain(); }

    /// Until the end; then what happened.
    report wait() {
        if (running_->control->finished()) return running_->final_report();
        check(running_->on->wait(running_->control->ended(), [this] { return running_->control->finished(); }));
        return running_->final_report();
    }
    /// At most this long; nothing where it still runs. `waiting_for()` says what for.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<report> wait_for(std::chrono::duration<Rep, Period> time) {
        const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
        const instant deadline{running_->on->time().now().us + us};
        const wait_status s =
            running_->on->wait(running_->control->ended(), [this] { return running_->control->finished(); }, deadline);
        if (s == wait_status::timed_out) return std::nullopt;
        check(s);
        return running_->final_report();
    }
    /// Names the fullest edge or outlet, which is what a drain that does not end waits for; empty where all are empty.
    [[nodiscard]] std::string waiting_for() const {
        std::string name;
        std::uint64_t most = 0;
        for (const detail::chain_base* chain : running_->parts.chains) {
            for (const detail::edge_end* e : chain->edges()) {
                const auto [held, capacity] = e->level();
                if (held > most) {
                    most = held;
                    name = "the outlet behind task " + chain->name() + " holds " + std::to_string(held) + " of " +
                           std::to_string(capacity) + " records";
                }
            }
        }
        return name;
    }
    [[nodiscard]] bool finished() const noexcept { return running_->control->finished(); }
    /// The counters as they are now.
    [[nodiscard]] report metrics() { return running_->counters(); }

  private:
    static void check(wait_status s) {
        if (s == wait_status::forked) {
            throw std::logic_error("weir::job: forked: the pipeline runs in the parent process; start one here");
        }
    }
    void end() noexcept {
        if (running_ == nullptr) return;
        if (!running_->control->forked() && !running_->control->finished()) {
            running_->control->request_stop();
            try {
                static_cast<void>(
                    running_->on->wait(running_->control->ended(), [this] { return running_->control->finished(); }));
            } catch (const std::exception& e) {
                std::fprintf(stderr, "weir::job: destroyed from inside one of its own tasks: %s\n", e.what());
                std::terminate();
            }
        }
        running_->ended = running_->control->take_tasks();
        running_.reset();
    }

    std::unique_ptr<detail::running_job> running_;
};

}  // namespace weir
