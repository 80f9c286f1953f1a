// SPDX-License-Identifier: BSL-1.0
// A cursor with the chain behind it: what a task runs, a batch at a time.
//
// The loop is in the cursor's `pull`. A receiver that is small and moves without throwing is moved to the stack for
// the batch and back, so that its state lives in registers (in place cost up to 3.8x where it kept the loop from
// vectorising; moving 32 KiB cost 25x: core_protocol.md, H).
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "concepts.hpp"
#include "step_result.hpp"

namespace weir {
namespace detail {

/// Receivers up to this size are moved to the loop's stack.
inline constexpr std::size_t largest_moved_receiver = 256;

template <class R>
inline constexpr bool moves_to_stack = std::is_nothrow_move_constructible_v<R> && sizeof(R) <= largest_moved_receiver;

/// Moves `home` to the stack, and back when it leaves scope, by whatever way.
template <class R>
class borrowed_receiver {
  public:
    explicit borrowed_receiver(R& home) noexcept : home_(home), here(static_cast<R&&>(home)) {}
    borrowed_receiver(const borrowed_receiver&) = delete;
    borrowed_receiver& operator=(const borrowed_receiver&) = delete;
    ~borrowed_receiver() {
        home_.~R();
        ::new (static_cast<void*>(&home_)) R(static_cast<R&&>(here));
    }

  private:
    R& home_;

  public:
    R here;
};

/// Until when a cursor that is starved need not be asked again, unless its waker says so.
template <class Cursor>
instant cursor_due(const Cursor& cursor) {
    if constexpr (requires { cursor.due(); }) {
        return cursor.due();
    } else {
        return instant::max();
    }
}

}  // namespace detail

/// One source of records in a task: its cursor, and the chain its records go through.
template <class Cursor, class Receiver>
class driver {
  public:
    using receiver_type = Receiver;

    /// `source` is who the counters belong to; null for what reads other tasks.
    template <class MakeCursor, class MakeReceiver>
    driver(MakeCursor&& make_cursor, MakeReceiver&& make_receiver, const stage_info* source = nullptr)
        : receiver_(make_receiver()), cursor_(make_cursor()), source_(source) {}

    /// At most `max_records` records, or until the chain is full. `draining` ends a source where it is.
    step_result step(std::size_t max_records, instant now, bool draining = false) {
        using kind = step_result::kind;
        if (state_ == state::finished) return {kind::done, instant::max(), 0};
        bool moved = false;
        if (blocked_) {
            if (!settle(receiver_.resume())) return {kind::idle, instant::max(), 0};
            moved = true;
        }
        if (state_ == state::running) {
            if (receiver_.due() <= now) {
                moved = true;
                if (!settle(receiver_.tick(now))) return {kind::progress, instant::max(), 0};
            }
            if (state_ == state::running) {
                if (draining && ends_on_drain) {
                    state_ = state::ending;
                } else {
                    if constexpr (requires { cursor_.drain(); }) {
                        if (draining) cursor_.drain();  // takes no more, and gives what it has
                    }
                    if constexpr (requires { cursor_.now(now); }) cursor_.now(now);
                    const pull_result got = pull(max_records);
                    records_ += got.records;
                    switch (got.what) {
                        case pulled::more: return {kind::progress, instant::max(), static_cast<std::uint32_t>(got.records)};
                        case pulled::starved: {
                            if (got.records != 0 || moved) {
                                return {kind::progress, instant::max(), static_cast<std::uint32_t>(got.records)};
                            }
                            const instant a = receiver_.due();
                            const instant b = detail::cursor_due(cursor_);
                            const instant until = a < b ? a : b;
                            if (until == instant::max()) return {kind::idle, until, 0};
                            return {kind::wait_until, until, 0};
                        }
                        case pulled::full:
                            blocked_ = true;
                            return {kind::progress, instant::max(), static_cast<std::uint32_t>(got.records)};
                        case pulled::done:
                        case pulled::exhausted: state_ = state::ending; break;
                    }
                }
            }
        }
        if (state_ == state::ending) {
            state_ = state::finishing;
            if (!settle(receiver_.finish())) return {kind::progress, instant::max(), 0};
        }
        if (state_ == state::finishing) state_ = state::finished;
        return {state_ == state::finished ? kind::done : kind::progress, instant::max(), 0};
    }

    /// Records taken from the source so far.
    [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
    [[nodiscard]] bool blocked() const noexcept { return blocked_; }
    /// The counters of the source and of all behind it.
    template <class Ledger>
    void account(Ledger& ledger) const {
        if constexpr (requires { cursor_.taken(); }) {
            ledger.begin(source_, cursor_.taken());
        } else {
            ledger.begin(source_, records_);
        }
        if constexpr (requires { cursor_.bytes(); }) ledger.bytes(cursor_.bytes());
        receiver_.account(ledger);
    }
    [[nodiscard]] bool finished() const noexcept { return state_ == state::finished; }
    [[nodiscard]] Receiver& receiver() noexcept { return receiver_; }
    [[nodiscard]] const Receiver& receiver() const noexcept { return receiver_; }
    [[nodiscard]] Cursor& cursor() noexcept { return cursor_; }
    [[nodiscard]] const Cursor& cursor() const noexcept { return cursor_; }

  private:
    enum class state : unsigned char { running, ending, finishing, finished };

    /// A source ends where a drain finds it; what reads another task's rings goes on to their end.
    static constexpr bool ends_on_drain = [] {
        if constexpr (requires { Cursor::ends_on_drain; }) {
            return static_cast<bool>(Cursor::ends_on_drain);
        } else {
            return true;
        }
    }();

    pull_result pull(std::size_t max_records) {
        if constexpr (detail::moves_to_stack<Receiver>) {
            detail::borrowed_receiver<Receiver> local(receiver_);
            return cursor_.pull(local.here, max_records);
        } else {
            return cursor_.pull(receiver_, max_records);
        }
    }

    /// Takes note of an answer to a signal; false while the chain is full.
    bool settle(flow f) noexcept {
        blocked_ = f == flow::full;
        if (f == flow::done && state_ == state::running) state_ = state::ending;
        return !blocked_;
    }

    Receiver receiver_;
    Cursor cursor_;
    const stage_info* source_;
    std::uint64_t records_ = 0;
    state state_ = state::running;
    bool blocked_ = false;
};

}  // namespace weir
