// SPDX-License-Identifier: BSL-1.0
// from(x): where every pipeline begins. `x` is a range or a source of the library (`lines`, `generate`, `inlet`,
// a stream), or a user's own.
#pragma once

#include <type_traits>
#include <utility>

#include "../pipeline.hpp"
#include "range.hpp"

namespace weir {
namespace detail {

struct from_fn {
    template <class X>
    [[nodiscard]] constexpr auto operator()(X&& x) const {
        using plain = std::remove_cvref_t<X>;
        if constexpr (is_pipeline<plain> || source<plain>) {
            return lift(static_cast<X&&>(x));
        } else if constexpr (requires { x.as_source(); }) {
            return lift(x.as_source());
        } else {
            constexpr bool readable = iterable<std::remove_reference_t<X>>;
            static_assert(readable, "weir::from: this is neither a range nor a source; give it a container, a view, "
                                    "weir::lines(...), weir::generate(...) or an inlet");
            if constexpr (!readable) {
                return broken{};
            } else if constexpr (std::is_lvalue_reference_v<X>) {
                return lift(range_source<X>{{}, &x});
            } else {
                return lift(range_source<plain>{{}, static_cast<X&&>(x)});
            }
        }
    }
};

}  // namespace detail

inline constexpr detail::from_fn from{};

}  // namespace weir
