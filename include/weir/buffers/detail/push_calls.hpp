// SPDX-License-Identifier: BSL-1.0
// `try_push` of everything that has `try_emplace`.
#pragma once

#include <type_traits>
#include <utility>

#include "../../support/config.hpp"

namespace weir::detail {

/// The base of a writer `Self` of records T. Where it answers false, `value` is untouched.
template <class Self, class T>
class push_calls {
  public:
    [[nodiscard]] WEIR_INLINE bool
    try_push(T&& value) noexcept(noexcept(std::declval<Self&>().try_emplace(std::declval<T>())))
        requires std::is_move_constructible_v<T>
    {
        return static_cast<Self&>(*this).try_emplace(std::move(value));
    }
    [[nodiscard]] WEIR_INLINE bool
    try_push(const T& value) noexcept(noexcept(std::declval<Self&>().try_emplace(std::declval<const T&>())))
        requires std::is_copy_constructible_v<T>
    {
        return static_cast<Self&>(*this).try_emplace(value);
    }
};

}  // namespace weir::detail
