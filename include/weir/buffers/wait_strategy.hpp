// SPDX-License-Identifier: BSL-1.0
// How a thread waits for the other side of a buffer. A policy of `blocking`, apart from the rings.
//
//   wait::spin      looks again and again; after about 50 us it yields in between, so that nothing spins for ever
//   wait::yield     gives the core away between two looks: for more threads than cores
//   wait::park      sleeps in the kernel at once
//   wait::adaptive  spins for about 2 us, yields a few times, then sleeps: the default
//
// An `event` is what one side waits for and the other announces. The waiter: `wait(ready, deadline)`, in which `ready`
// looks at the data afresh. The other side: change the data, then `notify()`: wait-free, nothing for `spin` and
// `yield`, one relaxed load for the others while nobody sleeps (one read-modify-write where the kernel has no
// membarrier; see parking.hpp, which also says why no wake-up is lost). Any number of threads on both sides.
#pragma once

#include <concepts>
#include <cstdint>
#include <thread>

#include "../support/clock.hpp"
#include "../support/relax.hpp"
#include "parking.hpp"

namespace weir {

/// A deadline of `monotonic_now()` that never comes.
inline constexpr std::int64_t no_deadline_ns = INT64_MAX;

template <class W>
concept wait_strategy = requires(typename W::event& e, bool (&ready)(), std::int64_t deadline_ns) {
    { e.wait(ready, deadline_ns) } -> std::same_as<bool>;
    { e.notify() } noexcept;
};

namespace detail {

/// Looks `times` times, `pause` in between.
template <class Ready, class Pause>
bool look_often(Ready& ready, int times, Pause pause) {
    for (int i = 0; i < times; ++i) {
        if (ready()) return true;
        pause();
    }
    return false;
}

inline void yield_core() noexcept { std::this_thread::yield(); }

/// Yields until `ready()` or the deadline.
template <class Ready>
bool yield_until(Ready& ready, std::int64_t deadline_ns) {
    for (;;) {
        if (ready()) return true;
        if (deadline_ns != no_deadline_ns && monotonic_now() >= deadline_ns) return false;
        yield_core();
    }
}

/// Sleeps at `point` until `ready()` or the deadline.
template <class Ready>
bool sleep_until(wait_point& point, Ready& ready, std::int64_t deadline_ns) {
    for (;;) {
        const std::uint32_t announced = point.announce();
        if (ready()) return true;
        std::int64_t ns = for_ever;
        if (deadline_ns != no_deadline_ns) {
            ns = deadline_ns - monotonic_now();
            if (ns <= 0) return false;
        }
        point.sleep(announced, ns);
        if (ready()) return true;
    }
}

}  // namespace detail

namespace wait {

struct spin {
    class event {
      public:
        template <class Ready>
        bool wait(Ready&& ready, std::int64_t deadline_ns) {
            const std::int64_t patience = monotonic_now() + 50'000;
            for (;;) {
                if (detail::look_often(ready, 64, detail::relax)) return true;
                const std::int64_t now = monotonic_now();
                if (now >= deadline_ns) return false;
                if (now >= patience) return detail::yield_until(ready, deadline_ns);
            }
        }
        void notify() noexcept {}
    };
};

struct yield {
    class event {
      public:
        template <class Ready>
        bool wait(Ready&& ready, std::int64_t deadline_ns) {
            return detail::yield_until(ready, deadline_ns);
        }
        void notify() noexcept {}
    };
};

struct park {
    class event {
      public:
        template <class Ready>
        bool wait(Ready&& ready, std::int64_t deadline_ns) {
            return detail::sleep_until(point_, ready, deadline_ns);
        }
        void notify() noexcept { point_.notify(); }

      private:
        wait_point point_;
    };
};

struct adaptive {
    class event {
      public:
        template <class Ready>
        bool wait(Ready&& ready, std::int64_t deadline_ns) {
            return detail::look_often(ready, 64, detail::relax) || detail::look_often(ready, 8, detail::yield_core)
                   || detail::sleep_until(point_, ready, deadline_ns);
        }
        void notify() noexcept { point_.notify(); }

      private:
        wait_point point_;
    };
};

}  // namespace wait
}  // namespace weir
