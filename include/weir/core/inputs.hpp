// SPDX-License-Identifier: BSL-1.0
// What a node with several inputs knows about them: the watermark all have passed, who is idle, who has ended, and
// where a checkpoint has arrived.
//
// The common watermark is the least of the inputs that are neither idle nor ended. When all are idle it is held; it
// never goes back, so what an input brings that was idle too long is late. Linear in the number of inputs per signal.
#pragma once

#include <cstddef>

#include "receiver.hpp"

namespace weir {

/// `Node` has, for all inputs together: `joint_advance(watermark)`, `joint_idle()`, `joint_finish()`. One thread.
template <class Node, std::size_t N>
class inputs {
  public:
    constexpr inputs() noexcept {
        for (instant& m : mark_) m = instant::min();
    }

    /// Whether a record by input `i` is nothing but a record: it is not idle, and the node is not closed. The one test
    /// on the record's path; where it fails the node looks closer, and calls `woke` if it goes on.
    [[nodiscard]] WEIR_INLINE bool awake(std::size_t i) const noexcept { return !look_[i]; }
    void woke(std::size_t i) noexcept { set_idle(i, false); }
    /// Those behind the node are done: no input is awake from here on.
    void close() noexcept {
        closed_ = true;
        for (bool& l : look_) l = true;
    }

    flow advance(Node& node, std::size_t i, instant watermark) {
        settle(i);
        set_idle(i, false);
        if (mark_[i] < watermark) mark_[i] = watermark;
        return progress(node);
    }
    flow idle(Node& node, std::size_t i) {
        settle(i);
        set_idle(i, true);
        return progress(node);
    }
    /// Input `i` has ended. The last one to end finishes the node.
    flow finish(Node& node, std::size_t i) {
        if (ended_[i]) return flow::more;
        ended_[i] = true;
        if (++ends_ == N) return node.joint_finish();
        return progress(node);
    }
    /// A checkpoint came by one input; true when it has come by all that have not ended. All inputs of a node are one
    /// task, which sends it between batches, so nothing has to be held back meanwhile.
    [[nodiscard]] bool aligned() noexcept {
        if (++barriers_ + ends_ < N) return false;
        barriers_ = 0;
        return true;
    }

    /// For a checkpoint, within the node's section. An input that has ended waits for nobody either.
    template <class Writer>
    void save(Writer& out) const {
        out.value(sent_.us);
        for (std::size_t i = 0; i < N; ++i) {
            out.value(mark_[i].us);
            out.value(idle_[i] || ended_[i]);
        }
    }
    template <class Reader>
    void load(Reader& in) {
        in.value(sent_.us);
        for (std::size_t i = 0; i < N; ++i) {
            in.value(mark_[i].us);
            in.value(idle_[i]);
            set_idle(i, idle_[i]);
        }
    }

    [[nodiscard]] instant watermark() const noexcept { return sent_; }
    [[nodiscard]] bool ended() const noexcept { return ends_ == N; }

  private:
    void set_idle(std::size_t i, bool idle) noexcept {
        idle_[i] = idle;
        look_[i] = idle || closed_;
    }
    /// A record that has come by input `i` meanwhile has ended the idleness of those behind too.
    void settle(std::size_t i) noexcept {
        if (!idle_[i] && !ended_[i]) quiet_ = false;
    }
    flow progress(Node& node) {
        instant least = instant::max();
        bool any = false;
        for (std::size_t i = 0; i < N; ++i) {
            if (idle_[i] || ended_[i]) continue;
            any = true;
            if (mark_[i] < least) least = mark_[i];
        }
        if (!any) {
            if (ends_ == N || quiet_) return flow::more;
            quiet_ = true;
            return node.joint_idle();
        }
        const bool woke = quiet_;  // those behind shall know, also by an old watermark
        quiet_ = false;
        if (least <= sent_ && !woke) return flow::more;
        if (sent_ < least) sent_ = least;
        return node.joint_advance(sent_);
    }

    instant mark_[N] = {};
    bool idle_[N] = {};
    bool ended_[N] = {};
    bool look_[N] = {};  // idle, or closed
    instant sent_ = instant::min();
    std::size_t ends_ = 0;
    std::size_t barriers_ = 0;
    bool quiet_ = false;
    bool closed_ = false;
};

}  // namespace weir
