// SPDX-License-Identifier: BSL-1.0
// The right to append: many threads come, one at a time serves, and it serves the others too (flat combining).
//   word_   nullptr              free
//           a seat               kept for its thread, which comes and goes without a locked instruction
//           &held_               held, nobody waits
//           newest request       held; request -> request -> ... wait, newest first, down to one of the above
//
//   append_right<request> right;                   // struct request : right_request<request> { ... };
//   right.pass(mine, serve);                       // back when `mine` was served, by this thread or by another
//
// `serve(first)` gets a list by `next`, oldest first, and may not throw; one thread at a time is in it, and what one
// did in there the next one sees. Who finds the right free serves its own request, then takes all that came meanwhile
// in one read-modify-write; after `Patience` requests it passes the right on to the oldest that waits.
// Who came `Habit` times in a row keeps the right (biased locking): it says so in its seat, looks at the word, serves.
// The first other one queues up, has the kernel make every thread see that (`process_barrier`, so not without
// membarrier), waits until the seat is empty, and serves; the habit then takes twice as long to form.
// Progress: to come is lock-free; the holder is wait-free but for what it serves, and leaves after at most `Patience`
// requests and one list. Who finds it held waits for the holder: it looks 64 times, then yields in between.
//
// Order: (1) release exchange of the word to a request -> (2) acquire exchange by the holder: what the request says;
//        (3) release store of a request's state -> (4) acquire load by its owner: the answer, or the right itself;
//        (5) release exchange of the word to nullptr or a seat -> (6) acquire exchange or load by who comes next;
//        (7) release store of a seat's `inside` -> (8) acquire load by who waits for that.
// A request is its owner's again with (3): the holder reads `next` before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "../support/config.hpp"
#include "../support/membarrier.hpp"
#include "../support/thread_number.hpp"
#include "wait_strategy.hpp"

namespace weir {

/// The base of a request; it stays where it is until `pass` is back.
template <class Request>
class right_request {
  public:
    [[nodiscard]] Request* following() const noexcept { return static_cast<Request*>(next_); }

  private:
    template <class, std::size_t, std::uint32_t>
    friend class append_right;
    enum class state : std::uint8_t { waiting, served, holder };

    right_request* next_ = nullptr;
    right_request* behind_ = nullptr;  // with `holder`: the rest of the list that it has to serve
    atomic<state> state_{state::waiting};
};

/// `Patience`: how many requests a holder serves before it passes the right on. `Habit`: after how many times in a row
/// a thread keeps it; 0: never.
template <class Request, std::size_t Patience = 256, std::uint32_t Habit = 64>
class alignas(line_pair) append_right {
    using link = right_request<Request>;
    using state = typename link::state;

  public:
    static constexpr std::size_t seats = 4;

    append_right() = default;
    append_right(const append_right&) = delete;
    append_right& operator=(const append_right&) = delete;
    ~append_right() = default;

    /// Any thread.
    template <class Serve>
    void pass(Request& mine, Serve serve) noexcept {
        if (!pass_kept([&] { serve(&mine); })) pass_by_word(mine, serve);
    }
    /// Any thread: `work()`, which may throw, where the right is kept for this thread. False: it is not, `pass` it is.
    template <class Work>
    WEIR_INLINE bool pass_kept(Work&& work) {
        seat* const own = sit_down();
        if (own == nullptr) return false;
        const sitting until_end{*own};
        work();
        return true;
    }

    /// Whether somebody is at it, as any third thread sees it.
    [[nodiscard]] bool held() const noexcept {
        const link* const top = word_.load(memory_order_relaxed);
        return is_seat(top) ? static_cast<const seat*>(top)->inside.load(memory_order_relaxed) : top != nullptr;
    }

  private:
    struct seat : link {
        std::uint64_t thread = 0;  // whose, for good; 0: nobody's yet. Who holds the right gives it away
        atomic<bool> inside{false};
    };

    struct sitting {
        seat& own;
        ~sitting() { own.inside.store(false, memory_order_release); }  // (7) pairs with (8)
    };

    [[nodiscard]] bool is_seat(const link* l) const noexcept {
        return !std::less<const link*>{}(l, seats_.data()) && std::less<const link*>{}(l, seats_.data() + seats);
    }
    [[nodiscard]] bool is_request(const link* l) const noexcept { return l != &held_ && !is_seat(l); }

    /// Where the word says that the right is this thread's, and still does when the seat is taken. Whoever takes the
    /// right away has the barrier between the word and its look at the seat: it sees us inside, or we see the word.
    WEIR_INLINE seat* sit_down() noexcept {
        link* const top = word_.load(memory_order_acquire);  // (6) pairs with (5): whose seat it is
        if (!is_seat(top)) return nullptr;
        seat* const own = static_cast<seat*>(top);
        if (own->thread != detail::this_thread_number()) return nullptr;
        own->inside.store(true, memory_order_relaxed);
        detail::compiler_barrier();
        if (word_.load(memory_order_relaxed) == own) [[likely]]
            return own;
        own->inside.store(false, memory_order_release);  // (7) pairs with (8)
        return nullptr;
    }
    template <class Serve>
    WEIR_NOINLINE void pass_by_word(Request& mine, Serve& serve) noexcept {
        link* list = &mine;
        if (link* const before = come(mine); before != nullptr) {
            list = is_seat(before) ? take_away(*static_cast<seat*>(before)) : wait_for_turn(mine);
            if (list == nullptr) return;
        }
        for (std::size_t served = 0;;) {
            serve(static_cast<Request*>(list));
            const std::size_t n = answer(list, mine);
            served += n;
            if (leave(n == 1 && list == &mine)) return;
            list = taken();
            if (served >= Patience) break;
        }
        list->behind_ = list;
        list->state_.store(state::holder, memory_order_release);  // (3) pairs with (4)
    }
    /// Null: this thread holds the right. Else the request waits, behind what is answered.
    link* come(link& mine) noexcept {
        link* top = word_.load(memory_order_relaxed);
        for (;;) {
            if (top == nullptr) {
                mine.next_ = nullptr;
                if (word_.compare_exchange_weak(top, &held_, memory_order_acquire, memory_order_relaxed)) {
                    return nullptr;  // (6) pairs with (5)
                }
            } else {
                mine.next_ = top;
                if (word_.compare_exchange_weak(top, &mine, memory_order_release, memory_order_relaxed)) {
                    return top;  // (1) pairs with (2)
                }
            }
        }
    }
    /// What this thread has to serve, as it holds the right now; null: its request is served.
    static link* wait_for_turn(link& mine) noexcept {
        const auto answered = [&] {
            return mine.state_.load(memory_order_acquire) != state::waiting;  // (4) pairs with (3)
        };
        while (!detail::look_often(answered, 64, detail::relax)) detail::yield_core();
        return mine.state_.load(memory_order_relaxed) == state::served ? nullptr : mine.behind_;
    }
    /// This thread's request is the first behind the seat: it holds the right from here on; what it has to serve.
    link* take_away(seat& of) noexcept {
        detail::process_barrier();
        const auto left = [&] { return !of.inside.load(memory_order_acquire); };  // (8) pairs with (7)
        while (!detail::look_often(left, 64, detail::relax)) detail::yield_core();
        link* const list = taken();
        if (habit_ < longest_habit) habit_ *= 2;
        return list;
    }
    /// `alone`: nobody else was served. False: others wait, and this thread has the right.
    bool leave(bool alone) noexcept {
        link* mine = &held_;
        return word_.compare_exchange_strong(mine, next_seat(alone), memory_order_release,
                                             memory_order_relaxed);  // (5) pairs with (6)
    }
    /// This thread's, if it has the habit; else null.
    link* next_seat(bool alone) noexcept {
        if (!biased_) return nullptr;
        const std::uint64_t me = alone ? detail::this_thread_number() : 0;
        in_a_row_ = me == last_ ? in_a_row_ + 1 : 1;
        last_ = me;
        if (!alone || in_a_row_ < habit_) return nullptr;
        for (seat& s : seats_) {
            if (s.thread == 0) s.thread = me;
            if (s.thread == me) return &s;
        }
        return nullptr;
    }
    /// All that wait, oldest first. Nobody but the holder takes them, so there is at least one.
    [[nodiscard]] link* taken() noexcept {
        link* newest = word_.exchange(&held_, memory_order_acquire);  // (2) pairs with (1)
        link* list = nullptr;
        while (is_request(newest)) {
            link* const older = newest->next_;
            newest->next_ = list;
            list = newest;
            newest = older;
        }
        return list;
    }
    /// Tells all of the list but this thread's own; how many they were.
    static std::size_t answer(link* list, const link& mine) noexcept {
        std::size_t n = 0;
        while (list != nullptr) {
            link* const next = list->next_;
            if (list != &mine) list->state_.store(state::served, memory_order_release);  // (3) pairs with (4)
            list = next;
            ++n;
        }
        return n;
    }

    static constexpr std::uint32_t longest_habit = 1U << 16U;

    atomic<link*> word_{nullptr};
    std::array<seat, seats> seats_;
    link held_;  // an address
    const bool biased_ = Habit != 0 && current_wake_mode() == wake_mode::membarrier;
    // Whoever holds the right:
    std::uint64_t last_ = 0;      // who came last and alone
    std::uint32_t in_a_row_ = 0;  // how often
    std::uint32_t habit_ = Habit;
};

}  // namespace weir
