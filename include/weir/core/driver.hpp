// SPDX-License-Identifier: BSL-1.0
// A cursor with the chain behind it: what a task runs, a batch at a time.
//
// The loop is in the cursor's `pull`. A receiver that is small and moves without throwing is moved to the stack for
// the batch and back, so that its state lives in registers.
#pragma once

#include <cstddef>

#include "concepts.hpp"
#include "receiver_home.hpp"
#include "step_result.hpp"

namespace weir {
namespace detail {

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
        std::uint32_t taken = 0;
        bool moved = false;
        if (blocked_) {
            if (!settle(receiver_.resume())) return wait_for_room(now);
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
                    taken = static_cast<std::uint32_t>(got.records);
                    switch (got.what) {
                    case pulled::more:
                        return {kind::progress, instant::max(), taken};
                    case pulled::starved: {
                        if (got.records != 0 || moved) {
                            return {kind::progress, instant::max(), taken};
                        }
                        const instant a = receiver_.due();
                        const instant b = detail::cursor_due(cursor_);
                        const instant until = a < b ? a : b;
                        if (until == instant::max()) return {kind::idle, until, 0};
                        return {kind::wait_until, until, 0};
                    }
                    case pulled::full:
                        blocked_ = true;
                        return {kind::progress, instant::max(), taken};
                    case pulled::done:
                    case pulled::exhausted:
                        state_ = state::ending;
                        break;
                    }
                }
            }
        }
        if (state_ == state::ending) {
            state_ = state::finishing;
            if (!settle(receiver_.finish())) return {kind::progress, instant::max(), taken};
        }
        if (state_ == state::finishing) state_ = state::finished;
        return {state_ == state::finished ? kind::done : kind::progress, instant::max(), taken};
    }

    /// A checkpoint: the source's place, then the chain. Between steps, when not `blocked()`; or after the end.
    template <class Writer>
    void snapshot(barrier at, Writer& out) {
        save(out);
        settle(receiver_.snapshot(at, out));
    }
    /// Before the first step.
    template <class Reader>
    void restore(Reader& in) {
        load(in);
        receiver_.restore(in);
    }
    /// The source's place alone; nothing where it does not know it.
    template <class Writer>
    void save(Writer& out) const {
        if constexpr (requires { cursor_.save(source_, out); }) cursor_.save(source_, out);
    }
    template <class Reader>
    void load(Reader& in) {
        if constexpr (requires { cursor_.load(source_, in); }) cursor_.load(source_, in);
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

    /// A function of its own: the loop has all registers, and compilers lay it out as a hand-written one.
    WEIR_NOINLINE pull_result pull(std::size_t max_records) {
        if constexpr (detail::moves_to_stack<Receiver>) {
            Receiver here(static_cast<Receiver&&>(receiver_));
            const detail::back_home<Receiver> after(receiver_, here);
            return cursor_.pull(here, max_records);
        } else {
            return cursor_.pull(receiver_, max_records);
        }
    }

    /// Who made room wakes the task; but where room comes by time alone (a quota), nobody does. What else is due behind
    /// a receiver that has no room waits: it is looked at a hundred times a second.
    WEIR_COLD step_result wait_for_room(instant now) const {
        using kind = step_result::kind;
        const instant until = receiver_.due();
        if (until == instant::max()) return {kind::idle, until, 0};
        return {kind::wait_until, until > now ? until : instant{now.us + 10'000}, 0};
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
