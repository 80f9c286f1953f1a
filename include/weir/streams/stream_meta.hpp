// SPDX-License-Identifier: BSL-1.0
// What travels beside a record of a stream, for a function that asks for it:
//
//     weir::from(hits) | weir::map([](const hit& h, weir::meta<weir::meta_of::sequence_number> m) {
//         return numbered{m.sequence_number(), h};
//     })
//
// It is known up to the first stage that changes the record.
#pragma once

#include "../core/invoke.hpp"
#include "sequence_number.hpp"

namespace weir {

namespace meta_of {
struct sequence_number {};  // a `weir::sequence_number`
struct arrival_time {};     // an `instant`: when it was put
}  // namespace meta_of

template <>
class meta<meta_of::sequence_number> {
  public:
    constexpr explicit meta(const weir::sequence_number& number) noexcept : number_(number) {}
    [[nodiscard]] constexpr const weir::sequence_number& sequence_number() const noexcept { return number_; }

  private:
    weir::sequence_number number_;
};

template <>
class meta<meta_of::arrival_time> {
  public:
    constexpr explicit meta(instant time) noexcept : time_(time) {}
    [[nodiscard]] constexpr instant arrival_time() const noexcept { return time_; }

  private:
    instant time_;
};

}  // namespace weir
