// SPDX-License-Identifier: BSL-1.0
// The right to append: many threads come, one at a time serves, and it serves the others too (flat combining).
//
//   word_   nullptr              free
//           &held_               held, nobody waits
//           newest request       held; request -> request -> ... -> &held_ wait, newest first
//
//   append_right<request> right;                   // struct request : right_request<request> { ... };
//   right.pass(mine, serve);                       // back when `mine` was served, by this thread or by another
//
// `serve(first)` gets a list by `next`, oldest first, and may not throw; one thread at a time is in it, and what one
// did in there the next one sees. Who finds the right free serves its own request, then takes all that came meanwhile
// in one read-modify-write, and so on; after `Patience` requests it passes the right on to the oldest that waits.
//
// Progress: to come is lock-free; the holder is wait-free but for what it serves, and leaves after at most `Patience`
// requests and one list. Who finds the right held waits for the holder: it looks 64 times, then yields in between.
//
// Order: (1) release exchange of the word to a request -> (2) acquire exchange by the holder: what the request says;
//        (3) release store of a request's state -> (4) acquire load by its owner: the answer, or the right itself;
//        (5) release exchange of the word to nullptr -> (6) acquire exchange by the next holder.
// A request is its owner's again with (3): the holder reads `next` before.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../support/atomic.hpp"
#include "../support/cache_line.hpp"
#include "wait_strategy.hpp"

namespace weir {

/// The base of a request; it stays where it is until `pass` is back.
template <class Request>
class right_request {
  public:
    [[nodiscard]] Request* following() const noexcept { return static_cast<Request*>(next_); }

  private:
    template <class, std::size_t>
    friend class append_right;
    enum class state : std::uint8_t { waiting, served, holder };

    right_request* next_ = nullptr;
    right_request* behind_ = nullptr;  // with `holder`: the rest of the list that it has to serve
    atomic<state> state_{state::waiting};
};

/// `Patience`: how many requests a holder serves before it passes the right on.
template <class Request, std::size_t Patience = 256>
class alignas(line_pair) append_right {
    using link = right_request<Request>;
    using state = typename link::state;

  public:
    append_right() = default;
    append_right(const append_right&) = delete;
    append_right& operator=(const append_right&) = delete;
    ~append_right() = default;

    /// Any thread.
    template <class Serve>
    void pass(Request& mine, Serve serve) noexcept {
        link* list = &mine;
        if (!come(mine)) {
            const auto answered = [&] {
                return mine.state_.load(memory_order_acquire) != state::waiting;  // (4) pairs with (3)
            };
            while (!detail::look_often(answered, 64, detail::relax)) detail::yield_core();
            if (mine.state_.load(memory_order_relaxed) == state::served) return;
            list = mine.behind_;
        }
        for (std::size_t served = 0;;) {
            serve(static_cast<Request*>(list));
            served += answer(list, mine);
            if (leave()) return;
            list = taken();
            if (served >= Patience) break;
        }
        list->behind_ = list;
        list->state_.store(state::holder, memory_order_release);  // (3) pairs with (4)
    }

    /// Whether somebody is at it, as any third thread sees it.
    [[nodiscard]] bool held() const noexcept { return word_.load(memory_order_relaxed) != nullptr; }

  private:
    /// True: this thread holds the right. False: the request waits.
    bool come(link& mine) noexcept {
        link* top = word_.load(memory_order_relaxed);
        for (;;) {
            if (top == nullptr) {
                mine.next_ = nullptr;
                if (word_.compare_exchange_weak(top, &held_, memory_order_acquire, memory_order_relaxed)) {
                    return true;  // (6) pairs with (5)
                }
            } else {
                mine.next_ = top;
                if (word_.compare_exchange_weak(top, &mine, memory_order_release, memory_order_relaxed)) {
                    return false;  // (1) pairs with (2)
                }
            }
        }
    }
    bool leave() noexcept {
        link* alone = &held_;
        return word_.compare_exchange_strong(alone, nullptr, memory_order_release,
                                             memory_order_relaxed);  // (5) pairs with (6)
    }
    /// All that wait, oldest first. Nobody but the holder takes them, so there is at least one.
    [[nodiscard]] link* taken() noexcept {
        link* newest = word_.exchange(&held_, memory_order_acquire);  // (2) pairs with (1)
        link* list = nullptr;
        while (newest != &held_) {
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

    atomic<link*> word_{nullptr};
    link held_;  // an address
};

}  // namespace weir
