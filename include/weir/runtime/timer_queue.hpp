// SPDX-License-Identifier: BSL-1.0
// The sleeping tasks that a worker wakes at a time. One thread's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "../support/atomic.hpp"
#include "../support/instant.hpp"
#include "waker.hpp"

namespace weir::detail {

/// A heap. A timer of a sleep that something else has ended is void, and is thrown out by and by: the queue is at most
/// twice as long as there are tasks, however often they are woken before their time.
class timer_queue {
  public:
    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    /// The earliest time; the queue is not empty.
    [[nodiscard]] instant next() const noexcept { return heap_.front().until; }

    /// Under the task's lock, for the sleep that it has announced last.
    void add(const std::shared_ptr<wake_node>& node, instant until) {
        if (heap_.size() >= enough_) {
            std::erase_if(heap_, [](const timer& x) { return x.is_void(); });
            std::make_heap(heap_.begin(), heap_.end(), later);
            enough_ = std::max<std::size_t>(64, 2 * heap_.size());
        }
        heap_.push_back({until, node->sleeps.load(memory_order_relaxed), node});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    /// The next task whose time has come, its flag taken; nullptr: none. (A sleep that began elsewhere between the two
    /// looks may be ended by mistake: that task looks and sleeps again.)
    [[nodiscard]] wake_node* take_due(instant now) noexcept {
        while (!heap_.empty() && heap_.front().until <= now) {
            std::pop_heap(heap_.begin(), heap_.end(), later);
            const timer due = std::move(heap_.back());
            heap_.pop_back();
            // Taken: the task is alive, and owns the node.
            if (!due.is_void() && due.node->take()) return due.node.get();
        }
        return nullptr;
    }

    void clear() noexcept { heap_.clear(); }

  private:
    struct timer {
        [[nodiscard]] bool is_void() const noexcept { return node->sleeps.load(memory_order_relaxed) != sleep; }

        instant until;
        std::uint32_t sleep;
        std::shared_ptr<wake_node> node;
    };
    static bool later(const timer& a, const timer& b) noexcept { return b.until < a.until; }

    std::vector<timer> heap_;
    std::size_t enough_ = 64;
};

}  // namespace weir::detail
