// SPDX-License-Identifier: BSL-1.0
// Tasks for tests of schedulers: a source, relays and a sink, chained over channels; and what checks them.
#pragma once

#include <weir/buffers/channel.hpp>
#include <weir/runtime/job_control.hpp>
#include <weir/runtime/scheduler.hpp>
#include <weir/runtime/task.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weir_test {

using weir::step_result;
using edge = weir::channel<std::uint64_t>;

/// What the tasks of one chain report.
struct chain_counts {
    std::atomic<std::uint64_t> made{0};
    std::atomic<std::uint64_t> seen{0};
    std::atomic<std::uint64_t> misplaced{0};
    std::atomic<std::uint32_t> abandoned{0};
    std::atomic<std::uint32_t> ended{0};
    std::atomic<std::uint32_t> overlapping{0};  // two threads in one task
};

/// Base: counts how it ended, and that one thread at a time is inside.
class chain_task : public weir::task {
  public:
    chain_task(std::string name, chain_counts& counts, weir::placement where)
        : task(std::move(name), where), counts_(counts) {}
    void abandon() noexcept final { counts_.abandoned.fetch_add(1); }
    step_result step(std::uint32_t max_records, weir::instant) final {
        if (inside_.exchange(true)) counts_.overlapping.fetch_add(1);
        struct leave {
            std::atomic<bool>& flag;
            ~leave() { flag.store(false); }
        } const guard{inside_};
        const step_result r = work(max_records);
        if (r.what == step_result::kind::done) counts_.ended.fetch_add(1);
        return r;
    }
    std::uint64_t throw_at = UINT64_MAX;  // the record that this task throws at

  protected:
    virtual step_result work(std::uint32_t max_records) = 0;
    chain_counts& counts_;

  private:
    std::atomic<bool> inside_{false};
};

class source final : public chain_task {
  public:
    source(std::string name, chain_counts& counts, std::uint64_t count, std::shared_ptr<edge> out,
           weir::placement where)
        : chain_task(std::move(name), counts, where), count_(count), out_(std::move(out)) {}
    weir::waker reader;

  private:
    step_result work(std::uint32_t max_records) override {
        const bool all = next_ == count_ || job().draining();
        if (all && !ended_) {
            if (!out_->signal(weir::signal_kind::end)) return {step_result::kind::idle};
            ended_ = true;
        }
        if (ended_) {
            out_->publish();
            reader.notify();
            return {step_result::kind::done};
        }
        if (!out_->has_room_again()) return {step_result::kind::idle};
        std::uint32_t n = 0;
        for (; n < max_records && next_ < count_ && out_->room() != 0; ++n) {
            if (next_ == throw_at) throw std::runtime_error("source");
            out_->emplace(next_++);
            counts_.made.fetch_add(1, std::memory_order_relaxed);
            if (next_ % 7 == 0 && !out_->signal(weir::signal_kind::watermark, static_cast<std::int64_t>(next_))) {
                // A real outlet keeps it; here a missing watermark is as good.
                ++n;
                break;
            }
        }
        out_->publish();
        reader.notify();
        return {step_result::kind::progress, weir::instant::max(), n};
    }

    const std::uint64_t count_;
    const std::shared_ptr<edge> out_;
    std::uint64_t next_ = 0;
    bool ended_ = false;
};

class relay final : public chain_task {
  public:
    relay(std::string name, chain_counts& counts, std::shared_ptr<edge> in, std::shared_ptr<edge> out,
          weir::placement where)
        : chain_task(std::move(name), counts, where), in_(std::move(in)), out_(std::move(out)) {}
    weir::waker writer, reader;

  private:
    step_result work(std::uint32_t max_records) override {
        using kind = edge::item::kind;
        std::uint32_t n = 0;
        bool moved = false;
        while (n < max_records && out_->has_room_again()) {
            const auto item = in_->next();
            if (item.what == kind::nothing) break;
            moved = true;
            if (item.what == kind::signal) {
                if (!out_->signal(item.signal.kind, item.signal.value)) break;  // stays where it is, nothing passes it
                ended_ = item.signal.kind == weir::signal_kind::end;
                in_->pop_signal();
                continue;
            }
            std::size_t taken = 0;
            while (taken < item.records.size() && n < max_records && out_->room() != 0) {
                if (item.records[taken] == throw_at) throw std::runtime_error("relay");
                out_->emplace(item.records[taken++]);
                ++n;
            }
            in_->release(taken);
        }
        out_->publish();                          // nothing stays unpublished,
        if (in_->end_of_step()) writer.notify();  // no consumed slot stays unreleased,
        reader.notify();                          // then one look at each neighbour
        if (ended_) return {step_result::kind::done};
        return {moved ? step_result::kind::progress : step_result::kind::idle, weir::instant::max(), n};
    }

    const std::shared_ptr<edge> in_, out_;
    bool ended_ = false;
};

class sink final : public chain_task {
  public:
    sink(std::string name, chain_counts& counts, std::shared_ptr<edge> in, weir::placement where)
        : chain_task(std::move(name), counts, where), in_(std::move(in)) {}
    weir::waker writer;

  private:
    step_result work(std::uint32_t max_records) override {
        using kind = edge::item::kind;
        std::uint32_t n = 0;
        bool moved = false, end = false;
        while (n < max_records && !end) {
            const auto item = in_->next();
            if (item.what == kind::nothing) break;
            moved = true;
            if (item.what == kind::signal) {
                end = item.signal.kind == weir::signal_kind::end;
                if (!end && item.signal.value != static_cast<std::int64_t>(expected_)) counts_.misplaced.fetch_add(1);
                in_->pop_signal();
                continue;
            }
            const std::size_t take = std::min<std::size_t>(item.records.size(), max_records - n);
            for (std::size_t i = 0; i < take; ++i) {
                if (item.records[i] == throw_at) throw std::runtime_error("sink");
                if (item.records[i] != expected_++) counts_.misplaced.fetch_add(1);
            }
            counts_.seen.fetch_add(take, std::memory_order_relaxed);
            n += static_cast<std::uint32_t>(take);
            in_->release(take);
        }
        if (in_->end_of_step()) writer.notify();
        if (end) return {step_result::kind::done};
        return {moved ? step_result::kind::progress : step_result::kind::idle, weir::instant::max(), n};
    }

    const std::shared_ptr<edge> in_;
    std::uint64_t expected_ = 0;
};

struct chain_options {
    std::size_t tasks = 3;  // at least 2
    std::size_t ring = 4;
    std::size_t signals = 2;
    std::uint64_t records = 1'000;
    std::size_t thrower = SIZE_MAX;  // the task that throws, at `throw_at`
    std::uint64_t throw_at = 0;
    std::size_t alone = SIZE_MAX;  // the task on a thread of its own
};

/// A chain's tasks, wired. `counts` outlives them.
inline std::vector<std::unique_ptr<weir::task>> make_chain(const chain_options& o, chain_counts& counts) {
    std::vector<std::shared_ptr<edge>> edges;
    for (std::size_t i = 0; i + 1 < o.tasks; ++i) edges.push_back(std::make_shared<edge>(o.ring, o.signals));
    const auto where = [&](std::size_t i) {
        return i == o.alone ? weir::placement::on_own_thread() : weir::placement{};
    };
    std::vector<std::unique_ptr<weir::task>> tasks;
    tasks.push_back(std::make_unique<source>("source", counts, o.records, edges[0], where(0)));
    for (std::size_t i = 1; i + 1 < o.tasks; ++i) {
        tasks.push_back(std::make_unique<relay>("relay" + std::to_string(i), counts, edges[i - 1], edges[i], where(i)));
    }
    tasks.push_back(std::make_unique<sink>("sink", counts, edges.back(), where(o.tasks - 1)));
    for (std::size_t i = 0; i < o.tasks; ++i) {
        auto* t = static_cast<chain_task*>(tasks[i].get());
        if (i == o.thrower) t->throw_at = o.throw_at;
        const weir::waker before = i > 0 ? tasks[i - 1]->make_waker() : weir::waker{};
        const weir::waker after = i + 1 < o.tasks ? tasks[i + 1]->make_waker() : weir::waker{};
        if (i == 0) {
            static_cast<source*>(t)->reader = after;
        } else if (i + 1 == o.tasks) {
            static_cast<sink*>(t)->writer = before;
        } else {
            static_cast<relay*>(t)->writer = before;
            static_cast<relay*>(t)->reader = after;
        }
    }
    return tasks;
}

inline void wait_for_end(weir::scheduler& on, const std::shared_ptr<weir::job_control>& job) {
    static_cast<void>(on.wait(job->ended(), [&] { return job->finished(); }));
}

/// Ten times as many rounds at night.
inline std::uint64_t rounds(std::uint64_t normally) {
    return std::getenv("WEIR_NIGHTLY") != nullptr ? 10 * normally : normally;
}

}  // namespace weir_test
