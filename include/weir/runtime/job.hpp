// SPDX-License-Identifier: BSL-1.0
// A started pipeline: stop it, drain it, wait for it, look at its counters.
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/result.hpp"
#include "builder.hpp"
#include "checkpoint_parts.hpp"
#include "deadline.hpp"
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

    /// Whether the calling thread is inside a task that runs where this pipeline does. Of one that has ended: no.
    [[nodiscard]] bool on_one_of_its_threads() const noexcept { return !control->finished() && on->inside(); }

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

    /// See `job::checkpoint`.
    [[nodiscard]] result<std::string> checkpoint() {
        if (control->forked()) {
            return error{errc::interrupted, "weir::job::checkpoint: forked: the pipeline runs in the parent process",
                         ""};
        }
        checkpoint_desk& desk = parts.desk;
        bool mine = false;
        wait_for_desk([&] { return mine || (mine = desk.try_begin()); });
        if (mine) {
            desk.ask();
            for (const chain_base* chain : parts.chains) chain->make_waker().notify();
            wait_for_desk([&] { return desk.complete(); });
        }
        if (!mine || !desk.complete()) {
            return error{errc::interrupted,
                         "weir::job::checkpoint: the pipeline was stopped before the checkpoint was whole; "
                         "use the one before it",
                         ""};
        }
        return collect_checkpoint(parts);
    }
    /// Before the start. Throws std::runtime_error for what is no checkpoint of this pipeline.
    void restore(std::string_view bytes) {
        state_reader in(open_checkpoint(bytes));
        for (chain_base* chain : parts.chains) chain->restore(in);
        if (const std::string stage = in.left_over(); !stage.empty()) {
            throw std::runtime_error("weir: the checkpoint has a state of " + stage
                                     + ", which is not in this pipeline; restore "
                                       "with the pipeline that wrote it");
        }
    }

    /// The same, of what the pipeline's own store has kept.
    void restore_kept() {
        try {
            restore(std::exchange(parts.kept_checkpoint, {}));
        } catch (const std::runtime_error& e) {
            throw std::runtime_error(std::string(e.what()) + " (it was kept as \"" + parts.checkpoint_name
                                     + "\"; under another name the pipeline begins afresh)");
        }
    }
    /// Until it holds or the pipeline stops; at once where it has ended, for its scheduler may be gone.
    template <class Predicate>
    void wait_for_desk(Predicate holds) {
        if (holds() || control->finished()) return;
        static_cast<void>(on->wait(*parts.desk.point(), [&] { return holds() || control->stopping(); }));
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
        return out;
    }
};

}  // namespace detail

/// Any thread may call it; one at a time. The destructor stops the pipeline and waits for its tasks. From inside a task
/// of the same scheduler `stop`, `drain`, `finished` and `waiting_for` may be called; what would wait throws
/// std::logic_error, and the destructor ends the process with a message. In the child of a fork what would wait or look
/// at counters throws, too, also where the pipeline has ended: a thread that is not there may hold their locks. The
/// destructor frees. An ended job may outlive its scheduler.
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

    /// A consistent state of the running pipeline, as bytes to keep: what all stages hold between the same two records
    /// of the sources, and the sources' places; `start` and `run` go on from it (`.restore`). It travels with the
    /// records and holds none of them up, but where chains meet; this thread waits until it has come everywhere.
    ///
    /// Sources that know their place: ranges (which must give the same elements again), `lines` of files, `interval`
    /// (its count). Of `generate`, an `inlet` and standard input a restored pipeline is given what comes next. Sinks
    /// keep what was delivered; a restored pipeline delivers again what followed the checkpoint: at least once. When
    /// the pipeline has ended it is the state of the end. An error when it is stopped meanwhile, or a stage's state
    /// cannot be written. Not from inside a task.
    [[nodiscard]] result<std::string> checkpoint() { return running_->checkpoint(); }

    /// Until the end; then what happened.
    report wait() {
        refuse_forked();
        if (running_->control->finished()) return running_->final_report();
        check(running_->on->wait(running_->control->ended(), [this] { return running_->control->finished(); }));
        return running_->final_report();
    }
    /// At most this long; nothing where it still runs. `waiting_for()` says what for.
    template <class Rep, class Period>
    [[nodiscard]] std::optional<report> wait_for(std::chrono::duration<Rep, Period> time) {
        refuse_forked();
        if (running_->control->finished()) return running_->final_report();
        const wait_status s = running_->on->wait(
            running_->control->ended(), [this] { return running_->control->finished(); },
            detail::deadline_after(running_->on->time().now(), time));
        if (s == wait_status::timed_out) return std::nullopt;
        check(s);
        return running_->final_report();
    }
    /// Names the fullest ring between tasks or outlet, of equally full ones that nearest to the end: what a drain that
    /// does not end waits for. Empty where all are empty.
    [[nodiscard]] std::string waiting_for() const {
        std::string name;
        std::uint64_t most = 0;
        std::uint64_t of = 1;
        // A task is made after those behind it.
        for (const detail::chain_base* chain : running_->parts.chains) {
            for (const detail::edge_end* e : chain->edges()) {
                const auto [held, capacity] = e->level();
                if (held * of <= most * capacity) continue;
                most = held;
                of = capacity;
                name = "the outlet behind task " + chain->name() + " holds " + std::to_string(held) + " of "
                       + std::to_string(capacity) + " records";
            }
        }
        return name;
    }
    [[nodiscard]] bool finished() const noexcept { return running_->control->finished(); }
    /// The counters as they are now; each task is held up for a moment.
    [[nodiscard]] report metrics() {
        refuse_forked();
        if (running_->on_one_of_its_threads()) {
            throw std::logic_error(
                "weir::job::metrics: called from inside a task of the same scheduler, it would wait for "
                "that task; call it elsewhere");
        }
        return running_->counters();
    }

  private:
    void refuse_forked() const {
        if (running_->control->forked()) check(wait_status::forked);
    }
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
