// SPDX-License-Identifier: BSL-1.0
// A fused chain as a task: its driver, and the edges by which it meets other tasks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../core/accounting.hpp"
#include "../core/driver.hpp"
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
    /// The task has ended, or was abandoned.
    virtual void close() noexcept = 0;
    /// Adds the records that were written and never read.
    virtual void account(report& out) const = 0;
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

    /// Adds the stages' counters. Under the task's lock.
    virtual void account(report& out) const = 0;

    void abandon() noexcept override { close_edges(); }

  protected:
    void end_step() noexcept {
        for (edge_end* e : edges_) e->end_of_step();
    }
    void close_edges() noexcept {
        for (edge_end* e : edges_) e->close();
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
            r = driver_.step(max_records, now, job().draining());
        } catch (...) {
            blame_stage();
            throw;
        }
        end_step();
        if (r.what == step_result::kind::done) close_edges();
        return r;
    }

    void account(report& out) const override {
        ledger l(out);
        driver_.account(l);
        for (const edge_end* e : edges()) e->account(out);
    }

    [[nodiscard]] Driver& driver() noexcept { return driver_; }

  private:
    Driver driver_;
};

}  // namespace weir::detail
