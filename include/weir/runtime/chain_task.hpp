// SPDX-License-Identifier: BSL-1.0
// A fused chain as a task: its driver, and the edges by which it meets other tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/accounting.hpp"
#include "../core/driver.hpp"
#include "checkpoint_desk.hpp"
#include "job_control.hpp"
#include "ledger.hpp"
#include "task.hpp"

namespace weir::detail {

/// One side of an edge, as its task sees it: a virtual call per step, none per record.
class edge_end {
  public:
    edge_end() = default;
    edge_end(const edge_end&) = delete;
    edge_end& operator=(const edge_end&) = delete;
    virtual ~edge_end() = default;

    /// Publishes and releases what the step did, then looks at the other side's waker.
    virtual void end_of_step() noexcept = 0;
    /// The task has ended: it had all, or wants no more.
    virtual void close() noexcept = 0;
    /// The task was stopped, or has thrown.
    virtual void abandon() noexcept { close(); }
    /// Adds what the chain's own receivers do not count.
    virtual void account(report&) const {}
    /// Records that stand in it now, and how many it holds.
    [[nodiscard]] virtual std::pair<std::uint64_t, std::uint64_t> level() const noexcept { return {0, 0}; }
};

/// What the graph knows of a task without its types.
class chain_base : public task {
  public:
    using task::task;

    /// Not owned: edges live in the graph, which outlives its tasks.
    void add_edge(edge_end& end) { edges_.push_back(&end); }
    [[nodiscard]] const std::vector<edge_end*>& edges() const noexcept { return edges_; }
    /// Where it brings its part of a checkpoint; the graph's.
    void reports_to(checkpoint_desk& desk) {
        desk_ = &desk;
        number_ = desk.add();
    }
    /// It has the pipeline's sources: barriers start in it.
    void starts_barriers() noexcept { first_ = true; }

    /// Adds the stages' counters. Under the task's lock.
    virtual void account(report& out) const = 0;
    /// The state of a chain that has ended. Under the task's lock.
    virtual void save(state_writer& out) = 0;
    /// Before the first step.
    virtual void restore(state_reader& in) = 0;

    /// From inside its step: a barrier has passed the chain.
    void bring(barrier at, const state_writer& state) { desk_->bring(at.checkpoint, number_, state); }

    void abandon() noexcept override {
        for (edge_end* e : edges_) e->abandon();
    }

  protected:
    void end_step() noexcept {
        for (edge_end* e : edges_) e->end_of_step();
    }
    void end_task() noexcept {
        for (edge_end* e : edges_) e->close();
        desk_->ended(number_);
    }
    /// The barrier that waits to be started here.
    [[nodiscard]] bool barrier_wanted() const noexcept { return first_ && desk_->wanted() != started_; }
    [[nodiscard]] barrier start_barrier() noexcept {
        started_ = desk_->wanted();
        return {started_};
    }
    /// From a handler: the pipeline fails with the present exception, in the stage that is to blame.
    void blame_stage() noexcept {
        const stage_info* stage = std::exchange(blamed_stage, nullptr);
        if (stage == nullptr) return;
        try {
            job().fail(std::current_exception(), std::string(stage->kind) + " (" + stage->path + ")");
        } catch (...) {
            job().fail(std::current_exception(), stage->kind);
        }
    }

  private:
    std::vector<edge_end*> edges_;
    checkpoint_desk* desk_ = nullptr;
    std::size_t number_ = 0;
    std::uint64_t started_ = 0;
    bool first_ = false;
};

template <class Driver>
class chain_task final : public chain_base {
  public:
    /// `make(task)` gives the driver in place; the task's waker may be taken in it.
    template <class Make>
    chain_task(std::string name, placement where, Make make)
        : chain_base(std::move(name), where), driver_(make(static_cast<chain_base&>(*this))) {}

    step_result step(std::uint32_t max_records, instant now) override {
        step_result r;
        try {
            if (barrier_wanted() && !driver_.blocked()) [[unlikely]]
                pass_barrier();
            r = driver_.step(max_records, now, job().draining());
        } catch (...) {
            threw_ = true;
            blame_stage();
            throw;
        }
        end_step();
        if (r.what == step_result::kind::done) end_task();
        return r;
    }

    void account(report& out) const override {
        ledger l(out, threw_);
        driver_.account(l);
        for (const edge_end* e : edges()) e->account(out);
    }
    void save(state_writer& out) override { driver_.snapshot(barrier{}, out); }
    void restore(state_reader& in) override { driver_.restore(in); }

    [[nodiscard]] Driver& driver() noexcept { return driver_; }

  private:
    WEIR_COLD void pass_barrier() {
        const barrier at = start_barrier();
        state_writer out;
        driver_.snapshot(at, out);
        bring(at, out);
    }

    Driver driver_;
    bool threw_ = false;  // in the middle of a batch: some of its records are in no counter
};

}  // namespace weir::detail
