// SPDX-License-Identifier: BSL-1.0
// What `bind` is given: where a stage stands (task, shard, path), and how it makes further tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "chain_task.hpp"
#include "scheduler.hpp"

namespace weir::detail {

/// All that a started pipeline owns beside its tasks; outlives them.
struct graph {
    std::deque<std::string> texts;
    std::deque<stage_info> stages;
    std::map<std::string, std::shared_ptr<void>> shared;  // by place: what the chains of one stage have in common
    std::vector<std::unique_ptr<task>> tasks;
    std::vector<chain_base*> chains;
    std::vector<std::shared_ptr<wait_point>> points;  // where application threads wait for this pipeline
    std::shared_ptr<job_control> job;
    weir::scheduler* scheduler = nullptr;
    checkpoint_desk desk;
    std::string checkpoint_name;  // under which a store keeps them; empty: none does
    std::string kept_checkpoint;  // what it had of that name when the pipeline was made
};

/// A value: each stage gets its own.
class builder {
  public:
    explicit builder(graph& g) noexcept : graph_(&g) {}

    [[nodiscard]] builder at(std::size_t position, const char* name) const {
        builder b = *this;
        b.path_ = name != nullptr ? std::string(name) : prefix_ + std::to_string(position);
        b.place_ = place_prefix_ + std::to_string(position);
        return b;
    }
    /// For the receivers of an output of this stage.
    [[nodiscard]] builder side(const char* name) const {
        builder b = *this;
        b.prefix_ = path_ + "." + name + ".";
        b.path_ = b.prefix_ + "0";
        b.place_prefix_ = place_ + "." + name + ".";
        b.place_ = b.place_prefix_ + "0";
        return b;
    }
    /// Chain `index` of `count` behind a shard.
    [[nodiscard]] builder in_shard(std::uint32_t index, std::uint32_t count) const {
        builder b = *this;
        b.shard_ = index;
        b.shards_ = count;
        return b;
    }
    /// Where what it asks for in `common` is found from other stages too.
    [[nodiscard]] builder at_place(std::string place) const {
        builder b = *this;
        b.place_ = std::move(place);
        return b;
    }
    [[nodiscard]] builder in_task(chain_base& task) const {
        builder b = *this;
        b.task_ = &task;
        return b;
    }

    /// Who the stage is, for messages and counters; lives as long as the pipeline.
    [[nodiscard]] const stage_info* info(const char* kind) const {
        graph_->texts.push_back(path_);
        graph_->stages.push_back({kind, graph_->texts.back().c_str(), shard_});
        return &graph_->stages.back();
    }
    [[nodiscard]] std::uint32_t shard() const noexcept { return shard_; }
    [[nodiscard]] std::uint32_t shards() const noexcept { return shards_; }
    /// Processing time, when the pipeline is made.
    [[nodiscard]] instant now() const { return graph_->scheduler->time().now(); }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The task this stage will run in.
    [[nodiscard]] chain_base& task() const noexcept { return *task_; }
    [[nodiscard]] waker make_waker() const noexcept { return task_->make_waker(); }
    [[nodiscard]] graph& whole() const noexcept { return *graph_; }

    /// What all chains of this stage have in common; made by the first that asks.
    template <class T, class... Args>
    [[nodiscard]] std::shared_ptr<T> common(const char* what, Args&&... args) const {
        std::shared_ptr<void>& slot = graph_->shared[place_ + "/" + what];
        if (slot == nullptr) slot = std::make_shared<T>(std::forward<Args>(args)...);
        return std::static_pointer_cast<T>(slot);
    }
    /// Keeps something for as long as the pipeline.
    template <class T>
    T& keep(std::shared_ptr<T> thing) const {
        T& ref = *thing;
        graph_->shared[place_ + "/" + std::to_string(graph_->shared.size())] = std::move(thing);
        return ref;
    }

    /// A further task. `make(builder)` gives its driver; the builder stands in the new task.
    template <class Make>
    auto& spawn(placement where, Make make) const {
        using driver = decltype(make(*this));
        auto made = std::make_unique<chain_task<driver>>(path_, where, [&](chain_base& t) { return make(in_task(t)); });
        chain_task<driver>& out = *made;
        out.reports_to(graph_->desk);
        graph_->chains.push_back(&out);
        graph_->tasks.push_back(std::move(made));
        return out;
    }

  private:
    graph* graph_;
    chain_base* task_ = nullptr;
    std::string path_;
    std::string prefix_;
    std::string place_;  // as the path, whatever names were given
    std::string place_prefix_;
    std::uint32_t shard_ = 0;
    std::uint32_t shards_ = 1;
};

}  // namespace weir::detail
