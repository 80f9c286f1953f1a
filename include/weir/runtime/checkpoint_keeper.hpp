// SPDX-License-Identifier: BSL-1.0
// The task of a pipeline that takes its checkpoints and gives them to a store: one when it begins, so that a store that
// cannot keep it or a state that cannot be written is known at once; one every so often by the scheduler's clock; and
// one when all else has ended, with every sink's last request done. It blocks in the store, on a thread of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "../support/instant.hpp"
#include "builder.hpp"
#include "checkpoint_parts.hpp"
#include "checkpoint_store.hpp"

namespace weir::detail {

class checkpoint_keeper final : public task {
  public:
    checkpoint_keeper(graph& of, std::unique_ptr<checkpoint_slot> slot, std::chrono::microseconds every)
        : task("checkpoints of " + of.checkpoint_name, placement::on_own_thread()), of_(&of), slot_(std::move(slot)),
          every_(every) {}

    step_result step(std::uint32_t, instant now) override {
        using kind = step_result::kind;
        if (!asked_) {
            const bool last = job().live_tasks() == 1;
            if (!last && now < next_) return {kind::wait_until, next_, 0};
            if (!of_->desk.try_begin()) return {kind::idle, instant::max(), 0};  // the application's; then it wakes
            of_->desk.ask();
            asked_ = true;
            last_ = last;
            next_ = later(now, every_);
            for (const chain_base* chain : of_->chains) chain->make_waker().notify();
        }
        if (!of_->desk.complete()) return {kind::idle, instant::max(), 0};
        asked_ = false;
        const result<std::string> taken = collect_checkpoint(*of_);
        if (!taken) throw bad_result(taken.error());
        if (const auto saved = slot_->save(*taken); !saved) throw bad_result(saved.error());
        return {last_ ? kind::done : kind::progress, instant::max(), 0};
    }
    /// The checkpoint before stays.
    void abandon() noexcept override {}

  private:
    static instant later(instant t, std::chrono::microseconds by) noexcept {
        return by.count() > instant::max().us - t.us ? instant::max() : instant{t.us + by.count()};
    }

    graph* const of_;
    const std::unique_ptr<checkpoint_slot> slot_;
    const std::chrono::microseconds every_;
    instant next_ = instant::min();
    bool asked_ = false;
    bool last_ = false;
};

/// While the pipeline is made, by its source: its checkpoints are kept under `name`, and it goes on from the one that
/// is there. Throws std::invalid_argument for bad arguments, `bad_result` where the store refuses.
inline void keep_checkpoints(graph& of, checkpoint_store& in, const char* name, std::chrono::microseconds every) {
    if (name == nullptr || *name == '\0') {
        throw std::invalid_argument("weir: .checkpoints needs a .name, under which the store keeps them");
    }
    if (every.count() <= 0) throw std::invalid_argument("weir: .every is the time between two checkpoints, above 0");
    if (!of.checkpoint_name.empty()) {
        throw std::invalid_argument("weir: two sources with .checkpoints, \"" + of.checkpoint_name + "\" and \"" + name
                                    + "\": a pipeline's checkpoint has the places of all its sources; give it to one");
    }
    auto slot = in.open(name);
    if (!slot) throw bad_result(slot.error());
    auto kept = (*slot)->load();
    if (!kept) throw bad_result(kept.error());
    of.checkpoint_name = name;
    if (*kept) of.kept_checkpoint = std::move(**kept);
    auto keeper = std::make_unique<checkpoint_keeper>(of, std::move(*slot), every);
    of.desk.wakes(keeper->make_waker());
    of.job->set_last_task(keeper->make_waker());
    of.tasks.push_back(std::move(keeper));
}

}  // namespace weir::detail
