// SPDX-License-Identifier: BSL-1.0
// Where the tasks of one pipeline bring their parts of a checkpoint, and the application thread that asked for it
// waits.
//
// The first task looks here once per step and starts the barrier; each other task brings its part when the barrier has
// come by all its edges. A task that has ended brings nothing: its state is asked for when all else is there. So a
// checkpoint that meets the end of its pipeline is that of the end.
//
//     checkpoint:   [8 bytes "weirckp1"] [sections as state.hpp has them, of all chains] [8 bytes: hash of all before]
//
// One asks at a time: the application's thread, or the task that keeps checkpoints (checkpoint_keeper.hpp).
//
// Order: (1) the release store of `wanted_` -> (2) the acquire load of it; all else under the mutex, in cold paths.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../buffers/parking.hpp"
#include "../core/receiver.hpp"
#include "../support/atomic.hpp"
#include "../support/hash.hpp"
#include "state.hpp"
#include "waker.hpp"

namespace weir::detail {

class checkpoint_desk {
  public:
    struct part {
        bool ended = false;
        bool brought = false;
        std::string bytes;
        std::string incomplete;  // the stage whose state has no bytes
    };

    /// While the pipeline is made: the number of a further chain.
    [[nodiscard]] std::size_t add() {
        parts_.emplace_back();
        return parts_.size() - 1;
    }
    /// While the pipeline is made: a task that is woken as those are who wait at `point`.
    void wakes(waker task) { keeper_ = std::move(task); }

    // Tasks.

    /// The checkpoint that was asked for last; 0: none. Wait-free.
    [[nodiscard]] std::uint64_t wanted() const noexcept {
        return wanted_.load(memory_order_acquire);
    }  // (2) pairs with (1)

    void bring(std::uint64_t checkpoint, std::size_t chain, const state_writer& state) {
        {
            const std::lock_guard hold(mutex_);
            if (checkpoint != wanted_.load(memory_order_relaxed) || parts_[chain].brought) return;
            parts_[chain] = {false, true, state.bytes(), state.incomplete()};
            --missing_;
        }
        notify();
    }
    /// The chain's task has ended and all was delivered.
    void ended(std::size_t chain) noexcept {
        {
            const std::lock_guard hold(mutex_);
            parts_[chain].ended = true;
            if (missing_ != 0 && !parts_[chain].brought) --missing_;
        }
        notify();
    }

    /// In a chain's snapshot: the checkpoint is not whole before `released` has been called as well, by any thread. For
    /// sinks, whose records before the barrier have to be where they shall stay.
    void hold(std::uint64_t checkpoint) {
        const std::lock_guard hold(mutex_);
        if (checkpoint == wanted_.load(memory_order_relaxed)) ++missing_;
    }
    void released(std::uint64_t checkpoint) noexcept {
        {
            const std::lock_guard hold(mutex_);
            if (checkpoint == wanted_.load(memory_order_relaxed)) --missing_;
        }
        notify();
    }

    // Who asks.

    /// False while another asks: then wait. Else `end` follows, when nothing more is wanted of the desk.
    [[nodiscard]] bool try_begin() {
        const std::lock_guard hold(mutex_);
        return !std::exchange(busy_, true);
    }
    void end() {
        {
            const std::lock_guard hold(mutex_);
            busy_ = false;
        }
        notify();
    }
    /// Then wake the first task, and wait.
    void ask() {
        const std::lock_guard hold(mutex_);
        missing_ = 0;
        for (part& p : parts_) {
            p = {p.ended, false, {}, {}};
            if (!p.ended) ++missing_;
        }
        wanted_.store(wanted_.load(memory_order_relaxed) + 1, memory_order_release);  // (1) pairs with (2)
    }
    [[nodiscard]] bool complete() const {
        const std::lock_guard hold(mutex_);
        return missing_ == 0;
    }
    /// Of a complete one: the parts by chain; those not brought are of chains that have ended.
    [[nodiscard]] std::vector<part> take() {
        const std::lock_guard hold(mutex_);
        std::vector<part> out(parts_.size());
        for (std::size_t i = 0; i < parts_.size(); ++i)
            out[i] = std::exchange(parts_[i], part{parts_[i].ended, false, {}, {}});
        return out;
    }
    [[nodiscard]] const std::shared_ptr<wait_point>& point() const noexcept { return point_; }

  private:
    void notify() noexcept {
        point_->notify();
        keeper_.notify();
    }

    mutable std::mutex mutex_;
    std::vector<part> parts_;
    std::size_t missing_ = 0;
    bool busy_ = false;
    waker keeper_;
    atomic<std::uint64_t> wanted_{0};
    const std::shared_ptr<wait_point> point_ = std::make_shared<wait_point>();
};

inline constexpr std::string_view checkpoint_mark = "weirckp1";
inline constexpr std::uint64_t checkpoint_seed = 0x3C6E'F372'FE94'F82BU;

/// The bytes of a checkpoint around the sections of its chains.
[[nodiscard]] inline std::string seal_checkpoint(std::string_view sections) {
    byte_writer out;
    out.raw(checkpoint_mark);
    out.raw(sections);
    out.fixed(hash_bytes(out.bytes().data(), out.size(), checkpoint_seed));
    return std::move(out).bytes();
}

/// The sections in it. Throws std::runtime_error for bytes that are no checkpoint, or a damaged one.
[[nodiscard]] inline std::string_view open_checkpoint(std::string_view bytes) {
    if (bytes.substr(0, checkpoint_mark.size()) != checkpoint_mark || bytes.size() < checkpoint_mark.size() + 8) {
        throw std::runtime_error("weir: these bytes are no checkpoint; give what job::checkpoint() returned");
    }
    std::uint64_t hash = 0;
    const std::string_view body = bytes.substr(0, bytes.size() - sizeof(hash));
    std::memcpy(&hash, body.data() + body.size(), sizeof(hash));
    if (hash != hash_bytes(body.data(), body.size(), checkpoint_seed)) {
        throw std::runtime_error("weir: the checkpoint is damaged (its check sum does not fit); use an older one");
    }
    return body.substr(checkpoint_mark.size());
}

}  // namespace weir::detail
