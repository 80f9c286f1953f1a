// SPDX-License-Identifier: BSL-1.0
// Receivers in registers. The loop of a batch, and the paths that leave it, work on a copy of a small receiver that is
// moved back when they are through, by whatever way. Where the address of a receiver never leaves the loop its counters
// and state are registers (in place cost up to 3.8x where it kept the loop from vectorising: core_protocol.md, H).
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "../support/config.hpp"

namespace weir::detail {

/// Receivers up to this size are moved: of 32 KiB it cost 25x.
inline constexpr std::size_t largest_moved_receiver = 256;

/// A stage whose hot state is in tables says `static constexpr bool in_place = true`: it has more fields than there are
/// registers, and memory operands cost less than the spills.
template <class R>
consteval bool wants_its_place() {
    if constexpr (requires { R::in_place; }) {
        return R::in_place;
    } else if constexpr (requires(R& r) { r.next; }) {
        return wants_its_place<std::remove_reference_t<decltype((std::declval<R&>().next))>>();
    } else {
        return false;
    }
}

template <class R>
inline constexpr bool moves_to_stack =
    std::is_nothrow_move_constructible_v<R> && sizeof(R) <= largest_moved_receiver && !wants_its_place<R>();

/// Moves what stands in `away` back to where it came from, by whatever way the scope is left. Not one object with what
/// it moves: then the address of `home` would lie in memory that others see.
template <class R>
class back_home {
  public:
    WEIR_INLINE back_home(R& home, R& away) noexcept : home_(home), away_(away) {}
    back_home(const back_home&) = delete;
    back_home& operator=(const back_home&) = delete;
    WEIR_INLINE ~back_home() {
        home_.~R();
        ::new (static_cast<void*>(&home_)) R(static_cast<R&&>(away_));
    }

  private:
    R& home_;
    R& away_;
};

/// Calls `path(receiver)` where `path` is rare and not inlined: with a copy, so that the receiver itself has no
/// address.
template <class R, class Path>
WEIR_INLINE auto rarely(R& receiver, Path path) {
    if constexpr (moves_to_stack<R>) {
        R away(static_cast<R&&>(receiver));
        const back_home<R> after(receiver, away);
        return path(away);
    } else {
        return path(receiver);
    }
}

}  // namespace weir::detail
