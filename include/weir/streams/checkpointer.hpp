// SPDX-License-Identifier: BSL-1.0
// How a record processor says how far it has come; the consumer hands it over with each call.
//
//   checkpoint()                all that was delivered; at the shard's end: SHARD_END (C06, C08)
//   checkpoint(x)               last checkpoint <= x <= the last delivered one; else `errc::invalid_argument`. The last
//                               checkpoint again writes nothing. At the shard's end the last record's number is
//                               SHARD_END
//   prepare_checkpoint(x, s)    stores x and the processor's own state s beside the checkpoint, which stays; a
//   successor
//                               finds them in `initialization_input`. `checkpoint()` of the answer commits (C07)
//
// When the lease is lost or the processor is over, all fail with `errc::shutdown` and nothing is written (C18). Other
// errors are the store's; the checkpoint is then as it was, or as asked for. On the thread that steps the consumer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../support/result.hpp"
#include "extended_sequence_number.hpp"

namespace weir {

namespace detail {

/// Where checkpoints go.
class checkpoint_target {
  public:
    checkpoint_target() = default;
    checkpoint_target(const checkpoint_target&) = delete;
    checkpoint_target& operator=(const checkpoint_target&) = delete;

    virtual result<void> write(const extended_sequence_number& to) = 0;
    virtual result<void> prepare(const extended_sequence_number& to, std::string_view state) = 0;

  protected:
    ~checkpoint_target() = default;
};

}  // namespace detail

class checkpointer {
  public:
    /// A checkpoint that is stored and not yet made; as long as its checkpointer lives.
    class prepared {
      public:
        explicit prepared(checkpointer& by, const extended_sequence_number& to) noexcept : by_(&by), to_(to) {}
        [[nodiscard]] const extended_sequence_number& position() const noexcept { return to_; }
        result<void> checkpoint() const { return by_->checkpoint(to_); }

      private:
        checkpointer* by_;
        extended_sequence_number to_;
    };

    explicit checkpointer(detail::checkpoint_target& target, const extended_sequence_number& last) noexcept
        : target_(&target), last_(last), largest_(last) {}

    result<void> checkpoint() { return checkpoint(largest_); }
    result<void> checkpoint(const sequence_number& n, std::int64_t sub = 0) {
        return checkpoint(extended_sequence_number(n, sub));
    }
    result<void> checkpoint(const extended_sequence_number& asked) {
        const result<extended_sequence_number> to = checked(asked);
        if (!to) return to.error();
        if (*to == last_) return {};
        if (const result<void> done = target_->write(*to); !done) return done;
        last_ = *to;
        return {};
    }
    result<prepared> prepare_checkpoint(std::string_view state = {}) { return prepare_checkpoint(largest_, state); }
    result<prepared> prepare_checkpoint(const extended_sequence_number& asked, std::string_view state = {}) {
        const result<extended_sequence_number> to = checked(asked);
        if (!to) return to.error();
        if (*to != last_) {
            if (const result<void> done = target_->prepare(*to, state); !done) return done.error();
        }
        return prepared(*this, *to);
    }

    /// The last checkpoint, and the largest that may be made.
    [[nodiscard]] const extended_sequence_number& last() const noexcept { return last_; }
    [[nodiscard]] const extended_sequence_number& largest() const noexcept { return largest_; }

    /// For the consumer: what was delivered; that the shard is at its end; that no checkpoint may be made any more.
    void delivered(const extended_sequence_number& n) noexcept {
        if (n > largest_) largest_ = n;
    }
    /// What was delivered last has failed; as before, but for what was checkpointed.
    void undelivered(const extended_sequence_number& before) noexcept { largest_ = before < last_ ? last_ : before; }
    void at_shard_end() noexcept {
        delivered_ = largest_;
        largest_ = extended_sequence_number::shard_end();
    }
    void close() noexcept { target_ = nullptr; }

  private:
    [[nodiscard]] result<extended_sequence_number> checked(const extended_sequence_number& asked) const {
        if (target_ == nullptr) {
            return error{errc::shutdown,
                         "the shard is not this worker's any more, so its checkpoint cannot be moved; drop what was "
                         "processed since the last one, the next owner does it again",
                         to_string(asked)};
        }
        extended_sequence_number to = asked;
        const bool ended = largest_ == extended_sequence_number::shard_end();
        if (ended && asked == delivered_) to = largest_;
        if (asked.sub() < 0 || to < last_ || to > largest_ || (ended && to.is_number() && to > delivered_)) {
            return error{errc::invalid_argument,
                         "a checkpoint lies between the last one, " + to_string(last_)
                             + ", and the last record delivered, " + to_string(ended ? delivered_ : largest_),
                         to_string(asked)};
        }
        return to;
    }

    detail::checkpoint_target* target_;
    extended_sequence_number last_;
    extended_sequence_number largest_;
    extended_sequence_number delivered_;  // at the shard's end: what `largest_` was before
};

}  // namespace weir
