// SPDX-License-Identifier: BSL-1.0
// interval(period): a counter (0, 1, 2, ...) every period of processing time; the first one a period after the start.
//
//     weir::interval(1s) | weir::map([&](std::uint64_t) { return read_sensor(); }) | ...
//
// The clock is the run's. A tick that was missed because those behind were full or the task was busy is made up for at
// once, so that the n-th record always means `start + n * period`. It never ends by itself. The period is in whole
// microseconds (finer ones are rounded down); one below 1 us throws std::invalid_argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>

#include "../pipeline.hpp"

namespace weir {
namespace detail {

class interval_cursor {
  public:
    explicit interval_cursor(std::int64_t period_us) noexcept : period_(period_us) {}

    /// The driver says what time it is before each `pull`.
    void now(instant t) noexcept {
        if (!started_) {
            started_ = true;
            next_ = after(t);
        }
        now_ = t;
    }
    [[nodiscard]] instant due() const noexcept { return started_ ? next_ : instant::min(); }

    template <class Receiver>
    pull_result pull(Receiver& receiver, std::size_t max_records) {
        for (std::size_t n = 0; n < max_records;) {
            if (now_ < next_) return {pulled::starved, n};
            next_ = after(next_);
            ++n;
            const flow answer = receiver.put(count_++, meta_set<>{});
            if (answer != flow::more) [[unlikely]]
                return {answer == flow::full ? pulled::full : pulled::done, n};
        }
        return {pulled::more, max_records};
    }

    /// Its place: the count, which goes on; the period begins anew.
    template <class Writer>
    void save(const stage_info* source, Writer& out) const {
        save_state(*source, out, count_);
    }
    template <class Reader>
    void load(const stage_info* source, Reader& in) {
        load_state(*source, in, count_);
    }

  private:
    /// A period later; "never" where time ends before that.
    [[nodiscard]] instant after(instant t) const noexcept {
        return t.us > instant::max().us - period_ ? instant::max() : instant{t.us + period_};
    }

    std::int64_t period_;
    instant next_ = instant::max();
    instant now_ = instant::min();
    std::uint64_t count_ = 0;
    bool started_ = false;
};

struct interval_source : source_base<interval_source> {
    std::int64_t period_us;

    constexpr explicit interval_source(std::int64_t us) : period_us(us) {}

    [[nodiscard]] constexpr auto out() const { return stream<std::uint64_t, category::given>{}; }
    template <class Builder>
    [[nodiscard]] auto connect(Builder) const {
        return interval_cursor(period_us);
    }
};

struct interval_fn {
    template <class Rep, class Period>
    [[nodiscard]] auto operator()(std::chrono::duration<Rep, Period> period) const {
        using seconds = std::chrono::duration<double>;
        // 9e12 s is less than 2^63 us.
        if (!(std::chrono::duration_cast<seconds>(period).count() < 9e12)) {
            throw std::invalid_argument("weir::interval: the period does not fit into microseconds");
        }
        const std::int64_t us = std::chrono::floor<std::chrono::microseconds>(period).count();
        if (us < 1) throw std::invalid_argument("weir::interval: the period must be at least one microsecond");
        return lift(interval_source(us));
    }
};

}  // namespace detail

inline constexpr detail::interval_fn interval{};

}  // namespace weir
