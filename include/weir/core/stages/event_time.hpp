// SPDX-License-Identifier: BSL-1.0
// event_time: the flow becomes timed, and watermarks follow its records.
//
//     | weir::event_time<&hit::time>(weir::out_of_order_by(1min))
//     | weir::event_time<&hit::time>(weir::out_of_order_by(1min).idle_after(30s))
//     | weir::event_time([](const row& r) { return r.when; }, weir::out_of_order_by(5s))
//
// After a record the watermark is the greatest time seen - bound - 1 us: nothing at or before it is expected any
// more. It is sent on only when it moves the unit that somebody behind asks for (`grain()`: a window's size), so
// that signals are rare and have their exact place among the records: what is late depends on the records alone.
// `idle_after(d)`: an input that gave nothing for d of processing time (at most twice that) holds no window of a
// merge back; one that is silent because the pipeline holds it back is never idle.
// A time given as a member is read from the record whenever needed; a computed one is computed once and stored.
// A time that does not fit 64 bits of microseconds ends the pipeline.
#pragma once

#include <chrono>
#include <stdexcept>

#include "../function_stage.hpp"
#include "../receiver_home.hpp"
#include "key_by.hpp"

namespace weir {

/// How late a record may come, and after how long a silent input is idle.
class out_of_order_by {
  public:
    template <class Rep, class Period>
    constexpr explicit out_of_order_by(std::chrono::duration<Rep, Period> bound) : bound_us_(us_of(bound)) {
        if (bound < std::chrono::duration<Rep, Period>::zero()) {
            throw std::invalid_argument("weir::out_of_order_by: the bound is negative; give how late a record may be");
        }
    }
    template <class Rep, class Period>
    [[nodiscard]] constexpr out_of_order_by idle_after(std::chrono::duration<Rep, Period> silence) const {
        out_of_order_by copy = *this;
        copy.idle_us_ = us_of(silence);
        if (copy.idle_us_ <= 0) {
            throw std::invalid_argument("weir::idle_after: the silence is not positive; give a duration above 0");
        }
        return copy;
    }
    [[nodiscard]] constexpr std::int64_t bound_us() const noexcept { return bound_us_; }
    [[nodiscard]] constexpr std::int64_t idle_us() const noexcept { return idle_us_; }

  private:
    /// Finer than microseconds: up, so that no record is late that is within the bound. More than 64 bits: for ever.
    template <class Rep, class Period>
    [[nodiscard]] static constexpr std::int64_t us_of(std::chrono::duration<Rep, Period> d) {
        using us = std::chrono::duration<std::int64_t, std::micro>;
        using wide = std::chrono::duration<long double, std::micro>;
        if (std::chrono::duration_cast<wide>(d) >= std::chrono::duration_cast<wide>(us::max())) return INT64_MAX;
        return std::chrono::ceil<us>(d).count();
    }

    std::int64_t bound_us_;
    std::int64_t idle_us_ = 0;
};

namespace detail {

template <class T>
inline constexpr bool is_time = false;
template <>
inline constexpr bool is_time<instant> = true;
template <class D>
inline constexpr bool is_time<std::chrono::time_point<std::chrono::system_clock, D>> = true;

/// To microseconds, finer times floored. Wraps where it does not fit: `fits_us` says so.
[[nodiscard]] constexpr instant as_instant(instant t) noexcept { return t; }
template <class Rep, class Period>
[[nodiscard]] WEIR_INLINE constexpr instant
as_instant(std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<Rep, Period>> t) noexcept {
    using ratio = std::ratio_divide<Period, std::micro>;
    const auto count = static_cast<std::int64_t>(t.time_since_epoch().count());
    if constexpr (ratio::den == 1) {
        return {static_cast<std::int64_t>(static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(ratio::num))};
    } else {
        return {floor_div(
            static_cast<std::int64_t>(static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(ratio::num)),
            ratio::den)};
    }
}

[[nodiscard]] constexpr bool fits_us(instant) noexcept { return true; }
template <class Rep, class Period>
[[nodiscard]] WEIR_INLINE constexpr bool
fits_us(std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<Rep, Period>> t) noexcept {
    using ratio = std::ratio_divide<Period, std::micro>;
    std::int64_t out = 0;
    return !__builtin_mul_overflow(static_cast<std::int64_t>(t.time_since_epoch().count()), std::int64_t{ratio::num},
                                   &out);
}

template <auto Member>
struct member_time {
    template <class Value>
    [[nodiscard]] WEIR_INLINE constexpr instant operator()(const Value& v) const noexcept {
        return as_instant(v.*Member);
    }
};
struct computed_time {};

/// Watermarks behind the greatest time seen, sent when they move `grain`.
struct watermark_clock {
    std::int64_t bound = 0;
    std::int64_t unit = 0;
    std::int64_t trip = INT64_MIN;  // the least time whose watermark is in another unit than the last one sent
    std::int64_t due = INT64_MAX;   // processing time at which silence is looked at
    std::int64_t idle = 0;
    std::int64_t sent = INT64_MIN;  // the last watermark
    std::int64_t kept_trip = 0;     // while armed
    bool armed = false;             // the next record trips, whatever its time: it ends a silence
    bool owed = false;              // `full` came between a record and its watermark
    std::int64_t owed_time = 0;

    watermark_clock(std::int64_t bound_us, std::int64_t idle_us, std::int64_t grain) noexcept
        : bound(bound_us), unit(grain), trip(grain == 0 ? INT64_MAX : INT64_MIN),
          due(idle_us == 0 ? INT64_MAX : INT64_MIN), idle(idle_us) {}

    void arm() noexcept {
        if (armed) return;
        armed = true;
        kept_trip = std::exchange(trip, INT64_MIN);
    }
    void disarm() noexcept {
        if (!armed) return;
        armed = false;
        trip = kept_trip;
    }
    [[nodiscard]] std::int64_t true_trip() const noexcept { return armed ? kept_trip : trip; }

    /// The watermark for a time at or past `trip`.
    [[nodiscard]] WEIR_NOINLINE instant next_watermark(std::int64_t time) noexcept {
        // A window fires at end - 1 us, so units are those of W + 1: the time before which nothing is expected.
        std::int64_t before = 0;
        if (__builtin_sub_overflow(time, bound, &before) || before == INT64_MIN) before = INT64_MIN + 1;
        const std::int64_t bucket = floor_div(before, unit);
        std::int64_t end = 0;
        if (__builtin_mul_overflow(bucket + 1, unit, &end) || __builtin_add_overflow(end, bound, &trip)) {
            trip = INT64_MAX;
        }
        sent = before - 1;
        return {sent};
    }
};

[[noreturn]] WEIR_COLD inline void time_does_not_fit() {
    throw std::overflow_error("weir::event_time: a time does not fit 64 bits of microseconds since 1970; filter out "
                              "records with times outside the years -290307 to 294246");
}

/// What a snapshot keeps of a clock.
struct event_clock_state {
    std::int64_t trip;
    std::int64_t sent;
};

/// `Get(value, meta)` gives the user's time; `Entry(instant)` makes the meta entry.
template <class Next, class Time>
struct event_time_receiver : forward_signals<event_time_receiver<Next, Time>> {
    using needs = tags_union<tags_without<typename Next::needs, tags<meta_of::event_time>>, typename Time::asked>;

    const stage_info* stage;
    [[no_unique_address]] Time time;
    Next next;
    watermark_clock clock;

    template <class MakeNext>
    event_time_receiver(const stage_info* info, Time t, const out_of_order_by& bound, MakeNext make_next)
        : stage(info), time(static_cast<Time&&>(t)), next(make_next()),
          clock(bound.bound_us(), bound.idle_us(), next.grain()) {}

    template <class V, class M>
    WEIR_INLINE flow put(V&& value, const M& meta) {
        const auto when = time.get(stage, value, meta);
        if (!fits_us(when)) [[unlikely]] {
            blame(stage);
            time_does_not_fit();
        }
        const instant t = as_instant(when);
        const flow f = next.put(static_cast<V&&>(value), replace_meta(meta, time.entry(t)));
        if (f == flow::more && t.us < clock.trip) [[likely]]
            return flow::more;
        return rarely(*this, [f, t](auto& self) { return self.behind(f, t.us); });
    }
    flow resume() {
        clock.disarm();  // silence while the pipeline holds the input back is none
        const flow f = next.resume();
        if (f == flow::more && clock.owed) {
            clock.owed = false;
            return next.advance(clock.next_watermark(clock.owed_time));
        }
        return f;
    }
    [[nodiscard]] instant due() const {
        const instant n = next.due();
        return clock.due < n.us ? instant{clock.due} : n;
    }
    flow tick(instant now) {
        if (now.us >= clock.due) {
            const bool silent = clock.armed;
            clock.arm();
            if (__builtin_add_overflow(now.us, clock.idle, &clock.due)) clock.due = INT64_MAX;
            if (silent) {
                const flow f = next.idle();
                if (f != flow::more) return f;
            }
        }
        return next.due() <= now ? next.tick(now) : flow::more;
    }
    flow finish() {
        clock.sent = INT64_MAX;
        clock.owed = false;  // a chain that was done wants no watermark between its end and the rest of it
        return next.finish();
    }
    /// Watermarks begin here: what stands before it has none to send that matters.
    flow advance(instant) { return flow::more; }
    [[nodiscard]] std::int64_t grain() const { return 0; }
    template <class Writer>
    flow snapshot(barrier at, Writer& out) {
        save_state(*stage, out, event_clock_state{clock.true_trip(), clock.sent});
        return next.snapshot(at, out);
    }
    template <class Reader>
    void restore(Reader& in) {
        event_clock_state state{clock.trip, clock.sent};
        load_state(*stage, in, state);
        if (clock.unit != 0) clock.trip = state.trip;
        clock.sent = state.sent;
        next.restore(in);
    }
    template <class Ledger>
    void account(Ledger& ledger) const {
        ledger.stage(*stage, exits{});
        ledger.watermark(instant{clock.sent});
        next.account(ledger);
    }

  private:
    WEIR_NOINLINE flow behind(flow f, std::int64_t t) {
        clock.disarm();
        if (t < clock.trip || clock.unit == 0) return f;  // nobody wants watermarks, not even of the last time there is
        if (f == flow::more) return next.advance(clock.next_watermark(t));
        if (f == flow::full) {
            clock.owed = true;
            clock.owed_time = t;
        }
        return f;
    }
};

template <auto Member>
struct time_of_member {
    using asked = tags<>;
    template <class V, class M>
    WEIR_INLINE constexpr auto get(const stage_info*, const V& value, const M&) const {
        return value.*Member;
    }
    WEIR_INLINE static constexpr auto entry(instant) noexcept {
        return lazy<meta_of::event_time, member_time<Member>>{};
    }
};

template <class F, class Asked>
struct time_of_function {
    using asked = Asked;
    [[no_unique_address]] F f;
    template <class V, class M>
    WEIR_INLINE constexpr auto get(const stage_info* stage, const V& value, const M& meta) {
        return call(stage, f, value, meta);
    }
    WEIR_INLINE static constexpr auto entry(instant t) noexcept {
        return stored<meta_of::event_time, instant, computed_time>{t};
    }
};

template <auto Member>
struct event_time_member : stage_base<event_time_member<Member>> {
    out_of_order_by bound;

    constexpr explicit event_time_member(out_of_order_by b) : bound(b) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool has_member = std::is_base_of_v<class_of_member<Member>, typename In::value_type>;
        static_assert(has_member, "weir::event_time: the record at this place has no such member; give a member of "
                                  "the type that the stage before gives");
        return has_member;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        using entry = lazy<meta_of::event_time, member_time<Member>>;
        return with_meta<In, weir::with_entry<typename In::meta_type, entry>>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        return event_time_receiver<decltype(make_next(b)), time_of_member<Member>>(b.info("event_time"), {}, bound,
                                                                                   [&] { return make_next(b); });
    }
};

template <class F>
struct event_time_function : stage_base<event_time_function<F>> {
    F f;
    out_of_order_by bound;

    constexpr event_time_function(F function, out_of_order_by b) : f(static_cast<F&&>(function)), bound(b) {}

    template <class In>
    static constexpr bool accepts() {
        constexpr bool fits = user_function<F, const typename In::value_type&, typename In::meta_type>;
        static_assert(fits, "weir::event_time: the function cannot be called with this record; it takes (const T&) "
                            "or (const T&, auto meta)");
        if constexpr (fits) {
            constexpr bool gives_time =
                is_time<std::remove_cvref_t<call_result<F, const typename In::value_type&, typename In::meta_type>>>;
            static_assert(gives_time, "weir::event_time: the function must return a time point of "
                                      "std::chrono::system_clock, such as std::chrono::sys_seconds");
            constexpr bool copies = !In::sharded || std::is_copy_constructible_v<F>;
            static_assert(copies, "weir::event_time: behind shard(n) the function is copied; make it copyable");
            return gives_time && copies;
        }
        return false;
    }
    template <class In>
    [[nodiscard]] constexpr auto out(const In& in) const {
        using entry = stored<meta_of::event_time, instant, computed_time>;
        return with_meta<In, weir::with_entry<typename In::meta_type, entry>>{in.window};
    }
    template <class Builder, class In, class MakeNext>
    [[nodiscard]] auto bind(Builder b, const In&, MakeNext make_next) {
        using time = time_of_function<F, asked_by<F, const typename In::value_type&>>;
        return event_time_receiver<decltype(make_next(b)), time>(b.info("event_time"), time{copy_or_move(f)}, bound,
                                                                 [&] { return make_next(b); });
    }
};

}  // namespace detail

/// The event time is this member, a time point of `std::chrono::system_clock`.
template <auto Member, class Bound>
    requires std::is_member_object_pointer_v<decltype(Member)>
[[nodiscard]] constexpr auto event_time(Bound bound) {
    constexpr bool gives_time = detail::is_time<detail::type_of_member<Member>>;
    static_assert(gives_time, "weir::event_time: the member is no time; give one that is a time point of "
                              "std::chrono::system_clock, such as std::chrono::sys_seconds, or a function that makes "
                              "one of it");
    constexpr bool bounded = std::is_same_v<Bound, out_of_order_by>;
    static_assert(bounded, "weir::event_time: the bound says how late a record may be; give weir::out_of_order_by(5s), "
                           "say");
    if constexpr (gives_time && bounded) {
        return detail::event_time_member<Member>(bound);
    } else {
        return detail::broken{};
    }
}

/// The event time is what `f(record)` returns.
template <class F, class Bound>
[[nodiscard]] constexpr auto event_time(F f, Bound bound) {
    constexpr bool bounded = std::is_same_v<Bound, out_of_order_by>;
    static_assert(bounded, "weir::event_time: the bound says how late a record may be; give weir::out_of_order_by(5s), "
                           "say");
    if constexpr (bounded) {
        return detail::event_time_function<F>(static_cast<F&&>(f), bound);
    } else {
        return detail::broken{};
    }
}

}  // namespace weir
