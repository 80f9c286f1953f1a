// SPDX-License-Identifier: BSL-1.0
// Calls that wait, for application threads, on any of the buffers:
//
//   weir::blocking<weir::spsc_ring<int>> queue(1'024);                        // one writer, one reader
//   weir::blocking<weir::mpsc_ring<int>, weir::wait::park> inbox(256);        // inbox.make_producer() for each writer
//
//   push(value)        waits for room; false: nobody will read it (the reader has left, or this side was closed)
//   push_for(value, t) at most so long; false also when the time is over
//   push_range(range)  all of it, published once a span; how many before a close
//   pop()              waits for a record; nothing: the stream has ended
//   pop_for(t)         nothing also when the time is over; `drained()` tells the two apart
//   pop_some(out, n)   waits for at least one, moves at most n; 0: the stream has ended
//
// All are written on the span calls of concepts.hpp, whose rules of threads hold: one at a time on each side. A side
// that met a full ring goes on when the reader has given slots back, which it does in portions or when it runs dry.
// The destructor wakes whoever waits (for them the stream has ended) and waits until their calls are over; nobody else
// may be in a call by then. A push that finds room does not ask whether the reader has left. Inside a task none of
// these may be used: a task answers `full` or `idle` and never waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include "../support/atomic.hpp"
#include "../support/clock.hpp"
#include "concepts.hpp"
#include "wait_strategy.hpp"

namespace weir {
namespace detail {

/// What the two sides of one buffer wait for. Order: (1) release store of `over_` -> (2) acquire load; (3) release
/// decrement of `waiters_`, behind the last touch of the ring, -> (4) acquire load.
template <wait_strategy Wait>
class waiting {
  public:
    waiting() = default;
    waiting(const waiting&) = delete;
    waiting& operator=(const waiting&) = delete;
    ~waiting() {
        over_.store(true, memory_order_release);  // (1) pairs with (2)
        do {
            records_.notify();
            room_.notify();
            if (waiters_.load(memory_order_acquire) == 0) break;  // (4) pairs with (3)
            yield_core();
        } while (true);
    }

    [[nodiscard]] bool occupied() const noexcept { return waiters_.load(memory_order_relaxed) != 0; }
    void published() noexcept { records_.notify(); }
    void released() noexcept { room_.notify(); }
    /// From before a call's first wait until the call is over: the ring stays.
    class visit {
      public:
        explicit visit(waiting& w) noexcept : to_(w) { to_.waiters_.fetch_add(1, memory_order_relaxed); }
        visit(const visit&) = delete;
        visit& operator=(const visit&) = delete;
        ~visit() { to_.waiters_.fetch_sub(1, memory_order_release); }  // (3) pairs with (4)

        /// False at the deadline, and when the ring is being destroyed.
        template <class Ready>
        bool for_records(Ready ready, std::int64_t deadline_ns) {
            return to_.wait(to_.records_, ready, deadline_ns);
        }
        template <class Ready>
        bool for_room(Ready ready, std::int64_t deadline_ns) {
            return to_.wait(to_.room_, ready, deadline_ns);
        }

      private:
        waiting& to_;
    };

  private:
    template <class Ready>
    bool wait(typename Wait::event& event, Ready& ready, std::int64_t deadline_ns) {
        bool found = false;
        event.wait(
            [&] {
                found = ready();
                return found || over_.load(memory_order_acquire);  // (2) pairs with (1)
            },
            deadline_ns);
        return found;
    }

    typename Wait::event records_;
    typename Wait::event room_;
    atomic<std::uint32_t> waiters_{0};
    atomic<bool> over_{false};
};

/// The deadline of a wait of at most `time` from now.
template <class Rep, class Period>
[[nodiscard]] std::int64_t deadline_in(std::chrono::duration<Rep, Period> time) noexcept {
    using nanoseconds = std::chrono::duration<double, std::nano>;
    const double ns = std::chrono::duration_cast<nanoseconds>(time).count();
    const std::int64_t now = monotonic_now();
    if (!(ns > 0)) return now;
    return ns >= static_cast<double>(no_deadline_ns - now) ? no_deadline_ns : now + static_cast<std::int64_t>(ns);
}

/// The writing calls. `Self` has `producer()`, a span_producer, and `waits()`.
template <class Self, class T, class Wait>
class blocking_pushes {
    using visit = typename waiting<Wait>::visit;

  public:
    /// Never waits; false, and `value` untouched, when there is no room or this side is closed.
    template <class V>
        requires std::is_constructible_v<T, V&&>
    [[nodiscard]] bool try_push(V&& value) {
        if (!self().producer().try_emplace(std::forward<V>(value))) return false;
        self().waits().published();
        return true;
    }
    template <class V>
        requires std::is_constructible_v<T, V&&>
    bool push(V&& value) {
        return try_push(std::forward<V>(value)) || push_until(std::forward<V>(value), no_deadline_ns);
    }
    template <class V, class Rep, class Period>
        requires std::is_constructible_v<T, V&&>
    [[nodiscard]] bool push_for(V&& value, std::chrono::duration<Rep, Period> time) {
        return try_push(std::forward<V>(value)) || push_until(std::forward<V>(value), deadline_in(time));
    }
    template <std::ranges::input_range R>
        requires std::is_constructible_v<T, std::ranges::range_reference_t<R>>
    std::size_t push_range(R&& range) {
        auto first = std::ranges::begin(range);
        const auto last = std::ranges::end(range);
        std::size_t pushed = push_what_fits(first, last);
        if (first == last) return pushed;
        visit inside(self().waits());
        while (wait_for_room(inside, no_deadline_ns)) {
            pushed += push_what_fits(first, last);
            if (first == last) break;
        }
        return pushed;
    }
    /// This side ends: the reader gets what was published, then the end.
    void close() {
        ended_ = true;
        self().producer().close();
        self().waits().published();
    }

  private:
    Self& self() noexcept { return static_cast<Self&>(*this); }
    template <class It, class End>
    std::size_t push_what_fits(It& first, const End& last) {
        const std::size_t n = try_push_some(self().producer(), first, last);
        if (n != 0) self().waits().published();
        return n;
    }
    bool wait_for_room(visit& inside, std::int64_t deadline_ns) {
        if (ended_) return false;
        bool closed = false;
        const bool found = inside.for_room(
            [&] {
                closed = self().producer().reader_closed();
                return closed || !self().producer().claim(1).empty();
            },
            deadline_ns);
        return found && !closed;
    }
    template <class V>
    bool push_until(V&& value, std::int64_t deadline_ns) {
        visit inside(self().waits());
        while (wait_for_room(inside, deadline_ns)) {
            if (try_push(std::forward<V>(value))) return true;
        }
        return false;
    }

    bool ended_ = false;
};

/// The reading calls. `Self` has `consumer()`, a span_consumer, and `waits()`.
template <class Self, class T, class Wait>
class blocking_pops {
    using visit = typename waiting<Wait>::visit;

  public:
    /// Never waits.
    [[nodiscard]] std::optional<T> try_pop() {
        std::optional<T> out;
        const auto records = self().consumer().peek();
        if (records.empty()) {
            self().waits().released();  // to run dry has given everything back
            return out;
        }
        out.emplace(std::move(records.front()));
        self().consumer().release(1);
        self().waits().released();
        return out;
    }
    [[nodiscard]] std::optional<T> pop() {
        std::optional<T> out = try_pop();
        return out.has_value() ? std::move(out) : pop_until(no_deadline_ns);
    }
    template <class Rep, class Period>
    [[nodiscard]] std::optional<T> pop_for(std::chrono::duration<Rep, Period> time) {
        std::optional<T> out = try_pop();
        return out.has_value() ? std::move(out) : pop_until(deadline_in(time));
    }
    template <class Out>
        requires std::output_iterator<Out, T&&>
    std::size_t pop_some(Out out, std::size_t n) {
        std::size_t popped = pop_what_is_there(out, n);
        if (popped != 0 || n == 0) return popped;
        visit inside(self().waits());
        while (popped == 0 && wait_for_records(inside, no_deadline_ns)) popped = pop_what_is_there(out, n);
        return popped;
    }
    /// Waits for records and shows them in place, until `release`; none: the stream has ended.
    [[nodiscard]] auto wait_peek() {
        auto records = self().consumer().peek();
        if (!records.empty()) return records;
        self().waits().released();
        visit inside(self().waits());
        if (wait_for_records(inside, no_deadline_ns)) records = self().consumer().peek();
        return records;
    }
    void release(std::size_t n) {
        self().consumer().release(n);
        self().waits().released();
    }
    /// The stream has ended, and all of it was read.
    [[nodiscard]] bool drained() { return self().consumer().drained(); }
    /// This side leaves: a writer that waits is told.
    void close_reader() {
        self().consumer().close_reader();
        self().waits().released();
    }

  private:
    Self& self() noexcept { return static_cast<Self&>(*this); }
    template <class Out>
    std::size_t pop_what_is_there(Out& out, std::size_t n) {
        const std::size_t popped = try_pop_some(self().consumer(), out, n);
        self().waits().released();
        return popped;
    }
    /// False at the end of the stream or the deadline.
    bool wait_for_records(visit& inside, std::int64_t deadline_ns) {
        bool ended = false;
        const bool found = inside.for_records(
            [&] {
                if (!self().consumer().peek().empty()) return true;
                self().waits().released();
                ended = self().consumer().drained();
                return ended;
            },
            deadline_ns);
        return found && !ended;
    }
    std::optional<T> pop_until(std::int64_t deadline_ns) {
        std::optional<T> out;
        visit inside(self().waits());
        while (!out.has_value() && wait_for_records(inside, deadline_ns)) out = try_pop();
        return out;
    }
};

/// A writer's or reader's handle with the calls that wait. Its destructor leaves, and whom that concerns is told.
template <class End, class T, class Wait>
class blocking_producer : public blocking_pushes<blocking_producer<End, T, Wait>, T, Wait> {
  public:
    blocking_producer(End end, waiting<Wait>& waits) : end_(std::move(end)), waits_(&waits) {}
    blocking_producer(blocking_producer&&) noexcept = default;
    blocking_producer& operator=(blocking_producer&&) = delete;
    ~blocking_producer() {
        end_.reset();
        waits_->published();
    }

    [[nodiscard]] End& producer() noexcept { return *end_; }
    [[nodiscard]] waiting<Wait>& waits() noexcept { return *waits_; }

  private:
    std::optional<End> end_;
    waiting<Wait>* waits_;
};

template <class End, class T, class Wait>
class blocking_consumer : public blocking_pops<blocking_consumer<End, T, Wait>, T, Wait> {
  public:
    blocking_consumer(End end, waiting<Wait>& waits) : end_(std::move(end)), waits_(&waits) {}
    blocking_consumer(blocking_consumer&&) noexcept = default;
    blocking_consumer& operator=(blocking_consumer&&) = delete;
    ~blocking_consumer() {
        end_.reset();
        waits_->released();
    }

    [[nodiscard]] End& consumer() noexcept { return *end_; }
    [[nodiscard]] waiting<Wait>& waits() noexcept { return *waits_; }

  private:
    std::optional<End> end_;
    waiting<Wait>* waits_;
};

/// Of a ring with many writers: no more of them; the reader gets what was published, then the end.
template <class Self>
class blocking_close {
  public:
    void close() {
        auto& self = static_cast<Self&>(*this);
        self.ring().close();
        self.waits().published();
    }
};
struct no_pops {};

/// Destroyed last to first: `waits_` says the end while the ring is still there.
template <class Ring, class Wait>
struct blocking_parts {
    template <class... Args>
    explicit blocking_parts(Args&&... args) : ring(std::forward<Args>(args)...) {}
    Ring ring;
    waiting<Wait> waits;
};

}  // namespace detail

template <class Ring, wait_strategy Wait = wait::adaptive>
class blocking
    : public std::conditional_t<span_producer<Ring>,
                                detail::blocking_pushes<blocking<Ring, Wait>, typename Ring::value_type, Wait>,
                                detail::blocking_close<blocking<Ring, Wait>>>,
      public std::conditional_t<span_consumer<Ring>,
                                detail::blocking_pops<blocking<Ring, Wait>, typename Ring::value_type, Wait>,
                                detail::no_pops> {
  public:
    using value_type = typename Ring::value_type;

    explicit blocking(std::size_t capacity)
        requires std::constructible_from<Ring, std::size_t>
        : parts_(capacity) {}
    /// Whatever else `Ring` is made of.
    template <class... Args>
        requires(sizeof...(Args) != 1 && std::constructible_from<Ring, Args...>)
    explicit blocking(Args&&... args) : parts_(std::forward<Args>(args)...) {}
    blocking(const blocking&) = delete;
    blocking& operator=(const blocking&) = delete;
    ~blocking() = default;

    /// A writer's handle, of a ring that has many writers.
    [[nodiscard]] auto make_producer()
        requires requires(Ring& r) { r.make_producer(); }
    {
        using end = decltype(parts_.ring.make_producer());
        return detail::blocking_producer<end, value_type, Wait>(parts_.ring.make_producer(), parts_.waits);
    }
    /// A reader's handle, of a ring that has many readers.
    template <class... Args>
        requires requires(Ring& r, Args&&... args) { r.make_reader(std::forward<Args>(args)...); }
    [[nodiscard]] auto make_reader(Args&&... args) {
        using end = decltype(parts_.ring.make_reader(std::forward<Args>(args)...));
        return detail::blocking_consumer<end, value_type, Wait>(parts_.ring.make_reader(std::forward<Args>(args)...),
                                                                parts_.waits);
    }

    [[nodiscard]] Ring& ring() noexcept { return parts_.ring; }
    /// Whether some thread is inside a call that waits, as any other thread sees it.
    [[nodiscard]] bool somebody_waits() const noexcept { return parts_.waits.occupied(); }

  private:
    template <class, class, class>
    friend class detail::blocking_pushes;
    template <class, class, class>
    friend class detail::blocking_pops;
    template <class>
    friend class detail::blocking_close;
    [[nodiscard]] Ring& producer() noexcept { return parts_.ring; }
    [[nodiscard]] Ring& consumer() noexcept { return parts_.ring; }
    [[nodiscard]] detail::waiting<Wait>& waits() noexcept { return parts_.waits; }

    detail::blocking_parts<Ring, Wait> parts_;
};

}  // namespace weir
