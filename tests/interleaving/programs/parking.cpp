// SPDX-License-Identifier: BSL-1.0
// What is waited for is told by relaxed words, so that nothing but the parking itself brings it over.
#include <weir/buffers/parking.hpp>

#include "interleaving/program.hpp"

namespace {

using namespace interleaving;
using weir::memory_order_relaxed;

/// A worker sleeps until every waker's word is there.
template <std::size_t Wakers>
struct parked_worker {
    static constexpr int threads = static_cast<int>(1 + Wakers);
    weir::detail::parker parker;
    weir::atomic<int> delivered[Wakers]{};

    void thread(int t) {
        if (t == 0) {
            while (true) {
                parker.announce();
                if (all()) break;
                parker.sleep(weir::detail::for_ever);
            }
            parker.cancel();
        } else {
            delivered[t - 1].store(1, memory_order_relaxed);
            parker.wake();
        }
    }
    bool all() {
        for (auto& d : delivered) {
            if (d.load(memory_order_relaxed) == 0) return false;
        }
        return true;
    }
    void finish() { require(!parker.parked(), "announced still"); }
};

enum class by : bool { announce, cancel };

/// Who comes second sees what the first did before it: never do both miss the other.
template <by By>
struct crossing {
    static constexpr int threads = 2;
    weir::detail::parker parker;
    weir::atomic<int> mine{0};
    weir::atomic<int> theirs{0};
    int seen[2] = {};

    void thread(int t) {
        if (t == 0) {
            mine.store(1, memory_order_relaxed);
            By == by::announce ? parker.announce() : parker.cancel();
            seen[0] = theirs.load(memory_order_relaxed);
        } else {
            theirs.store(1, memory_order_relaxed);
            parker.wake();
            seen[1] = mine.load(memory_order_relaxed);
        }
    }
    void finish() { require(seen[0] + seen[1] != 0, "each has missed the other"); }
};

struct set_mode {
    explicit set_mode(weir::wake_mode mode) noexcept { weir::override_wake_mode(mode); }
};

/// Waiters that sleep until every notifier's word is there.
template <weir::wake_mode Mode, std::size_t Waiters, std::size_t Notifiers>
struct waiters_at {
    static constexpr int threads = static_cast<int>(Waiters + Notifiers);
    [[no_unique_address]] set_mode mode{Mode};
    weir::wait_point point;
    weir::atomic<int> delivered[Notifiers]{};

    void thread(int t) {
        if (t < static_cast<int>(Waiters)) {
            while (true) {
                const std::uint32_t announced = point.announce();
                if (all()) return;
                point.sleep(announced, weir::detail::for_ever);
            }
        } else {
            delivered[t - static_cast<int>(Waiters)].store(1, memory_order_relaxed);
            point.notify();
        }
    }
    bool all() {
        for (auto& d : delivered) {
            if (d.load(memory_order_relaxed) == 0) return false;
        }
        return true;
    }
    void finish() {}
};

/// The same word goes to and fro: each waits for the other's move.
template <weir::wake_mode Mode>
struct ping_pong {
    static constexpr int threads = 2;
    [[no_unique_address]] set_mode mode{Mode};
    weir::wait_point point[2];
    weir::atomic<int> turn{0};

    void thread(int t) {
        for (int i = 0; i < 2; ++i) {
            const int mine = 2 * i + t;
            while (turn.load(memory_order_relaxed) != mine) {
                const std::uint32_t announced = point[t].announce();
                if (turn.load(memory_order_relaxed) == mine) break;
                point[t].sleep(announced, weir::detail::for_ever);
            }
            turn.store(mine + 1, memory_order_relaxed);
            point[1 - t].notify();
        }
    }
    void finish() { require(turn.load(memory_order_relaxed) == 4, "a turn is lost"); }
};

constexpr auto barrier = weir::wake_mode::membarrier;
constexpr auto rmw = weir::wake_mode::read_modify_write;

const add_program<parked_worker<1>> a("parker", "parking.hpp", "one_waker", exhaustive::yes);
const add_program<parked_worker<2>> b("parker", "parking.hpp", "two_wakers", exhaustive::yes);
const add_program<crossing<by::announce>> c("parker", "parking.hpp", "crossing_announce", exhaustive::yes);
const add_program<crossing<by::cancel>> d("parker", "parking.hpp", "crossing_cancel", exhaustive::yes);

const add_program<waiters_at<barrier, 1, 1>> e("wait_point", "parking.hpp", "barrier_1_1", exhaustive::yes);
const add_program<waiters_at<rmw, 1, 1>> f("wait_point", "parking.hpp", "rmw_1_1", exhaustive::yes);
const add_program<waiters_at<barrier, 2, 1>> g("wait_point", "parking.hpp", "barrier_2_1", exhaustive::yes);
const add_program<waiters_at<rmw, 2, 1>> h("wait_point", "parking.hpp", "rmw_2_1", exhaustive::yes);
const add_program<waiters_at<barrier, 1, 2>> i("wait_point", "parking.hpp", "barrier_1_2", exhaustive::yes);
const add_program<waiters_at<rmw, 1, 2>> j("wait_point", "parking.hpp", "rmw_1_2", exhaustive::yes);
const add_program<ping_pong<barrier>> k("wait_point", "parking.hpp", "barrier_ping_pong", exhaustive::yes);
const add_program<ping_pong<rmw>> l("wait_point", "parking.hpp", "rmw_ping_pong", exhaustive::yes);

}  // namespace
